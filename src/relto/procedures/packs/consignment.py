"""Notice of classified consignment: one shipment under a transportation plan for repeated ones (domain.md 2.5).

Promises: the plan is approved by both authorities, is one for repeated shipments, and is in its period on the day of
departure; the consignment keeps to the plan's parties, programme and level. Custody runs hop by hop as everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from relto.procedures.findings import Finding
from relto.procedures.forms.form import load_form
from relto.procedures.founded import founded
from relto.procedures.known import Known
from relto.procedures.packs import custody, exact_items, freight
from relto.procedures.packs.cleared_facilities import PROGRAMME_SECURITY
from relto.procedures.packs.crossing import (
    Crossing,
    check_facilities,
    check_filled_later,
    check_parties,
    check_representatives,
    check_times,
)
from relto.procedures.procedure import BETWEEN, Dossier, Procedure, Step
from relto.procedures.table import ASKING, Table, Transition

CODE: Final = "consignment"
_SAME_AS_PLAN: Final = ("partner", "programme", "company", "sender_facility", "recipient_facility")
_OFFICER, _AUTHORITY = custody.OFFICER, custody.AUTHORITY

TABLE: Final = Table(
    name=CODE,
    start="prepared",
    states=("prepared", "submitted", "noticed", *custody.HOPS, "refused", "withdrawn"),
    transitions=(
        Transition("submit", frozenset({"prepared"}), "submitted", _OFFICER, side=ASKING),
        Transition(
            "give_notice",
            frozenset({"submitted"}),
            "noticed",
            _AUTHORITY,
            ("under_plan", "still_holds", "items_covered"),
            side=ASKING,
        ),
        Transition("send_back", frozenset({"submitted"}), "prepared", _AUTHORITY, at_will=True, side=ASKING),
        Transition("refuse", frozenset({"submitted"}), "refused", _AUTHORITY, side=ASKING),
        exact_items.override("submitted"),
        Transition(
            "withdraw",
            frozenset({"prepared", "submitted", "noticed"}),
            "withdrawn",
            _OFFICER | _AUTHORITY,
            at_will=True,
            side=ASKING,
        ),
        *custody.hops("noticed", "under_plan", "still_holds", "items_covered"),
    ),
)


def check(answers: Mapping[str, Any], known: Known) -> list[Finding]:
    """Everything that can be wrong with a notice."""
    crossing = Crossing(answers, known, founded(CODE))
    return [
        *check_parties(crossing),
        *check_facilities(crossing),
        *check_representatives(crossing),
        *_check_plan(crossing),
        *exact_items.check_lines(crossing),
        *check_times(crossing),
        *check_filled_later(crossing, "dispatched"),
    ]


def _check_plan(crossing: Crossing) -> Iterator[Finding]:
    answers, number = crossing.answers, crossing.answers.get("plan")
    if number is None:
        return
    plan = crossing.known.dossiers.get(number)
    if plan is None or plan.procedure != freight.CODE:
        yield crossing.find("plan_unknown", "plan")
        return
    if plan.state != freight.APPROVED:
        yield crossing.find("plan_not_approved", "plan", state=plan.state)
    if plan.data.get("kind") == freight.SINGLE:
        yield crossing.find("plan_for_one_shipment", "plan")
    for field in _SAME_AS_PLAN:
        if field in answers and field in plan.data and answers[field] != plan.data[field]:
            yield crossing.find("differs_from_plan", field, number=number)
    level, highest = answers.get("level"), plan.data.get("level")
    if level and highest and crossing.known.levels.covers(highest, level) is not True:
        yield crossing.find("level_above_plan", "level", level=level, highest=highest)
    departure = crossing.instant("departure")
    begins, ends = plan.data.get("valid_from"), plan.data.get("valid_until")
    if departure is not None and begins and ends and not begins <= departure.date().isoformat() <= ends:
        yield crossing.find("outside_plan_period", "departure")


def _under_plan(dossier: Dossier, _answers: Mapping[str, Any], known: Known) -> Sequence[Finding]:
    return list(_check_plan(Crossing(dossier.answers, known, founded(CODE))))


def _still_holds(dossier: Dossier, _answers: Mapping[str, Any], known: Known) -> Sequence[Finding]:
    crossing = Crossing(dossier.answers, known, founded(CODE))
    return [*check_parties(crossing), *check_facilities(crossing)]


PROCEDURE: Final = Procedure(
    code=CODE,
    prefix="NCC",
    topic="freight",
    table=TABLE,
    form=load_form(CODE),
    begins=_OFFICER,
    steps={
        "submit": Step(final_check=True),
        "give_notice": Step(sends=True),
        "send_back": Step(form=load_form("transfer_reason")),
        "refuse": Step(form=load_form("transfer_reason")),
        exact_items.OVERRIDE: exact_items.OVERRIDE_STEP,
        "withdraw": Step(form=load_form("transfer_reason"), keeps_told=True),
        **custody.hop_steps(),
    },
    check=check,
    guards={
        "under_plan": _under_plan,
        "still_holds": _still_holds,
        "items_covered": exact_items.items_covered(CODE),
        "overridable": exact_items.overridable(CODE),
        **custody.hop_guards(CODE),
    },
    clocks=(custody.SUSPENSE_CLOCK,),
    papers=custody.papers(CODE, "noticed"),
    reach=BETWEEN,
    partner_field="partner",
    subjects=("company", "items/item"),
    related=(PROGRAMME_SECURITY,),
    parent="plan",
)
