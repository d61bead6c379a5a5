"""A transfer through government channels: by the two representatives, or electronically under an approved plan.

Promises (domain.md 2.5 and 7, needs.md N-10 and U-02):
 1. Each named item is covered itself before anything moves; a class is no cover; an override takes two people, names
    the line and a reason, and stays on record (`packs.exact_items`).
 2. Custody goes dispatcher, sender's representative, recipient's representative, recipient, receipt back: one table,
    each hop signed by its own side and role (`packs.custody`).
 3. Electronically only under a secure communications plan that both authorities approved and whose time has not run
    out, between systems that are authorised for the level.
 4. When the wrong thing arrived, it is held, the sender's authority orders what happens to it, two people of the
    recipient's side confirm that it was done, and the sender writes down what is changed so that it does not recur.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from relto.procedures.findings import Finding
from relto.procedures.forms.form import load_form
from relto.procedures.founded import founded
from relto.procedures.known import Known
from relto.procedures.packs import custody, exact_items
from relto.procedures.packs.cleared_facilities import PROGRAMME_SECURITY
from relto.procedures.packs.crossing import (
    Crossing,
    check_facilities,
    check_filled_later,
    check_level,
    check_parties,
    check_representatives,
    check_times,
)
from relto.procedures.procedure import BETWEEN, Dossier, Paper, Procedure, Step
from relto.procedures.table import ANSWERING, ASKING, Table, Transition

CODE: Final = "transfer"
_OFFICER, _AUTHORITY, _GOVERNMENT = custody.OFFICER, custody.AUTHORITY, custody.GOVERNMENT
_ARRIVED = frozenset({custody.DGR_RECEIVED, custody.DELIVERED, custody.RECEIPT_RETURNED})

TABLE: Final = Table(
    name=CODE,
    start="prepared",
    states=(
        "prepared", "submitted", "cleared", *custody.HOPS, "wrong_item", "recovering", "recovered", "closed",
        "refused", "withdrawn",
    ),
    transitions=(
        Transition("submit", frozenset({"prepared"}), "submitted", _OFFICER, side=ASKING),
        Transition(
            "clear", frozenset({"submitted"}), "cleared", _AUTHORITY, ("still_holds", "items_covered"), side=ASKING
        ),
        Transition("send_back", frozenset({"submitted"}), "prepared", _AUTHORITY, at_will=True, side=ASKING),
        Transition("refuse", frozenset({"submitted"}), "refused", _AUTHORITY, side=ASKING),
        exact_items.override("submitted"),
        Transition(
            "withdraw", frozenset({"prepared", "submitted", "cleared"}), "withdrawn", _OFFICER | _AUTHORITY,
            at_will=True, side=ASKING,
        ),
        *custody.hops("cleared", "still_holds", "items_covered"),
        Transition(
            "report_wrong_item", _ARRIVED, "wrong_item", _OFFICER | _GOVERNMENT, at_will=True, side=ANSWERING
        ),
        Transition(
            "recall_wrong_item", _ARRIVED | {custody.IN_TRANSIT}, "wrong_item", _OFFICER | _AUTHORITY, at_will=True,
            side=ASKING,
        ),
        Transition("order_recovery", frozenset({"wrong_item"}), "recovering", _AUTHORITY, side=ASKING),
        Transition("confirm_recovery", frozenset({"recovering"}), "recovered", _OFFICER | _GOVERNMENT, side=ANSWERING),
        Transition("close", frozenset({"recovered"}), "closed", _AUTHORITY, side=ASKING),
    ),
)  # fmt: skip


def check(answers: Mapping[str, Any], known: Known) -> list[Finding]:
    """Everything that can be wrong with a transfer before the authority's release check."""
    crossing = Crossing(answers, known, founded(CODE))
    return [
        *check_parties(crossing),
        *check_facilities(crossing),
        *check_level(crossing),
        *check_representatives(crossing),
        *exact_items.check_lines(crossing),
        *check_times(crossing),
        *check_filled_later(crossing, "dispatched"),
        *_check_channel(crossing),
    ]


def _check_channel(crossing: Crossing) -> Iterator[Finding]:
    """A channel that both governments approve; electronically with a plan that both authorities approved."""
    answers = crossing.answers
    if answers.get("way") != "electronic":
        if answers.get("way") == "other" and not {"channel_sender", "channel_recipient"} <= set(answers):
            yield crossing.find("channel_not_approved", "way")
        return
    approvals = [answers.get("plan_approved_sender"), answers.get("plan_approved_recipient")]
    for path, approved in zip(("plan_approved_sender", "plan_approved_recipient"), approvals, strict=True):
        if approved is None:
            yield crossing.find("plan_not_approved", path)
        elif approved > crossing.known.today(crossing.known.nation).isoformat():
            yield crossing.find("plan_approved_ahead", path)
    until, departure = answers.get("plan_valid_until"), crossing.instant("departure")
    if until and departure is not None and departure.date().isoformat() > until:
        yield crossing.find("plan_expired", "plan_valid_until")
    for path in ("sender_system_authorised", "recipient_system_authorised"):
        if answers.get(path) is False:
            yield crossing.find("system_not_authorised", path)
    if answers.get("encrypted") is False:
        yield crossing.find("not_encrypted", "encrypted")


def _still_holds(dossier: Dossier, _answers: Mapping[str, Any], known: Known) -> Sequence[Finding]:
    """What may have changed since the form was checked."""
    crossing = Crossing(dossier.answers, known, founded(CODE))
    return [
        *check_parties(crossing),
        *check_facilities(crossing),
        *check_level(crossing),
        *_check_channel(crossing),
    ]


PROCEDURE: Final = Procedure(
    code=CODE,
    prefix="TRF",
    topic="transfer",
    table=TABLE,
    form=load_form(CODE),
    begins=_OFFICER,
    steps={
        "submit": Step(final_check=True),
        "clear": Step(sends=True),
        "send_back": Step(form=load_form("transfer_reason")),
        "refuse": Step(form=load_form("transfer_reason")),
        exact_items.OVERRIDE: exact_items.OVERRIDE_STEP,
        "withdraw": Step(form=load_form("transfer_reason"), keeps_told=True),
        **custody.hop_steps(),
        "report_wrong_item": Step(form=load_form("transfer_wrong_item"), sends=True),
        "recall_wrong_item": Step(form=load_form("transfer_wrong_item"), sends=True),
        "order_recovery": Step(form=load_form("transfer_recovery"), sends=True),
        "confirm_recovery": Step(form=load_form("transfer_recovered"), persons=2, sends=True),
        "close": Step(form=load_form("transfer_lessons"), sends=True),
    },
    check=check,
    guards={
        "still_holds": _still_holds,
        "items_covered": exact_items.items_covered(CODE),
        "overridable": exact_items.overridable(CODE),
        **custody.hop_guards(CODE),
    },
    clocks=(custody.SUSPENSE_CLOCK,),
    papers=(
        Paper(
            "instructions",
            frozenset({"cleared"}) | custody.SUSPENSE | {custody.DGR_ACCEPTED},
            personal=False,
            shared_only=True,
            statement="paper.transfer.instructions.statement",
        ),
        *custody.papers(CODE, "cleared"),
    ),
    reach=BETWEEN,
    partner_field="partner",
    subjects=("company", "items/item"),
    related=(PROGRAMME_SECURITY,),
)
