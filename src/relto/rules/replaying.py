"""A recorded decision made again: by the rules of its day, or by others (promise 9).

By the rules of its day everything must be equal but the engine's version: answer, every gate with its facts and
provisions, errors, digests. By other rules the difference is told: a permit that would have been refused, a refusal
that would have been permitted, or a refusal for other reasons. A permit that would have been refused was prevented for
good only if what fails does not end by itself: when every rule that fails has a remedy, it is said to be delayed, and
when one has none that facts of the case can express, prevented.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from relto.base.instants import Instant
from relto.rules.bundle import Bundle
from relto.rules.decide import decide
from relto.rules.decision import Decision
from relto.rules.recorded_facts import facts_from_dict
from relto.rules.remedies import REMEDIES

Change = Literal["none", "refused", "permitted", "other_reasons"]
Effect = Literal["none", "delayed", "prevented", "brought_about"]
_NOT_COMPARED = ("engine", "bundle_digest")


@dataclass(frozen=True, slots=True)
class Recorded:
    """A decision as it was recorded: both records as the JSON values that were kept."""

    reference: str
    action: str
    item: str
    at: Instant
    decision: Mapping[str, Any]
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came out. `same`: everything compared is equal. `change`, `effect`: "none" unless the answer or reasons are.

    `stops`: rules that stand in the way only now; `frees`: that did only then.
    """

    reference: str
    action: str
    item: str
    at: Instant
    same: bool
    permitted: bool
    change: Change
    effect: Effect
    stops: tuple[str, ...]
    frees: tuple[str, ...]


def replay(bundle: Bundle, recorded: Recorded) -> Replayed:
    """Decide again as of then. `bundle`: of its day for `same` to mean anything; its digest is the caller's to check.

    Raises MalformedInput for facts that are not as they were recorded.
    """
    again = decide(bundle, recorded.action, facts_from_dict(recorded.facts), recorded.at)
    then = recorded.decision
    now = again.as_dict()
    same = all(now[name] == then.get(name) for name in now if name not in _NOT_COMPARED) and len(now) == len(then)
    was = {str(gate["rule"]) for gate in then["gates"] if gate["outcome"] in ("fails", "undecided")}
    will = set(again.failed_rules)
    permitted = bool(then["permitted"])
    change: Change = (
        "refused" if permitted and not again.permitted
        else "permitted" if again.permitted and not permitted
        else "other_reasons" if not permitted and (was != will or list(again.errors) != then["errors"])
        else "none"
    )  # fmt: skip
    return Replayed(
        reference=recorded.reference,
        action=recorded.action,
        item=recorded.item,
        at=recorded.at,
        same=same,
        permitted=again.permitted,
        change=change,
        effect=_effect(change, again),
        stops=tuple(rule for rule in again.failed_rules if rule not in was),
        frees=tuple(sorted(was - will)),
    )


def _effect(change: Change, again: Decision) -> Effect:
    if change == "permitted":
        return "brought_about"
    if change != "refused":
        return "none"
    mendable = not again.errors and all(gate.remedy in REMEDIES for gate in again.failed)
    return "delayed" if mendable else "prevented"
