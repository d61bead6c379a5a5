"""What waits for me and what I wait for, over all kinds of work; and search among what I may see."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Router
from pydantic import Field

from relto.api.answers import Answer, plain
from relto.api.forms import Form
from relto.api.surroundings import caller, house, language_of
from relto.services.search import LONGEST, SHORTEST
from relto.services.search import search as searched
from relto.services.waiting import waiting as waits

router = Router(tags=["waiting"])


class WaitingDue(Answer):
    """Until when. `gap`: no rule is loaded for that nation; `provision`: on what the limit rests, "" when on none."""

    clock: str
    limit: str
    nation: str
    at: str | None
    gap: bool
    provision: str
    confirmed: bool
    overdue: bool


class WaitingRow(Answer):
    """Something that waits. `turn`: mine, here (somebody else of this nation), partner, or node.

    `step`: what I do, "" where it is not mine; `what`: of a dossier its procedure; `count`: for how many it stands.
    """

    kind: str
    id: str
    number: str
    state: str
    turn: str
    since: str
    step: str
    what: str
    roles: list[str]
    nation: str
    title: str
    programme: str
    facility: str
    partner: str
    count: int
    due: WaitingDue | None


class Waiting(Answer):
    """What waits for me, the most urgent first; what I wait for, the longest first. `more`: how many are left out."""

    mine: list[WaitingRow]
    others: list[WaitingRow]
    more: int


class SearchForm(Form):
    """What is sought: an id, a number, a code, a nation, a day, or words. It is kept nowhere."""

    text: Annotated[str, Field(min_length=SHORTEST, max_length=LONGEST)]


class SearchHit(Answer):
    """Something found. `exact`: its id or number is what was sought. `title`: only of what I may open now."""

    kind: str
    id: str
    number: str
    state: str
    what: str
    title: str
    nation: str
    facility: str
    programme: str
    at: str | None
    exact: bool


class SearchGroup(Answer):
    """What was found of one kind, at most 8; `more`: there are others."""

    kind: str
    hits: list[SearchHit]
    more: bool


class SearchFound(Answer):
    """What was found, by kind. `exact`: the one thing that was named whole, null when none or several were."""

    exact: SearchHit | None
    groups: list[SearchGroup]


@router.get("/waiting", response=Waiting)
def read_waiting(request: HttpRequest) -> dict[str, Any]:
    """What waits for me, over all kinds of work, and what of mine waits for others."""
    found: dict[str, Any] = plain(waits(house(), caller(request)))
    return found


@router.post("/search", response=SearchFound)
def search(request: HttpRequest, body: SearchForm) -> dict[str, Any]:
    """Search by id, number, programme, facility, nation, day, text of a rule; by title only what I may open now."""
    found: dict[str, Any] = plain(searched(house(), caller(request), body.text, language_of(request)))
    return found
