"""The answers about proposals: a row of the list, and one proposal whole."""

from __future__ import annotations

from typing import Any

from relto.api.alignment import PrivateNote
from relto.api.alignment_signatures import VersionAgreed
from relto.api.answers import Answer, plain
from relto.services.alignment.proposal_values import ProposalDetail, ProposalRow


class NextAct(Answer):
    """Who acts next: this nation, by amend, answer, prove, resolve, sign, submit or wait."""

    nation: str
    act: str


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
    opened: str
    changed: str
    days: int
    disputed: bool
    is_executable: bool
    signed: list[str]
    silence_until: str | None
    blocking: list[str]
    warnings: list[str]
    turns: list[NextAct]
    unresolved: int
    bundle: int | None


class ProposalVersion(Answer):
    """One version of one nation's line. `signed`: nation -> since when; `word`: tabled or withdrawn."""

    line: str
    number: int
    digest: str
    at: str
    word: str
    state: str
    signed: dict[str, str]
    superseded: bool


class ProposalClause(Answer):
    """A clause of the joint text. `text`: language -> its words."""

    code: str
    heading: str
    text: dict[str, str]


class ProposalContent(Answer):
    """What the shown version says. `base`: digest of the bundle that it changes, empty of a joint text alone."""

    title: str
    topic: str
    divergences: list[str]
    provisions: list[str]
    clauses: list[ProposalClause]
    forms: list[str]
    limits: list[str]
    base: str
    effective_from: str | None
    expires: str | None
    silence_days: int
    silence_count: str
    word: str


class RedlineRun(Answer):
    """A stretch of words: kept, inserted or deleted."""

    kind: str
    text: str


class RedlinedClause(Answer):
    """A clause compared with that of the `compared` version: same, changed, added or removed."""

    code: str
    change: str
    heading: list[RedlineRun]
    texts: dict[str, list[RedlineRun]]


class ProposalChange(Answer):
    """One operation (RFC 6902) on a member of the bundle. `values`: `before` and `after`, as JSON."""

    member: str
    op: str
    path: str
    values: dict[str, Any]


class ProposalObstacle(Answer):
    """One thing in the way. `nation`: whose it is, empty of nobody in particular; `blocks`: not a warning alone."""

    code: str
    nation: str
    blocks: bool


class NationPosition(Answer):
    """What a nation says of the shown version: objects or no_objection."""

    nation: str
    position: str
    reason: str
    at: str


class SilenceProcedure(Answer):
    """`received`, `until`: nation -> when its node took the version, and until when it may speak; null when unknown."""

    positions: list[NationPosition]
    received: dict[str, str | None]
    until: dict[str, str | None]
    objecting: list[str]
    silent: list[str]
    awaited: list[str]


class NationProof(Answer):
    """What a nation's node said of the draft: proved, refuted or unknown. `case`: of a refuted one, in codes."""

    nation: str
    digest: str
    draft: str
    result: str
    proof: str
    case: dict[str, Any] | None
    at: str


class AttachedRehearsal(Answer):
    """A rehearsal that a nation told of, counted. `of_this_draft`: of the very draft of the shown version."""

    by: str
    at: str
    of_this_draft: bool
    rehearsed: dict[str, Any]


class CommentResolution(Answer):
    """What became of a comment: accepted, accepted_in_part, rejected or noted."""

    by: str
    resolution: str
    reason: str
    taken_in: str
    at: str


class ProposalRemark(Answer):
    """A row of the comment resolution matrix. `clause`: empty of the whole; `number`: 0 of any version of the line."""

    comment: str
    by: str
    at: str
    clause: str
    text: str
    line: str
    number: int
    resolution: CommentResolution | None


class NextBundle(Answer):
    """The next bundle that follows from the shown version. `refused`: why none does; `final`: the version is agreed."""

    digest: str
    refused: str
    field: str
    base_is_newest: bool
    final: bool


class CarriedBundle(Answer):
    """The bundle that the version became at this node."""

    version: int
    digest: str
    effective_from: str
    governs: bool
    over: bool


class ProposalWhole(ProposalInList):
    """A proposal whole. The row is told by the leading version, all else by the one `shown`."""

    shown: ProposalVersion
    compared: ProposalVersion | None
    versions: list[ProposalVersion]
    content: ProposalContent
    redline: list[RedlinedClause]
    changes: list[ProposalChange]
    obstacles: list[ProposalObstacle]
    next_acts: list[NextAct]
    silence: SilenceProcedure
    proofs: list[NationProof]
    rehearsals: list[AttachedRehearsal]
    remarks: list[ProposalRemark]
    draft: NextBundle | None
    agreed: VersionAgreed | None
    carried: CarriedBundle | None
    missing: list[str]
    notes: list[PrivateNote]
    may: list[str]


def row_answer(row: ProposalRow) -> dict[str, Any]:
    """A proposal in a list."""
    return dict(plain(row))


def whole_answer(found: ProposalDetail) -> dict[str, Any]:
    """A proposal whole."""
    same = ("shown", "compared", "versions", "obstacles", "silence", "proofs", "rehearsals", "remarks", "draft")
    more = ("agreed", "carried", "missing", "notes", "may")
    return {
        **plain(found.row),
        **{name: plain(getattr(found, name)) for name in (*same, *more)},
        "content": plain(found.proposal),
        "redline": [{**plain(one), "texts": plain(dict(one.texts))} for one in found.redline],
        "changes": [
            {
                "member": one.change.member,
                "op": one.change.op,
                "path": one.change.path,
                "values": {"before": plain(one.before), "after": plain(one.change.value)},
            }
            for one in found.changes
        ],
        "next_acts": plain(found.turns),
    }
