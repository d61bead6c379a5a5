"""Release cases on the originator's node: list, see every gate with its citation, decide."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Router
from pydantic import Field

from relto.api.answers import ENTRY, Answer, Gate, Happening, Reader, plain
from relto.api.forms import Form, Id, Names, Reason
from relto.api.gates import gate_answers
from relto.api.item_answers import Item
from relto.api.surroundings import caller, house, language_of
from relto.services import releases

router = Router(tags=["releases"])


class ReleaseCase(Answer):
    """A request to release an item, and what came of it. `waits_on`: role codes, or node; `entries`: by event."""

    id: str
    number: str
    item: Item
    nation: str
    facility: str
    company: str
    purpose: str
    mode: str
    channel: str
    state: str
    asked_by: str
    asked_at: str
    decided_at: str | None
    delivered_at: str | None
    custody_at: str | None
    control_number: str
    readers: list[Reader]
    waits_on: list[str]
    entries: dict[str, str]
    entry: str = ENTRY


class ReleaseCaseDetail(ReleaseCase):
    """A case with its gates as they stand now, the reason of its decision and its history."""

    decided_by: str
    reason: str
    decision: str
    permitted_now: bool
    gates: list[Gate]
    bundle_version: int
    history: list[Happening]


class ReleaseDecisionForm(Form):
    """A decision with its reason. `accepts` names each gate that needs acceptance (training nodes only)."""

    outcome: Literal["release", "refuse"]
    reason: Reason
    accepts: Annotated[Names, Field(default_factory=list)]


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


def detail(view: Any, language: str) -> dict[str, Any]:
    """A case or arrival in detail, its gates in words."""
    found: dict[str, Any] = plain(view)
    return {**found, "gates": gate_answers(view.gates, view.bundle_version, language, "officer")}
