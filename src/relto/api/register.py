"""The control register: transfers in numbered lines; below them a company's copies, made, moved and ended; custody."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Router
from pydantic import Field

from relto.api.answers import Answer, plain
from relto.api.forms import Code, Form, Id, Reason
from relto.api.register_answers import Custody, Holding, ItemCopy
from relto.api.surroundings import caller, house
from relto.services import copies, custody_chain, register, translations
from relto.services.copies import LARGEST_NUMBER, LONGEST_LOCATION, LONGEST_REFERENCE, MOST_COPIES

router = Router(tags=["records"])
CopyForm = Literal["physical", "digital", "working_paper"]
CopyNumber = Annotated[int, Field(ge=1, le=LARGEST_NUMBER)]
Location = Annotated[str, Field(max_length=LONGEST_LOCATION)]
Reference = Annotated[str, Field(max_length=LONGEST_REFERENCE)]
Maybe = Annotated[str, Field(max_length=1000)]


class RegisterLine(Answer):
    """One line. `direction`: created, sent or received; `counterpart`: the other side's facility."""

    number: str
    item: str
    uuid: str
    direction: str
    counterpart: str
    company: str
    at: str
    banner: str
    state: str
    entry: str


class RecordedCopy(Form):
    """A copy that exists: where it is kept, by whom (a role or a pseudonym), under which number if it bears one."""

    form: CopyForm
    facility: Code
    custodian: Code
    location: Location = ""
    number: CopyNumber | None = None


class MadeCopies(Form):
    """Copies that were made, on whose authority, with the originator's approval where a rule demands it."""

    form: CopyForm
    count: Annotated[int, Field(ge=1, le=MOST_COPIES)]
    numbers: list[CopyNumber] = Field(default_factory=list, max_length=MOST_COPIES)
    source: Reference = Field("", description="The copy they were made from; empty: the sealed original.")
    authority: Reference
    consent: Reference = Field("", description="The reference of the originator's written approval.")
    facility: Code
    custodian: Code
    location: Location = ""
    reason: Reason


class RecordedTranslation(Form):
    """Which item is the translation, into which language, and who made it."""

    derived: Id
    language: Annotated[str, Field(min_length=2, max_length=8)]
    translator: Code


class CopyStep(Form):
    """One step, with what it states: see the how-to page for which step takes which members."""

    step: Literal["hand_over", "dispatch", "arrive", "destroy", "witness", "give_back", "suspect", "find"]
    facility: Maybe = ""
    custodian: Maybe = ""
    location: Maybe = ""
    medium: Maybe = ""
    reference: Maybe = ""
    recipient: Maybe = ""
    method: Maybe = ""
    done_on: Maybe = Field("", description="The day on which it was done, as year-month-day.")
    witness: Maybe = Field("", description="The pseudonym of the second person who has to sign a destruction.")
    reason: Maybe = ""


@router.get("/register", response=list[RegisterLine])
def read_register(request: HttpRequest) -> list[dict[str, Any]]:
    """The lines that I may see, newest first: my company's, or all for the authority's officers."""
    return [plain(line) for line in register.lines(house(), caller(request))]


@router.get("/register/holdings", response=list[Holding])
def read_holdings(request: HttpRequest) -> list[dict[str, Any]]:
    """What is held, with its copies and their places: my company's, or everything for the authority's officers."""
    return [plain(one) for one in copies.holdings(house(), caller(request))]


@router.get("/register/items/{item}", response=Holding)
def read_holding(request: HttpRequest, item: Id) -> dict[str, Any]:
    """One item with its copies, its translations, and what the rules ask of its register."""
    return dict(plain(copies.item_holding(house(), caller(request), item)))


@router.post("/register/items/{item}/copies", response=ItemCopy)
def record_copy(request: HttpRequest, item: Id, body: RecordedCopy) -> dict[str, Any]:
    """Put a copy that exists on record (security officer)."""
    return dict(plain(copies.record_copy(house(), caller(request), item, **body.model_dump())))


@router.post("/register/items/{item}/reproductions", response=Holding)
def reproduce(request: HttpRequest, item: Id, body: MadeCopies) -> dict[str, Any]:
    """Record that copies were made (security officer)."""
    made = copies.Reproduction(**body.model_dump())
    return dict(plain(copies.reproduce(house(), caller(request), item, made)))


@router.post("/register/items/{item}/translations", response=Holding)
def record_translation(request: HttpRequest, item: Id, body: RecordedTranslation) -> dict[str, Any]:
    """Record that another item is a translation of this one; its label must protect at least as much."""
    found = translations.record_translation(house(), caller(request), item, **body.model_dump())
    return dict(plain(found))


@router.get("/register/copies/{copy_id}", response=ItemCopy)
def read_copy(request: HttpRequest, copy_id: Id) -> dict[str, Any]:
    """One copy with its lines."""
    return dict(plain(copies.one_copy(house(), caller(request), copy_id)))


@router.post("/register/copies/{copy_id}/steps", response=ItemCopy)
def take_copy_step(request: HttpRequest, copy_id: Id, body: CopyStep) -> dict[str, Any]:
    """Move a copy, record its end, or sign its destruction as the second person."""
    given = body.model_dump()
    step = given.pop("step")
    return dict(plain(copies.take_step(house(), caller(request), copy_id, step, given)))


@router.get("/custody/{item}", response=Custody)
def read_custody(request: HttpRequest, item: Id, copy_id: Maybe = "") -> dict[str, Any]:
    """The chain of custody of an item, or of one copy: every link with its entry and evidence, gaps as gaps."""
    return dict(plain(custody_chain.custody(house(), caller(request), item, copy_id)))
