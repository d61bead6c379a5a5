"""What a node proves before it follows an agreement, and what it tells of it."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest

from relto.adapters.proving.prover import ChildProver
from relto.adapters.words import error_sentence
from relto.base.canonical import Json
from relto.base.errors import Conflict, MalformedInput, NotAvailable, Refused, Unreachable
from relto.node.draft_changes import changed_equivalence
from relto.node.draft_consents import with_consents
from relto.ports.proving import ProofQuestion
from relto.rules.bundle import read_rules
from relto.rules.loosenings import Consent, Piece, loosenings_file
from relto.services import bundles, rule_proofs
from relto.store.models import AgreementBundle, LedgerEntry, RuleProof
from tests.support.houses import IND, START, USA, Node, agreement, drafted, signed_by, staffed_house
from tests.support.proving import ProverHere
from tests.unit.services.test_agreements import chair

__all__ = ["chair"]
DAY = timedelta(days=1)
KEY = "IND:RESTRICTED>USA"


@cache
def loosened(*consenting: str, level: str = "CONFIDENTIAL") -> bytes:
    """Version 2: Indian RESTRICTED becomes an American level; these originators consent to it."""
    rows: list[Json] = [{"level": level, "from": "2026-11-21T09:30:00Z", "until": None}]
    consents = [Consent(USA if one == "USA" else IND, Piece("equivalent", KEY, rows), "agreed") for one in consenting]
    return drafted(
        version=2,
        equivalence=changed_equivalence(["IND:RESTRICTED=USA:CONFIDENTIAL"], START - DAY),
        loosenings=loosenings_file(consents) if consents else None,
    )


def test_a_draft_is_proved_by_whoever_answers_for_rules_and_nothing_is_activated(chair: Node) -> None:
    view = rule_proofs.prove_draft(chair.house, chair.actor("co_chair"), drafted())
    assert (view.proved, view.result, view.against, view.version) == (True, "proved", None, 1)
    assert {one.kind for one in view.obligations} == {"forms_equal", "never_errs", "not_vacuous"}
    assert set(view.solvers) == {"z3", "cvc5"}
    assert not AgreementBundle.objects.exists()
    assert RuleProof.objects.get().digest == view.digest


def test_an_engineer_proves_nothing(db: None, tmp_path: Path) -> None:
    node = staffed_house(tmp_path, USA)
    with pytest.raises(Refused):
        rule_proofs.prove_draft(node.house, node.actor("engineer"), drafted())
    with pytest.raises(Refused):
        rule_proofs.proof_of(node.house, node.actor("engineer"), 1)
    with pytest.raises(NotAvailable):
        rule_proofs.proof_of(node.house, node.actor("inspector"), 1)  # accepted without a proof, as in older versions


def test_the_proof_of_what_a_node_follows_is_kept_linked_and_told(chair: Node) -> None:
    house, co_chair = chair.house, chair.actor("co_chair")
    bundles.submit_bundle(house, co_chair, agreement())
    told = rule_proofs.proof_of(house, co_chair, 1)
    assert (told.proved, told.against) == (True, None)
    assert AgreementBundle.objects.get().proof == told.digest
    assert told.digest.encode() in bytes(LedgerEntry.objects.order_by("-serial")[0].leaf)
    renewed = rule_proofs.prove_draft(house, co_chair, drafted(2, START))
    bundles.submit_bundle(house, co_chair, agreement(2, start=START))
    assert rule_proofs.proof_of(house, co_chair, 2) == renewed
    assert RuleProof.objects.count() == 2, "what was proved as a draft is not proved again"


@pytest.mark.proves
def test_a_loosening_that_nobody_consented_to_is_refused_with_a_case_and_recorded(chair: Node) -> None:
    house, co_chair = chair.house, chair.actor("co_chair")
    bundles.submit_bundle(house, co_chair, agreement())
    with pytest.raises(Refused) as caught:
        bundles.submit_bundle(house, co_chair, signed_by(loosened()))
    error = caught.value
    assert error.reason == "bundle.unproved.release"
    assert (error.field, error.found) == ("R16-equivalent-exists", "refuted")
    told = error.details
    assert (told["owner"], told["item"], told["nation"], told["level"]) == ("IND", "RESTRICTED", "USA", "CONFIDENTIAL")
    assert told["needed"] == f"equivalent {KEY}"
    assert "RESTRICTED" in error_sentence(error)
    assert str(told["text_hi"]) in error_sentence(error, "hi")
    assert AgreementBundle.objects.count() == 1
    assert LedgerEntry.objects.order_by("-serial")[0].details["code"] == "refused.bundle.unproved.release"
    view = rule_proofs.prove_draft(house, co_chair, loosened())
    cases = [case for one in view.obligations for case in one.cases]
    assert all(case.confirmed and case.text["hi"] for case in cases)
    assert {(piece.kind, piece.key) for case in cases for piece in case.needed} == {("equivalent", KEY)}


@pytest.mark.proves
def test_each_originator_consents_for_its_own_items_and_only_both_make_it_the_agreement(chair: Node) -> None:
    house, co_chair = chair.house, chair.actor("co_chair")
    bundles.submit_bundle(house, co_chair, agreement())
    with pytest.raises(Refused) as caught:
        bundles.submit_bundle(house, co_chair, signed_by(loosened("IND")))
    assert caught.value.details["originator"] == "USA", "an American item may bear an Indian level, as joint items do"
    assert bundles.submit_bundle(house, co_chair, signed_by(loosened("IND", "USA"))).version == 2
    consents = rule_proofs.proof_of(house, co_chair, 2).consents
    assert {(one.originator, one.key, one.reason) for one in consents} == {
        ("USA", KEY, "agreed"),
        ("IND", KEY, "agreed"),
    }


def test_a_consent_to_something_else_than_the_draft_says_is_stale(chair: Node) -> None:
    house, co_chair = chair.house, chair.actor("co_chair")
    with pytest.raises(MalformedInput, match=r"consents\.stale"):
        bundles.submit_bundle(house, co_chair, signed_by(loosened("IND", "USA")))  # a first agreement loosens nothing
    bundles.submit_bundle(house, co_chair, agreement())
    for draft in (loosened("IND", "USA", level="SECRET"), _without_the_row()):
        with pytest.raises(MalformedInput, match=r"consents\.stale"):
            bundles.submit_bundle(house, co_chair, signed_by(draft))
    assert AgreementBundle.objects.count() == 1


def _without_the_row() -> bytes:
    named = Consent(
        IND, Piece("equivalent", KEY, [{"level": "CONFIDENTIAL", "from": "2026-11-21T09:30:00Z"}]), "agreed"
    )
    return drafted(version=2, loosenings=loosenings_file([named]))


class _Silent:
    """A prover whose process dies."""

    def prove(self, question: ProofQuestion) -> dict[str, Json]:
        return ChildProver(max_seconds=0.001).prove(question)


def test_without_an_answer_nothing_is_followed_and_nothing_kept(chair: Node) -> None:
    house = dataclasses.replace(chair.house, prover=_Silent())
    with pytest.raises(Unreachable):
        rule_proofs.prove_draft(house, chair.actor("co_chair"), drafted())
    with pytest.raises(Refused) as caught:
        bundles.submit_bundle(house, chair.actor("co_chair"), agreement())
    assert (caught.value.reason, caught.value.found) == ("bundle.unproved", "unknown")
    assert not RuleProof.objects.exists()
    assert not AgreementBundle.objects.exists()


@pytest.mark.proves
def test_the_process_of_its_own_answers_as_this_one_and_its_errors_are_ours() -> None:
    question = ProofQuestion(draft=agreement(), before=None, today=int(START.timestamp()))
    assert ChildProver().prove(question) == ProverHere().prove(question)
    with pytest.raises(MalformedInput):
        ChildProver().prove(dataclasses.replace(question, draft=b"no bundle"))


def test_consents_are_stated_while_drafting_and_never_after_a_signature() -> None:
    draft = with_consents(loosened(), ["IND equivalent IND:RESTRICTED>USA because both agreed it"])
    (consent,) = read_rules(draft).consents
    assert (consent.originator, consent.piece.key, consent.reason) == (IND, KEY, "both agreed it")
    with pytest.raises(Conflict):
        with_consents(signed_by(draft), ["USA equivalent IND:RESTRICTED>USA because both agreed it"])
    for wrong in ("", "IND equivalent", "IND equivalent IND:RESTRICTED>USA", "ind channel link because so"):
        with pytest.raises(MalformedInput):
            with_consents(loosened(), [wrong])
    with pytest.raises(MalformedInput) as stranger:
        with_consents(draft, [f"FRA equivalent {KEY} because both agreed it"])
    assert (stranger.value.field, stranger.value.expected) == ("consent", "IND or USA")
    with pytest.raises(MalformedInput, match="doubled"):
        with_consents(draft, [f"IND equivalent {KEY} because said twice"])
