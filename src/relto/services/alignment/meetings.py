"""Meetings of the working group: plan one, set its agenda, write its minutes and decisions, call it off; read them.

A co-chair writes her own nation's line alone, each time the whole meeting as she sees it, on the ground of the version
that she read. The version that every party's co-chair signs is what was agreed: the plan, or the minutes. A decision
counts only in agreed minutes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from relto.alignment.agenda import CHOSEN, AgendaOffer
from relto.alignment.meeting_standing import (
    AGREED_MINUTES,
    AMENDED_MINUTES,
    MeetingStanding,
    NextMeeting,
    propose_next,
    standing,
)
from relto.alignment.meetings import (
    HELD,
    LONGEST_PLACE,
    LONGEST_REASON,
    AgendaItem,
    Decision,
    Meeting,
    cancelled,
    make_meeting,
    read_meeting,
    require_open,
    with_agenda,
    with_minutes,
)
from relto.alignment.shared_record import ABOUT, MEETING, Entry
from relto.alignment.signatures import Agreed
from relto.base.calendars import zone_named
from relto.base.errors import Conflict, NotAvailable
from relto.base.instants import Instant
from relto.base.nations import Nation
from relto.procedures.actors import Actor, Role
from relto.services import active_bundle
from relto.services.alignment import signing
from relto.services.alignment.actions import ActionRow, actions
from relto.services.alignment.offering import offered
from relto.services.alignment.record import party, say
from relto.services.alignment.signed_entries import Line, entries_with_signatures, lines_of, require_current
from relto.services.alignment.titles import title_of
from relto.services.house import House
from relto.services.texts import read_text
from relto.store.queries.alignment import READERS, entry_of


@dataclass(frozen=True, slots=True)
class Plan:
    """What a co-chair plans. `number`: the proposed one when empty; `per_year`: how many meetings a year it sets, or 0.

    `starts` and `ends` are aware instants; `zone`: IANA name in which they are read; `form`: in_person or remote.
    """

    host: str
    place: str
    starts: Instant
    ends: Instant
    zone: str
    form: str
    number: str = ""
    per_year: int = 0


@dataclass(frozen=True, slots=True)
class MeetingRow:
    """A meeting in a list, as last said by either nation. `state`: how it stands between both.

    `said_by`: whose version that is; `waits_for`: whose signature it lacks; `rivals`: other versions that were written
    at the same time; `same_number`: other meetings of its number; `decisions`: how many count;
    `versions`: how many were said of it, the last one at `changed`.
    """

    entry: str
    number: str
    state: str
    host: Nation
    place: str
    starts: Instant
    ends: Instant
    zone: str
    form: str
    said_by: Nation
    waits_for: tuple[Nation, ...]
    rivals: int
    same_number: tuple[str, ...]
    items: int
    decisions: int
    versions: int
    changed: Instant


@dataclass(frozen=True, slots=True)
class MeetingDetail:
    """A meeting whole. `last`: as last said; `digest`: of that version; `agreed`: as both signed it last, or None.

    `agreed_version`: whose line, number, digest and instant; `titles`: entry -> what the agenda calls it.
    """

    view: MeetingRow
    last: Meeting
    digest: str
    agreed: Meeting | None
    agreed_version: Agreed | None
    actions: tuple[ActionRow, ...]
    lines: tuple[Line, ...]
    signed: signing.Standing

    @property
    def titles(self) -> dict[str, str]:
        """Entry -> what the agenda calls it."""
        return {one.entry: one.title for one in self.last.agenda}


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """A decision that counts: in minutes that every party signed. `meeting`, `number`: where it was taken."""

    meeting: str
    number: str
    code: str
    entry: str
    text: Mapping[str, str]
    at: Instant


def meetings(house: House, actor: Actor, *, about: str = "") -> list[MeetingRow]:
    """The meetings, the latest start first; with `about` those that have this entry on their agenda.

    Raises Refused("role").
    """
    actor.require(*READERS)
    rows = []
    for entry, stands in _standings(house, actor):
        last = read_meeting(stands.current.body)
        if not about or about in {one.entry for one in last.agenda}:
            rows.append(_row(entry, stands, last))
    numbers: dict[str, list[str]] = {}
    for row in rows:
        numbers.setdefault(row.number, []).append(row.entry)
    twice = [replace(row, same_number=tuple(one for one in numbers[row.number] if one != row.entry)) for row in rows]
    return sorted(twice, key=lambda one: (one.starts, one.entry), reverse=True)


def meeting(house: House, actor: Actor, entry: str) -> MeetingDetail:
    """One meeting whole, with the actions that come from it. Raises Refused("role"), NotAvailable("alignment")."""
    actor.require(*READERS)
    found = _held(entry)
    stands = standing(found, signing.signatures_about(actor, entry), _parties(house))
    last = read_meeting(stands.current.body)
    signed = signing.standing(house, actor, found)
    row = next(one for one in meetings(house, actor) if one.entry == entry)
    return MeetingDetail(
        view=row,
        last=last,
        digest=stands.current.digest,
        agreed=read_meeting(stands.agreed.body) if stands.agreed is not None else None,
        agreed_version=signed.agreed[-1] if signed.agreed else None,
        actions=tuple(actions(house, actor, about=entry)),
        lines=lines_of(found),
        signed=signed,
    )


def next_meeting(house: House, actor: Actor) -> NextMeeting:
    """What is proposed for the next meeting: number, host, by when; either nation may plan another."""
    actor.require(*READERS)
    known = [
        (read_meeting(stands.current.body), stands.word in {AGREED_MINUTES, AMENDED_MINUTES})
        for _, stands in _standings(house, actor)
    ]
    return propose_next(known, _parties(house), house.now())


def offers(house: House, actor: Actor, entry: str) -> tuple[AgendaOffer, ...]:
    """What is ripe for this meeting and not on its agenda, each with why it is offered; nothing is taken by itself."""
    actor.require(*READERS)
    return offered(house, actor, entry, _read(actor, entry))


def decisions(house: House, actor: Actor, *, about: str = "") -> list[DecisionRow]:
    """The decisions that count, the newest first; of one entry when named. Raises Refused("role")."""
    actor.require(*READERS)
    found = [
        DecisionRow(entry.entry, minutes.number, one.code, one.entry, one.text, minutes.starts)
        for entry, stands in _standings(house, actor)
        if (minutes := _minutes(stands)) is not None
        for one in minutes.decisions
        if about in {"", one.entry}
    ]
    return sorted(found, key=lambda one: (one.at, one.number, one.code), reverse=True)


def plan(house: House, actor: Actor, asked: Plan, *, entry: str = "", digest: str = "") -> str:
    """Plan a meeting, or plan one anew (`entry`, keeping its agenda); returns its id.

    `digest`: of the version that she read. Raises Refused("role"), NotAvailable("alignment"), MalformedInput or
    UnknownValue by field, Conflict("alignment.number") for a number in use, Conflict("alignment.superseded"),
    Conflict("alignment.meeting") for one that was held or called off.
    """
    actor.require(Role.CO_CHAIR)
    others = [one for one in meetings(house, actor) if one.entry != entry]
    before = _read(actor, entry, digest) if entry else None
    number = asked.number or (before.number if before is not None else next_meeting(house, actor).number)
    if number in {one.number for one in others}:
        raise Conflict("alignment.number", field="number", found=number, expected="a number that no meeting has")
    zone_named(asked.zone)
    made = make_meeting(
        _parties(house),
        number=number,
        host=party(house, asked.host, own=True, field="host"),
        place=read_text(asked.place, field="place", longest=LONGEST_PLACE),
        starts=asked.starts,
        ends=asked.ends,
        zone=asked.zone,
        form=asked.form,
        per_year=asked.per_year,
    )
    if before is not None:
        require_open(before)
        if before.state == HELD:
            raise Conflict("alignment.meeting", field="state", found=before.state, expected="planned")
        made = replace(made, agenda=before.agenda, on=before.on)
    return say(house, actor, MEETING, made.body(), entry=entry)


def set_agenda(house: House, actor: Actor, entry: str, items: Sequence[tuple[str, str]], *, digest: str = "") -> str:
    """The agenda item by item as it was chosen: (entry of the record, owner nation). Returns the meeting's id.

    What is not named leaves the agenda. Raises as `plan`, NotAvailable("alignment") for an entry that is not held.
    """
    actor.require(Role.CO_CHAIR)
    before = _read(actor, entry, digest)
    standing_items = {one.entry: one for one in before.agenda}
    whys = {one.entry: one.why for one in offered(house, actor, entry, before)}
    made = []
    for identity, owner in items:
        whose = party(house, owner, own=True, field="owner")
        kept = standing_items.get(identity)
        if kept is not None:
            made.append(replace(kept, owner=whose))
            continue
        about = entry_of(identity)
        if about is None or about.kind == MEETING or (about.kind in ABOUT and identity not in whys):
            raise NotAvailable("alignment", field="agenda")
        made.append(AgendaItem(identity, title_of(about), whose, whys.get(identity, CHOSEN)))
    return say(house, actor, MEETING, with_agenda(before, made, _parties(house)).body(), entry=entry)


def minute(
    house: House,
    actor: Actor,
    entry: str,
    *,
    minutes: Sequence[tuple[str, Mapping[str, str]]],
    decided: Sequence[tuple[str, Mapping[str, str]]],
    digest: str = "",
) -> str:
    """Write the minutes: what was said under items of the agenda, and what both decided. Returns the meeting's id.

    The meeting counts as held; the minutes are a draft until both sign. Raises as `plan`, and
    Conflict("alignment.not_begun") for a meeting that has not begun.
    """
    actor.require(Role.CO_CHAIR)
    before = _read(actor, entry, digest)
    if house.now() < before.starts:
        raise Conflict("alignment.not_begun", field="minutes", expected="a meeting that has begun")
    return say(house, actor, MEETING, with_minutes(before, minutes, decided).body(), entry=entry)


def cancel(house: House, actor: Actor, entry: str, *, reason: str, digest: str = "") -> str:
    """Call a planned meeting off. Returns its id. Raises as `plan`."""
    actor.require(Role.CO_CHAIR)
    reason = read_text(reason, field="reason", longest=LONGEST_REASON)
    return say(house, actor, MEETING, cancelled(_read(actor, entry, digest), reason).body(), entry=entry)


def _read(actor: Actor, entry: str, digest: str = "") -> Meeting:
    """As last said, ready to be written on."""
    last = require_current(_held(entry), signing.signatures_about(actor, entry), digest)
    return replace(read_meeting(last.body), on=last.digest)


def _held(entry: str) -> Entry:
    found = entry_of(entry)
    if found is None or found.kind != MEETING:
        raise NotAvailable("alignment", field="entry")
    return found


def _parties(house: House) -> list[Nation]:
    return sorted(active_bundle.active(house).parties)


def _standings(house: House, actor: Actor) -> list[tuple[Entry, MeetingStanding]]:
    parties = _parties(house)
    return [
        (entry, standing(entry, signatures, parties))
        for entry, signatures in entries_with_signatures(actor, (MEETING,))
    ]


def _minutes(stands: MeetingStanding) -> Meeting | None:
    """The minutes that every party signed."""
    if stands.agreed is None or stands.agreed.body["state"] != HELD:
        return None
    return read_meeting(stands.agreed.body)


def _row(entry: Entry, stands: MeetingStanding, last: Meeting) -> MeetingRow:
    agreed = _minutes(stands)
    counted: tuple[Decision, ...] = agreed.decisions if agreed is not None else ()
    return MeetingRow(
        entry=entry.entry,
        number=last.number,
        state=stands.word,
        host=last.host,
        place=last.place,
        starts=last.starts,
        ends=last.ends,
        zone=last.zone,
        form=last.form,
        said_by=stands.current.nation,
        waits_for=stands.waits_for,
        rivals=len(stands.rivals),
        same_number=(),
        items=len(last.agenda),
        decisions=len(counted),
        versions=sum(len(line) for line in entry.lines.values()),
        changed=entry.changed,
    )
