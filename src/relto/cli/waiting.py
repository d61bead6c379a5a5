"""`relto waiting`, `relto search`: what waits for me and what I wait for; what of mine has this number or text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from relto.adapters.words import sentence
from relto.cli.output import answer, language, table, words
from relto.cli.profile import open_client


@click.command("waiting")
def waiting() -> None:
    """What waits for you, by when; and what you sent and on whom it waits."""
    with open_client() as node:
        found = node.waiting().raw
    lines = [_table(found["mine"]) if found["mine"] else words("cli.empty", "waiting")]
    if found["others"]:
        lines += ["", words("cli.waiting", "others"), _table(found["others"])]
    answer(found, "\n".join(lines))


@click.command("search")
@click.argument("text")
def search(text: str) -> None:
    """Search for TEXT: an id, number, programme, facility, nation, day, or words of a rule or an open document."""
    with open_client() as node:
        found = node.search(text).raw
    lines = []
    for group in found["groups"]:
        lines.append(words("search.kind", group["kind"]))
        lines += [f"  {_hit(hit)}" for hit in group["hits"]]
    answer(found, "\n".join(lines) or words("cli.empty", "search"))


@click.command("share")
@click.argument("item")
@click.argument("facility")
def share(item: str, facility: str) -> None:
    """What is missing before FACILITY of a partner may have ITEM, and who supplies it. Nothing is recorded."""
    with open_client() as node:
        found = node.may_share(item, facility).raw
    lines = [
        f"{words('gate', gate['gate'])}: {gate['sentence']} [{gate['rule']}] ({words('who', gate['who'])})"
        for gate in found["gates"]
    ]
    answer(found, "\n".join(lines) or words("cli.share", "nothing"))


def _table(rows: Sequence[Mapping[str, Any]]) -> str:
    cells = [
        [
            words("waiting.kind", row["kind"]),
            row["number"] or str(row["count"]),
            _what(row),
            words("waiting.turn", row["turn"]) if row["turn"] != "partner" else row["nation"],
            row["since"],
            (row["due"] or {}).get("at") or "",
        ]
        for row in rows
    ]
    return table([["kind", "number", "what", "waits_on", "since", "due"], *cells])


def _what(row: Mapping[str, Any]) -> str:
    if row["step"] and row["kind"] == "dossier":
        return words("step", f"{row['what']}.{row['step']}")
    if row["step"] and row["kind"] == "working_group":
        return words("alignment.task", row["step"])
    if row["step"]:
        return words("waiting.step", row["step"])
    return sentence(f"procedure.{row['what']}", language()) if row["kind"] == "dossier" else str(row["state"])


def _hit(hit: Mapping[str, Any]) -> str:
    parts = [hit["number"], hit["title"], hit["state"], hit["programme"], hit["facility"], hit["nation"]]
    return "  ".join(str(part) for part in parts if part) + (f"  ({hit['id']})" if hit["id"] != hit["number"] else "")
