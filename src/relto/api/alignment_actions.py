"""Actions of the working group, who owes what by when; and the roadmap that follows from the shared record."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import Query, Router, Status
from pydantic import Field

from relto.alignment.actions import read_day
from relto.api.alignment import Told
from relto.api.answers import Answer, plain
from relto.api.dossier_papers import AskedLanguage
from relto.api.forms import Form, Id, NationCode
from relto.api.streams import bytes_out, file_answer
from relto.api.surroundings import caller, house
from relto.services.alignment import actions, meeting_papers
from relto.services.dossiers.papers import PDF

router = Router(tags=["alignment"])
Texts = Annotated[dict[str, Annotated[str, Field(max_length=1000)]], Field(min_length=1, max_length=2)]
Digest = Annotated[str, Field(max_length=64, description="Of the version that was read; empty takes the newest.")]
Day = Annotated[str, Field(min_length=10, max_length=10, examples=["2026-12-18"], json_schema_extra={"format": "date"})]


class Action(Answer):
    """An action as last said, in the version of `digest`, on which a change builds.

    `state`: proposed, agreed, amended (agreed before, said anew by one side), done or withdrawn; `is_agreed`: both
    nations signed this very version; `agreed_due`: the day that both signed last, empty without;
    `late`: days past that day on the owner's calendar; `waits_for`: whose signature is missing.
    """

    entry: str
    digest: str
    about: str
    about_kind: str
    about_title: str
    state: str
    says: str
    what: dict[str, str]
    owner: str
    role: str
    due: str
    done: dict[str, str]
    is_agreed: bool
    agreed_due: str
    waits_for: list[str]
    rivals: int
    opened_by: str
    opened: str
    changed: str
    days: int
    late: int


class ActionForm(Form):
    """Who owes what by when. `about`: the meeting or entry that it comes from; `entry`: of an action said anew."""

    about: Annotated[str, Field(min_length=1, max_length=32)]
    what: Texts
    owner: NationCode
    role: Annotated[str, Field(min_length=1, max_length=32)]
    due: Day
    entry: Annotated[str, Field(max_length=32)] = ""
    digest: Digest = ""


class ClosingForm(Form):
    """Done or withdrawn, and what was done or why not."""

    state: Annotated[str, Field(min_length=1, max_length=16)]
    done: Texts
    digest: Digest = ""


class AskedActions(Form):
    """Which actions: each member narrows."""

    state: Annotated[str, Field(max_length=16)] = ""
    owner: Annotated[str, Field(max_length=3)] = ""
    about: Annotated[str, Field(max_length=32)] = ""


@router.get("/alignment/actions", response=list[Action])
def list_actions(request: HttpRequest, asked: Query[AskedActions]) -> list[dict[str, Any]]:
    """The actions, those that are open first and the earliest due day first."""
    found = actions.actions(house(), caller(request), state=asked.state, owner=asked.owner, about=asked.about)
    return [action_answer(one) for one in found]


@router.post("/alignment/actions", response={201: Told})
def state_action(request: HttpRequest, body: ActionForm) -> Status[dict[str, str]]:
    """Say who owes what by when, or say it anew; agreed only when both nations sign (co-chair)."""
    told = actions.act(
        house(),
        caller(request),
        about=body.about,
        what=body.what,
        owner=body.owner,
        role=body.role,
        due=read_day(body.due, field="due"),
        entry=body.entry,
        digest=body.digest,
    )
    return Status(201, {"entry": told})


@router.get("/alignment/action-list", openapi_extra=bytes_out(PDF, "The action list, PDF/UA-1 and PDF/A-3a."))
def read_action_list(request: HttpRequest, language: AskedLanguage = "en") -> HttpResponseBase:
    """Every action that is not closed, as PDF."""
    made = meeting_papers.action_list(house(), caller(request), language)
    return file_answer(iter([made.content]), made.media_type, made.name, len(made.content))


@router.get("/alignment/actions/{entry}", response=Action)
def read_action(request: HttpRequest, entry: Id) -> dict[str, Any]:
    """One action whole; who signed which version stands under its signatures."""
    return action_answer(actions.action(house(), caller(request), entry).view)


@router.post("/alignment/actions/{entry}/closing", response={201: Told})
def close_action(request: HttpRequest, entry: Id, body: ClosingForm) -> Status[dict[str, str]]:
    """Say that an action is done or withdrawn; it counts when both nations sign (co-chair)."""
    told = actions.close(house(), caller(request), entry, state=body.state, done=body.done, digest=body.digest)
    return Status(201, {"entry": told})


def action_answer(row: actions.ActionRow) -> dict[str, Any]:
    """An action as the API answers it."""
    return {
        **plain(row),
        "due": row.due.isoformat(),
        "agreed_due": row.holds.due.isoformat() if row.holds is not None else "",
    }
