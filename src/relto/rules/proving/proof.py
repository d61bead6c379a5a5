"""The proof of a draft against what is in force: every obligation, as values that a person and a machine can read.

Each originating nation's own rules are those of the agreement in force (`old`), in the period of the new one: what the
draft would permit beyond them is named, with the rule of the originator that refuses it. A draft without anything in
force before it is proved by itself only.
"""

from __future__ import annotations

from dataclasses import dataclass

from relto.base.canonical import Json
from relto.rules.bundle import Bundle
from relto.rules.proving.obligations import Obligation, prove_alone, prove_within
from relto.rules.proving.rule_set import in_the_period_of, rule_set_of


@dataclass(frozen=True)
class Proof:
    """All obligations of a draft; `proved` only if each of them is."""

    obligations: tuple[Obligation, ...]

    @property
    def proved(self) -> bool:
        """Whether the draft may be followed as far as the prover can tell; an unknown is a no."""
        return bool(self.obligations) and all(one.result == "proved" for one in self.obligations)

    def as_dict(self) -> dict[str, Json]:
        """`proved`, and for each obligation its kind, action, originator, result, both answers and its cases."""
        return {"proved": self.proved, "obligations": [_told(one) for one in self.obligations]}


def prove(old: Bundle | None, new: Bundle, *, today: int) -> Proof:
    """Prove a draft. `today`: seconds since 1970, for readable cases.

    Raises MalformedInput: "proof.unknown" (an operator, type or attribute that the prover does not cover),
    "proof.schema", "proof.levels" (the nations' own levels differ between the two).
    """
    draft = rule_set_of(new)
    obligations = list(prove_alone(draft))
    if old is not None:
        own = in_the_period_of(rule_set_of(old), draft)
        obligations += prove_within(draft, dict.fromkeys(sorted(own.parties), own), today=today)
    return Proof(tuple(obligations))


def _told(one: Obligation) -> dict[str, Json]:
    cases: list[Json] = [
        {"rules": list(reason.rules), "confirmed": reason.replayed.confirmed, **reason.replayed.case.told()}
        for reason in one.reasons
    ]
    return {
        "kind": one.kind,
        "action": one.action.value,
        "originator": one.originator,
        "result": one.result,
        "answers": dict(one.answers),
        "cases": cases,
    }
