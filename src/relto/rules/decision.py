"""A decision is a value that carries its reasons.

It names every gate of the action in the bundle's order, with the rule, its outcome, the provisions it rests on and
who can fix it, and the bundle and engine that gave the answer, so that it can be stored, compared and replayed
(promises 8 and 9).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, get_args

from relto.base.canonical import canonical_bytes, sha256_hex
from relto.base.errors import MalformedInput
from relto.base.instants import Instant, instant_text, read_instant
from relto.base.nations import read_nation
from relto.rules.overlay_name import OverlayName

Outcome = Literal["holds", "fails", "does_not_apply", "undecided"]
TYPE = "decision"
VERSION = 1


class GateOutcome(NamedTuple):
    """One rule of one gate, and what came out.

    `undecided`: the engine gave no answer (always a refusal). `unconfirmed`: a provision this rule rests on for the
    deciding nation is not confirmed, or none is loaded. `evidence`: the weakest evidence among those provisions.
    `remedy` and `who` are codes; `facts` are dates, levels and pseudonyms for the own security officer.
    """

    gate: str
    rule: str
    outcome: Outcome
    unconfirmed: bool
    evidence: str
    provisions: tuple[str, ...]
    remedy: str
    who: str
    facts: Mapping[str, str | None]

    @property
    def gap(self) -> bool:
        """True when no rule is loaded on something that this rule rests on for the deciding nation."""
        return self.evidence == "none"

    @property
    def needs_acceptance(self) -> bool:
        """True when a person must accept by name that there is a gap: one behind a rule that applies here."""
        return self.gap and self.outcome != "does_not_apply"

    def as_dict(self) -> dict[str, Any]:
        """The outcome as JSON values."""
        return {
            "gate": self.gate,
            "rule": self.rule,
            "outcome": self.outcome,
            "unconfirmed": self.unconfirmed,
            "evidence": self.evidence,
            "provisions": list(self.provisions),
            "remedy": self.remedy,
            "who": self.who,
            "facts": dict(self.facts),
        }


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to one request. `errors`: stable codes of what kept the engine from answering; any is a refusal.

    `overlay`: the deciding nation's overlay that was on the bundle, None when there was none.
    """

    action: str
    permitted: bool
    gates: tuple[GateOutcome, ...]
    errors: tuple[str, ...]
    agreement: str
    bundle_version: int
    bundle_digest: str
    facts_digest: str
    at: Instant
    engine: str
    overlay: OverlayName | None = None

    @property
    def failed(self) -> tuple[GateOutcome, ...]:
        """The gates that did not hold: the to-do list, in the bundle's order."""
        return tuple(gate for gate in self.gates if gate.outcome in ("fails", "undecided"))

    @property
    def failed_rules(self) -> tuple[str, ...]:
        """The rule ids of the gates that failed."""
        return tuple(gate.rule for gate in self.failed)

    @property
    def rests_on_unconfirmed(self) -> bool:
        """True when any gate that was applied rests on an unconfirmed provision."""
        return any(gate.unconfirmed for gate in self.gates if gate.outcome != "does_not_apply")

    def as_dict(self) -> dict[str, Any]:
        """The decision as JSON values; `decision_from_dict` reads them back."""
        return {
            "type": TYPE,
            "version": VERSION,
            "action": self.action,
            "permitted": self.permitted,
            "gates": [gate.as_dict() for gate in self.gates],
            "errors": list(self.errors),
            "agreement": self.agreement,
            "bundle_version": self.bundle_version,
            "bundle_digest": self.bundle_digest,
            "facts_digest": self.facts_digest,
            "at": instant_text(self.at),
            "engine": self.engine,
            **({} if self.overlay is None else {"overlay": dataclasses.asdict(self.overlay)}),
        }

    def digest(self) -> str:
        """Lower-case hex SHA-256 of the canonical decision."""
        return sha256_hex(self.canonical())

    def canonical(self) -> bytes:
        """The canonical JSON of `as_dict`."""
        return canonical_bytes(self.as_dict())


def _members(value: object, names: frozenset[str], field: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping) or frozenset(value) != names:
        raise MalformedInput("decision", field=field, expected="exactly: " + ", ".join(sorted(names)))
    return value


def _text(value: object, field: str) -> str:
    if not isinstance(value, str):
        raise MalformedInput("decision", field=field, expected="text")
    return value


def _texts(value: object, field: str) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        raise MalformedInput("decision", field=field, expected="a list of texts")
    return tuple(_text(entry, field) for entry in value)


def _flag(value: object, field: str) -> bool:
    if not isinstance(value, bool):
        raise MalformedInput("decision", field=field, expected="true or false")
    return value


_GATE = frozenset(GateOutcome._fields)
_DECISION = (frozenset(Decision.__slots__) | {"type", "version"}) - {"overlay"}
_OVERLAY = frozenset(OverlayName.__slots__)


def _gate_from_dict(value: object) -> GateOutcome:
    gate = _members(value, _GATE, "gates")
    outcome = gate["outcome"]
    if outcome not in get_args(Outcome):
        raise MalformedInput("decision", field="outcome", expected=", ".join(get_args(Outcome)))
    facts = gate["facts"]
    if not isinstance(facts, Mapping):
        raise MalformedInput("decision", field="facts", expected="an object")
    return GateOutcome(
        gate=_text(gate["gate"], "gate"),
        rule=_text(gate["rule"], "rule"),
        outcome=outcome,
        unconfirmed=_flag(gate["unconfirmed"], "unconfirmed"),
        evidence=_text(gate["evidence"], "evidence"),
        provisions=_texts(gate["provisions"], "provisions"),
        remedy=_text(gate["remedy"], "remedy"),
        who=_text(gate["who"], "who"),
        facts={str(name): None if fact is None else _text(fact, "facts") for name, fact in facts.items()},
    )


def decision_from_dict(value: object) -> Decision:
    """Read what `Decision.as_dict` wrote. Raises MalformedInput naming the member that is not as expected."""
    overlay = value.get("overlay") if isinstance(value, Mapping) else None
    found = _members(value, _DECISION if overlay is None else _DECISION | {"overlay"}, "decision")
    if found["type"] != TYPE or found["version"] != VERSION:
        raise MalformedInput("decision.version", field="version", expected=f"{TYPE} version {VERSION}")
    version = found["bundle_version"]
    if not isinstance(version, int) or isinstance(version, bool):
        raise MalformedInput("decision", field="bundle_version", expected="an integer")
    gates = found["gates"]
    if not isinstance(gates, list | tuple):
        raise MalformedInput("decision", field="gates", expected="a list")
    return Decision(
        action=_text(found["action"], "action"),
        permitted=_flag(found["permitted"], "permitted"),
        gates=tuple(_gate_from_dict(gate) for gate in gates),
        errors=_texts(found["errors"], "errors"),
        agreement=_text(found["agreement"], "agreement"),
        bundle_version=version,
        bundle_digest=_text(found["bundle_digest"], "bundle_digest"),
        facts_digest=_text(found["facts_digest"], "facts_digest"),
        at=read_instant(found["at"], field="at"),
        engine=_text(found["engine"], "engine"),
        overlay=None if overlay is None else _overlay(overlay),
    )


def _overlay(value: object) -> OverlayName:
    found = _members(value, _OVERLAY, "overlay")
    version = found["version"]
    if not isinstance(version, int) or isinstance(version, bool):
        raise MalformedInput("decision", field="overlay.version", expected="an integer")
    return OverlayName(read_nation(found["nation"], field="overlay.nation"), version, _text(found["digest"], "overlay"))
