"""What a draft changes on the node's holdings and its past decisions, and what would mend a refusal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from relto.client.answers.reading import Answer


@dataclass(frozen=True, kw_only=True)
class LevelImpact(Answer):
    """Pairs of a person and an item, by level of the item and nation of the person."""

    level: str
    nation: str
    gained: int
    lost: int


@dataclass(frozen=True, kw_only=True)
class ProgrammeImpact(Answer):
    """Pairs by programme of the item; an empty code is no programme."""

    programme: str
    gained: int
    lost: int


@dataclass(frozen=True, kw_only=True)
class PersonImpact(Answer):
    """How many items a person gains and loses, by pseudonym."""

    person: str
    gained: int
    lost: int


@dataclass(frozen=True, kw_only=True)
class ItemImpact(Answer):
    """How many people gain and lose an item."""

    item: str
    gained: int
    lost: int


@dataclass(frozen=True, kw_only=True)
class CaseImpact(Answer):
    """An open release or arrival whose gates change: `stops` would stand in the way, `frees` no longer would."""

    case: str
    kind: str
    item: str
    number: str
    change: str
    stops: tuple[str, ...]
    frees: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class OpenCases(Answer):
    """Open releases and arrivals, and of how many the draft changes the gates."""

    open: int
    stopped: int
    freed: int
    other_reasons: int


@dataclass(frozen=True, kw_only=True)
class ImpactJudgement(Answer):
    """How far Cedar itself was asked, without one difference: `complete` when it answered all that may change."""

    affected_cells: int
    cells_asked: int
    pairs_asked: int
    joint_pairs_asked: int
    joint_left_out: int
    complete: bool


@dataclass(frozen=True, kw_only=True)
class RuleImpact(Answer):
    """What a draft changes for opening. Lists are None to whoever may read counts alone; `pictures`: SVG by name."""

    at: datetime
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
    by_level: tuple[LevelImpact, ...]
    by_programme: tuple[ProgrammeImpact, ...]
    cases: OpenCases
    judged: ImpactJudgement
    people_rows: tuple[PersonImpact, ...] | None
    item_rows: tuple[ItemImpact, ...] | None
    case_rows: tuple[CaseImpact, ...] | None
    listed_whole: bool
    pictures: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class ChangedDecision(Answer):
    """A decision that comes out otherwise. `change`: refused, permitted, other_reasons, none.

    `effect`: delayed, prevented, brought_about, none. `stops`: rules that stand in the way only now; `frees`: only
    then.
    """

    reference: str
    action: str
    item: str
    at: datetime
    change: str
    effect: str
    stops: tuple[str, ...]
    frees: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
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


@dataclass(frozen=True, kw_only=True)
class PeriodReplay(Answer):
    """A period's decisions made again, by the rules of their day or under a draft (`proposal`: its digest).

    While `cursor` is not empty, ask again with it for the rest. `changed` is None to whoever may read counts alone.
    Not made again: `no_bundle`, whose bundle or overlay is not there, and `not_comparable`, whose national overlay
    cannot be put on the draft.
    """

    start: datetime
    end: datetime
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
    by_action: tuple[ActionCounts, ...]
    changed: tuple[ChangedDecision, ...] | None
    listed_whole: bool
    cursor: str


@dataclass(frozen=True, kw_only=True)
class Trial(Answer):
    """The decision as if these remedies had been carried out; `left`: the rules that still stand in the way."""

    remedies: tuple[str, ...]
    permitted: bool
    left: tuple[str, ...]
    errors: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class WhatIf(Answer):
    """What was tried on one decision by the rules of its day; nothing that was not tried is told.

    `singles`: each remedy alone. `enough`: the smallest sets that make it permitted. `untried`: remedies that facts of
    one case cannot express. `tried`: the changes asked for. `whole`: the search was not ended by its bound.
    """

    reference: str
    action: str
    permitted: bool
    at: datetime
    bundle_version: int
    failed: tuple[str, ...]
    errors: tuple[str, ...]
    singles: tuple[Trial, ...]
    enough: tuple[Trial, ...]
    untried: tuple[str, ...]
    tried: Trial | None
    whole: bool
