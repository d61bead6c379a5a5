"""Meetings of the working group: plan, agenda, minutes and decisions, call off; papers and a calendar entry of one."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import Query, Router, Status
from pydantic import Field

from relto.adapters.calendar_feed import MEDIA_TYPE
from relto.alignment.meeting_standing import USUAL_EVIDENCE, NextMeeting
from relto.api.alignment import Told
from relto.api.alignment_actions import Action, action_answer
from relto.api.answers import Answer, plain
from relto.api.dossier_papers import AskedLanguage
from relto.api.forms import Code, Form, Id, Moment, NationCode
from relto.api.streams import bytes_out, file_answer
from relto.api.surroundings import caller, house, language_of
from relto.base.instants import read_instant
from relto.services.alignment import meeting_papers, meetings
from relto.services.dossiers.papers import PDF

router = Router(tags=["alignment"])
Digest = Annotated[str, Field(max_length=64, description="Of the version that was read; empty takes the newest.")]
Texts = Annotated[dict[str, Annotated[str, Field(max_length=1500)]], Field(min_length=1, max_length=2)]
Entry = Annotated[str, Field(min_length=1, max_length=32)]


class Meeting(Answer):
    """A meeting as last said by either nation.

    `state`: planned, confirmed (both signed the plan), draft_minutes, agreed_minutes, amended_minutes (a newer draft
    stands beside what both signed) or cancelled. `waits_for`: whose signature that version lacks; `rivals`: other
    versions that were written at the same time; `same_number`: other meetings of its number; `decisions`: how many
    count.
    """

    entry: str
    number: str
    state: str
    host: str
    place: str
    starts: str
    ends: str
    zone: str
    form: str
    said_by: str
    waits_for: list[str]
    rivals: int
    same_number: list[str]
    items: int
    decisions: int


class AgendaItem(Answer):
    """An item of the agenda: the entry that it is about, whose item it is, and why it is there."""

    entry: str
    title: str
    owner: str
    why: str


class ItemText(Answer):
    """What was said under an item, by language."""

    entry: str
    text: dict[str, str]


class MeetingDecision(Answer):
    """A decision in these minutes; it counts when both nations signed them."""

    code: str
    entry: str
    text: dict[str, str]


class MeetingDetail(Meeting):
    """A meeting whole. `digest`: of the version shown; `agreed`: the body that both nations signed last."""

    digest: str
    per_year: int
    reason: str
    agenda: list[AgendaItem]
    minutes: list[ItemText]
    decided: list[MeetingDecision]
    agreed: dict[str, Any] | None
    agreed_digest: str
    actions: list[Action]


class Offer(Answer):
    """What could be talked about, and why; nothing is on the agenda until a co-chair takes it."""

    entry: str
    kind: str
    title: str
    why: str
    owner: str
    days: int


class Next(Answer):
    """What is proposed for the next meeting; either nation may plan another.

    `per_year_agreed`: false while `per_year` is only a default, for which there is but this `evidence`.
    """

    number: str
    host: str
    after: str
    not_after: str
    per_year: int
    per_year_agreed: bool
    evidence: str


class Decided(Answer):
    """A joint decision that counts, and the meeting whose agreed minutes hold it."""

    meeting: str
    number: str
    code: str
    entry: str
    text: dict[str, str]
    at: str


class PlanForm(Form):
    """A meeting's plan. `number`: empty for the proposed one; `entry`: of a meeting that is planned anew."""

    host: NationCode
    place: Annotated[str, Field(min_length=1, max_length=100)]
    starts: Moment
    ends: Moment
    zone: Annotated[str, Field(min_length=2, max_length=64, examples=["Asia/Kolkata"])]
    form: Annotated[str, Field(max_length=16, examples=["in_person"])]
    number: Annotated[str, Field(max_length=16)] = ""
    per_year: Annotated[int, Field(ge=0, le=12)] = 0
    entry: Annotated[str, Field(max_length=32)] = ""
    digest: Digest = ""


class Item(Form):
    """An item as it was chosen."""

    entry: Entry
    owner: NationCode


class AgendaForm(Form):
    """The whole agenda, item by item; what is not named leaves it."""

    items: Annotated[list[Item], Field(max_length=30)]
    digest: Digest = ""


class Under(Form):
    """A text under an item of the agenda, by language."""

    entry: Entry
    text: Texts


class MinutesForm(Form):
    """What was said under items, and what both decided."""

    minutes: Annotated[list[Under], Field(max_length=30)]
    decisions: Annotated[list[Under], Field(max_length=20)]
    digest: Digest = ""


class CancellationForm(Form):
    """Why the meeting is called off."""

    reason: Annotated[str, Field(min_length=1, max_length=500)]
    digest: Digest = ""


@router.get("/alignment/meetings", response=list[Meeting])
def list_meetings(request: HttpRequest, about: Query[str] = "") -> list[dict[str, Any]]:
    """The meetings, the latest first; with `about` those that have this entry on their agenda."""
    return [plain(row) for row in meetings.meetings(house(), caller(request), about=about)]


@router.post("/alignment/meetings", response={201: Told})
def plan_meeting(request: HttpRequest, body: PlanForm) -> Status[dict[str, str]]:
    """Plan a meeting, or plan one anew (co-chair)."""
    asked = meetings.Plan(
        host=body.host,
        place=body.place,
        starts=read_instant(body.starts, field="starts"),
        ends=read_instant(body.ends, field="ends"),
        zone=body.zone,
        form=body.form,
        number=body.number,
        per_year=body.per_year,
    )
    told = meetings.plan(house(), caller(request), asked, entry=body.entry, digest=body.digest)
    return Status(201, {"entry": told})


@router.get("/alignment/next-meeting", response=Next)
def read_next_meeting(request: HttpRequest) -> dict[str, Any]:
    """What is proposed for the next meeting: number, host, and by when."""
    return next_answer(meetings.next_meeting(house(), caller(request)))


@router.get("/alignment/decisions", response=list[Decided])
def list_joint_decisions(request: HttpRequest, about: Query[str] = "") -> list[dict[str, Any]]:
    """The decisions that stand in minutes both nations signed, the newest first."""
    return [plain(row) for row in meetings.decisions(house(), caller(request), about=about)]


@router.get("/alignment/meetings/{entry}", response=MeetingDetail)
def read_meeting(request: HttpRequest, entry: Id) -> dict[str, Any]:
    """One meeting whole, as last said; with what both signed last, and the actions that come from it."""
    found = meetings.meeting(house(), caller(request), entry)
    last = found.last
    return {
        **plain(found.view),
        "digest": found.digest,
        "per_year": last.per_year,
        "reason": last.reason,
        "agenda": [plain(one) for one in last.agenda],
        "minutes": [plain(one) for one in last.minutes],
        "decided": [plain(one) for one in last.decisions],
        "agreed": found.agreed.body() if found.agreed is not None else None,
        "agreed_digest": found.agreed_version.digest if found.agreed_version is not None else "",
        "actions": [action_answer(one) for one in found.actions],
    }


@router.get("/alignment/meetings/{entry}/offers", response=list[Offer])
def list_offers(request: HttpRequest, entry: Id) -> list[dict[str, Any]]:
    """What is ripe for this meeting and not on its agenda yet, each with why."""
    found = meetings.offers(house(), caller(request), entry)
    return [{**plain(one), "owner": str(one.owner or "")} for one in found]


@router.put("/alignment/meetings/{entry}/agenda", response=Told)
def set_agenda(request: HttpRequest, entry: Id, body: AgendaForm) -> dict[str, str]:
    """Set the agenda item by item (co-chair)."""
    items = [(one.entry, one.owner) for one in body.items]
    return {"entry": meetings.set_agenda(house(), caller(request), entry, items, digest=body.digest)}


@router.put("/alignment/meetings/{entry}/minutes", response=Told)
def write_minutes(request: HttpRequest, entry: Id, body: MinutesForm) -> dict[str, str]:
    """Write the minutes and decisions of a meeting that was held; a draft until both nations sign (co-chair)."""
    told = meetings.minute(
        house(),
        caller(request),
        entry,
        minutes=[(one.entry, one.text) for one in body.minutes],
        decided=[(one.entry, one.text) for one in body.decisions],
        digest=body.digest,
    )
    return {"entry": told}


@router.post("/alignment/meetings/{entry}/cancellation", response={201: Told})
def cancel_meeting(request: HttpRequest, entry: Id, body: CancellationForm) -> Status[dict[str, str]]:
    """Call a planned meeting off (co-chair)."""
    told = meetings.cancel(house(), caller(request), entry, reason=body.reason, digest=body.digest)
    return Status(201, {"entry": told})


@router.get(
    "/alignment/meetings/{entry}/papers/{paper_code}",
    openapi_extra=bytes_out(PDF, "The paper, PDF/UA-1 and PDF/A-3a."),
)
def read_meeting_paper(
    request: HttpRequest, entry: Id, paper_code: Code, language: AskedLanguage = "en"
) -> HttpResponseBase:
    """The agenda with its pack, the minutes, or the action list of a meeting as PDF: `pack`, `minutes`, `actions`."""
    made = meeting_papers.meeting_paper(house(), caller(request), entry, paper_code, language)
    return file_answer(iter([made.content]), made.media_type, made.name, len(made.content))


@router.get(
    "/alignment/meetings/{entry}/calendar", openapi_extra=bytes_out(MEDIA_TYPE, "The meeting as iCalendar (RFC 5545).")
)
def read_meeting_calendar(request: HttpRequest, entry: Id) -> HttpResponseBase:
    """The meeting as a calendar entry: number, time and place, nothing of its agenda."""
    made = meeting_papers.meeting_calendar(house(), caller(request), entry, language_of(request))
    return file_answer(iter([made.content]), made.media_type, made.name, len(made.content))


def next_answer(found: NextMeeting) -> dict[str, Any]:
    """What is proposed, as the API answers it."""
    return {
        **plain(found),
        "host": str(found.host or ""),
        "not_after": plain(found.not_after) if found.not_after is not None else "",
        "evidence": USUAL_EVIDENCE,
    }
