"""A proposal as it is shown: steps of both nations, the text as a redline with its comments, changes in words.

Nothing is decided here: `relto.services.alignment.proposals_view` says what stands, this room finds the words. A text
that was put in or taken out is marked by `ins` and `del` and by hidden words, never by colour alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from relto.adapters.words import sentence
from relto.alignment.comment_matrix import Remark
from relto.alignment.proposal_standing import AGREED, CLOSED, IN_FORCE, RIPE, SIGNED_BY_ONE, SUPERSEDED
from relto.alignment.proposal_standing import PROVEN as BOTH_PROVED
from relto.alignment.proposals import WITHDRAWN
from relto.alignment.redline import DELETED, INSERTED, KEPT, Run, runs
from relto.base.canonical import Json, canonical_bytes
from relto.base.instants import Instant
from relto.base.nations import Nation
from relto.rules.comparing_bundles import Change
from relto.services.alignment.proposal_values import ProposalDetail
from relto.services.dossiers.views import Due
from relto.web.dossier_rows import DueRow, due_row
from relto.web.words import language, said

MOST_CHANGES: Final = 100
_LONGEST_VALUE: Final = 600
_LISTS: Final = frozenset({"rows", "gates", "limits", "provisions", "parties", "programmes", "groups", "loosenings"})


@dataclass(frozen=True, slots=True)
class Step:
    """One of the steps of both nations. `state`: done, now, todo or stop; `nations`: whose turn it is, or who acted."""

    words: str
    state: str
    nations: tuple[str, ...]
    at: Instant | None = None


@dataclass(frozen=True, slots=True)
class ShownRemark:
    """A comment with what became of it. `resolvable`: this reader may resolve it."""

    remark: Remark
    state: str
    icon: str
    resolvable: bool


@dataclass(frozen=True, slots=True)
class ShownClause:
    """A clause as a redline. `texts`: (language, runs), the reader's own first; `change` in a code and in words."""

    code: str
    change: str
    words: str
    heading: tuple[Run, ...]
    texts: tuple[tuple[str, tuple[Run, ...]], ...]
    remarks: tuple[ShownRemark, ...]


@dataclass(frozen=True, slots=True)
class ShownMember:
    """What goes and what comes. `name`: the member that changes, "" of the whole; `long`: told in part."""

    name: str
    pieces: tuple[Run, ...]
    long: bool


@dataclass(frozen=True, slots=True)
class ShownChange:
    """One thing of the rules that changes, in a sentence: what it is, where it stands, and its changed members."""

    words: str
    place: str
    members: tuple[ShownMember, ...]


@dataclass(frozen=True, slots=True)
class SilenceLine:
    """A nation under the silence procedure. `state`: objects, no_objection, silent or awaited; `due`: until when."""

    nation: str
    state: str
    icon: str
    reason: str
    at: Instant | None
    due: DueRow | None
    received: Instant | None


def steps(detail: ProposalDetail, parties: Sequence[str]) -> list[Step]:
    """Where the shown version stands between both nations; a joint text alone is neither proven nor in force."""
    state, silence = detail.shown.state, detail.silence
    ripe = silence.is_ripe or state in {AGREED, IN_FORCE}
    agreed = detail.agreed is not None and detail.agreed.digest == detail.shown.digest
    found = [Step(said("proposal_page", "step_tabled"), "done", (str(detail.shown.line),), detail.shown.at)]
    open_nations = tuple(str(one) for one in (*silence.objecting, *silence.awaited))
    answered = "done" if ripe else "stop" if silence.objecting else "now"
    found.append(Step(said("proposal_page", "step_answered"), answered, () if ripe else open_nations))
    if detail.proposal.is_executable:
        found.append(_proof_step(detail, parties, agreed=agreed))
    unsigned = tuple(nation for nation in parties if nation not in detail.shown.signed)
    signing = state in {RIPE, BOTH_PROVED, SIGNED_BY_ONE}
    found.append(
        Step(
            said("proposal_page", "step_signed"),
            "done" if agreed else "now" if signing else "todo",
            () if agreed else unsigned,
            detail.agreed.at if agreed and detail.agreed else None,
        )
    )
    in_force = state == IN_FORCE
    last = "step_in_force" if detail.proposal.is_executable else "step_recorded"
    done = in_force or (agreed and not detail.proposal.is_executable)
    since = detail.carried.effective_from if detail.carried else detail.proposal.effective_from
    found.append(Step(said("proposal_page", last), "done" if done else "now" if agreed else "todo", (), since))
    if state in {WITHDRAWN, SUPERSEDED}:
        found[-1] = Step(said("proposal.state", state), "stop", ())
    return found


def _proof_step(detail: ProposalDetail, parties: Sequence[str], *, agreed: bool) -> Step:
    draft = detail.draft.digest if detail.draft else ""
    results = {str(one.nation): one.result for one in detail.proofs if one.draft == draft}
    left = tuple(nation for nation in parties if results.get(nation) != "proved")
    state = "done" if not left or agreed else "stop" if "refuted" in results.values() else "now"
    return Step(said("proposal_page", "step_proven"), state, left)


def clauses(detail: ProposalDetail, own: Nation) -> list[ShownClause]:
    """The joint text with the comments on each clause; the reader's language first."""
    remarks = [shown_remark(one, detail, own) for one in detail.remarks]
    found = []
    for one in detail.redline:
        texts = one.texts if detail.compared else tuple((code, _plainly(text)) for code, text in one.texts)
        order = sorted(texts, key=lambda text: text[0] != language())
        about = tuple(remark for remark in remarks if remark.remark.clause == one.code)
        words = said("proposal.clause", one.change)
        heading = one.heading if detail.compared else _plainly(one.heading)
        found.append(ShownClause(one.code, one.change, words, heading, tuple(order), about))
    return found


def _plainly(found: Sequence[Run]) -> tuple[Run, ...]:
    """The words of a first version: new to nobody, since nothing stood there before."""
    return tuple(Run(KEPT, run.text) for run in found)


def general_remarks(detail: ProposalDetail, own: Nation) -> list[ShownRemark]:
    """The comments on the whole, and on clauses that the shown text does not have."""
    codes = {one.code for one in detail.redline}
    return [shown_remark(one, detail, own) for one in detail.remarks if one.clause not in codes]


def shown_remark(one: Remark, detail: ProposalDetail, own: Nation) -> ShownRemark:
    """A comment with what became of it, in words."""
    state = one.resolution.resolution if one.resolution else "none"
    icon = {"accepted": "holds", "accepted_in_part": "holds", "none": "wait"}.get(state, "gap")
    return ShownRemark(one, said("proposal.resolution", state), icon, "resolve" in detail.may and one.line == own)


def changes(found: Sequence[Change], nations: Mapping[str, str]) -> list[ShownChange]:
    """Each thing that changes in a sentence, with its members; at most 100 differences are told.

    `nations`: name of a policy -> its nation, which is shown in its place.
    """
    groups: dict[tuple[str, str, str], list[ShownMember]] = {}
    for one in found[:MOST_CHANGES]:
        of_a_thing = one.kind == "changed" and len(one.place) > 1
        where = one.place[:-1] if of_a_thing else one.place
        name = one.place[-1] if of_a_thing else ""
        groups.setdefault((one.part, one.kind, _place(where, nations)), []).append(_member(one, name))
    return [
        ShownChange(
            sentence(
                f"proposal_page.change_{kind}",
                language(),
                part=sentence(f"change.part.{part}", language()).rstrip(":"),
            ),
            place,
            tuple(members),
        )
        for (part, kind, place), members in groups.items()
    ]


def _place(where: Sequence[str], nations: Mapping[str, str]) -> str:
    """The ids that lead to a thing; names of lists, which say nothing to a reader, are left out."""
    said_here = [" ".join(nations.get(word, word) for word in one.split()) for one in where]
    return " / ".join(one for one in said_here if one not in _LISTS)


def _member(one: Change, name: str) -> ShownMember:
    before, after = ("" if value is None else told(value) for value in (one.before, one.after))
    is_long = max(len(before), len(after)) > _LONGEST_VALUE
    return ShownMember(name, _pieces(before[:_LONGEST_VALUE], after[:_LONGEST_VALUE]), is_long)


def _pieces(before: str, after: str) -> tuple[Run, ...]:
    """Word by word where both are words, else what goes and then what comes."""
    if before and after:
        return runs(before, after)
    return tuple(Run(kind, text) for kind, text in ((DELETED, before), (INSERTED, after)) if text)


def told(value: Json) -> str:
    """A value of a bundle in one line: members by name, entries of a list beside each other."""
    if isinstance(value, dict):
        return "; ".join(f"{name}: {told(entry)}" for name, entry in value.items() if entry is not None)
    if isinstance(value, list):
        return ", ".join(told(entry) for entry in value)
    if isinstance(value, str):
        return value
    return canonical_bytes([value])[1:-1].decode("utf-8")


def silence_lines(detail: ProposalDetail, now: Instant, own: Nation) -> list[SilenceLine]:
    """Each other nation: what it said, or until when it may speak, in words and on both calendars."""
    silence = detail.silence
    positions = {one.nation: one for one in silence.positions}
    lines = []
    for nation in sorted(silence.received):
        position = positions.get(nation)
        state = position.position if position else "silent" if nation in silence.silent else "awaited"
        end = silence.until.get(nation)
        waits = state == "awaited" and end is not None and detail.shown.state not in CLOSED
        lines.append(
            SilenceLine(
                nation=str(nation),
                state=said("proposal.position", state),
                icon={"objects": "fails", "awaited": "wait"}.get(state, "holds"),
                reason=position.reason if position else "",
                at=position.at if position else None,
                due=_due(end, nation, now, own) if waits else None,
                received=silence.received.get(nation),
            )
        )
    return lines


def _due(end: Instant | None, nation: Nation, now: Instant, own: Nation) -> DueRow:
    clock = Due("silence", "", str(nation), end, gap=False, provision="", confirmed=False, overdue=False)
    return due_row(clock, said("proposal_page", "may_object"), {}, now, own)
