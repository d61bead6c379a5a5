"""Why a request was refused, told to each as much as she may know (promise 8).

The asker sees the gates on her own side that failed, their rules, version and who can fix them; her company's security
officer sees all gates with facts and provisions, under the bundle that decided. To anybody else the reference does not
exist.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from django.db.models import Q

from relto.base.errors import NotAvailable
from relto.base.instants import Instant
from relto.ledger.leaves import LeafEvent
from relto.procedures.actors import Actor, Role
from relto.rules.decision import decision_from_dict
from relto.rules.facts import Action
from relto.rules.views import asker_view, officer_view
from relto.services import active_bundle
from relto.services.house import House
from relto.services.item_view import is_sealed_with
from relto.store.models import DecisionRecord, Item, LedgerEntry
from relto.store.queries.releases import visible_decisions


@dataclass(frozen=True, slots=True)
class RefusalView:
    """One refusal. `full`: all gates with facts and provisions, the failed ones first; else those as codes.

    `partner_code` is what the partner's node answered, when it was the one that refused. `says`: rule -> language ->
    the bundle's wording of the day. `facts` are given in full views only.
    """

    reference: str
    action: str
    at: Instant
    actor: str
    item: str
    agreement: str
    bundle_version: int
    bundle_digest: str
    gates: tuple[Mapping[str, Any], ...]
    errors: tuple[str, ...]
    says: Mapping[str, Mapping[str, str]]
    partner_code: str
    full: bool
    entry: str


@dataclass(frozen=True, slots=True)
class RefusalLine:
    """A refusal in a list: codes only. `gate` and `rule` are told first; `partner_code` when the partner refused."""

    reference: str
    action: str
    at: Instant
    actor: str
    item: str
    gate: str
    rule: str
    partner_code: str


def company_refusals(house: House, actor: Actor, limit: int = 20) -> list[RefusalLine]:
    """What was refused about the actor's own company, newest first, at most `limit`. Raises Refused("role")."""
    del house
    actor.require(Role.SECURITY_OFFICER)
    partner_refused = LedgerEntry.objects.filter(event=LeafEvent.OPENING_PARTNER_REFUSED.value, company=actor.company)
    refused = Q(permitted=False) | Q(id__in=partner_refused.values("subject"))
    rows = visible_decisions(actor).filter(refused, company=actor.company or None).order_by("-at", "id")[:limit]
    return [_line(row) for row in rows]


def own_refusals(house: House, actor: Actor, limit: int = 10) -> list[RefusalLine]:
    """What was refused to the actor herself, newest first, at most `limit`: codes and references."""
    del house
    rows = visible_decisions(actor).filter(actor=actor.person, permitted=False).order_by("-at", "id")[:limit]
    return [_line(row) for row in rows]


def _line(row: DecisionRecord) -> RefusalLine:
    failed = asker_view(decision_from_dict(row.decision)).gates
    return RefusalLine(
        reference=row.id,
        action=row.action,
        at=row.at,
        actor=row.actor,
        item=row.item,
        gate=failed[0].gate if failed else "",
        rule=failed[0].rule if failed else "",
        partner_code="" if failed else _partner_refusal(row)[0],
    )


def explain(house: House, actor: Actor, reference: str) -> RefusalView:
    """The reasons of a refusal. Raises NotAvailable("reference") for unknown, permitted and others' decisions."""
    row = visible_decisions(actor).filter(id=reference).first()
    if row is None:
        raise NotAvailable("reference", field="reference")
    partner_code, entry = _partner_refusal(row)
    if row.permitted and not partner_code:
        raise NotAvailable("reference", field="reference")
    decision = decision_from_dict(row.decision)
    bundle = active_bundle.bundle_of_decision(house, row.decision)
    full = actor.holds(Role.SECURITY_OFFICER) and bool(row.company) and row.company == actor.company
    full = full or (row.actor == actor.person and actor.holds(Role.RELEASE_OFFICER))
    sealed_with = row.action == Action.OPEN and is_sealed_with(Item.objects.filter(id=row.item).first())
    if full:
        shown = officer_view(decision, bundle, sealed_with=sealed_with)["gates"]
        failed_first = sorted(shown, key=lambda gate: gate["outcome"] not in {"fails", "undecided"})
        gates: tuple[Mapping[str, Any], ...] = tuple(failed_first)
    else:
        gates = tuple(asdict(gate) for gate in asker_view(decision, sealed_with=sealed_with).gates)
    return RefusalView(
        reference=row.id,
        action=row.action,
        at=row.at,
        actor=row.actor,
        item=row.item,
        agreement=decision.agreement,
        bundle_version=decision.bundle_version,
        bundle_digest=decision.bundle_digest,
        gates=gates,
        errors=decision.errors,
        says={
            str(gate["rule"]): {
                language: said.text for language, said in bundle.gates.by_rule(str(gate["rule"])).says.items()
            }
            for gate in gates
        },
        partner_code=partner_code,
        full=full,
        entry=entry or row.entry,
    )


def _partner_refusal(row: DecisionRecord) -> tuple[str, str]:
    """The partner's code and our entry of it, when the partner refused what this decision permitted."""
    found = LedgerEntry.objects.filter(subject=row.id, event=LeafEvent.OPENING_PARTNER_REFUSED.value).first()
    return (str(found.details.get("code", "")), found.entry) if found is not None else ("", "")
