"""`relto assurances`: what one authority vouches for to the other."""

from __future__ import annotations

import click

from relto.base.instants import read_instant
from relto.cli.affected import affected_text
from relto.cli.output import answer, answer_rows, words
from relto.cli.profile import open_client


@click.group("assurances")
def assurances() -> None:
    """Assurances given to and received from the partner authority."""


@assurances.command("list")
def list_assurances() -> None:
    """The assurances that you may see, newest status first."""
    with open_client() as node:
        rows = [row.raw for row in node.assurances()]
    columns = ("direction", "subject_kind", "subject", "facility", "level", "status", "valid_until", "id")
    answer_rows(rows, columns, words("cli.empty", "assurances"))


@assurances.command("give")
@click.option("--kind", required=True, type=click.Choice(["facility", "person"]))
@click.option("--subject", required=True, help="Facility code, or a person's pseudonym.")
@click.option("--to", "recipient", required=True, help="The partner nation's code.")
@click.option("--valid-until", required=True, help="Instant in UTC, such as 2027-06-30T00:00:00Z.")
def give_assurance(kind: str, subject: str, recipient: str, valid_until: str) -> None:
    """Give the partner authority a signed assurance about an own facility or person (registrar)."""
    until = read_instant(valid_until, field="valid_until")
    with open_client() as node:
        answer(node.give_assurance(kind, subject, recipient, until).raw)


@assurances.command("affected")
@click.argument("assurance")
def affected(assurance: str) -> None:
    """Which releases of yours the received ASSURANCE carries (release officer, registrar)."""
    with open_client() as node:
        found = node.affected(assurance).raw
    answer(found, affected_text(found))


@assurances.command("renew")
@click.argument("assurance")
def renew(assurance: str) -> None:
    """Confirm the status of the given ASSURANCE as of now; the partner is told (registrar)."""
    with open_client() as node:
        answer(node.renew_assurance(assurance).raw)


@assurances.command("revoke")
@click.argument("assurance")
def revoke(assurance: str) -> None:
    """Revoke the given ASSURANCE; it is never revived, and the partner is told (registrar)."""
    with open_client() as node:
        answer(node.revoke_assurance(assurance).raw)
