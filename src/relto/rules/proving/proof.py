"""The proof of a draft against what is in force: every obligation, as values that a person and a machine can read.

Each originating nation's own rules are those of the agreement in force (`old`) in the period of the new one, with the
pieces that this nation consented to as the draft has them (`relto.rules.loosenings`). What the draft would permit
beyond them is named, with the rule of the originator that refuses it and the consents that would be needed. A draft
without anything in force before it is proved by itself only. A consent that names nothing the draft changes is refused.

A national overlay is proved to permit nothing that the rules below it refuse, whoever owns the item.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import metadata

from relto.base.canonical import Json, canonical_bytes, sha256_hex
from relto.base.errors import MalformedInput
from relto.base.nations import Nation
from relto.rules.bundle import Bundle
from relto.rules.facts import Action
from relto.rules.loosenings import LOOSENINGS, Consent, Piece
from relto.rules.proving.obligations import Obligation, Reason, Result, prove_alone, prove_within, within
from relto.rules.proving.pieces import differences, pieces_of, with_pieces
from relto.rules.proving.rule_set import RuleSet, in_the_period_of, rule_set_of

METHOD = 1
"""Changes when what is proved changes: a proof made by another method is another proof."""
OVERLAY = "overlay_tightens"
_MOST_PIECES = 300
_SOLVERS = {"z3": "z3-solver", "cvc5": "cvc5"}


@dataclass(frozen=True)
class Proof:
    """All obligations of a draft; `proved` only if each of them is. `digest`: of everything that the proof reads."""

    digest: str
    obligations: tuple[Obligation, ...]

    @property
    def proved(self) -> bool:
        """Whether the draft may be followed as far as the prover can tell; an unknown is a no."""
        return self.result == "proved"

    @property
    def result(self) -> Result:
        """The worst of the obligations' results; without any, unknown."""
        found = {one.result for one in self.obligations}
        if not found or "unknown" in found:
            return "unknown"
        return "refuted" if "refuted" in found else "proved"

    def as_dict(self) -> dict[str, Json]:
        """`proved`, `result`, `digest`, `solvers`, and the obligations with both answers and their cases."""
        return {
            "proved": self.proved,
            "result": self.result,
            "digest": self.digest,
            "solvers": dict[str, Json](solvers()),
            "obligations": [_told(one) for one in self.obligations],
        }


def prove(old: Bundle | None, new: Bundle, *, today: int) -> Proof:
    """Prove a draft. `today`: seconds since 1970, for readable cases.

    Raises MalformedInput: "proof.unknown" (an operator, type or attribute that the prover does not cover),
    "proof.schema", "proof.levels" (the nations' own levels differ between the two), "consents.stale" (a consent that
    names nothing the draft changes, or another value than the draft's).
    """
    draft, own = rule_set_of(new), originators_rules(old, new)
    obligations = list(prove_alone(draft))
    for one in prove_within(draft, own, today=today):
        reasons = tuple(_with_needed(reason, own[one.originator], draft) for reason in one.reasons if one.originator)
        obligations.append(dataclasses.replace(one, reasons=reasons))
    return Proof(proof_digest(old, new), tuple(obligations))


def originators_rules(old: Bundle | None, new: Bundle) -> dict[Nation, RuleSet]:
    """Each nation's own rules as an originator. Raises MalformedInput("consents.stale")."""
    if old is None:
        _require_fresh(new.consents, (), frozenset())
        return {}
    draft = rule_set_of(new)
    before = in_the_period_of(rule_set_of(old), draft)
    _require_fresh(new.consents, differences(before, draft), before.parties)
    return {
        nation: with_pieces(before, draft, [one.piece.name for one in new.consents if one.originator == nation])
        for nation in sorted(before.parties)
    }


def _require_fresh(consents: Sequence[Consent], changed: Sequence[Piece], parties: frozenset[Nation]) -> None:
    for position, consent in enumerate(consents):
        if consent.originator not in parties or not any(consent.piece.is_as(piece) for piece in changed):
            raise MalformedInput(
                "consents.stale",
                field=f"{LOOSENINGS}/{position}",
                found=f"{consent.piece.kind} {consent.piece.key}"[:120],
                expected="a piece of the agreement in force that this draft changes, with the draft's own value",
            )


def prove_overlay(base: Bundle, combined: Bundle, *, today: int) -> Proof:
    """Prove that a nation's overlay only tightens: `combined` is the bundle `base` with the overlay on it.

    A nation may suspend everything, so that nobody is permitted anything is no fault here. Raises as `prove`.
    """
    below, above = rule_set_of(base), rule_set_of(combined)
    alone = [one for one in prove_alone(above) if one.kind != "not_vacuous"]
    tighter = [within(above, below, action, None, today=today, kind=OVERLAY) for action in Action]
    return Proof(overlay_digest(base, combined), (*alone, *tighter))


def proof_digest(old: Bundle | None, new: Bundle) -> str:
    """Hex SHA-256 of all that the proof of a draft reads: rules, tables, consents, the solvers; no keys, no names."""
    consents: list[Json] = [{"originator": one.originator, **one.piece.as_dict()} for one in new.consents]
    before = None if old is None else _read_of(rule_set_of(old))
    return _digest({"kind": "draft", "before": before, "draft": _read_of(rule_set_of(new)), "consents": consents})


def overlay_digest(base: Bundle, combined: Bundle) -> str:
    """The same for the proof of an overlay over a bundle."""
    rules = {"base": _read_of(rule_set_of(base)), "combined": _read_of(rule_set_of(combined))}
    return _digest({"kind": "overlay", **rules})


def _digest(read: Mapping[str, Json]) -> str:
    return sha256_hex(canonical_bytes({"method": METHOD, "solvers": dict[str, Json](solvers()), **read}))


def _read_of(rules: RuleSet) -> dict[str, Json]:
    return {
        "pieces": [piece.as_dict() for piece in pieces_of(rules)],
        "levels": [[nation, name, rank] for (nation, name), rank in sorted(rules.ranks.items())],
        "schema": sha256_hex(rules.schema.encode("utf-8")),
        "period": [rules.start, rules.end],
    }


@cache
def solvers() -> dict[str, str]:
    """The solvers and their versions, as installed."""
    return {name: metadata.version(package) for name, package in _SOLVERS.items()}


def _with_needed(reason: Reason, own: RuleSet, draft: RuleSet) -> Reason:
    """The fewest pieces, taken out one after the other while Cedar still permits the case."""
    case, changed = reason.replayed.case, differences(own, draft)
    if not reason.replayed.confirmed or len(changed) > _MOST_PIECES:
        return reason

    def permitted(pieces: Sequence[Piece]) -> bool:
        try:
            rules = with_pieces(own, draft, [piece.name for piece in pieces])
        except MalformedInput:
            return False
        verdict = rules.engine.judge(case.question(rules))
        return verdict.permitted and not verdict.errors

    needed = list(changed)
    if not permitted(needed):
        return reason
    for piece in changed:
        fewer = [one for one in needed if one is not piece]
        if permitted(fewer):
            needed = fewer
    return dataclasses.replace(reason, needed=tuple(needed))


def _told(one: Obligation) -> dict[str, Json]:
    return {
        "kind": one.kind,
        "action": one.action.value,
        "originator": one.originator,
        "result": one.result,
        "answers": dict[str, Json](one.answers),
        "cases": list(_cases(one)),
    }


def _cases(one: Obligation) -> Iterator[Json]:
    for reason in one.reasons:
        yield {
            "rules": list[Json](reason.rules),
            "confirmed": reason.replayed.confirmed,
            **reason.replayed.case.told(),
            "needed": [piece.as_dict() for piece in reason.needed],
        }
