"""`relto authorisations`: disclosure and export authorisations, two facts, none implying the other."""

from __future__ import annotations

import click

from relto.base.errors import MalformedInput
from relto.cli.output import answer
from relto.cli.profile import open_client


@click.group("authorisations")
def authorisations() -> None:
    """Record disclosure and export authorisations."""


@authorisations.command("record")
@click.option("--kind", required=True, type=click.Choice(["disclosure", "export"]))
@click.option("--reference", required=True, help="The authorisation's own reference code.")
@click.option("--nation", required=True, help="The partner nation's code.")
@click.option("--programme", help="The programme that it covers; or --item.")
@click.option("--item", help="The one item that it covers; or --programme.")
@click.option("--valid-from", required=True, help="Instant in UTC, such as 2026-11-22T00:00:00Z.")
@click.option("--valid-until", required=True, help="Instant in UTC.")
def record(programme: str | None, item: str | None, **stated: str) -> None:
    """Record a disclosure authorisation (registrar) or your company's export authorisation (security officer)."""
    if (programme is None) == (item is None):
        raise MalformedInput("authorisation.scope", field="programme", expected="either --programme or --item")
    with open_client() as node:
        answer(node.record_authorisation({"programme": programme, "item": item, **stated}))
