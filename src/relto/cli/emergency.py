"""`relto emergency`: a role for some hours, when nobody who holds it can act. Two people, and everybody sees it."""

from __future__ import annotations

import click

from relto.cli.output import answer, answer_rows, words
from relto.cli.profile import open_client


@click.group("emergency")
def emergency() -> None:
    """A role of the authority for some hours, when nobody who holds it can act."""


@emergency.command("ask")
@click.argument("person")
@click.argument("role")
@click.option("--reason", required=True, help="Why nobody else can act; no classified words.")
@click.option("--hours", required=True, type=click.IntRange(1, 24), help="For how long; the node bounds it.")
def ask(person: str, role: str, reason: str, hours: int) -> None:
    """Ask for ROLE for PERSON (operator); another person of the authority confirms."""
    with open_client() as node:
        answer(node.ask_emergency(person, role, reason, hours).raw)


@emergency.command("list")
def list_emergencies() -> None:
    """Every emergency of the node, newest first."""
    with open_client() as node:
        rows = [row.raw for row in node.emergencies()]
    columns = ("emergency", "person", "role", "state", "until", "asked_by", "confirmed_by", "ended_by")
    answer_rows(rows, columns, words("cli.empty", "emergencies"))


@emergency.command("confirm")
@click.argument("emergency_id", metavar="EMERGENCY")
def confirm(emergency_id: str) -> None:
    """Confirm EMERGENCY, which an operator asked: the role stands for its hours, and every page says so."""
    with open_client() as node:
        answer(node.confirm_emergency(emergency_id).raw)


@emergency.command("end")
@click.argument("emergency_id", metavar="EMERGENCY")
def end(emergency_id: str) -> None:
    """End EMERGENCY before its time, or say no to it."""
    with open_client() as node:
        answer(node.end_emergency(emergency_id).raw)
