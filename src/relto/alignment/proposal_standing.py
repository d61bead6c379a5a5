"""How a proposal stands: each version's state, what stands in the way of it, and who acts next, all as codes.

Everything here is derived from the statements that both nodes hold, from the bundles that this node holds, and from
the instant: nothing is stored. A code of what stands in the way is one of:

blocking: withdrawn, superseded (a newer version of its line, or another version is agreed), objection, not_received (a
nation's node has not acknowledged it), silence (its days run), unproved, refuted, unknown (that nation's own proof of
this draft), base_superseded (the rules that it changes are no longer the newest), draft_refused (no bundle follows from
its change), unsigned, not_submitted (agreed, and this node follows no such bundle yet).
warning: unresolved (comments), not_rehearsed, effective_passed (its instant is over).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from relto.alignment.comment_matrix import Remark
from relto.alignment.proofs_told import PROVED, Proven
from relto.alignment.proposals import WITHDRAWN, Proposal
from relto.alignment.shared_record import Said
from relto.alignment.signatures import Agreed
from relto.alignment.silence import Silence
from relto.base.instants import Instant
from relto.base.nations import Nation

TABLED: Final = "tabled"
COMMENTED: Final = "commented"
OBJECTED: Final = "objected"
RIPE: Final = "ripe"
PROVEN: Final = "proven"
SIGNED_BY_ONE: Final = "signed_by_one"
AGREED: Final = "agreed"
IN_FORCE: Final = "in_force"
SUPERSEDED: Final = "superseded"
STATES: Final = (
    TABLED,
    COMMENTED,
    OBJECTED,
    RIPE,
    PROVEN,
    SIGNED_BY_ONE,
    AGREED,
    IN_FORCE,
    SUPERSEDED,
    WITHDRAWN,
)
CLOSED: Final = frozenset({IN_FORCE, SUPERSEDED, WITHDRAWN})
_OF_A_PROOF: Final = frozenset({"unproved", "refuted", "unknown"})
_ACTS: Final[Mapping[str, str]] = {
    "objection": "amend",
    "not_received": "wait",
    "silence": "answer",
    "unproved": "prove",
    "refuted": "amend",
    "unknown": "prove",
    "base_superseded": "amend",
    "draft_refused": "amend",
    "unsigned": "sign",
    "not_submitted": "submit",
    "unresolved": "resolve",
}


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One thing in the way. `nation`: whose it is, "" of nobody in particular; `blocks`: not a warning alone."""

    code: str
    nation: str
    blocks: bool


@dataclass(frozen=True, slots=True)
class Turn:
    """Who acts next: this nation, by amend, propose_anew, answer, prove, resolve, sign, submit or wait."""

    nation: str
    act: str


@dataclass(frozen=True, slots=True)
class Carried:
    """The bundle that a version became here: its number, from when it holds, whether it governs now or did before."""

    version: int
    digest: str
    effective_from: Instant
    governs: bool
    over: bool


@dataclass(frozen=True, slots=True)
class DraftFact:
    """What this node makes of a version's change: its draft's digest, or the code for which none follows.

    `base_is_newest`: the bundle that it changes is the newest that this node holds.
    """

    digest: str
    refused: str
    field: str
    base_is_newest: bool


@dataclass(frozen=True, slots=True)
class VersionFacts:
    """All that is known of one version. `draft`: None of a joint text alone."""

    version: Said
    proposal: Proposal
    newest_of_line: bool
    signed: Mapping[Nation, Instant]
    agreed: Agreed | None
    silence: Silence
    proofs: Mapping[Nation, Proven]
    rehearsals: int
    remarks: tuple[Remark, ...]
    draft: DraftFact | None
    carried: Carried | None


@dataclass(frozen=True, slots=True)
class VersionStanding:
    """A version's state, what stands in the way, and who acts next."""

    state: str
    obstacles: tuple[Obstacle, ...]
    turns: tuple[Turn, ...]


def standing_of(facts: VersionFacts, agreed: Agreed | None, parties: Sequence[Nation], at: Instant) -> VersionStanding:
    """How one version stands. `agreed`: the last version of the entry that every party signed, if any."""
    state = _state(facts, agreed, parties)
    if state in CLOSED:
        code = {WITHDRAWN: "withdrawn", SUPERSEDED: "superseded"}.get(state)
        return VersionStanding(state, (Obstacle(code, "", blocks=True),) if code else (), ())
    obstacles = tuple(_after_agreement(facts) if state == AGREED else _before_agreement(facts, parties, at))
    return VersionStanding(state, obstacles, _turns(facts, obstacles))


def before_signing(
    obstacles: Iterable[Obstacle], nation: Nation, signed: Collection[Nation] = ()
) -> tuple[Obstacle, ...]:
    """What stands between a nation and its own signature: all that blocks, but the others' proofs and signatures.

    `signed`: whose signature stands already. A nation that signed without having proved this very draft stands in the
    way: another signature would make a draft agreed that it never proved.
    """
    return tuple(
        one
        for one in obstacles
        if one.blocks
        and one.code != "unsigned"
        and (one.code not in _OF_A_PROOF or one.nation == nation or one.nation in signed)
    )


def _state(facts: VersionFacts, agreed: Agreed | None, parties: Sequence[Nation]) -> str:
    if facts.carried is not None and facts.agreed is not None and (facts.carried.governs or facts.carried.over):
        return IN_FORCE if facts.carried.governs else SUPERSEDED
    if facts.agreed is not None:
        return AGREED
    if not facts.newest_of_line or (agreed is not None and agreed.at >= facts.version.at):
        return SUPERSEDED
    return WITHDRAWN if facts.proposal.word == WITHDRAWN else _on_the_table(facts, parties)


def _on_the_table(facts: VersionFacts, parties: Sequence[Nation]) -> str:
    if facts.silence.objecting:
        return OBJECTED
    if facts.signed:
        return SIGNED_BY_ONE
    if facts.silence.is_ripe:
        return PROVEN if facts.draft is not None and all_proved(facts, parties) else RIPE
    return COMMENTED if facts.remarks else TABLED


def all_proved(facts: VersionFacts, parties: Sequence[Nation]) -> bool:
    """Whether every party's node said that it proved the draft that this node finds too."""
    return facts.draft is not None and all(
        (told := facts.proofs.get(nation)) is not None and told.result == PROVED and told.draft == facts.draft.digest
        for nation in parties
    )


def _before_agreement(facts: VersionFacts, parties: Sequence[Nation], at: Instant) -> Iterable[Obstacle]:
    for nation in facts.silence.objecting:
        yield Obstacle("objection", nation, blocks=True)
    for nation in facts.silence.awaited:
        code = "silence" if facts.silence.received[nation] is not None else "not_received"
        yield Obstacle(code, nation, blocks=True)
    if facts.draft is not None:
        yield from _draft_obstacles(facts, facts.draft, parties, at)
    for nation in sorted(parties):
        if nation not in facts.signed:
            yield Obstacle("unsigned", nation, blocks=True)
    for nation in sorted({one.line for one in facts.remarks if one.resolution is None}):
        yield Obstacle("unresolved", nation, blocks=False)


def _draft_obstacles(
    facts: VersionFacts, draft: DraftFact, parties: Sequence[Nation], at: Instant
) -> Iterable[Obstacle]:
    if draft.refused:
        yield Obstacle("draft_refused", facts.version.nation, blocks=True)
    elif not draft.base_is_newest:
        yield Obstacle("base_superseded", facts.version.nation, blocks=True)
    else:
        for nation in sorted(parties):
            told = facts.proofs.get(nation)
            if told is None or told.draft != draft.digest:
                yield Obstacle("unproved", nation, blocks=True)
            elif told.result != PROVED:
                yield Obstacle(told.result, nation, blocks=True)
    if not facts.rehearsals:
        yield Obstacle("not_rehearsed", "", blocks=False)
    if facts.proposal.effective_from is not None and facts.proposal.effective_from <= at:
        yield Obstacle("effective_passed", "", blocks=False)


def _after_agreement(facts: VersionFacts) -> Iterable[Obstacle]:
    if facts.draft is None or facts.carried is not None:
        return
    if facts.draft.refused:
        yield Obstacle("draft_refused", facts.version.nation, blocks=True)
    elif not facts.draft.base_is_newest:
        yield Obstacle("base_superseded", facts.version.nation, blocks=True)
    else:
        yield Obstacle("not_submitted", "", blocks=True)


def _turns(facts: VersionFacts, obstacles: Sequence[Obstacle]) -> tuple[Turn, ...]:
    """Whose acts remove what stands in the way; a signature only when nothing else that blocks is before it."""
    before = [one for one in obstacles if one.blocks and one.code != "unsigned"]
    turns = [_turn(facts, one) for one in obstacles if one.code in _ACTS and (one.code != "unsigned" or not before)]
    return tuple(dict.fromkeys(turns))


def _turn(facts: VersionFacts, obstacle: Obstacle) -> Turn:
    """Amending is for the nation of the line, though another objects or refutes; what is agreed takes no version."""
    act = _ACTS[obstacle.code]
    if act != "amend":
        return Turn(obstacle.nation, act)
    return Turn(str(facts.version.nation), "amend" if facts.agreed is None else "propose_anew")
