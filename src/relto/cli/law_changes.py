"""`relto align law ...`: a new edition of the own nation's law, its notice, and what every notice touches."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from relto.adapters.words import sentence
from relto.alignment.law_changes import EVIDENCE, read_change_line
from relto.cli.files import write_file
from relto.cli.output import answer, answer_rows, language, words
from relto.cli.profile import open_client


@click.group("law")
def law() -> None:
    """Changes of law: record your nation's own, read both nations' notices."""


@law.command("texts")
def texts() -> None:
    """The texts that your nation's provisions rest on: what a new edition can replace."""
    with open_client() as node:
        rows = [one.raw for one in node.law_texts()]
    answer_rows(rows, ("text", "provisions"), words("cli.empty", "alignment"))


@law.command("list")
def list_changes() -> None:
    """Every notice of both nations, those under consultation first."""
    with open_client() as node:
        rows = [one.raw for one in node.law_changes()]
    columns = ("entry", "nation", "edition", "replaces", "in_force_from", "consultation_until", "state", "days")
    answer_rows(rows, columns, words("cli.empty", "alignment"))


@law.command("show")
@click.argument("entry")
def show(entry: str) -> None:
    """ENTRY whole: the notice, what it touches, what was said of it, and your node's own open work."""
    with open_client() as node:
        found = node.law_change(entry).raw
    lines = [
        f"{found['nation']}: {found['source']}, {found['edition']} ({found['citation']})",
        f"{words('law_notice', 'replaces')}: {found['replaces'] or words('law_notice', 'replaces_nothing')}",
        f"{words('law_notice', 'in_force_from')}: {found['in_force_from']}",
        f"{words('law_notice', 'until')}: {found['consultation_until']} ({words('law.state', found['state'])})",
        f"{words('law_notice', 'evidence')}: {words('evidence', found['evidence'])}"
        + ("" if found["confirmed"] else f", {words('paper', 'unconfirmed')}"),
        *(_provision(one) for one in found["provisions"]),
        *(
            f"{words('law.touched', one['kind'])} {one['code']}: {', '.join(one['provisions'])}"
            for one in found["rules"]
        ),
        *(
            f"{one['procedure'] or words('law', 'several')}, {words('law.touched', one['kind'])} {one['code']}: "
            + ", ".join(one["provisions"])
            for one in found["procedures"]
        ),
        *(f"{words('law_notice', name)}: {', '.join(found[name])}" for name in _RECORD if found[name]),
        *(
            f"{words('cli.law', 'open')}: {one['procedure']} {one['state']}: {one['count']}"
            for one in found["open_work"]
        ),
        *(_word(one) for one in found["words"]),
    ]
    answer(found, "\n".join(lines))


_RECORD = ("relations", "divergences", "proposals")


def _provision(one: dict[str, Any]) -> str:
    text = f": {one['text']}" if one["text"] else ""
    return f"{one['provision']} ({words('law.word', one['word'])}){text}"


def _word(one: dict[str, Any]) -> str:
    late = f" ({words('cli.law', 'late')})" if one["late"] else ""
    stands = f" {words('proposal.position', one['position'])}" if one["position"] else ""
    return f"{one['at']} {one['nation']}{late}{stands}: {one['text']}"


@law.command("record")
@click.option("--source", required=True, help="The text, by its name.")
@click.option("--edition", required=True, help="The new edition.")
@click.option("--replaces", default="", help="What it replaces, as `relto align law texts` names it.")
@click.option("--in-force-from", required=True, help="A day, such as 2027-07-03.")
@click.option("--published", default="", help="A day; left out when it is not known.")
@click.option("--citation", required=True)
@click.option("--evidence", required=True, type=click.Choice(EVIDENCE))
@click.option("--confirmed", is_flag=True, help="You have read the text and confirm it.")
@click.option("--until", required=True, help="The last day of the consultation.")
@click.option(
    "--provision",
    "provisions",
    multiple=True,
    help='What it does to a provision: "ID changed|repealed|new [TOPIC]: own words"; the words may be left out.',
)
@click.option("--entry", default="", help="Your own notice that you say anew.")
def record(  # noqa: PLR0913, PLR0917  click calls by name
    source: str,
    edition: str,
    replaces: str,
    in_force_from: str,
    published: str,
    citation: str,
    evidence: str,
    provisions: tuple[str, ...],
    until: str,
    entry: str,
    *,
    confirmed: bool,
) -> None:
    """Record a new edition of a text of your nation's own law; the partner is told (co-chair)."""
    named = [read_change_line(one) for one in provisions]
    with open_client() as node:
        told = node.state_law_change(
            source,
            edition,
            replaces=replaces,
            in_force_from=in_force_from,
            citation=citation,
            evidence=evidence,
            consultation_until=until,
            published=published,
            confirmed=confirmed,
            provisions=named,
            entry=entry,
        ).raw
    answer(told, sentence("cli.told.alignment", language(), entry=told["entry"]))


@law.command("answer")
@click.argument("entry")
@click.option("--position", required=True, type=click.Choice(["objects", "no_objection"]))
@click.option("--reason", default="", help="Needed for an objection; write no classified words.")
def reply(entry: str, position: str, reason: str) -> None:
    """Say for your nation whether it objects to the partner's notice ENTRY (co-chair)."""
    with open_client() as node:
        told = node.answer_consultation(entry, position, reason=reason).raw
    answer(told, sentence("cli.told.alignment", language(), entry=told["entry"]))


@law.command("end")
@click.argument("entry")
@click.option("--state", required=True, type=click.Choice(["closed", "withdrawn"]))
def end(entry: str, state: str) -> None:
    """End the consultation on your own notice ENTRY, or withdraw it (co-chair)."""
    with open_client() as node:
        told = node.end_consultation(entry, state).raw
    answer(told, sentence("cli.told.alignment", language(), entry=told["entry"]))


@law.command("notice")
@click.argument("entry")
@click.option("--language", "spoken", type=click.Choice(["en", "hi", "both"]), default="en", help="Of the sheet.")
@click.option("--output", required=True, type=click.Path(path_type=Path), help="The file to write.")
def notice(entry: str, spoken: str, output: Path) -> None:
    """Write the notice ENTRY as PDF, with the signed statement inside."""
    with open_client() as node:
        data = node.law_notice(entry, language=spoken)
    written = write_file(output, data, "output")
    answer({"file": str(written), "bytes": len(data)}, str(written))
