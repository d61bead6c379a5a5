"""`relto custody`: the chain of custody of an item or of one copy, from what the own node holds, gaps shown as gaps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from relto.adapters.words import sentence
from relto.cli.output import answer, language, table, words
from relto.cli.profile import open_client

_HEADING = ("no", "at", "nation", "what", "signer", "entry", "index", "state", "evidence")


@click.command("custody")
@click.argument("item")
@click.option("--copy", default="", help="One copy of the item only.")
def custody(item: str, copy: str) -> None:
    """The chain of ITEM from its beginning on: every link with its ledger entry, and what is missing."""
    with open_client() as node:
        found = node.custody(item, copy).raw
    answer(found, "\n".join([_verdict(found), *_gaps(found), table([_HEADING, *map(_row, found["links"])])]))


def _verdict(found: Mapping[str, Any]) -> str:
    return words("cli.custody", "unbroken" if found["unbroken"] else "gaps")


def _gaps(found: Mapping[str, Any]) -> list[str]:
    told = []
    for gap in found["gaps"]:
        if gap["limit"] is None:
            days = f"{sentence('cli.custody.day', language(), day=gap['day'])} ({words('words', 'no_rule')})"
        else:
            days = sentence("cli.custody.day_of", language(), day=gap["day"], limit=gap["limit"])
        told.append(f"  ! {gap['after']}: {words('custody_gap', gap['code'])}, {days}, {gap['thread']}")
    return told


def _row(link: Mapping[str, Any]) -> tuple[str, ...]:
    event = link["event"]
    times = f" x{event['count']}" if event["count"] > 1 else ""
    evidence = words("custody_evidence", event["signature"])
    if event["entry_evidence"] == "fails":
        evidence = words("custody_evidence", "fails")
    return (
        str(link["number"]),
        event["at"],
        event["nation"],
        words("event", event["kind"]) + times,
        event["signer"],
        event["entry"],
        "" if event["index"] is None else str(event["index"]),
        words("state.entry", event["state"]),
        evidence,
    )
