"""`relto people`, `relto whoami`: companies, facilities, people and programmes, kept by the own registrar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from relto.base.canonical import canonical_bytes
from relto.base.instants import read_instant
from relto.cli.files import check_place, write_file
from relto.cli.output import answer, answer_rows, wants_json, words
from relto.cli.people_sign_in import (
    ask_role,
    bind,
    bindings,
    confirm_role,
    decline_role,
    end_sessions,
    role_changes,
    sessions,
    unbind,
)
from relto.cli.profile import open_client
from relto.cli.suspensions import consequences, end_membership, reinstate, suspend

_FROM = click.option("--valid-from", required=True, help="Instant in UTC, such as 2026-11-22T00:00:00Z.")
_UNTIL = click.option("--valid-until", required=True, help="Instant in UTC.")


@click.command("whoami")
def whoami() -> None:
    """Who you are at your node: pseudonym, company, facility, roles, programmes."""
    with open_client() as node:
        answer(node.me().raw)


@click.group("people")
def people() -> None:
    """Companies, facilities, people, programmes (registrar)."""


@people.command("company")
@click.argument("code")
@click.option("--title", required=True)
@click.option("--kind", required=True, type=click.Choice(["government", "dpsu", "private"]))
def company(code: str, title: str, kind: str) -> None:
    """Register a company of your nation."""
    with open_client() as node:
        answer(node.register_company(code, title, kind).raw)


@people.command("facility")
@click.argument("code")
@click.option("--company", required=True, help="Code of its company.")
@click.option("--level", required=True, help="The level to which it is cleared.")
@click.option("--safeguarding-level", default="", help="The level up to which it may store items; none when not given.")
@_FROM
@_UNTIL
def facility(  # noqa: PLR0917  click calls by name
    code: str, company: str, level: str, safeguarding_level: str, valid_from: str, valid_until: str
) -> None:
    """Register a facility with its clearance and safeguarding."""
    since, until = read_instant(valid_from, field="valid_from"), read_instant(valid_until, field="valid_until")
    with open_client() as node:
        made = node.register_facility(
            code,
            company=company,
            level=level,
            safeguarding_level=safeguarding_level,
            valid_from=since,
            valid_until=until,
        )
    answer(made.raw)


@people.command("person")
@click.option("--name", prompt=True, help="Kept encrypted; asked for when not given.")
@click.option("--company", help="Code of the company; people of the authority have none.")
@click.option("--facility", help="Code of the facility.")
@click.option("--clearance-level", default="", help="A level of your nation's policy; not cleared when not given.")
@click.option("--caveat", "caveats", multiple=True)
@click.option("--valid-from", help="From when the clearance holds, in UTC.")
@click.option("--valid-until", help="Until when the clearance holds, in UTC.")
@click.option("--role", "roles", multiple=True, help="Such as engineer or release_officer.")
def person(  # noqa: PLR0917  click calls by name
    name: str,
    company: str | None,
    facility: str | None,
    clearance_level: str,
    caveats: tuple[str, ...],
    valid_from: str | None,
    valid_until: str | None,
    roles: tuple[str, ...],
) -> None:
    """Add a person; the answer gives her pseudonym, the only thing about her that ever crosses the border."""
    since = None if valid_from is None else read_instant(valid_from, field="valid_from")
    until = None if valid_until is None else read_instant(valid_until, field="valid_until")
    with open_client() as node:
        added = node.add_person(
            name,
            company=company,
            facility=facility,
            clearance_level=clearance_level,
            caveats=caveats,
            valid_from=since,
            valid_until=until,
            roles=roles,
        )
    answer(added.raw)


@people.command("credential")
@click.argument("person")
@click.option("--days", required=True, type=click.IntRange(1, 366), help="How long it holds.")
@click.option("--output", type=click.Path(path_type=Path), help="Write it as a profile (mode 0600); print no secret.")
def credential(person: str, days: int, output: Path | None) -> None:
    """A client credential for PERSON. Its secret is shown this once."""
    place = None if output is None else check_place(output, "output")
    with open_client() as node:
        issued = node.issue_credential(person, days)
        address = node.node().portal_url
    if place is None:
        answer(issued.raw)
        return
    profile = {"node": address, "client_id": issued.client_id, "client_secret": issued.client_secret}
    write_file(place, canonical_bytes(profile), "output", mode=0o600)
    answer({name: value for name, value in {**issued.raw, "file": str(place)}.items() if name != "client_secret"})


@people.command("credentials")
@click.argument("person")
def list_credentials(person: str) -> None:
    """The client credentials that PERSON holds or held, newest first. No secret is ever shown again."""
    with open_client() as node:
        rows = [row.raw for row in node.credentials(person)]
    answer_rows(rows, ("client_id", "created_at", "expires_at", "revoked_at"), words("cli.empty", "credentials"))


@people.command("revoke")
@click.argument("person")
@click.argument("client_id")
def revoke(person: str, client_id: str) -> None:
    """Revoke the credential CLIENT_ID of PERSON. Tokens issued under it are refused from then on."""
    with open_client() as node:
        answer(node.revoke_credential(person, client_id).raw)


@people.command("list")
def list_people() -> None:
    """The people that you may see: your nation's, your company's, or yourself."""
    with open_client() as node:
        rows = [row.raw for row in node.people()]
    columns = ("person", "name", "company", "facility", "clearance_level", "roles", "programmes", "valid_until")
    answer_rows(_joined(rows), columns, words("cli.empty", "people"))


@people.command("facilities")
def list_facilities() -> None:
    """The facilities that you may see: your nation's, or your company's."""
    with open_client() as node:
        rows = [row.raw for row in node.facilities()]
    columns = ("code", "company", "level", "safeguarding_level", "valid_from", "valid_until", "suspended_at")
    answer_rows(rows, columns, words("cli.empty", "facilities"))


@people.command("companies")
def list_companies() -> None:
    """The companies that you may see: your nation's, or your own."""
    with open_client() as node:
        rows = [row.raw for row in node.companies()]
    answer_rows(rows, ("code", "title", "kind"), words("cli.empty", "companies"))


@people.command("programme")
@click.argument("code")
@click.option("--title", required=True)
def programme(code: str, title: str) -> None:
    """Register a joint programme under the code that both nations use."""
    with open_client() as node:
        answer(node.register_programme(code, title).raw)


@people.command("member")
@click.argument("programme")
@click.argument("person")
@click.option("--reason", required=True, help="Why she needs to know.")
def member(programme: str, person: str, reason: str) -> None:
    """Assign PERSON to PROGRAMME (registrar, or the security officer of her company)."""
    with open_client() as node:
        answer(node.assign_member(programme, person, reason).raw)


@people.command("account")
@click.argument("person")
def account(person: str) -> None:
    """A portal login code and first password for PERSON, shown this once; a former password and its sessions end."""
    with open_client() as node:
        answer(node.open_account(person).raw)


@people.command("sign-in-link")
@click.argument("person")
def sign_in_link(person: str) -> None:
    """A link that signs PERSON in to the portal, once, within an hour (training nodes only)."""
    with open_client() as node:
        link = node.sign_in_link(person).raw
        address = f"{node.node().portal_url}{link['path']}"
    answer({**link, "url": address}, address)


for _command in (
    *(consequences, suspend, reinstate, end_membership),
    *(sessions, end_sessions, bindings, bind, unbind),
    *(ask_role, role_changes, confirm_role, decline_role),
):
    people.add_command(_command)


def _joined(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """For people, lists of codes as one text; programs get them as they are."""
    if wants_json():
        return [dict(row) for row in rows]
    return [
        {name: ", ".join(entry) if isinstance(entry, list) else entry for name, entry in row.items()} for row in rows
    ]
