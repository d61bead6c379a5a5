"""`relto people suspend`, `reinstate`, `consequences`, `end-membership`: what ends access."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from relto.cli.affected import affected_text
from relto.cli.output import answer, words
from relto.cli.profile import open_client

_KIND = click.argument("kind", type=click.Choice(["facility", "person"]))
_SUBJECT = click.argument("subject")
_REASON = click.option("--reason", required=True, help="Why; it stays at your node. Write no classified words.")


@click.command("consequences")
@_KIND
@_SUBJECT
def consequences(kind: str, subject: str) -> None:
    """What suspending SUBJECT, a facility's code or a person's pseudonym, would cut now. Nothing is changed."""
    with open_client() as node:
        found = node.consequences(kind, subject).raw
    answer(found, affected_text(found))


@click.command("suspend")
@_KIND
@_SUBJECT
@_REASON
def suspend(kind: str, subject: str, reason: str) -> None:
    """Suspend SUBJECT, a facility's code or a person's pseudonym (registrar): what depends on it stops at once."""
    with open_client() as node:
        found = node.suspend(kind, subject, reason).raw
    answer(found, _text(found))


@click.command("reinstate")
@_KIND
@_SUBJECT
@_REASON
def reinstate(kind: str, subject: str, reason: str) -> None:
    """End a suspension (registrar); the assurances that it suspended vouch again, and the partner is told."""
    with open_client() as node:
        found = node.reinstate(kind, subject, reason).raw
    answer(found, _text(found))


@click.command("end-membership")
@click.argument("programme")
@click.argument("person")
@_REASON
def end_membership(programme: str, person: str, reason: str) -> None:
    """End the assignment of PERSON to PROGRAMME (registrar, or the security officer of her company)."""
    with open_client() as node:
        answer(node.end_membership(programme, person, reason).raw)


def _text(found: Mapping[str, Any]) -> str:
    state = "suspended" if found["suspended_at"] else "reinstated"
    told = f"{found['kind']} {found['subject']}: {words('cli.suspension', state)}"
    return "\n".join([told, f"entry: {found['entry']}", affected_text(found["affected"])])
