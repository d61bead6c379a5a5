"""Hand carriage abroad: one courier, one certificate, one journey (domain.md 2.5, 3.3; based on MISWG practice).

Promises:
 1. Nothing is carried above each nation's own limit, or by somebody who is not a full-time, cleared employee of either
    firm for the whole journey; class cover of a line is no cover (`packs.exact_items`).
 2. The order holds: authorised and numbered, notes read and declaration signed, packed and sealed before the own
    government's representative, on the way, taken over by the other one, delivered, certificate back, voided. A step
    that is left out cannot be made up for: the table has no other way.
 3. A certificate serves one journey. Its number is the next of its company, given by the node when it is issued.
 4. Authorities and receiver are told in time, by each nation's own limits; a courier who is late is asked after.

What is asked of the courier and the journey stands in `packs.courier_journey`.
"""

from __future__ import annotations

from typing import Final

from relto.procedures.actors import Role
from relto.procedures.forms.form import load_form
from relto.procedures.packs import custody, exact_items
from relto.procedures.packs.cleared_facilities import PROGRAMME_SECURITY
from relto.procedures.packs.courier_journey import (
    AGENCY_NOTICE,
    CODE,
    GUARDS,
    ISSUED,
    ON_THE_WAY,
    RECEIVER_NOTICE,
    check,
)
from relto.procedures.procedure import BETWEEN, Clock, Paper, Procedure, Step
from relto.procedures.table import ANSWERING, ASKING, STAYS, Table, Transition

__all__ = ["CERTIFICATE", "CODE", "NUMBER_EFFECT", "PROCEDURE", "TABLE"]
ALERT: Final = "hand_carriage.alert"
CERTIFICATE: Final = "certificate"
NUMBER_EFFECT: Final = "hand_carriage.certificate"

_OFFICER, _AUTHORITY, _GOVERNMENT = custody.OFFICER, custody.AUTHORITY, custody.GOVERNMENT
_CARRIED_BY = frozenset({Role.SECURITY_OFFICER, Role.ENGINEER})
"""The courier herself, or the security officer before whom she reads, initials and signs."""
_SUSPENSE = frozenset({"travelling", "overdue", "taken_over", "delivered"})
_RECEIPT_COPIES = 3  # of the printed form: one is kept, two go into the package; how many a rule wants is a limit

TABLE: Final = Table(
    name=CODE,
    start="draft",
    states=(
        "draft", "submitted", "issued", "read_and_initialled", "sealed", "travelling", "overdue", "taken_over",
        "delivered", "returned", "voided", "refused", "withdrawn", "lost",
    ),
    transitions=(
        Transition("submit", frozenset({"draft"}), "submitted", _OFFICER, side=ASKING),
        Transition(
            "issue", frozenset({"submitted"}), "issued", _AUTHORITY, ("still_holds", "items_covered", "receiver_told"),
            side=ASKING,
        ),
        Transition("send_back", frozenset({"submitted"}), "draft", _AUTHORITY, at_will=True, side=ASKING),
        Transition("refuse", frozenset({"submitted"}), "refused", _AUTHORITY, side=ASKING),
        Transition(
            "withdraw", frozenset({"draft", "submitted"}), "withdrawn", _OFFICER, at_will=True, side=ASKING
        ),
        exact_items.override("submitted"),
        Transition(
            "initial", frozenset({"issued"}), "read_and_initialled", _CARRIED_BY, ("declared",), side=ASKING
        ),
        Transition(
            "seal", frozenset({"read_and_initialled"}), "sealed", _GOVERNMENT, ("packed", "wrapped"), side=ASKING
        ),
        Transition(
            "depart", frozenset({"sealed"}), "travelling", _OFFICER,
            ("still_holds", "items_covered", "handed_to_courier"), side=ASKING,
        ),
        Transition(
            "record_inspection", ON_THE_WAY, STAYS, _OFFICER, ("inspection_told",), at_will=True, side=ASKING
        ),
        Transition(
            "alert", frozenset({"travelling"}), "overdue", _OFFICER | _GOVERNMENT, ("arrival_past",), at_will=True,
            side=ANSWERING,
        ),
        Transition("take_over", ON_THE_WAY, "taken_over", _GOVERNMENT, ("taken_over",), side=ANSWERING),
        Transition("deliver", frozenset({"taken_over"}), "delivered", _OFFICER, ("received",), side=ANSWERING),
        Transition("turn_back", ON_THE_WAY, "returned", _OFFICER, at_will=True, side=ASKING),
        Transition("return", frozenset({"delivered"}), "returned", _OFFICER, ("certificate_back",), side=ASKING),
        Transition("void", frozenset({"returned"}), "voided", _AUTHORITY, side=ASKING),
        Transition("void_unused", ISSUED, "voided", _OFFICER | _AUTHORITY, at_will=True, side=ASKING),
        Transition(
            "follow_up", _SUSPENSE, STAYS, _OFFICER | _AUTHORITY, ("receipt_overdue",), at_will=True, side=ASKING
        ),
        Transition("report_lost", ON_THE_WAY | {"taken_over"}, "lost", _OFFICER | _GOVERNMENT, at_will=True),
    ),
)  # fmt: skip


PROCEDURE: Final = Procedure(
    code=CODE,
    prefix="HCR",
    topic="hand_carriage",
    table=TABLE,
    form=load_form(CODE),
    begins=_OFFICER,
    steps={
        "submit": Step(final_check=True),
        "issue": Step(sends=True, effects=(NUMBER_EFFECT,)),
        "send_back": Step(form=load_form("transfer_reason")),
        "refuse": Step(form=load_form("transfer_reason")),
        exact_items.OVERRIDE: exact_items.OVERRIDE_STEP,
        "initial": Step(form=load_form("hand_carriage_initial"), sends=True),
        "seal": Step(form=load_form("hand_carriage_seal"), sends=True),
        "depart": Step(form=load_form("hand_carriage_depart"), sends=True, amends=True),
        "record_inspection": Step(form=load_form("hand_carriage_inspection"), sends=True),
        "alert": Step(form=load_form("hand_carriage_alert"), sends=True),
        "take_over": Step(form=load_form("custody_receive"), sends=True),
        "deliver": Step(form=load_form("custody_deliver"), sends=True),
        "turn_back": Step(form=load_form("transfer_reason"), sends=True),
        "return": Step(form=load_form("hand_carriage_return"), sends=True),
        "void": Step(sends=True),
        "void_unused": Step(form=load_form("transfer_reason"), sends=True),
        "follow_up": Step(form=load_form("custody_follow_up"), sends=True),
        "report_lost": Step(form=load_form("custody_loss"), sends=True),
    },
    check=check,
    guards={
        **custody.hop_guards(CODE),
        **GUARDS,
        exact_items.ITEMS_COVERED: exact_items.items_covered(CODE),
        exact_items.OVERRIDABLE: exact_items.overridable(CODE),
    },
    clocks=(
        Clock("agency_notice", AGENCY_NOTICE, frozenset({"draft"}), ASKING, "departure", before=True),
        Clock("receiver_notice", RECEIVER_NOTICE, frozenset({"submitted"}), ASKING, "arrival", before=True),
        Clock("alert", ALERT, frozenset({"travelling"}), ASKING, "arrival"),
        Clock("receipt", custody.RECEIPT_LIMIT, _SUSPENSE, ASKING, "dispatched"),
    ),
    papers=(
        Paper(
            "certificate",
            ISSUED | ON_THE_WAY | {"taken_over", "delivered", "returned"},
            ("certificate", "parties", "courier", "package", "route", "contacts"),
            ("issue", "seal"),
            sides=frozenset({ASKING}),
            statement="paper.hand_carriage.certificate.statement",
        ),
        Paper(
            "notes",
            ISSUED | ON_THE_WAY,
            ("courier", "route", "contacts"),
            sides=frozenset({ASKING}),
            statement="paper.hand_carriage.notes.statement",
        ),
        Paper(
            "declaration",
            ISSUED | ON_THE_WAY | {"taken_over", "delivered", "returned", "voided"},
            ("courier", "package"),
            ("initial",),
            sides=frozenset({ASKING}),
            statement="paper.hand_carriage.declaration.statement",
        ),
        Paper(
            "receipt",
            frozenset({"sealed"}) | _SUSPENSE,
            ("parties", "inner_wrap", "package", "contents"),
            ("seal", "take_over", "deliver"),
            copies=_RECEIPT_COPIES,
            personal=False,
            shared_only=True,
            statement="paper.hand_carriage.receipt.statement",
        ),
        Paper(
            "inventory",
            frozenset({"sealed"}) | _SUSPENSE,
            ("package", "contents"),
            ("seal",),
            sides=frozenset({ASKING}),
        ),
        *custody.labels(frozenset({"read_and_initialled", "sealed"})),
        Paper(
            "customs",
            frozenset({"sealed"}) | ON_THE_WAY,
            ("parties", "courier", "package", "route", "contacts"),
            ("seal",),
            sides=frozenset({ASKING}),
            statement="paper.hand_carriage.customs.statement",
        ),
    ),
    reach=BETWEEN,
    partner_field="partner",
    subjects=("company", "courier", "items/item"),
    related=(CODE, PROGRAMME_SECURITY),
)
