"""Change of law: record the own notice, end its consultation, read every notice with what it touches here.

Rules enforced here:
 1. A co-chair records her own nation's law alone; the form of a notice is `relto.alignment.law_changes`'.
 2. What a notice touches is derived when it is read, from the bundle in force and the shared record; how many open
    dossiers and cases stand at home is counted for the reader and told to nobody.
 3. Comments and positions count as part of the consultation until the end of its last day on the recording nation's
    calendar; later ones are kept and shown as late.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Final

from relto.alignment.law_changes import (
    CONSULTING,
    LONGEST_TEXT,
    MOST_PROVISIONS,
    STATES,
    LawChange,
    consultation_is_open,
    known_texts,
    make_change,
    make_law_change,
    read_law_change,
)
from relto.alignment.shared_record import COMMENT, LAW_CHANGE, POSITION, PROPOSAL, Entry, Said
from relto.alignment.silence import OBJECTS, POSITIONS, position_body
from relto.alignment.touched_by_law import GATE, LOADED, Touched, touched, touched_provisions
from relto.base.calendars import CALENDARS, holiday_codes, is_working_day, local_date, working_days_between, zone_of
from relto.base.errors import Conflict, NotAvailable, UnknownValue
from relto.base.instants import Instant
from relto.base.nations import Nation
from relto.procedures.actors import Actor, Role
from relto.rules.bundle import Bundle
from relto.services import active_bundle
from relto.services.alignment.record import say
from relto.services.house import House
from relto.services.texts import LONGEST_REASON, read_text
from relto.store.queries.alignment import READERS, entries_of, entry_of, visible_entries
from relto.store.queries.alignment_counts import entries_about, open_case_counts, open_dossier_counts

MOST_ENTRIES: Final = 500
"""Relations and divergences that a notice lists; the oldest first."""


@dataclass(frozen=True, slots=True)
class KnownText:
    """A text that own provisions rest on: its name as the rule book has it, and how many provisions."""

    text: str
    provisions: int


@dataclass(frozen=True, slots=True)
class LawChangeRow:
    """A notice in a list. `open`: words of the partner still count; `days`: since it was told."""

    entry: str
    nation: Nation
    source: str
    edition: str
    replaces: str
    in_force_from: date
    consultation_until: date
    state: str
    open: bool
    opened: Instant
    changed: Instant
    days: int
    topics: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """The end of the consultation on one nation's calendar. `ends`: the instant, the same for all; `local_day`: there.

    `working_days`: left from now on, None past the calendar's years; `closed`: holidays of that day, as codes, or
    "weekly_day_off"; empty on a working day.
    """

    nation: Nation
    ends: Instant
    local_day: date
    working_days: int | None
    closed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ConsultationWord:
    """A comment or a position. `late`: said after the consultation's last day. `position`: "" of a comment."""

    nation: Nation
    at: Instant
    text: str
    position: str
    late: bool


@dataclass(frozen=True, slots=True)
class OpenWork:
    """How many of this node's own are open. `kind`: dossier or case; `procedure` and `state` as codes."""

    kind: str
    procedure: str
    state: str
    count: int


@dataclass(frozen=True, slots=True)
class LawChangeDetail:
    """A notice whole: its newest words, earlier versions, what it touches, the consultation, the own open work.

    The readings in `touched.relations` are said of an older text as soon as a bundle changes those provisions.
    `begin`: the "topics" and "provisions" with which a proposal begins from it.
    """

    row: LawChangeRow
    change: LawChange
    versions: tuple[Said, ...]
    touched: Touched
    calendars: tuple[CalendarDay, ...]
    words: tuple[ConsultationWord, ...]
    open_work: tuple[OpenWork, ...]
    begin: Mapping[str, tuple[str, ...]]


def known(house: House, actor: Actor) -> list[KnownText]:
    """The texts that the own nation's provisions rest on: what a new edition can replace. Raises Refused("role")."""
    actor.require(*READERS)
    texts = known_texts(active_bundle.active(house).provisions.values(), house.nation)
    return [KnownText(text, len(ids)) for text, ids in texts.items()]


def record_law_change(  # noqa: PLR0913  one argument for each member of the notice
    house: House,
    actor: Actor,
    *,
    source: str,
    edition: str,
    replaces: str,
    in_force_from: date,
    citation: str,
    evidence: str,
    consultation_until: date,
    published: date | None = None,
    confirmed: bool = False,
    provisions: Sequence[Mapping[str, str]] = (),
    entry: str = "",
) -> str:
    """Tell of a new edition of an own text, or say an own notice anew (`entry`); returns the entry's id.

    `provisions`: each {"provision", "word", "topic", "text"}; topic and text may be absent. Raises Refused("role"),
    NotAvailable("alignment"), MalformedInput or UnknownValue by field, Conflict("alignment.law.line") for a notice of
    another nation, Conflict("alignment.law.day") when the consultation would end before it begins.
    """
    actor.require(Role.CO_CHAIR)
    bundle = active_bundle.active(house)
    changes = []
    for one in provisions:
        text = str(one.get("text", "")).strip()
        changes.append(
            make_change(
                bundle.provisions,
                str(one.get("provision", "")),
                str(one.get("word", "")),
                topic=str(one.get("topic", "")),
                text=read_text(text, field="provisions", longest=LONGEST_TEXT) if text else "",
            )
        )
    made = make_law_change(
        bundle.provisions,
        nation=house.nation,
        source=read_text(source, field="source"),
        edition=read_text(edition, field="edition"),
        replaces=read_text(replaces, field="replaces") if replaces else "",
        published=published,
        in_force_from=in_force_from,
        citation=read_text(citation, field="citation"),
        evidence=evidence,
        confirmed=confirmed,
        changes=changes,
        consultation_until=consultation_until,
    )
    if consultation_until < local_date(house.now(), house.nation):
        raise Conflict("alignment.law.day", field="consultation_until", expected="today or a later day")
    return say(house, actor, LAW_CHANGE, made.body(), entry=entry)


def end_consultation(house: House, actor: Actor, entry: str, state: str) -> str:
    """Close the consultation on an own notice, or withdraw the notice: its words stay, its state changes.

    Raises Refused("role"), NotAvailable("alignment"), UnknownValue("alignment.state"), Conflict("alignment.law.line").
    """
    actor.require(Role.CO_CHAIR)
    if state not in STATES or state == CONSULTING:
        raise UnknownValue("alignment.state", field="state", expected=", ".join(set(STATES) - {CONSULTING}))
    found = _found(actor, entry)
    if found.opened_by != house.nation:
        raise Conflict("alignment.law.line", field="entry", expected="a notice of the nation that speaks")
    change = replace(read_law_change(found.newest[found.opened_by].body), state=state)
    return say(house, actor, LAW_CHANGE, change.body(), entry=entry)


def answer_consultation(house: House, actor: Actor, entry: str, *, position: str, reason: str = "") -> str:
    """Say for the own nation whether it objects to the partner's notice, with a reason; returns the position's id.

    Raises Refused("role"), NotAvailable("alignment"), UnknownValue("alignment.position"), MalformedInput("text") for an
    objection without a reason, Conflict("alignment.law.own") for an own notice.
    """
    actor.require(Role.CO_CHAIR)
    if position not in POSITIONS:
        raise UnknownValue("alignment.position", field="position", expected=", ".join(POSITIONS))
    given = read_text(reason, field="reason", longest=LONGEST_REASON) if reason or position == OBJECTS else ""
    found = _found(actor, entry)
    if found.opened_by == house.nation:
        raise Conflict("alignment.law.own", field="entry", expected="a notice of another nation")
    body = position_body(entry, found.newest[found.opened_by], position, given)
    own = [
        one.entry
        for one in visible_entries(actor, kinds=(POSITION,), about=entry).values()
        if house.nation in one.lines
    ]
    return say(house, actor, POSITION, body, entry=own[0] if own else "")


def law_changes(house: House, actor: Actor) -> list[LawChangeRow]:
    """Every notice of both nations: those under consultation first, each the newest first. Raises Refused("role")."""
    actor.require(*READERS)
    now = house.now()
    rows = [_row(entry, now) for entry in visible_entries(actor, kinds=(LAW_CHANGE,)).values()]
    return sorted(rows, key=lambda one: (not one.open, -one.opened.timestamp(), one.entry))


def law_change(house: House, actor: Actor, entry: str) -> LawChangeDetail:
    """One notice whole. Raises Refused("role"), NotAvailable("alignment")."""
    found, now = _found(actor, entry), house.now()
    bundle = active_bundle.active(house, now)
    said = found.newest[found.opened_by]
    change = read_law_change(said.body)
    touches = touched(change, bundle, _about(actor, change, bundle))
    ends = _ends(change)
    return LawChangeDetail(
        row=_row(found, now),
        change=change,
        versions=found.lines[found.opened_by],
        touched=touches,
        calendars=tuple(_calendar_day(nation, now, ends) for nation in sorted(bundle.parties) if nation in CALENDARS),
        words=_words(actor, entry, ends),
        open_work=_open_work(actor, bundle, touches),
        begin=_begin(touches),
    )


def _found(actor: Actor, entry: str) -> Entry:
    actor.require(*READERS)
    found = entry_of(entry)
    if found is None or found.kind != LAW_CHANGE:
        raise NotAvailable("alignment", field="entry")
    return found


def _about(actor: Actor, change: LawChange, bundle: Bundle) -> list[Entry]:
    """Entries that may be about what the change touches: the record itself may hold very many others."""
    ids = {one.provision for one in touched_provisions(change, bundle) if one.word != LOADED}
    found = entries_of(entries_about(actor, ids, MOST_ENTRIES)).values()
    return [*found, *visible_entries(actor, kinds=(PROPOSAL,)).values()]


def _row(entry: Entry, now: Instant) -> LawChangeRow:
    change = read_law_change(entry.newest[entry.opened_by].body)
    return LawChangeRow(
        entry=entry.entry,
        nation=change.nation,
        source=change.source,
        edition=change.edition,
        replaces=change.replaces,
        in_force_from=change.in_force_from,
        consultation_until=change.consultation_until,
        state=change.state,
        open=consultation_is_open(change, _today(now, change.nation)),
        opened=entry.opened,
        changed=entry.changed,
        days=max(0, (now - entry.opened).days),
        topics=change.topics,
    )


def _today(now: Instant, nation: Nation) -> date:
    return local_date(now, nation) if nation in CALENDARS else now.date()


def _ends(change: LawChange) -> Instant:
    """The last second of the consultation's last day, where the recording nation is."""
    zone = zone_of(change.nation) if change.nation in CALENDARS else UTC
    return datetime.combine(change.consultation_until, time(23, 59, 59), tzinfo=zone).astimezone(UTC)


def _calendar_day(nation: Nation, now: Instant, ends: Instant) -> CalendarDay:
    day = local_date(ends, nation)
    try:
        left: int | None = max(0, working_days_between(now, ends, nation))
        closed = holiday_codes(day, nation)
        if not closed and not is_working_day(day, nation):
            closed = ("weekly_day_off",)
    except UnknownValue:
        left, closed = None, ()
    return CalendarDay(nation, ends, day, left, closed)


def _words(actor: Actor, entry: str, ends: Instant) -> tuple[ConsultationWord, ...]:
    about = visible_entries(actor, kinds=(COMMENT, POSITION), about=entry).values()
    every = (one for found in about for line in found.lines.values() for one in line)
    said = sorted(every, key=lambda one: (one.at, one.nation, one.kind, one.entry, one.number))
    return tuple(
        ConsultationWord(
            nation=one.nation,
            at=one.at,
            text=str(one.body.get("text", one.body.get("reason", ""))),
            position=str(one.body.get("position", "")),
            late=one.at > ends,
        )
        for one in said
    )


def _open_work(actor: Actor, bundle: Bundle, touches: Touched) -> tuple[OpenWork, ...]:
    """Of the procedures that it touches, and of releases where a joint rule that decides them rests on it."""
    rules = {one.code for one in touches.rules if one.kind == GATE}
    decides = any(gate.actions for gate in bundle.gates.gates if gate.rule in rules)
    procedures = {one.procedure for one in touches.procedures if one.procedure}
    dossiers = [
        OpenWork("dossier", procedure, state, count)
        for procedure, state, count in open_dossier_counts(actor, procedures)
    ]
    cases = open_case_counts(actor) if decides else []
    return (*dossiers, *(OpenWork("case", "release", state, count) for state, count in cases))


def _begin(touches: Touched) -> dict[str, tuple[str, ...]]:
    provisions = touches.to_begin_with[:MOST_PROVISIONS]
    topics = {one.topic for one in touches.provisions if one.provision in provisions}
    return {"topics": tuple(sorted(topics)), "provisions": provisions}
