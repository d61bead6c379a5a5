"""Proving as the services see it: a question about rule sets in, an answer within bounded memory and time out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from relto.base.canonical import Json


@dataclass(frozen=True, slots=True)
class ProofQuestion:
    """What is to be proved. `draft`: a bundle file; `before`: the bundle file that it follows, None for the first.

    `overlay`: the body of a national overlay on `draft`, whose proof is that it only tightens; `before` is None then.
    `today`: seconds since 1970, for readable cases.
    """

    draft: bytes
    before: bytes | None
    today: int
    overlay: bytes | None = None


class RuleProver(Protocol):
    """Answers as `relto.rules.proving.proof.Proof.as_dict` does."""

    def prove(self, question: ProofQuestion) -> dict[str, Json]:
        """The proof, whatever it says.

        Raises what the proof raises (MalformedInput: "proof.…", "consents.stale", the bundle's own form), and
        Unreachable("prover") when no answer came within its memory and time: nothing is known then.
        """
        ...
