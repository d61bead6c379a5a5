"""Release cases on the originator's node: list, see every gate with its citation, decide."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpRequest
from ninja import Router

from relto.api.answers import plain
from relto.api.forms import Id
from relto.api.release_answers import DecisionForm, Examined, Release, detail
from relto.api.surroundings import caller, house, language_of
from relto.services import releases

router = Router(tags=["releases"])


class ReleaseCase(Release):
    """A request to release an item, and what came of it."""

    nation: str
    company: str
    channel: str
    asked_by: str
    asked_at: str
    delivered_at: str | None
    custody_at: str | None


class ReleaseCaseDetail(ReleaseCase, Examined):
    """A case with its gates as they stand now, the reason of its decision and its history."""


class ReleaseDecisionForm(DecisionForm):
    """A release officer's decision on a case."""

    outcome: Literal["release", "refuse"]


@router.get("/cases", response=list[ReleaseCase])
def list_cases(request: HttpRequest) -> list[dict[str, Any]]:
    """The release cases that I may see, oldest first."""
    return [plain(view) for view in releases.cases(house(), caller(request))]


@router.get("/cases/{case}", response=ReleaseCaseDetail)
def read_case(request: HttpRequest, case: Id) -> dict[str, Any]:
    """One case with its gates as they stand now."""
    return detail(releases.case(house(), caller(request), case), language_of(request))


@router.post("/cases/{case}/decision", response=ReleaseCaseDetail)
def decide_case(request: HttpRequest, case: Id, body: ReleaseDecisionForm) -> dict[str, Any]:
    """Release or refuse (release officer). Every gate is evaluated anew; one that fails changes nothing."""
    decided = releases.decide_release(
        house(), caller(request), case, outcome=body.outcome, reason=body.reason, accepts=frozenset(body.accepts)
    )
    return detail(decided, language_of(request))
