"""Proposals as values for the doors: a row of the list, and one proposal whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from relto.alignment.bundle_changes import Change
from relto.alignment.comment_matrix import Remark
from relto.alignment.proofs_told import Proven
from relto.alignment.proposal_standing import Carried, Obstacle, Turn
from relto.alignment.proposals import Proposal
from relto.alignment.redline import ClauseRedline
from relto.alignment.rehearsals import Rehearsed
from relto.alignment.signatures import Agreed
from relto.alignment.silence import Silence
from relto.base.canonical import Json
from relto.base.instants import Instant
from relto.base.nations import Nation
from relto.rules.provisions import Provision
from relto.services.alignment.reading import EntryView, Note


@dataclass(frozen=True, slots=True)
class ProposalRow:
    """A proposal in a list, told by its leading version: the agreed one, else the last one tabled that stands.

    `state`: of relto.alignment.proposal_standing.STATES; `disputed`: each nation has a draft of its own on the table;
    `signed`: nations under the leading version; `silence_until`: when the last awaited nation's days end; `blocking`,
    `warnings`: codes of what stands in the way; `turns`: who acts next; `unresolved`: comments; `bundle`: the version
    of the bundle that it became here. `days`: since the first word.
    """

    entry: str
    title: str
    topic: str
    state: str
    line: Nation
    number: int
    digest: str
    opened_by: Nation
    opened: Instant
    changed: Instant
    days: int
    disputed: bool
    is_executable: bool
    signed: tuple[Nation, ...]
    silence_until: Instant | None
    blocking: tuple[str, ...]
    warnings: tuple[str, ...]
    turns: tuple[Turn, ...]
    unresolved: int
    bundle: int | None


@dataclass(frozen=True, slots=True)
class VersionView:
    """One version of one line. `signed`: nation -> since when; `word`: tabled or withdrawn."""

    line: Nation
    number: int
    digest: str
    at: Instant
    word: str
    state: str
    signed: Mapping[Nation, Instant]
    superseded: bool


@dataclass(frozen=True, slots=True)
class ChangeView:
    """One operation, with the value that stands there in the bundle that is changed; None when none does."""

    change: Change
    before: Json


@dataclass(frozen=True, slots=True)
class DraftView:
    """The next bundle that follows from the version shown. `digest`: of its bytes, "" when `refused` says why not.

    `final`: the version is agreed, so this is what the authorities sign; `field`: where a refusal is.
    """

    digest: str
    refused: str
    field: str
    base_is_newest: bool
    final: bool


@dataclass(frozen=True, slots=True)
class RehearsalView:
    """A rehearsal that a nation told of. `of_this_draft`: of the very draft of the version shown."""

    by: Nation
    at: Instant
    rehearsed: Rehearsed
    of_this_draft: bool


@dataclass(frozen=True, slots=True)
class ProposalDetail:
    """A proposal whole, with one version shown (`shown`) and compared with another (`compared`, None with none).

    `row` is told by the leading version, all else by the one shown: `obstacles`, `turns`, `silence`, `proofs` of each
    nation, `rehearsals`, `draft` (None of a joint text alone), `changes`. `remarks`: the comment resolution matrix.
    `divergences`, `provisions`: those that it names, as far as this node holds them; `missing`: the ids that it does
    not. `may`: what this reader may do now, of propose, take_position, resolve, prove, weigh, rehearse, sign,
    take_back, draft, withdraw.
    """

    row: ProposalRow
    shown: VersionView
    proposal: Proposal
    compared: VersionView | None
    versions: tuple[VersionView, ...]
    redline: tuple[ClauseRedline, ...]
    changes: tuple[ChangeView, ...]
    obstacles: tuple[Obstacle, ...]
    turns: tuple[Turn, ...]
    silence: Silence
    proofs: tuple[Proven, ...]
    rehearsals: tuple[RehearsalView, ...]
    remarks: tuple[Remark, ...]
    draft: DraftView | None
    agreed: Agreed | None
    carried: Carried | None
    divergences: tuple[EntryView, ...]
    provisions: tuple[Provision, ...]
    missing: tuple[str, ...]
    notes: tuple[Note, ...]
    may: tuple[str, ...]
