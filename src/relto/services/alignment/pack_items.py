"""What a pack shows of one item: the redline of a proposal, both sides' words on a question, open points."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from relto.adapters.record_papers import Coded, RecordSection, RecordTable, Words
from relto.adapters.words import LANGUAGES, sentence
from relto.alignment.meetings import AgendaItem
from relto.alignment.redline import DELETED, INSERTED, SAME, Run
from relto.alignment.shared_record import DIVERGENCE, PROPOSAL, Entry
from relto.base.errors import NotAvailable
from relto.base.instants import instant_text
from relto.procedures.actors import Actor
from relto.rules.provisions import Provision
from relto.services.alignment import proposals_view, reading
from relto.services.house import House
from relto.store.queries.alignment import entry_of

_TEXT: Final = "meeting_paper"
_MOST_LISTED: Final = 64


def item_section(house: House, actor: Actor, number: int, item: AgendaItem) -> RecordSection:
    """The section of an item: its number and title, and what the record says of it now."""
    title = f"{number}. {item.title}"
    entry = entry_of(item.entry)
    if entry is None:
        return RecordSection(title, paragraphs=[Coded(f"{_TEXT}.not_held")])
    known = _OF_KIND.get(entry.kind)
    rows: list[tuple[Words, Words]] = [
        (Coded(f"{_TEXT}.kind"), Coded(f"alignment.kind.{entry.kind}")),
        (Coded(f"{_TEXT}.entry"), f"{item.entry}, {instant_text(entry.opened)} ({entry.opened_by})"),
    ]
    if known is None:
        return RecordSection(title, rows=rows)
    try:
        more, tables = known(house, actor, entry)
    except NotAvailable:
        return RecordSection(title, rows=rows)
    return RecordSection(title, rows=[*rows, *more], tables=tables)


Shown = tuple[list[tuple[Words, Words]], list[RecordTable]]


def _proposal(house: House, actor: Actor, entry: Entry) -> Shown:
    found = proposals_view.proposal(house, actor, entry.entry)
    rows: list[tuple[Words, Words]] = [
        (Coded(f"{_TEXT}.stands"), Coded(f"proposal.state.{found.row.state}")),
        (Coded(f"{_TEXT}.open_comments"), str(found.row.unresolved)),
        (Coded(f"{_TEXT}.changes"), str(len(found.changes))),
    ]
    rows += [(Coded(f"{_TEXT}.in_the_way"), _obstacle(one.code, one.nation)) for one in found.obstacles]
    compared = [
        (one.code, Coded(f"{_TEXT}.clause_{one.change}"), {language: _marked(runs) for language, runs in one.texts})
        for one in found.redline
        if one.change != SAME
    ]
    if not compared:
        compared = [
            (one.code, Coded(f"{_TEXT}.clause_same"), dict(one.text)) for one in found.proposal.clauses[:_MOST_LISTED]
        ]
    columns = [Coded(f"{_TEXT}.{name}") for name in ("clause", "change", "redline")]
    return rows, [RecordTable(Coded(f"{_TEXT}.clauses"), columns, compared)] if compared else []


def _obstacle(code: str, nation: str) -> Words:
    said = {language: sentence(f"proposal.obstacle.{code}", language) for language in LANGUAGES}
    return {language: f"{nation}: {text}" if nation else text for language, text in said.items()}


def _marked(runs: Iterable[Run]) -> str:
    """A redline for black ink: what was deleted in [- -], what was inserted in (+ +)."""
    marks: Mapping[str, tuple[str, str]] = {DELETED: ("[-", "-]"), INSERTED: ("(+", "+)")}
    return "".join(f"{before}{one.text}{after}" for one in runs for before, after in [marks.get(one.kind, ("", ""))])


def _divergence(house: House, actor: Actor, entry: Entry) -> Shown:
    found = reading.entry(house, actor, entry.entry)
    rows: list[tuple[Words, Words]] = [
        (Coded(f"{_TEXT}.stands"), Coded(f"alignment.state.{found.view.state}")),
        (Coded(f"{_TEXT}.days_open"), str(found.view.days)),
    ]
    for nation, said in entry.newest.items():
        words = [said.body["question"], *(f"- {one}" for one in said.body["options"])]
        rows.append((Coded(f"country.{nation}"), "\n".join(words)))
    rows.append((Coded(f"{_TEXT}.comments"), str(len(found.comments))))
    columns = [Coded(f"{_TEXT}.{name}") for name in ("provision", "nation", "citation")]
    listed = [(f"{one.id}\n{one.title}", one.nation, _cited(one)) for one in found.provisions[:_MOST_LISTED]]
    return rows, [RecordTable(Coded(f"{_TEXT}.provisions"), columns, listed)] if listed else []


def _cited(one: Provision) -> Words:
    if one.is_gap:
        return Coded("paper.gap")
    cited = one.citation or one.source or one.id
    if one.confirmed:
        return cited
    return Coded(f"{_TEXT}.unconfirmed", {"cited": cited})


_OF_KIND: Final[Mapping[str, Callable[[House, Actor, Entry], Shown]]] = {
    PROPOSAL: _proposal,
    DIVERGENCE: _divergence,
}
