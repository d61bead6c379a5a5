"""Self-inspections: the company inspects itself by one checklist with evidence, and its senior official certifies.

Rules enforced here (domain.md 4, 7, capability 24; needs N-12 and U-15; provisions stand in the form's data):
 1. One list for the whole company, in either language; every item names its evidence or why it does not apply.
 2. The certificate is there only when every finding is closed with evidence, and names an official of the company.
 3. The next one is due by the nation's own rule; where none is loaded, that is said.
"""

from __future__ import annotations

from typing import Final

from relto.procedures.actors import Role
from relto.procedures.forms.form import load_form
from relto.procedures.packs.inspections.checklist import prepared
from relto.procedures.packs.inspections.checks import InspectionChecks
from relto.procedures.packs.inspections.stages import inspecting
from relto.procedures.procedure import Clock, Paper, Procedure, Step

_CHECKS: Final = InspectionChecks("self_inspection")
_OFFICERS: Final = frozenset({Role.SECURITY_OFFICER})
_CLOSED: Final = frozenset({"concluded", "certified", "succeeded", "ended"})

PROCEDURE: Final = Procedure(
    code="self_inspection",
    prefix="SLF",
    topic="inspection",
    table=inspecting("self_inspection", ("under_way",), _OFFICERS, _OFFICERS, certified=True),
    form=load_form("self_inspection"),
    begins=_OFFICERS,
    editable=frozenset({"under_way"}),
    prepare=prepared,
    check=_CHECKS.check,
    guards={**_CHECKS.guards(), "official_known": _CHECKS.official_known},
    steps={
        "report": Step(final_check=True),
        "plan": Step(load_form("inspection_plan"), _CHECKS.check_plan),
        "close_finding": Step(load_form("inspection_closing")),
        "certify": Step(load_form("self_inspection_certificate"), _CHECKS.check_certificate),
        "begin_next": Step(effects=("begin_next_inspection",)),
    },
    clocks=(Clock("next", "inspection.self_inspection", frozenset({"certified"}), counts_from="held_on"),),
    papers=(
        Paper("report", _CLOSED | {"reported", "correcting"}, steps=("report", "plan"), personal=False),
        Paper(
            "certificate",
            _CLOSED,
            sections=("scope", "summary"),
            steps=("plan", "close_finding", "conclude", "certify"),
            statement="paper.self_inspection.certificate.statement",
        ),
    ),
    subjects=("facility", "programme"),
)
