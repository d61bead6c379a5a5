"""Proofs of drafts: what an agreement bundle would permit beyond the originators' own rules, before anybody follows it.

One operation proves a file, signed or not; the other shows the proof with which this node accepted a bundle.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router

from relto.api.answers import Answer, plain
from relto.api.bundles import LARGEST_BUNDLE
from relto.api.streams import BYTES_IN, small_body
from relto.api.surroundings import caller, house
from relto.base.canonical import canonical_bytes
from relto.services import rule_proofs

router = Router(tags=["agreement"])


class RulePiece(Answer):
    """One piece of a rule set, as `loosenings.json` names it; `originator`: whose consent it is or would need.

    `value`: JSON as a text, such as `true`.
    """

    originator: str
    kind: str
    key: str
    value: str
    reason: str = ""
    provision: str | None = None
    citation: str | None = None


class ProofCase(Answer):
    """A counterexample: a person, a facility, a document, a date; `rules` refuse it, `text` says the first of them.

    `confirmed`: Cedar answered as told. `needed`: the fewest consents that would make it intended.
    """

    action: str
    at: str
    rules: list[str]
    text: dict[str, str]
    confirmed: bool
    person: dict[str, Any]
    facility: dict[str, Any]
    item: dict[str, Any]
    releaser: str
    assurance: dict[str, Any]
    needed: list[RulePiece]


class ProofObligation(Answer):
    """One thing to be proved, for the items of `originator` (empty: of anybody), and what each solver answered."""

    kind: str
    action: str
    originator: str
    result: str
    answers: dict[str, str]
    cases: list[ProofCase]


class RuleProof(Answer):
    """The proof of one bundle against the one it follows on (`against`). Only `proved` lets a node follow it."""

    agreement: str
    version: int
    against: int | None = None
    proved: bool
    result: str
    digest: str
    solvers: dict[str, str]
    made_at: str
    obligations: list[ProofObligation]
    consents: list[RulePiece]


@router.post("/bundles/proofs", response=RuleProof, openapi_extra=BYTES_IN)
def prove_draft(request: HttpRequest) -> dict[str, Any]:
    """Prove a draft, signed or not, as activating it would (co-chair, release officer, registrar, inspector)."""
    actor = caller(request)
    return proof_answer(rule_proofs.prove_draft(house(), actor, small_body(request, LARGEST_BUNDLE)))


@router.get("/bundles/{version}/proof", response=RuleProof)
def read_proof(request: HttpRequest, version: int) -> dict[str, Any]:
    """The proof with which this node accepted a bundle (co-chair, release officer, registrar, inspector)."""
    return proof_answer(rule_proofs.proof_of(house(), caller(request), version))


def proof_answer(view: rule_proofs.ProofView) -> dict[str, Any]:
    """A proof as the API answers it."""
    found: dict[str, Any] = plain(view)
    for piece in (*found["consents"], *_needed(found)):
        piece["value"] = canonical_bytes(piece["value"]).decode("utf-8")
    return found


def _needed(found: dict[str, Any]) -> list[dict[str, Any]]:
    return [piece for one in found["obligations"] for case in one["cases"] for piece in case["needed"]]
