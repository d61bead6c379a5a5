"""A meeting's papers: the agenda with its pack, the minutes, the action list; and the meeting as a calendar entry.

Promises: every paper says whether it is a draft or agreed by both, on each page; agreed minutes carry the digest that
both nations signed, who signed since when and the ledger entries of it on this node, and the signed statements travel
inside the file; what a pack shows beside the agenda (redlines, open points) is the record as of the instant it names.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from relto.adapters.calendar_feed import MEDIA_TYPE
from relto.adapters.meeting_calendar import meeting_file
from relto.adapters.record_papers import Coded, RecordPaper, RecordSection, RecordTable, Words, record_paper
from relto.alignment.meeting_standing import AGREED_MINUTES, AMENDED_MINUTES, CONFIRMED
from relto.alignment.meetings import HELD, Decision, Meeting
from relto.base.calendars import CALENDARS, zone_named
from relto.base.canonical import sha256_hex
from relto.base.errors import NotAvailable, UnknownValue
from relto.base.instants import Instant, instant_text
from relto.procedures.actors import Actor
from relto.services import active_bundle
from relto.services.alignment.actions import ActionRow, actions
from relto.services.alignment.meeting_calendars import calendar_meeting
from relto.services.alignment.meetings import MeetingDetail, meeting
from relto.services.alignment.pack_items import item_section
from relto.services.alignment.paper_proofs import attached, proof_of
from relto.services.dossiers.papers import PDF, PaperFile
from relto.services.house import House

PACK: Final = "pack"
MINUTES: Final = "minutes"
DRAFT: Final = "draft"
ACTIONS: Final = "actions"
PAPERS: Final = (PACK, MINUTES, DRAFT, ACTIONS)
CALENDAR: Final = MEDIA_TYPE
_CLOSED: Final = frozenset({"done", "withdrawn"})
_TEXT: Final = "meeting_paper"


def papers_of(detail: MeetingDetail) -> tuple[str, ...]:
    """The papers that a meeting gives as it stands; `draft` beside agreed minutes that somebody wrote anew."""
    given = [PACK]
    if detail.last.state == HELD:
        given.append(MINUTES)
    if detail.view.state == AMENDED_MINUTES:
        given.append(DRAFT)
    return (*given, ACTIONS)


def meeting_paper(house: House, actor: Actor, entry: str, code: str, language: str = "en") -> PaperFile:
    """One paper of a meeting as PDF. `code`: of PAPERS; `language`: en, hi or both.

    Raises Refused("role"), NotAvailable("alignment" or "paper"), MalformedInput("paper.language").
    """
    detail = meeting(house, actor, entry)
    if code not in papers_of(detail):
        raise NotAvailable("paper", field="paper", expected=", ".join(papers_of(detail)))
    if code == ACTIONS:
        return _actions_paper(house, actor, detail.actions, f"{detail.view.number}-actions", language)
    agreed = detail.agreed_version
    is_agreed = agreed is not None and (
        (code == MINUTES and detail.view.state in {AGREED_MINUTES, AMENDED_MINUTES})
        or (code == PACK and detail.view.state == CONFIRMED)
    )
    shown = detail.agreed if is_agreed and detail.agreed is not None else detail.last
    digest = agreed.digest if is_agreed and agreed is not None else detail.digest
    proof = proof_of(actor, entry, digest)
    sections = _minutes(shown, proof.signatures) if code in {MINUTES, DRAFT} else _pack(house, actor, shown)
    now = house.now()
    paper = RecordPaper(
        number=f"{shown.number} ({house.nation})",
        title=Coded(f"{_TEXT}.{'minutes' if code == DRAFT else code}"),
        statement=Coded(f"{_TEXT}.{_statement(code, detail, is_agreed=is_agreed)}"),
        facts=[*_facts(house, shown), (Coded(f"{_TEXT}.as_of"), instant_text(now))],
        sections=[*sections, *_owed(detail.actions)],
        dated=now,
        digest=digest,
        attachments=(attached(shown.number, proof.statements),),
        notes=(Coded(f"{_TEXT}.note_{'agreed' if is_agreed else 'draft'}"),),
        is_training=house.kind == "training",
    )
    return PaperFile(f"{shown.number}-{code}-{language}.pdf", PDF, record_paper(paper, language), digest)


def action_list(house: House, actor: Actor, language: str = "en") -> PaperFile:
    """Every action that is not closed, as PDF. Raises Refused("role"), MalformedInput("paper.language")."""
    rows = [row for row in actions(house, actor) if row.state not in _CLOSED]
    return _actions_paper(house, actor, rows, "actions", language)


def meeting_calendar(house: House, actor: Actor, entry: str, language: str = "en") -> PaperFile:
    """The meeting as an iCalendar file: number, time and place; what is on its agenda stands only on this node."""
    detail = meeting(house, actor, entry)
    content = meeting_file(calendar_meeting(detail.view), language)
    return PaperFile(f"{detail.view.number}.ics", CALENDAR, content, sha256_hex(content))


def when_lines(starts: Instant, ends: Instant, zone: str) -> list[str]:
    """The time of a meeting in its own zone, in each nation's and in UTC; another nation's time when it differs."""
    zones = dict.fromkeys([zone, *(row.zone for row in CALENDARS.values())])
    found = []
    for name in zones:
        try:
            local = zone_named(name)
        except UnknownValue:
            continue
        first, last = starts.astimezone(local), ends.astimezone(local)
        until = f"{last:%H:%M}" if first.date() == last.date() else f"{last:%Y-%m-%d %H:%M}"
        found.append(f"{first:%Y-%m-%d %H:%M} - {until} {name} (UTC{_offset(first)})")
    return [*found, f"{instant_text(starts)} - {instant_text(ends)}"]


def _offset(moment: datetime) -> str:
    text = f"{moment:%z}"
    return f"{text[:3]}:{text[3:]}"


def _statement(code: str, detail: MeetingDetail, *, is_agreed: bool) -> str:
    if code == PACK:
        return "plan_agreed" if is_agreed else "plan_draft"
    if not is_agreed:
        return "minutes_draft"
    return "minutes_amended" if detail.view.state == AMENDED_MINUTES else "minutes_agreed"


def _facts(house: House, shown: Meeting) -> list[tuple[Words, Words]]:
    bundle = active_bundle.active(house)
    return [
        (Coded("paper.number"), shown.number),
        (Coded(f"{_TEXT}.host"), Coded(f"country.{shown.host}")),
        (Coded(f"{_TEXT}.form"), Coded(f"meeting.form.{shown.form}")),
        (Coded(f"{_TEXT}.place"), shown.place),
        (Coded(f"{_TEXT}.when"), "\n".join(when_lines(shown.starts, shown.ends, shown.zone))),
        (Coded(f"{_TEXT}.rule_set"), f"{bundle.agreement} {bundle.version}"),
    ]


def _pack(house: House, actor: Actor, shown: Meeting) -> list[RecordSection]:
    columns = [Coded(f"{_TEXT}.{name}") for name in ("item", "owner", "why")]
    rows: list[Sequence[Words]] = [(one.title, str(one.owner), Coded(f"agenda.why.{one.why}")) for one in shown.agenda]
    agenda = RecordSection(
        Coded(f"{_TEXT}.agenda"),
        paragraphs=() if rows else (Coded(f"{_TEXT}.no_agenda"),),
        tables=[RecordTable(Coded(f"{_TEXT}.items"), columns, rows)] if rows else (),
    )
    return [agenda, *(item_section(house, actor, number, one) for number, one in enumerate(shown.agenda, 1))]


def _minutes(shown: Meeting, proof: Sequence[tuple[Words, Words]]) -> list[RecordSection]:
    said = {one.entry: one.text for one in shown.minutes}
    sections = [
        RecordSection(
            f"{number}. {one.title}",
            paragraphs=[said[one.entry]] if one.entry in said else [Coded(f"{_TEXT}.nothing_said")],
            rows=[_decision(decided, number) for decided in shown.decisions if decided.entry == one.entry],
        )
        for number, one in enumerate(shown.agenda, 1)
    ]
    places = {one.entry: number for number, one in enumerate(shown.agenda, 1)}
    decided = [_decision(one, places.get(one.entry, 0)) for one in shown.decisions]
    if shown.per_year:
        decided.append((Coded(f"{_TEXT}.per_year"), str(shown.per_year)))
    nothing = () if decided else (Coded(f"{_TEXT}.no_decision"),)
    sections.append(RecordSection(Coded(f"{_TEXT}.decisions"), paragraphs=nothing, rows=decided))
    unsigned = () if proof else (Coded(f"{_TEXT}.not_signed"),)
    sections.append(RecordSection(Coded("paper.signatures"), paragraphs=unsigned, rows=proof))
    return sections


def _decision(one: Decision, item: int) -> tuple[Words, Words]:
    return Coded(f"{_TEXT}.decision", {"decision": one.code, "item": item}), one.text


def _owed(rows: Sequence[ActionRow]) -> list[RecordSection]:
    if not rows:
        return []
    return [RecordSection(Coded(f"{_TEXT}.actions"), tables=[_action_table(rows)])]


def _action_table(rows: Sequence[ActionRow]) -> RecordTable:
    columns = [Coded(f"{_TEXT}.{name}") for name in ("what", "owes", "due", "stands", "id")]
    return RecordTable(
        Coded(f"{_TEXT}.listed"),
        columns,
        [
            (
                row.what,
                Coded(f"{_TEXT}.owner_role.{row.role}", {"nation": str(row.owner)}),
                _due(row),
                Coded(f"action.state.{row.state}"),
                row.entry,
            )
            for row in rows
        ],
    )


def _due(row: ActionRow) -> Words:
    day = row.due.isoformat()
    if row.late:
        agreed = row.holds.due.isoformat() if row.holds is not None else day
        return Coded(f"{_TEXT}.late", {"day": agreed, "days": row.late})
    return day


def _actions_paper(house: House, actor: Actor, rows: Sequence[ActionRow], name: str, language: str) -> PaperFile:
    now = house.now()
    bodies = [body for row in rows for body in proof_of(actor, row.entry, row.digest).statements]
    data = attached(name, bodies)
    is_agreed = bool(rows) and all(row.is_agreed for row in rows)
    paper = RecordPaper(
        number=f"{name} ({house.nation})",
        title=Coded(f"{_TEXT}.actions"),
        statement=Coded(f"{_TEXT}.{'list_agreed' if is_agreed else 'list_draft'}"),
        facts=[(Coded(f"{_TEXT}.as_of"), instant_text(now)), (Coded(f"{_TEXT}.count"), str(len(rows)))],
        sections=[
            RecordSection(
                Coded(f"{_TEXT}.owed"),
                paragraphs=() if rows else (Coded(f"{_TEXT}.no_action"),),
                tables=[_action_table(rows)] if rows else (),
            )
        ],
        dated=now,
        digest=sha256_hex(data.content.encode("utf-8")),
        attachments=(data,),
        notes=(Coded(f"{_TEXT}.note_{'agreed' if is_agreed else 'draft'}"),),
        is_training=house.kind == "training",
    )
    return PaperFile(f"{name}-{language}.pdf", PDF, record_paper(paper, language), paper.digest)
