"""`relto align`: the working group's shared record, from the command line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from relto.adapters.words import sentence
from relto.cli import alignment_exchange, alignment_meetings, alignment_signatures, law_changes, measures, proposals
from relto.cli.output import answer, answer_rows, language, table, words
from relto.cli.profile import open_client

_REASON = click.option("--reason", required=True, help="Why; write no classified words.")
_ENTRY = click.option("--entry", default="", help="The entry that you answer or say anew; without it, a new one.")
_PROVISION = click.option("--provision", "provisions", multiple=True, required=True, help="Id in the rule book.")


@click.group("align")
def align() -> None:
    """Where the two rule books differ: relations, divergences, comments, private notes, coverage."""


@align.command("coverage")
@click.option("--nation", default="", help="The partner; the first one without it.")
def coverage(nation: str) -> None:
    """What is compared and what is not, topic by topic."""
    with open_client() as node:
        found = node.coverage(nation).raw
    rows = [
        [topic["topic"], _said("word", cell["word"], cell["nation"]), str(cell["provision_count"])]
        for topic in found["topics"]
        for cell in topic["cells"]
    ]
    answer(found, table([["topic", "word", "provisions"], *rows]))


def _said(kind: str, code: str, nation: str) -> str:
    return sentence(f"alignment.{kind}.{code}", language(), nation=nation)


def _told(told: Mapping[str, Any]) -> None:
    answer(told, sentence("cli.told.alignment", language(), entry=told["entry"]))


@align.command("list")
@click.option("--kind", default="", type=click.Choice(["", "relation", "divergence"]))
@click.option("--topic", default="", help="A topic of the rule book.")
@click.option("--state", default="", help="Such as open, settled, agreed, in_dispute.")
@click.option("--word", default="", help="As in the picture of coverage, such as equal or not_compared.")
@click.option("--provision", default="", help="What they are about.")
@click.option("--after", default="", help="The last entry of the page before.")
def list_entries(**asked: str) -> None:
    """Relations and divergences, the oldest first, 100 at most."""
    with open_client() as node:
        rows = [row.raw for row in node.alignment(**asked)]
    columns = ("entry", "kind", "topic", "title", "state", "owner", "days")
    answer_rows(rows, columns, words("cli.empty", "alignment"))


@align.command("show")
@click.argument("entry")
def show(entry: str) -> None:
    """ENTRY whole: every version of both nations, comments, and your own private notes."""
    with open_client() as node:
        found = node.alignment_entry(entry).raw
    state = words("alignment.state", found["state"])
    lines = [f"{found['title']} ({found['topic']}): {state}"]
    for one in (*found["words"], *found["comments"]):
        said = one["body"]
        text = said.get("text") or said.get("question") or _said("relation", said["relation"], one["nation"])
        lines.append(f"{one['at']} {one['nation']} {one['number']}: {text}")
        if said.get("reason"):
            lines.append(f"    {said['reason']}")
    lines += [f"{one['at']} ({words('cli.noted', 'private')}): {one['text']}" for one in found["notes"]]
    answer(found, "\n".join(lines))


@align.command("relate")
@_PROVISION
@click.option("--to", required=True, help="The partner nation's code.")
@click.option(
    "--relation", required=True, help="equal, equivalent, stricter, looser, intersects, missing or conflicts."
)
@_REASON
@click.option("--confidence", required=True, type=click.Choice(["low", "medium", "high"]))
@_ENTRY
def relate(  # noqa: PLR0917  click calls by name
    provisions: tuple[str, ...], to: str, relation: str, reason: str, confidence: str, entry: str
) -> None:
    """Say how your nation's provisions stand to the partner's (co-chair)."""
    with open_client() as node:
        told = node.state_relation(provisions, to, relation, reason=reason, confidence=confidence, entry=entry).raw
    _told(told)


@align.command("raise")
@_PROVISION
@click.option("--question", required=True, help="What both nations must answer; write no classified words.")
@click.option("--owner", required=True, help="The nation that owns the question now.")
@click.option("--option", "options", multiple=True, help="What could be done.")
@click.option("--state", default="open", type=click.Choice(["open", "in_review", "settled", "withdrawn"]))
@_ENTRY
def raise_divergence(  # noqa: PLR0917  click calls by name
    provisions: tuple[str, ...], question: str, owner: str, options: tuple[str, ...], state: str, entry: str
) -> None:
    """Raise a divergence, answer one, or say how it stands (co-chair)."""
    with open_client() as node:
        told = node.state_divergence(question, provisions, owner, options=options, state=state, entry=entry).raw
    _told(told)


@align.command("comment")
@click.argument("entry")
@click.option("--text", required=True, help="The partner reads it.")
@click.option("--clause", default="", help="What of the entry it is about.")
def comment(entry: str, text: str, clause: str) -> None:
    """Comment ENTRY in the shared record (co-chair)."""
    with open_client() as node:
        told = node.comment_alignment(entry, text, clause).raw
    _told(told)


@align.command("note")
@click.argument("entry")
@click.option("--text", required=True, help="It never leaves your node.")
def note(entry: str, text: str) -> None:
    """Keep a private note on ENTRY (co-chair)."""
    with open_client() as node:
        told = node.note_alignment(entry, text).raw
    answer(told, sentence("cli.noted.alignment", language(), entry=entry))


for _command in (
    alignment_exchange.export,
    alignment_exchange.import_file,
    alignment_exchange.provisions,
    *measures.COMMANDS,
    alignment_signatures.sign,
    alignment_signatures.signatures,
    law_changes.law,
    *alignment_meetings.COMMANDS,
    *proposals.COMMANDS,
):
    align.add_command(_command)
