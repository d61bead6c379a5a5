"""What a node proves before it follows an agreement, and what it tells of it."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest

from relto.adapters.proving.prover import ChildProver
from relto.base.canonical import Json
from relto.base.errors import MalformedInput, NotAvailable, Refused, Unreachable
from relto.node.draft_changes import changed_equivalence
from relto.ports.proving import ProofQuestion
from relto.rules.loosenings import Consent, Piece, loosenings_file
from relto.services import bundles, rule_proofs
from relto.store.models import AgreementBundle, LedgerEntry, RuleProof
from tests.support.houses import IND, START, USA, Node, agreement, drafted, signed_by, staffed_house
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
