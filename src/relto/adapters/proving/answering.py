"""A question about rule sets, answered in this process: what the prover's own process does."""

from __future__ import annotations

from relto.base.canonical import Json
from relto.ports.proving import ProofQuestion
from relto.rules.bundle import read_rules
from relto.rules.overlays import combined, read_overlay_body
from relto.rules.proving.proof import prove, prove_overlay


def answered(question: ProofQuestion) -> dict[str, Json]:
    """The proof as a dictionary. Raises what the proof raises."""
    draft = read_rules(question.draft)
    if question.overlay is not None:
        above = combined(draft, read_overlay_body(question.overlay))
        return prove_overlay(draft, above, today=question.today).as_dict()
    before = None if question.before is None else read_rules(question.before)
    return prove(before, draft, today=question.today).as_dict()
