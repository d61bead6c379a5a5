"""A decision on record, told to each as much as she may know (promise 8), with what would mend it tried out.

The asker sees the gates on her own side that stood against her; her company's security officer sees all gates with
facts and provisions; so does the authority: a release officer for what her authority decides, an inspector for all. The
partner was told a code. To anybody else the reference does not exist: it is asked of the store in the same way, and the
answer is the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from relto.base.errors import NotAvailable
from relto.base.instants import Instant
from relto.procedures.actors import Actor, Role
from relto.rules.bundle import Bundle
from relto.rules.decision import Decision, GateOutcome, decision_from_dict
from relto.rules.facts import Action
from relto.rules.remedies import REMEDIES, replay_with
from relto.rules.views import asker_view, officer_view, partner_view
from relto.services import active_bundle
from relto.services.house import House
from relto.services.item_view import is_sealed_with
from relto.services.replays import facts_from_dict
from relto.store.models import DecisionRecord, Item
from relto.store.queries.releases import readable_decisions

Reader = Literal["asker", "officer", "authority"]
MOST_LISTED = 100
_STANDS = frozenset({"fails", "undecided"})


@dataclass(frozen=True, slots=True)
class Remedy:
    """What would mend some rules, tried out on the facts of the day. `rules`: those that name it; `who`: who can do it.

    `tried`: it can be expressed as facts of one case. `mends`: with it alone its own rules hold. `left`: the rules that
    would still stand in the way then.
    """

    remedy: str
    who: str
    rules: tuple[str, ...]
    tried: bool
    mends: bool
    left: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DecisionView:
    """One decision. `view`: asker (`gates` stood against it) or officer or authority (all gates, failed ones first).

    `remedies` and `permitted_with_all` (all remedies together; None when one cannot be tried) are given in full views.
    `partner_code`: what this node told the partner, of a decision about the partner's opening. `overlay`: the version
    of the nation's overlay that was on the bundle, None without one.
    """

    reference: str
    view: Reader
    action: str
    permitted: bool
    at: Instant
    actor: str
    item: str
    agreement: str
    bundle_version: int
    bundle_digest: str
    overlay: int | None
    engine: str
    facts_digest: str
    gates: tuple[Mapping[str, Any], ...]
    errors: tuple[str, ...]
    remedies: tuple[Remedy, ...]
    permitted_with_all: bool | None
    partner_code: str
    entry: str

    @property
    def full(self) -> bool:
        """True for the views with facts and provisions."""
        return self.view != "asker"


@dataclass(frozen=True, slots=True)
class DecisionLine:
    """A decision in a list: codes only. `gate`, `rule`: the first that stood against it, "" when it was permitted."""

    reference: str
    action: str
    permitted: bool
    at: Instant
    bundle_version: int
    overlay: int | None
    gate: str
    rule: str


def decision(house: House, actor: Actor, reference: str) -> DecisionView:
    """One decision with its reasons. Raises NotAvailable("decision") for unknown and others' decisions."""
    row = readable_decisions(actor).filter(id=reference).first()
    if row is None:
        raise NotAvailable("decision", field="reference")
    made = decision_from_dict(row.decision)
    bundle = active_bundle.bundle_of_decision(house, row.decision)
    view = _reader(actor, row)
    sealed_with = row.action == Action.OPEN and is_sealed_with(Item.objects.filter(id=row.item).first())
    remedies, with_all = _remedies(bundle, made, row) if view != "asker" else ((), None)
    return DecisionView(
        reference=row.id,
        view=view,
        action=row.action,
        permitted=made.permitted,
        at=row.at,
        actor=row.actor,
        item=row.item,
        agreement=made.agreement,
        bundle_version=made.bundle_version,
        bundle_digest=made.bundle_digest,
        overlay=made.overlay.version if made.overlay else None,
        engine=made.engine,
        facts_digest=made.facts_digest if view != "asker" else "",
        gates=_gates(made, bundle, view, sealed_with=sealed_with),
        errors=made.errors,
        remedies=remedies,
        permitted_with_all=with_all,
        partner_code=partner_view(made) if view != "asker" and row.action == Action.SUPPLY_SHARE else "",
        entry=row.entry,
    )


def decisions_on_record(
    house: House, actor: Actor, *, refused_only: bool = False, limit: int = MOST_LISTED
) -> list[DecisionLine]:
    """The newest decisions that the actor may read, at most MOST_LISTED."""
    del house
    rows = readable_decisions(actor)
    if refused_only:
        rows = rows.filter(permitted=False)
    return [_line(row) for row in rows.order_by("-at", "id")[: max(0, min(limit, MOST_LISTED))]]


def _line(row: DecisionRecord) -> DecisionLine:
    made = decision_from_dict(row.decision)
    failed = asker_view(made).gates
    gate, rule = (failed[0].gate, failed[0].rule) if failed else ("", "")
    overlay = made.overlay.version if made.overlay else None
    return DecisionLine(row.id, row.action, row.permitted, row.at, row.bundle_version or 0, overlay, gate, rule)


def _reader(actor: Actor, row: DecisionRecord) -> Reader:
    if actor.holds(Role.SECURITY_OFFICER) and row.company and row.company == actor.company:
        return "officer"
    of_authority = actor.holds(Role.INSPECTOR) or (actor.holds(Role.RELEASE_OFFICER) and row.action != Action.OPEN)
    return "authority" if of_authority else "asker"


def _gates(made: Decision, bundle: Bundle, view: Reader, *, sealed_with: bool) -> tuple[Mapping[str, Any], ...]:
    if view == "asker":
        return tuple(asdict(gate) for gate in asker_view(made, sealed_with=sealed_with).gates)
    shown = officer_view(made, bundle, sealed_with=sealed_with)["gates"]
    return tuple(sorted(shown, key=lambda gate: gate["outcome"] not in _STANDS))


def _remedies(bundle: Bundle, made: Decision, row: DecisionRecord) -> tuple[tuple[Remedy, ...], bool | None]:
    """Each remedy alone, then all together, decided again by the rules of the day."""
    failed: dict[str, list[GateOutcome]] = {}
    for gate in made.failed:
        failed.setdefault(gate.remedy, []).append(gate)
    if made.errors or not failed:
        return (), None
    facts = facts_from_dict(row.facts)
    found = []
    for code, gates in failed.items():
        again = replay_with(bundle, made.action, facts, row.at, (code,)).decision if code in REMEDIES else made
        rules = tuple(gate.rule for gate in gates)
        left = tuple(rule for rule in again.failed_rules if rule not in rules)
        mends = not again.errors and not set(rules).intersection(again.failed_rules)
        found.append(Remedy(code, gates[0].who, rules, code in REMEDIES, mends, left))
    if not all(one.tried for one in found):
        return tuple(found), None
    return tuple(found), replay_with(bundle, made.action, facts, row.at, tuple(failed)).decision.permitted
