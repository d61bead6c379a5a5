"""Notices of classified consignments under a plan for repeated shipments."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any, Final

from relto.base.nations import Nation
from tests.support import crossing_forms as forms
from tests.support.crossing_forms import answers, sender_of
from tests.support.form_corpus import Fault, Filed
from tests.support.known import IND, NOW, USA, dossier_known

PLAN: Final = "TPL-2026-0007"


def notice(random: Random, sender: Nation | None = None) -> Filed:
    """One shipment under an approved plan of either nation."""
    sender = sender or random.choice((USA, IND))
    form = forms.parties(random, sender)
    agreed = {code: form[code] for code in ("partner", "programme", "company", "sender_facility", "recipient_facility")}
    period = {"valid_from": str(NOW.date()), "valid_until": str(NOW.date() + timedelta(days=180))}
    plan = dossier_known(
        PLAN, "freight", "approved", data={**agreed, **period, "level": f"{sender}:SECRET", "kind": "repeated"}
    )
    form |= {"plan": PLAN, "carrier": f"The carrier, {random.randint(100, 999)}"}
    return Filed("consignment", form, replace(forms.facts(sender), dossiers={PLAN: plan}))


CLEAN = notice


def _plan(**changes: Any) -> forms.Spoil:
    def spoil(_: Random, filed: Filed) -> Filed:
        plan = filed.known.dossiers[PLAN]
        data = {**plan.data, **{code: value for code, value in changes.items() if code != "state"}}
        state = changes.get("state", plan.state)
        return filed.with_known(dossiers={PLAN: replace(plan, data=data, state=state)})

    return spoil


FAULTS: Final = (
    Fault(
        "no_plan",
        "The notice names a plan that is not there.",
        "consignment.plan_unknown",
        answers(plan="TPL-2026-0099"),
    ),
    Fault(
        "half_approved_plan",
        "Only the sender's authority has approved the plan.",
        "consignment.plan_not_approved",
        _plan(state="approved_by_sender"),
    ),
    Fault("plan_for_one", "The plan is for one shipment.", "consignment.plan_for_one_shipment", _plan(kind="single")),
    Fault(
        "another_recipient",
        "The shipment goes to another facility than the plan's.",
        "consignment.differs_from_plan",
        _plan(recipient_facility="IND-F099"),
    ),
    Fault(
        "above_the_plan",
        "The shipment's level is above the plan's.",
        "consignment.level_above_plan",
        lambda random, filed: _plan(level=f"{sender_of(filed)}:UNCLASSIFIED")(random, filed),
    ),
    Fault(
        "after_the_plan",
        "The shipment leaves after the plan has run out.",
        "consignment.outside_plan_period",
        _plan(valid_until=str(NOW.date() + timedelta(days=2))),
    ),
    Fault(
        "recipient_cannot_store",
        "The receiving facility is cleared but has no storage.",
        "consignment.recipient_no_storage",
        forms.facility("recipient", safeguarding=""),
    ),
    Fault(
        "line_below_label",
        "A line states a lower level than its item's label.",
        "consignment.line_below_item",
        forms.cover(level="USA:TOP SECRET"),
    ),
)
