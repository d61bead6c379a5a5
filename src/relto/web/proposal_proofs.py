"""The proof box of a proposal: four lines for lawyers; of a failed proof its one story, from what the nations told.

The statements carry codes alone: which rules of which originator refuse what, and which consents would make it
intended. Who asks her own node for the proof reads the whole case there (`relto.web.rule_proof`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from relto.adapters.words import sentence
from relto.alignment.proofs_told import PROVED, REFUTED, Proven
from relto.base.instants import Instant
from relto.services.alignment.proposal_values import ProposalDetail
from relto.web.frame import country
from relto.web.rule_proof import PIECES, ProofLine
from relto.web.rule_words import ACTIONS
from relto.web.words import language, said

_CLAIMS = ("weakens", "met", "counts")


@dataclass(frozen=True, slots=True)
class NationResult:
    """What a nation's node found. `older`: of another draft than the one shown; `at` None when it said nothing."""

    nation: str
    icon: str
    words: str
    at: Instant | None
    older: bool


@dataclass(frozen=True, slots=True)
class CodedStory:
    """The first counterexample: a sentence, the rules that refuse it, the pieces whose consent it would need."""

    sentence: str
    originator: str
    rules: tuple[str, ...]
    needed: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ProofBox:
    """`proved`: on every party's node; `lines`: the claims, the limits always last."""

    proved: bool
    results: tuple[NationResult, ...]
    lines: tuple[ProofLine, ...]
    story: CodedStory | None


def proof_box(detail: ProposalDetail, parties: Sequence[str], rests_on: str) -> ProofBox | None:
    """The proofs of the draft that follows from the shown version; None of a joint text alone.

    `rests_on`: the sentence on the rules as entered.
    """
    if detail.draft is None:
        return None
    told = {str(one.nation): one for one in detail.proofs}
    results = tuple(_result(nation, told.get(nation), detail.draft.digest) for nation in parties)
    counted = [one for one in detail.proofs if one.draft == detail.draft.digest]
    proved = bool(detail.draft.digest) and {str(one.nation) for one in counted if one.result == PROVED} >= set(parties)
    failed = next((one for one in counted if one.result == REFUTED), None)
    lines = [_line(claim, proved=proved, failed=failed is not None) for claim in _CLAIMS]
    if failed is not None:
        lines = lines[:1]
    rests = ProofLine("none", "gap", said("proposal_page", "claim_rests"), rests_on)
    return ProofBox(proved, results, (*lines, rests), _story(failed) if failed is not None else None)


def _result(nation: str, told: Proven | None, draft: str) -> NationResult:
    if told is None:
        return NationResult(nation, "wait", said("proposal_page", "proof_none"), None, older=False)
    older = told.draft != draft
    icon = "gap" if older else "holds" if told.result == PROVED else "fails"
    return NationResult(nation, icon, said("proof.result", told.result), told.at, older=older)


def _line(claim: str, *, proved: bool, failed: bool) -> ProofLine:
    state, icon = ("proved", "holds") if proved else ("refuted", "fails") if failed else ("none", "wait")
    text = said("proposal_page", f"{claim}_{state}")
    return ProofLine(state, icon, said("proposal_page", f"claim_{claim}"), text)


def _story(failed: Proven) -> CodedStory | None:
    case = failed.case
    if case is None:
        return None
    action = str(ACTIONS.get(case.action, case.action))
    owner = str(country(case.originator))
    rules = ", ".join(case.rules)
    text = sentence("proposal_page.story", language(), action=action, originator=owner, rules=rules)
    needed = tuple((str(PIECES.get(kind, kind)), key) for kind, key in case.needed)
    return CodedStory(text, case.originator, case.rules, needed)
