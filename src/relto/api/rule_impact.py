"""What a draft would change on this node, and would have changed: nobody signs before it is known.

A draft is weighed on the real holdings and people, or the decisions of a period are made again under it. A co-chair is
told counts, a release officer and an inspector lists by pseudonym and item as well. Nothing is activated or recorded.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Query, Router

from relto.adapters.words import sentence
from relto.api.answers import Answer, plain
from relto.api.bundles import LARGEST_BUNDLE
from relto.api.decisions import PeriodForm, PeriodReplay
from relto.api.streams import BYTES_IN, small_body
from relto.api.surroundings import caller, house, language_of
from relto.base.instants import read_instant
from relto.rules.impact.pictures import bars, matrix
from relto.services import period_replay, rule_impact

router = Router(tags=["agreement"])
MOST_BARS = 40


class LevelImpact(Answer):
    """Pairs of a person and an item, by level of the item and nation of the person."""

    level: str
    nation: str
    gained: int
    lost: int


class ProgrammeImpact(Answer):
    """Pairs by programme of the item; an empty code is no programme."""

    programme: str
    gained: int
    lost: int


class PersonImpact(Answer):
    """How many items a person gains and loses, by pseudonym."""

    person: str
    gained: int
    lost: int


class ItemImpact(Answer):
    """How many people gain and lose an item."""

    item: str
    gained: int
    lost: int


class CaseImpact(Answer):
    """An open release or arrival whose gates change: `stops` would stand in the way, `frees` no longer would."""

    case: str
    kind: str
    item: str
    number: str
    change: str
    stops: list[str]
    frees: list[str]


class OpenCases(Answer):
    """Open releases and arrivals, and of how many the draft changes the gates."""

    open: int
    stopped: int
    freed: int
    other_reasons: int


class ImpactJudgement(Answer):
    """How far Cedar itself was asked, without one difference: `complete` when it answered all that may change."""

    affected_cells: int
    cells_asked: int
    pairs_asked: int
    joint_pairs_asked: int
    joint_left_out: int
    complete: bool


class RuleImpact(Answer):
    """What a draft changes for opening, on the node's own holdings and people.

    Lists are null for whoever may read counts alone. `pictures`: SVG by name; their figures are those of the tables.
    """

    at: str
    draft_digest: str
    version_in_force: int
    version_proposed: int
    people: int
    items: int
    permitted_before: int
    permitted_after: int
    pairs_gained: int
    pairs_lost: int
    people_gaining: int
    people_losing: int
    items_gaining: int
    items_losing: int
    by_level: list[LevelImpact]
    by_programme: list[ProgrammeImpact]
    cases: OpenCases
    judged: ImpactJudgement
    people_rows: list[PersonImpact] | None
    item_rows: list[ItemImpact] | None
    case_rows: list[CaseImpact] | None
    listed_whole: bool
    pictures: dict[str, str]


@router.post("/bundles/impacts", response=RuleImpact, openapi_extra=BYTES_IN)
def weigh_draft(request: HttpRequest) -> dict[str, Any]:
    """Weigh a draft, signed or not, on what this node holds (co-chair: counts; release officer, inspector: lists)."""
    actor = caller(request)
    view = rule_impact.weigh_draft(house(), actor, small_body(request, LARGEST_BUNDLE))
    return impact_answer(view, language_of(request))


@router.post("/bundles/replays", response=PeriodReplay, openapi_extra=BYTES_IN)
def replay_under_draft(request: HttpRequest, period: Query[PeriodForm]) -> dict[str, Any]:
    """Decide a period again under a draft: what would have changed, been delayed or prevented."""
    actor = caller(request)
    return dict(
        plain(
            period_replay.replay_period(
                house(),
                actor,
                start=read_instant(period.since, field="since"),
                end=read_instant(period.until, field="until"),
                proposal=small_body(request, LARGEST_BUNDLE),
                cursor=period.cursor,
                most=period_replay.MOST_OF_A_CALL,
            )
        )
    )


def impact_answer(view: rule_impact.RuleImpact, language: str) -> dict[str, Any]:
    """An impact as the API answers it."""
    found: dict[str, Any] = plain(view)
    if view.case_rows is not None:
        found["case_rows"] = [{**plain(one), "change": one.change} for one in view.case_rows]
    return {**found, "pictures": impact_pictures(view, language)}


def impact_pictures(view: rule_impact.RuleImpact, language: str) -> dict[str, str]:
    """A matrix by level and nation, and bars of the programmes with most changes, as SVG."""
    both = sentence("impact.column.gained", language), sentence("impact.column.lost", language)
    most = sorted(view.by_programme, key=lambda row: -(row["gained"] + row["lost"]))[:MOST_BARS]
    return {
        "levels": matrix(sentence("impact.picture.levels", language), [*map(dict, view.by_level)], both),
        "programmes": bars(sentence("impact.picture.programmes", language), [*map(dict, most)], "programme", both),
    }
