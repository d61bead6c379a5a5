"""`relto arrivals`: what came from the partner nation waits until the own authority accepts or refuses it."""

from __future__ import annotations

import click

from relto.cli.decisions import detail_text
from relto.cli.output import answer, answer_rows, words
from relto.cli.profile import open_client


@click.group("arrivals")
def arrivals() -> None:
    """What arrived from the partner nation; accept or refuse it, account for what was withdrawn."""


@arrivals.command("list")
def list_arrivals() -> None:
    """The arrivals that you may see."""
    with open_client() as node:
        rows = [row.raw for row in node.arrivals()]
    columns = ("id", "number", "sender", "facility", "mode", "state", "arrived_at", "control_number")
    answer_rows(rows, columns, words("cli.empty", "arrivals"))


@arrivals.command("show")
@click.argument("arrival")
def show_arrival(arrival: str) -> None:
    """One arrival with its gates as they stand now, what needs a person first."""
    with open_client() as node:
        found = node.arrival(arrival).raw
    answer(found, detail_text(found, "arrival"))


@arrivals.command("decide")
@click.argument("arrival")
@click.option("--outcome", required=True, type=click.Choice(["accept", "refuse"]))
@click.option("--reason", required=True, help="Why; write no classified words.")
@click.option("--accept", "accepts", multiple=True, help="A gate without a loaded rule that you accept (training).")
def decide_arrival(arrival: str, outcome: str, reason: str, accepts: tuple[str, ...]) -> None:
    """Accept, which gives a control number and returns the custody receipt, or refuse (release officer)."""
    with open_client() as node:
        found = node.decide_arrival(arrival, outcome, reason, accepts).raw
    answer(found, detail_text(found, "arrival"))


@arrivals.command("withdraw")
@click.argument("arrival")
@click.option("--reason", required=True, help="Why; it stays at your node. Write no classified words.")
def withdraw_arrival(arrival: str, reason: str) -> None:
    """Withdraw your nation's release of a joint item (release officer): it shuts for both nations' people."""
    with open_client() as node:
        found = node.withdraw_co_release(arrival, reason).raw
    answer(found, detail_text(found, "arrival"))


@arrivals.command("dispose")
@click.argument("arrival")
@click.option("--outcome", required=True, type=click.Choice(["destroyed", "returned"]))
@click.option("--reason", required=True, help="How and before whom; it stays at your node. Write no classified words.")
def record_disposition(arrival: str, outcome: str, reason: str) -> None:
    """Record what was done with what you held under a withdrawn release (security officer); its originator is told."""
    with open_client() as node:
        found = node.record_disposition(arrival, outcome, reason).raw
    answer(found, detail_text(found, "arrival"))
