"""Changes of law: record the own nation's, read every notice with what it touches, its consultation and its paper."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import Query, Router, Status
from pydantic import Field

from relto.alignment.law_changes import LONGEST_TEXT, MOST_PROVISIONS, read_day
from relto.api.alignment import Told
from relto.api.answers import Answer, plain
from relto.api.forms import Form, Id
from relto.api.streams import bytes_out, file_answer
from relto.api.surroundings import caller, house
from relto.services.alignment import law_changes
from relto.services.alignment.law_notices import notice
from relto.services.dossiers.papers import PDF

router = Router(tags=["alignment"])
Line = Annotated[str, Field(min_length=1, max_length=200)]
Day = Annotated[str, Field(min_length=10, max_length=10, examples=["2027-07-03"], json_schema_extra={"format": "date"})]
AskedLanguage = Annotated[str, Query(max_length=8, description="en, hi or both.")]


class LawText(Answer):
    """A text that the own nation's provisions rest on: what a new edition can replace."""

    text: str
    provisions: int


class LawChangeAnswer(Answer):
    """A notice. Days are calendar days of `nation`; `open`: words of the partner still count.

    `state`: consulting, closed or withdrawn; `replaces`: empty for a wholly new law; `days`: since it was told.
    """

    entry: str
    nation: str
    source: str
    edition: str
    replaces: str
    in_force_from: str
    consultation_until: str
    state: str
    open: bool
    opened: str
    changed: str
    days: int
    topics: list[str]


class TouchedProvision(Answer):
    """A provision: changed, repealed or new as the notice says, else of the older edition or loaded from the new."""

    provision: str
    word: str
    topic: str
    text: str


class TouchedRule(Answer):
    """A gate, a limit or an equivalence row of the bundle in force that rests on touched provisions."""

    kind: str
    code: str
    provisions: list[str]


class TouchedProcedure(Answer):
    """A form, check, limit or paper of a procedure that cites touched provisions; `procedure` empty: of several."""

    procedure: str
    kind: str
    code: str
    provisions: list[str]


class ConsultationDay(Answer):
    """The end of the consultation on one nation's calendar. `working_days`: left, null past the calendar's years."""

    nation: str
    ends: str
    local_day: str
    working_days: int | None
    closed: list[str]


class ConsultationWord(Answer):
    """A comment or a position; `late`: after the last day."""

    nation: str
    at: str
    text: str
    position: str
    late: bool


class OpenWork(Answer):
    """How many of this node's own dossiers or cases are open; told to nobody else."""

    kind: str
    procedure: str
    state: str
    count: int


class LawChangeDetail(LawChangeAnswer):
    """A notice whole, with what it touches: each list is derived from the bundle in force and the shared record.

    `topics_touched` and `changing`: with which a proposal begins from it.
    """

    published: str
    citation: str
    evidence: str
    confirmed: bool
    versions: int
    digest: str
    provisions: list[TouchedProvision]
    changing: list[str]
    topics_touched: list[str]
    relations: list[str]
    divergences: list[str]
    proposals: list[str]
    rules: list[TouchedRule]
    procedures: list[TouchedProcedure]
    calendars: list[ConsultationDay]
    words: list[ConsultationWord]
    open_work: list[OpenWork]


class ProvisionForm(Form):
    """What the new edition does to a provision. `topic`: of a new one that the rule book does not carry."""

    provision: Annotated[str, Field(min_length=1, max_length=64)]
    word: Literal["changed", "repealed", "new"]
    topic: Annotated[str, Field(max_length=32)] = ""
    text: Annotated[str, Field(max_length=LONGEST_TEXT)] = ""


class LawChangeForm(Form):
    """A new edition of a text of the own nation's law. `entry`: the own notice that is said anew."""

    source: Line
    edition: Line
    replaces: Annotated[str, Field(max_length=200)] = ""
    published: Annotated[str, Field(max_length=10)] = ""
    in_force_from: Day
    citation: Line
    evidence: Annotated[str, Field(max_length=16)]
    confirmed: bool = False
    provisions: Annotated[list[ProvisionForm], Field(max_length=MOST_PROVISIONS)] = Field(default_factory=list)
    consultation_until: Day
    entry: Annotated[str, Field(max_length=32)] = ""


class AnswerForm(Form):
    """What the own nation says of the partner's notice; an objection needs a reason."""

    position: Literal["objects", "no_objection"]
    reason: Annotated[str, Field(max_length=1000)] = ""


class EndForm(Form):
    """How the consultation ends: closed, or the notice withdrawn."""

    state: Literal["closed", "withdrawn"]


@router.get("/alignment/law-texts", response=list[LawText])
def list_law_texts(request: HttpRequest) -> list[dict[str, Any]]:
    """The texts that the own nation's provisions rest on."""
    return [plain(one) for one in law_changes.known(house(), caller(request))]


@router.get("/alignment/laws", response=list[LawChangeAnswer])
def list_law_changes(request: HttpRequest) -> list[dict[str, Any]]:
    """Every notice of both nations, those under consultation first."""
    return [_days(one) for one in law_changes.law_changes(house(), caller(request))]


@router.post("/alignment/laws", response={201: Told})
def state_law_change(request: HttpRequest, body: LawChangeForm) -> Status[dict[str, str]]:
    """Record a new edition of a text of the own nation's law; the partner is told and may comment (co-chair)."""
    told = law_changes.record_law_change(
        house(),
        caller(request),
        source=body.source,
        edition=body.edition,
        replaces=body.replaces,
        published=read_day(body.published, field="published") if body.published else None,
        in_force_from=read_day(body.in_force_from, field="in_force_from"),
        citation=body.citation,
        evidence=body.evidence,
        confirmed=body.confirmed,
        provisions=[one.model_dump() for one in body.provisions],
        consultation_until=read_day(body.consultation_until, field="consultation_until"),
        entry=body.entry,
    )
    return Status(201, {"entry": told})


@router.get("/alignment/laws/{entry}", response=LawChangeDetail)
def read_law_change(request: HttpRequest, entry: Id) -> dict[str, Any]:
    """One notice whole, with everything that it touches."""
    found = law_changes.law_change(house(), caller(request), entry)
    change, touched = found.change, found.touched
    return {
        **_days(found.row),
        "published": change.published.isoformat() if change.published else "",
        "citation": change.citation,
        "evidence": change.evidence,
        "confirmed": change.confirmed,
        "versions": len(found.versions),
        "digest": found.versions[-1].digest,
        "provisions": [plain(one) for one in touched.provisions],
        "changing": list(touched.changing),
        "topics_touched": list(found.begin["topics"]),
        "relations": list(touched.relations),
        "divergences": list(touched.divergences),
        "proposals": list(touched.proposals),
        "rules": [plain(one) for one in touched.rules],
        "procedures": [plain(one) for one in touched.procedures],
        "calendars": [_days(one) for one in found.calendars],
        "words": [plain(one) for one in found.words],
        "open_work": [plain(one) for one in found.open_work],
    }


@router.post("/alignment/laws/{entry}/answer", response={201: Told})
def answer_consultation(request: HttpRequest, entry: Id, body: AnswerForm) -> Status[dict[str, str]]:
    """Say for the own nation whether it objects to the partner's notice (co-chair)."""
    told = law_changes.answer_consultation(house(), caller(request), entry, position=body.position, reason=body.reason)
    return Status(201, {"entry": told})


@router.post("/alignment/laws/{entry}/end", response={201: Told})
def end_consultation(request: HttpRequest, entry: Id, body: EndForm) -> Status[dict[str, str]]:
    """End the consultation on an own notice: closed, or the notice withdrawn (co-chair)."""
    return Status(201, {"entry": law_changes.end_consultation(house(), caller(request), entry, body.state)})


@router.get("/alignment/laws/{entry}/notice", openapi_extra=bytes_out(PDF, "The notice, PDF/UA-1 and PDF/A-3a."))
def read_law_notice(request: HttpRequest, entry: Id, language: AskedLanguage = "en") -> HttpResponseBase:
    """The notice as PDF, with the signed statement inside."""
    made = notice(house(), caller(request), entry, language)
    return file_answer(iter([made.content]), made.media_type, made.name, len(made.content))


def _days(view: Any) -> dict[str, Any]:
    """A view as JSON values, calendar days as texts."""
    shown: dict[str, Any] = plain(view)
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in shown.items()}
