"""Proposals as a node answers them: a row of the list, and one proposal whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from relto.client.answers.alignment import PrivateNote
from relto.client.answers.alignment_signatures import VersionAgreed
from relto.client.answers.reading import Answer
from relto.client.answers.rule_proofs import RuleProof


@dataclass(frozen=True, kw_only=True)
class NextAct(Answer):
    """Who acts next: this nation, by amend, answer, prove, resolve, sign, submit or wait."""

    nation: str
    act: str


@dataclass(frozen=True, kw_only=True)
class ProposalInList(Answer):
    """A proposal, told by its leading version: the agreed one, else the last one tabled that stands.

    `state`: tabled, commented, objected, ripe, proven, signed_by_one, agreed, in_force, superseded or withdrawn.
    `line`, `number`, `digest`: whose version leads. `silence_until`: when the last awaited nation's days end, null when
    nobody is awaited. `blocking`, `warnings`: codes of what stands in the way. `bundle`: what it became here.
    """

    entry: str
    title: str
    topic: str
    state: str
    line: str
    number: int
    digest: str
    opened_by: str
    opened: datetime
    changed: datetime
    days: int
    disputed: bool
    is_executable: bool
    signed: tuple[str, ...]
    silence_until: datetime | None
    blocking: tuple[str, ...]
    warnings: tuple[str, ...]
    turns: tuple[NextAct, ...]
    unresolved: int
    bundle: int | None


@dataclass(frozen=True, kw_only=True)
class ProposalVersion(Answer):
    """One version of one nation's line. `signed`: nation -> since when; `word`: tabled or withdrawn."""

    line: str
    number: int
    digest: str
    at: datetime
    word: str
    state: str
    signed: Mapping[str, str]
    superseded: bool


@dataclass(frozen=True, kw_only=True)
class ProposalClause(Answer):
    """A clause of the joint text. `text`: language -> its words."""

    code: str
    heading: str
    text: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class ProposalContent(Answer):
    """What the shown version says. `base`: digest of the bundle that it changes, empty of a joint text alone."""

    title: str
    topic: str
    divergences: tuple[str, ...]
    provisions: tuple[str, ...]
    clauses: tuple[ProposalClause, ...]
    forms: tuple[str, ...]
    limits: tuple[str, ...]
    base: str
    effective_from: datetime | None
    expires: datetime | None
    silence_days: int
    silence_count: str
    word: str


@dataclass(frozen=True, kw_only=True)
class RedlineRun(Answer):
    """A stretch of words: kept, inserted or deleted."""

    kind: str
    text: str


@dataclass(frozen=True, kw_only=True)
class RedlinedClause(Answer):
    """A clause compared with that of the `compared` version: same, changed, added or removed."""

    code: str
    change: str
    heading: tuple[RedlineRun, ...]
    texts: Mapping[str, tuple[RedlineRun, ...]]


@dataclass(frozen=True, kw_only=True)
class ProposalChange(Answer):
    """One operation (RFC 6902) on a member of the bundle. `values`: `before` and `after`, as JSON."""

    member: str
    op: str
    path: str
    values: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class ProposalObstacle(Answer):
    """One thing in the way. `nation`: whose it is, empty of nobody in particular; `blocks`: not a warning alone."""

    code: str
    nation: str
    blocks: bool


@dataclass(frozen=True, kw_only=True)
class NationPosition(Answer):
    """What a nation says of the shown version: objects or no_objection."""

    nation: str
    position: str
    reason: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class SilenceProcedure(Answer):
    """`received`, `until`: nation -> when its node took the version, and until when it may speak; null when unknown."""

    positions: tuple[NationPosition, ...]
    received: Mapping[str, datetime | None]
    until: Mapping[str, datetime | None]
    objecting: tuple[str, ...]
    silent: tuple[str, ...]
    awaited: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class NationProof(Answer):
    """What a nation's node said of the draft: proved, refuted or unknown. `case`: of a refuted one, in codes."""

    nation: str
    digest: str
    draft: str
    result: str
    proof: str
    case: Mapping[str, Any] | None
    at: datetime


@dataclass(frozen=True, kw_only=True)
class AttachedRehearsal(Answer):
    """A rehearsal that a nation told of, counted. `of_this_draft`: of the very draft of the shown version."""

    by: str
    at: datetime
    of_this_draft: bool
    rehearsed: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class CommentResolution(Answer):
    """What became of a comment: accepted, accepted_in_part, rejected or noted."""

    by: str
    resolution: str
    reason: str
    taken_in: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class ProposalRemark(Answer):
    """A row of the comment resolution matrix. `clause`: empty of the whole; `number`: 0 of any version of the line."""

    comment: str
    by: str
    at: datetime
    clause: str
    text: str
    line: str
    number: int
    resolution: CommentResolution | None


@dataclass(frozen=True, kw_only=True)
class NextBundle(Answer):
    """The next bundle that follows from the shown version. `refused`: why none does; `final`: the version is agreed."""

    digest: str
    refused: str
    field: str
    base_is_newest: bool
    final: bool


@dataclass(frozen=True, kw_only=True)
class CarriedBundle(Answer):
    """The bundle that the version became at this node."""

    version: int
    digest: str
    effective_from: datetime
    governs: bool
    over: bool


@dataclass(frozen=True, kw_only=True)
class ProposalWhole(ProposalInList):
    """A proposal whole. The row is told by the leading version, all else by the one `shown`."""

    shown: ProposalVersion
    compared: ProposalVersion | None
    versions: tuple[ProposalVersion, ...]
    content: ProposalContent
    redline: tuple[RedlinedClause, ...]
    changes: tuple[ProposalChange, ...]
    obstacles: tuple[ProposalObstacle, ...]
    next_acts: tuple[NextAct, ...]
    silence: SilenceProcedure
    proofs: tuple[NationProof, ...]
    rehearsals: tuple[AttachedRehearsal, ...]
    remarks: tuple[ProposalRemark, ...]
    draft: NextBundle | None
    agreed: VersionAgreed | None
    carried: CarriedBundle | None
    missing: tuple[str, ...]
    notes: tuple[PrivateNote, ...]
    may: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ProposalProof(Answer):
    """What the node's prover said; `proof` is None when it did not answer, and the result is unknown then."""

    entry: str
    result: str
    proof: RuleProof | None
