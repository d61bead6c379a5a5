"""`relto authorisations`: disclosure and export authorisations, two facts, none implying the other."""

from __future__ import annotations

import click

from relto.base.errors import MalformedInput
from relto.base.instants import read_instant
from relto.cli.affected import affected_text
from relto.cli.output import answer, answer_rows, words
from relto.cli.profile import open_client


@click.group("authorisations")
def authorisations() -> None:
    """Disclosure and export authorisations: record, list, withdraw."""


@authorisations.command("record")
@click.option("--kind", required=True, type=click.Choice(["disclosure", "export"]))
@click.option("--reference", required=True, help="The authorisation's own reference code.")
@click.option("--nation", required=True, help="The partner nation's code.")
@click.option("--programme", help="The programme that it covers; or --item.")
@click.option("--item", help="The one item that it covers; or --programme.")
@click.option("--valid-from", required=True, help="Instant in UTC, such as 2026-11-22T00:00:00Z.")
@click.option("--valid-until", required=True, help="Instant in UTC.")
def record(  # noqa: PLR0917  click calls by name
    kind: str,
    reference: str,
    nation: str,
    programme: str | None,
    item: str | None,
    valid_from: str,
    valid_until: str,
) -> None:
    """Record a disclosure authorisation (registrar) or your company's export authorisation (security officer)."""
    if (programme is None) == (item is None):
        raise MalformedInput("authorisation.scope", field="programme", expected="either --programme or --item")
    since, until = read_instant(valid_from, field="valid_from"), read_instant(valid_until, field="valid_until")
    with open_client() as node:
        recorded = node.record_authorisation(
            kind, reference, nation, programme=programme, item=item, valid_from=since, valid_until=until
        )
    answer(recorded.raw)


@authorisations.command("list")
def list_authorisations() -> None:
    """The authorisations that you may see."""
    with open_client() as node:
        rows = [row.raw for row in node.authorisations()]
    columns = ("id", "kind", "reference", "nation", "programme", "item", "valid_until", "withdrawn_at")
    answer_rows(rows, columns, words("cli.empty", "authorisations"))


@authorisations.command("withdraw")
@click.argument("authorisation")
@click.option("--reason", required=True, help="Why; it stays at your node. Write no classified words.")
def withdraw(authorisation: str, reason: str) -> None:
    """Withdraw one: disclosure (registrar) or your company's export (security officer). Openings on it stop at once."""
    with open_client() as node:
        found = node.withdraw_authorisation(authorisation, reason).raw
    told = [f"{found['kind']} {found['reference']}: withdrawn_at {found['withdrawn_at']}", f"entry: {found['entry']}"]
    answer(found, "\n".join([*told, affected_text(found["affected"])]))
