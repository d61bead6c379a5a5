"""Security inspections: the authority's inspector goes through a facility by the nation's rule book.

Rules enforced here (domain.md 1.3, 7, capability 24; provisions stand in the form's data):
 1. The checklist is made from the bundle's provisions when the inspection is begun, gaps included.
 2. The company answers each finding with a correction and its date; the inspector closes it, with evidence only.
 3. The inspection is concluded when every finding is closed. When the next is due is a rule, or shown as none.
"""

from __future__ import annotations

from typing import Final

from relto.procedures.actors import Role
from relto.procedures.forms.form import When, load_form
from relto.procedures.packs.inspections.checklist import prepared
from relto.procedures.packs.inspections.checks import InspectionChecks
from relto.procedures.packs.inspections.stages import inspecting
from relto.procedures.procedure import Clock, Paper, Procedure, Step

_CHECKS: Final = InspectionChecks("inspection")
_INSPECTORS: Final = frozenset({Role.INSPECTOR})
_CONCLUDED: Final = frozenset({"concluded"})
_AFTER_REPORT: Final = frozenset({"reported", "correcting", "concluded", "succeeded", "ended"})

PROCEDURE: Final = Procedure(
    code="inspection",
    prefix="INS",
    topic="inspection",
    table=inspecting(
        "inspection",
        ("planned", "under_way"),
        _INSPECTORS,
        frozenset({Role.SECURITY_OFFICER}),
        certified=False,
    ),
    form=load_form("inspection"),
    begins=_INSPECTORS,
    editable=frozenset({"planned", "under_way"}),
    prepare=prepared,
    check=_CHECKS.check,
    guards=_CHECKS.guards(),
    steps={
        "report": Step(final_check=True),
        "plan": Step(load_form("inspection_plan"), _CHECKS.check_plan),
        "close_finding": Step(load_form("inspection_closing")),
        "begin_next": Step(effects=("begin_next_inspection",)),
    },
    clocks=(
        Clock(
            "next_review",
            "inspection.review",
            _CONCLUDED,
            counts_from="held_on",
            when=When("kind", ("initial", "periodic", "for_cause")),
        ),
        Clock(
            "next_external_audit",
            "inspection.external_audit",
            _CONCLUDED,
            counts_from="held_on",
            when=When("kind", ("external_audit",)),
        ),
        Clock(
            "next_cyber_audit",
            "inspection.cyber_audit",
            _CONCLUDED,
            counts_from="held_on",
            when=When("kind", ("cyber_audit",)),
        ),
    ),
    papers=(
        Paper("report", _AFTER_REPORT, steps=("report", "plan"), personal=False),
        Paper(
            "conclusion",
            _AFTER_REPORT - {"reported", "correcting"},
            sections=("scope", "summary"),
            steps=("plan", "close_finding", "conclude"),
            personal=False,
        ),
    ),
    subjects=("facility", "programme"),
)
