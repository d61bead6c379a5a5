"""A question about rule sets, answered in this process: what the prover's own process does."""

from __future__ import annotations

from relto.base.canonical import Json
from relto.ports.proving import ProofQuestion
from relto.rules.bundle import read_rules
from relto.rules.proving.proof import prove


def answered(question: ProofQuestion) -> dict[str, Json]:
    """The proof as a dictionary. Raises what the proof raises."""
    draft = read_rules(question.draft)
    before = None if question.before is None else read_rules(question.before)
    return prove(before, draft, today=question.today).as_dict()
