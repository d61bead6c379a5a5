"""Three views of one decision (promise 8): the asker, her own security officer, the partner.

The asker sees which gate on her own side stands against it, the rule, its version and who can fix it. Her security
officer also sees the facts, the provisions and how well they are known. The partner sees one code, and never which
gate it was. These are values for doors and messages; whoever builds an answer takes the view of the reader, never the
decision itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from relto.rules.bundle import Bundle
from relto.rules.decision import Decision, GateOutcome

PARTNER_PERMITTED = "permitted"
PARTNER_REFUSED = "refused"
RELEASE_FIRST = "release_first"
"""The remedy where no release was decided yet; that of the bundle's gate says how one comes back that ended."""
CO_OWNER_AGREES = "co_owner_agrees"
"""The remedy where a joint item waits, at the node that sealed it, for the authority of its other owner."""
CO_OWNER = "co_owner"
_ACCEPT_RELEASE = "accept_release"
_RELEASE_AGAIN = "release_again"
_EXTEND_RELEASE = "extend_release"
_STATE = "release.state"
_UNDECIDED = (None, "proposed")


@dataclass(frozen=True, slots=True)
class AskerGate:
    """A gate that stands against the request: codes only; `text` is the catalogue code of the rule's wording."""

    gate: str
    rule: str
    text: str
    who: str
    remedy: str
    unconfirmed: bool


@dataclass(frozen=True, slots=True)
class AskerView:
    """What the asker may know."""

    action: str
    permitted: bool
    bundle_version: int
    gates: tuple[AskerGate, ...]


def asker_view(decision: Decision, *, sealed_with: bool = False) -> AskerView:
    """The failed gates without facts and provisions.

    Where no release was decided yet that is the cause, and a period which it would have is not told beside it.
    `sealed_with`: it is about opening a joint item at the node that sealed it, so the other owner's authority accepts.
    """
    unreleased = nothing_released(decision.failed)
    return AskerView(
        action=decision.action,
        permitted=decision.permitted,
        bundle_version=decision.bundle_version,
        gates=tuple(
            AskerGate(gate.gate, gate.rule, f"rule.{gate.rule}", *_who_mends(gate, sealed_with), gate.unconfirmed)
            for gate in decision.failed
            if not (unreleased and follows_release(gate.remedy))
        ),
    )


def officer_view(decision: Decision, bundle: Bundle, *, sealed_with: bool = False) -> dict[str, Any]:
    """Everything: all gates with facts, and each provision with its citation and evidence.

    `needs_acceptance` of a gate: no rule is loaded on something it rests on, so a person must accept it by name.

    `bundle` must be the one that decided; provisions that it does not carry are shown by their id alone. `sealed_with`:
    as for `asker_view`.
    """
    return {**decision.as_dict(), "gates": [_officer_gate(gate, bundle, sealed_with) for gate in decision.gates]}


def _officer_gate(gate: GateOutcome, bundle: Bundle, sealed_with: bool) -> dict[str, Any]:  # noqa: FBT001  passed on
    provisions = []
    for identity in gate.provisions:
        known = bundle.provisions.get(identity)
        cited = {} if known is None else {
            "citation": known.citation, "source": known.source, "evidence": known.evidence,
            "confirmed": bundle.is_confirmed(identity),
            "nation": known.nation, "title": known.title, "requirement": known.requirement, "is_gap": known.is_gap,
        }  # fmt: skip
        provisions.append({"id": identity, **cited})
    who, remedy = _who_mends(gate, sealed_with)
    told = {"who": who, "remedy": remedy, "provisions": provisions, "needs_acceptance": gate.needs_acceptance}
    return {**gate.as_dict(), **told}


def nothing_released(failed: Iterable[GateOutcome]) -> bool:
    """Whether one of the failed gates says that no release was decided yet."""
    return any(_remedy(gate) == RELEASE_FIRST for gate in failed)


def follows_release(remedy: str) -> bool:
    """Whether a gate with this remedy is about the period of a release, and so fails where there is no release."""
    return remedy == _EXTEND_RELEASE


def _remedy(gate: GateOutcome) -> str:
    """The bundle's remedy; to release for the first time is another step than to release again."""
    first = gate.remedy == _RELEASE_AGAIN and _STATE in gate.facts and gate.facts[_STATE] in _UNDECIDED
    return RELEASE_FIRST if first else gate.remedy


def _who_mends(gate: GateOutcome, sealed_with: bool) -> tuple[str, str]:  # noqa: FBT001  passed on
    """Who can supply what is missing, and by which step."""
    if sealed_with and gate.remedy == _ACCEPT_RELEASE:
        return CO_OWNER, CO_OWNER_AGREES
    return gate.who, _remedy(gate)


def partner_view(decision: Decision) -> str:
    """One code, the same for every reason."""
    return PARTNER_PERMITTED if decision.permitted else PARTNER_REFUSED


def rule_text(bundle: Bundle, rule: str, language: str) -> tuple[str, bool] | None:
    """The bundle's wording of a rule and whether a native reader reviewed it; None when it has none."""
    said = bundle.gates.by_rule(rule).says.get(language)
    return None if said is None else (said.text, said.reviewed)
