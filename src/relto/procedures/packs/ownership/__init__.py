"""Ownership and control of a firm, and its licence category (domain.md ISA-19, ISA-20, IND-02, IND-03, IND-22 on).

Rules kept here:
 1. A firm declares its owners whole; the authority finds no control, accepts an instrument (two people), or finds
    control that nothing mitigates. A clearance rests on the newest finding (`packs.facility_clearance`).
 2. Under an instrument the firm's security committee meets and certifies within the nation's interval; a change opens
    the declaration again, and until it is decided anew it settles nothing.
 3. Which licence categories there are, and on which day which edition of the manual is in force, stands in the rule
    book; shares above which an approval is needed too. Where they are unconfirmed they warn.
"""

from relto.procedures.actors import Role
from relto.procedures.forms.form import load_form
from relto.procedures.packs.ownership.checks import check
from relto.procedures.packs.ownership.guards import GUARDS
from relto.procedures.procedure import REASON_GIVEN, Clock, Paper, Procedure, Step
from relto.procedures.table import Table, Transition

CODE = "ownership"
_FIRM = frozenset({Role.SECURITY_OFFICER, Role.REGISTRAR})
_AUTHORITY = frozenset({Role.REGISTRAR, Role.RELEASE_OFFICER})
_DECIDED = frozenset({"clear", "mitigated", "unmitigated"})
_WRITTEN = frozenset({"draft", "returned"})
_STATES = ("draft", "submitted", "returned", "clear", "mitigated", "unmitigated", "closed")

OWNERSHIP = Table(
    name=CODE,
    start="draft",
    states=_STATES,
    transitions=(
        Transition("submit", _WRITTEN, "submitted", _FIRM),
        Transition("return_declaration", frozenset({"submitted"}), "returned", _AUTHORITY, guards=(REASON_GIVEN,)),
        Transition("find_no_control", frozenset({"submitted"}), "clear", _AUTHORITY, guards=("no_control",)),
        Transition("accept_instrument", frozenset({"submitted"}), "mitigated", _AUTHORITY, guards=("instrument_fits",)),
        Transition("find_unmitigated", frozenset({"submitted"}), "unmitigated", _AUTHORITY, guards=("unmitigated",)),
        Transition("certify", frozenset({"mitigated"}), "mitigated", _FIRM, guards=("nothing_changed",)),
        Transition("reopen", _DECIDED, "draft", _FIRM | _AUTHORITY, guards=(REASON_GIVEN,), at_will=True),
        Transition(
            "close", _DECIDED | _WRITTEN | {"submitted"}, "closed", _AUTHORITY, guards=(REASON_GIVEN,), at_will=True
        ),
    ),
)

PROCEDURE = Procedure(
    code=CODE,
    prefix="OWN",
    topic="foci",
    table=OWNERSHIP,
    form=load_form("ownership"),
    begins=_FIRM,
    steps={
        "submit": Step(final_check=True),
        "accept_instrument": Step(form=load_form("ownership_acceptance"), persons=2, amends=True),
        "certify": Step(form=load_form("ownership_certificate"), amends=True),
    },
    check=check,
    guards=GUARDS,
    clocks=(
        Clock("review", "foci.review", frozenset({"mitigated"}), counts_from="last_certified"),
        Clock("change_report", "foci.change_report", _WRITTEN, counts_from="change_date"),
    ),
    papers=(
        Paper("declaration", frozenset(_STATES), steps=("submit",), statement="statement.ownership.declaration"),
        Paper("certificate", frozenset({"mitigated"}), sections=("firm", "mitigation"), steps=("certify",)),
    ),
    subjects=("facility",),
    related=("facility_clearance",),
    editable=_WRITTEN,
)
