"""Proofs of agreement bundles: before anybody signs or follows one, and of those that were accepted."""

from __future__ import annotations

from relto.client.answers.reading import read_answer
from relto.client.answers.rule_proofs import RuleProof
from relto.client.calls.agreement import OCTETS
from relto.client.steps import Call, Request, get


def prove_draft(file: bytes) -> Call[RuleProof]:
    """Have the node prove a draft, signed or not, as activating it would; nothing is activated."""
    request = Request("POST", "/bundles/proofs", content=file, headers=OCTETS)
    return Call(request, lambda value: read_answer(RuleProof, value))


def proof_of_bundle(version: int) -> Call[RuleProof]:
    """The proof with which the node accepted this version of the agreement bundle."""
    return get(f"/bundles/{version}/proof", RuleProof)
