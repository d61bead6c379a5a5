"""Classification guides: topics with level, duration and releasability, issued by the originating authority.

Rules enforced here (32 CFR 2001.22, 2001.26(a)(6); needs.md N-11):
 1. A topic has one level in a guide; where guides of one programme differ, the difference is listed for the working
    group, and nobody resolves it by guessing.
 2. An issued guide is never changed: a later edition replaces it. It is told to the partner nation that it names; one
    that names none is issued at home and sent nowhere.
"""

from __future__ import annotations

from typing import Final

from relto.procedures.actors import Role
from relto.procedures.forms.form import load_form
from relto.procedures.packs.classification_guide import checks
from relto.procedures.packs.classification_guide.checks import CODE, IN_FORCE
from relto.procedures.procedure import BETWEEN, REASON_GIVEN, Clock, Paper, Procedure, Step
from relto.procedures.table import ANSWERING, ASKING, STAYS, Table, Transition

__all__ = ["PROCEDURE"]
_WRITERS: Final = frozenset({Role.SECURITY_OFFICER, Role.RELEASE_OFFICER})
_AUTHORITY: Final = frozenset({Role.RELEASE_OFFICER})

TABLE: Final = Table(
    name=CODE,
    start="draft",
    states=("draft", "submitted", IN_FORCE, "superseded", "ended", "withdrawn"),
    transitions=(
        Transition("submit", frozenset({"draft"}), "submitted", _WRITERS, side=ASKING),
        Transition("send_back", frozenset({"submitted"}), "draft", _AUTHORITY, (REASON_GIVEN,), side=ASKING),
        Transition("issue", frozenset({"submitted"}), IN_FORCE, _AUTHORITY, ("partner_named",), side=ASKING),
        Transition("issue_here", frozenset({"submitted"}), IN_FORCE, _AUTHORITY, ("no_partner_named",), side=ASKING),
        Transition("acknowledge", frozenset({IN_FORCE}), STAYS, _AUTHORITY, at_will=True, side=ANSWERING),
        Transition(
            "review", frozenset({IN_FORCE}), IN_FORCE, _AUTHORITY, ("review_is_dated",), at_will=True, side=ASKING
        ),
        Transition(
            "supersede",
            frozenset({IN_FORCE}),
            "superseded",
            _AUTHORITY,
            ("successor_in_force",),
            at_will=True,
            side=ASKING,
        ),
        Transition("end", frozenset({IN_FORCE}), "ended", _AUTHORITY, (REASON_GIVEN,), at_will=True, side=ASKING),
        Transition("withdraw", frozenset({"draft", "submitted"}), "withdrawn", _WRITERS, at_will=True, side=ASKING),
    ),
)

PROCEDURE: Final = Procedure(
    code=CODE,
    prefix="CLG",
    topic="classification",
    table=TABLE,
    form=load_form(CODE),
    begins=_WRITERS,
    steps={
        "submit": Step(final_check=True),
        "issue": Step(sends=True, final_check=True),
        "issue_here": Step(final_check=True),
        "acknowledge": Step(form=load_form("guide_acknowledgement"), keeps_told=True),
        "review": Step(form=load_form("guide_review"), keeps_told=True),
        "supersede": Step(form=load_form("guide_successor"), keeps_told=True),
        "end": Step(keeps_told=True),
        "withdraw": Step(keeps_told=True),
    },
    check=checks.check,
    guards={
        "partner_named": checks.partner_named,
        "no_partner_named": checks.no_partner_named,
        "review_is_dated": checks.review_is_dated,
        "successor_in_force": checks.successor_in_force,
    },
    clocks=(Clock("review", "classification.review", frozenset({IN_FORCE}), side=ASKING),),
    papers=(
        Paper(
            "guide",
            frozenset({IN_FORCE, "superseded", "ended"}),
            personal=False,
            statement=f"paper.{CODE}.guide.statement",
        ),
    ),
    reach=BETWEEN,
    partner_field="partner",
    subjects=("programme",),
    related=(CODE,),
    parent="replaces",
)
