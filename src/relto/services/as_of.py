"""A decision on record made once more: by the rules of its day, or by those of any other accepted version.

Promises kept here:
 1. By the rules of its day the answer, every gate and both digests must be those that were recorded (promise 9).
 2. By another version the facts and the instant stay those of the day, so what differs is the rules' doing; a version
    whose own dates do not cover that instant says so by its own gates, and is named here.
 3. Nothing is changed by asking.
"""

from __future__ import annotations

from dataclasses import dataclass

from relto.base.errors import NotAvailable
from relto.base.instants import Instant
from relto.procedures.actors import Actor, Role
from relto.rules.decide import decide
from relto.rules.decision import Decision, decision_from_dict
from relto.services import active_bundle
from relto.services.house import House
from relto.services.replays import facts_from_dict
from relto.store.models import AgreementBundle, DecisionRecord


@dataclass(frozen=True, slots=True)
class AcceptedVersion:
    """A bundle that this node accepted, with its period."""

    version: int
    effective_from: Instant
    expires: Instant


@dataclass(frozen=True, slots=True)
class RuleChange:
    """A rule whose outcome is another one; "" where a version does not have the rule."""

    gate: str
    rule: str
    then: str
    again: str


@dataclass(frozen=True, slots=True)
class AsOf:
    """What deciding once more gave. `same`: the same answer by the same gates; of the day's rules also equal digests.

    `of_the_day`: the rules asked are those of its day. `covers`: the version asked was in force at the decision's
    instant by its own dates. `overlay`: the version of the overlay that was on the bundle asked, which only the
    rules of its day have, None without one. `versions`: what can be asked.
    """

    reference: str
    action: str
    at: Instant
    day_version: int
    version: int
    overlay: int | None
    of_the_day: bool
    covers: bool
    same: bool
    permitted_then: bool
    permitted_again: bool
    changes: tuple[RuleChange, ...]
    errors: tuple[str, ...]
    engine_then: str
    engine_now: str
    versions: tuple[AcceptedVersion, ...]


def as_of(house: House, actor: Actor, reference: str, version: int | None = None) -> AsOf:
    """Decide once more under `version`, or under the rules of its day.

    Raises Refused("role") but for inspectors, NotAvailable("decision"), NotAvailable("bundle").
    """
    actor.require(Role.INSPECTOR)
    row = DecisionRecord.objects.filter(id=reference).first()
    if row is None:
        raise NotAvailable("decision", field="reference")
    then = decision_from_dict(row.decision)
    asked = then.bundle_version if version is None else version
    of_the_day = asked == then.bundle_version
    cited = row.decision if of_the_day else {"bundle_version": asked}
    bundle = active_bundle.bundle_of_decision(house, cited)
    again = decide(bundle, then.action, facts_from_dict(row.facts), row.at)
    changes = _changes(then, again)
    same = not changes and (then.permitted, then.errors) == (again.permitted, again.errors)
    if of_the_day:
        same = same and _exact(then) == _exact(again)
    return AsOf(
        reference=row.id,
        action=then.action,
        at=row.at,
        day_version=then.bundle_version,
        version=asked,
        overlay=bundle.overlay.version if bundle.overlay else None,
        of_the_day=of_the_day,
        covers=bundle.period.holds_at(row.at),
        same=same,
        permitted_then=then.permitted,
        permitted_again=again.permitted,
        changes=changes,
        errors=again.errors,
        engine_then=then.engine,
        engine_now=again.engine,
        versions=_versions(),
    )


def accepted_versions(house: House, actor: Actor) -> tuple[AcceptedVersion, ...]:
    """The versions that this node accepted; every signed-in person may know which there are."""
    del house, actor
    return _versions()


def _exact(made: Decision) -> tuple[object, ...]:
    return made.gates, made.facts_digest, made.bundle_digest


def _changes(then: Decision, again: Decision) -> tuple[RuleChange, ...]:
    before = {gate.rule: gate for gate in then.gates}
    after = {gate.rule: gate for gate in again.gates}
    changed = []
    for rule in dict.fromkeys((*before, *after)):
        old, new = before.get(rule), after.get(rule)
        outcomes = (old.outcome if old else "", new.outcome if new else "")
        named = new or old
        if named is not None and outcomes[0] != outcomes[1]:
            changed.append(RuleChange(named.gate, rule, *outcomes))
    return tuple(changed)


def _versions() -> tuple[AcceptedVersion, ...]:
    rows = AgreementBundle.objects.order_by("version").values_list("version", "effective_from", "expires")
    return tuple(AcceptedVersion(*row) for row in rows)
