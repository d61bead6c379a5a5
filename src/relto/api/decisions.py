"""Decisions made once more, with the facts and the rules of their day: the inspector's check (promise 9).

One, or all of a period; and what would have mended a refused one, tried out.
"""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import Field

from relto.api.answers import Answer, plain
from relto.api.forms import AskedMoment, Code, Form, Id
from relto.api.surroundings import caller, house
from relto.base.instants import read_instant
from relto.services import period_replay, replays, what_if

router = Router(tags=["records"])


class PeriodForm(Form):
    """Which decisions: from `since` to before `until`; `cursor`: of the answer before, for the rest."""

    since: AskedMoment
    until: AskedMoment
    cursor: Annotated[str, Field(max_length=64)] = ""


class ChangesForm(Form):
    """Which remedies are tried, exactly these together, by their codes."""

    change: Annotated[list[Code], Field(max_length=20)] = Field(default_factory=list)


class Replay(Answer):
    """What deciding once more gave. `permitted` is the answer of now, from the facts and the bundle of then."""

    reference: str
    same: bool = Field(description="True when answer, gates and the facts' digest are those that were recorded.")
    permitted: bool
    bundle_version: int
    engine_then: str
    engine_now: str


class ChangedDecision(Answer):
    """A decision that comes out otherwise. `stops`: rules that stand in the way only now; `frees`: only then."""

    reference: str
    action: str
    item: str
    at: str
    change: str = Field(description="refused, permitted, other_reasons, or none: recorded otherwise in some other way.")
    effect: str = Field(description="delayed, prevented, brought_about or none.")
    stops: list[str]
    frees: list[str]


class ActionCounts(Answer):
    """What became of the decisions of one action."""

    action: str
    replayed: int
    differ: int
    refused: int
    permitted: int
    other_reasons: int
    delayed: int
    prevented: int


class PeriodReplay(Answer):
    """All decisions of a period made again, by the rules of their day or under a draft (`proposal`: its digest).

    `differ`: those not as recorded, or that come out otherwise under the draft; of those refused now, `delayed` by what
    a remedy mends, or `prevented`. Not made again: `no_bundle`, whose bundle or overlay is not here, and
    `not_comparable`, whose national overlay cannot be put on the draft. `changed` names those that differ, null to
    whoever may read counts alone. While `cursor` is not empty, ask again with it for the rest.
    """

    start: str
    end: str
    proposal: str
    version_proposed: int | None
    replayed: int
    differ: int
    refused: int
    permitted: int
    other_reasons: int
    delayed: int
    prevented: int
    no_bundle: int
    not_comparable: int
    by_action: list[ActionCounts]
    changed: list[ChangedDecision] | None
    listed_whole: bool
    cursor: str


class Trial(Answer):
    """The decision as if these remedies had been carried out; `left`: the rules that still stand in the way."""

    remedies: list[str]
    permitted: bool
    left: list[str]
    errors: list[str]


class WhatIf(Answer):
    """What was tried on one decision by the rules of its day; nothing that was not tried is told.

    `singles`: each remedy alone. `enough`: the smallest sets that make it permitted. `untried`: remedies that facts of
    one case cannot express. `tried`: the changes asked for. `whole`: the search was not ended by its bound.
    """

    reference: str
    action: str
    permitted: bool
    at: str
    bundle_version: int
    failed: list[str]
    errors: list[str]
    singles: list[Trial]
    enough: list[Trial]
    untried: list[str]
    tried: Trial | None
    whole: bool


@router.get("/decisions/{reference}/replay", response=Replay)
def replay_decision(request: HttpRequest, reference: Id) -> dict[str, Any]:
    """Decide once more, with the facts and the bundle of then (inspector); nothing is changed."""
    return dict(plain(replays.replay(house(), caller(request), reference)))


@router.get("/replays", response=PeriodReplay)
def replay_period(request: HttpRequest, period: Query[PeriodForm]) -> dict[str, Any]:
    """Decide a period again, each decision by the rules of its day (inspector, release officer; co-chair: counts)."""
    found = period_replay.replay_period(
        house(),
        caller(request),
        start=read_instant(period.since, field="since"),
        end=read_instant(period.until, field="until"),
        cursor=period.cursor,
        most=period_replay.MOST_OF_A_CALL,
    )
    return dict(plain(found))


@router.get("/decisions/{reference}/what-if", response=WhatIf)
def what_if_decision(request: HttpRequest, reference: Id, changes: Query[ChangesForm]) -> dict[str, Any]:
    """What would have made a refused decision permitted, tried out; `change`: exactly these remedies as well."""
    return dict(plain(what_if.what_if(house(), caller(request), reference, changes.change)))
