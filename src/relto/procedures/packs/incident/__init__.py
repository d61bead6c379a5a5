"""Incidents: a suspected loss, compromise or cyber incident from the first suspicion to the lessons.

The rules it carries out stand in `data/findings/incident.json` and in the forms' fields, with their provisions.
Rules enforced here (domain.md 2.7, 3.4, 7):
 1. suspected -> inquiry -> confirmed or unfounded -> initial report -> final report -> partner told -> closed. The own
    authority reports to the originator; it may do so as soon as there is a suspicion, and again at any stage.
 2. What the partner is told is a projection of the report: circumstances and findings that concern its information.
    The vulnerability and the people never leave the node, and a text that would carry them over is stopped.
 3. A partner that was told of a suspicion is told how it ended, and of its own information what was found.
 4. An incident is not closed while a corrective action is open. Containment is one step: it suspends and withdraws.
"""

from __future__ import annotations

from typing import Final

from relto.procedures.forms.form import When, load_form
from relto.procedures.packs.incident import checks, guards
from relto.procedures.packs.incident.stages import INCIDENT
from relto.procedures.procedure import BETWEEN, Clock, Paper, Procedure, Step
from relto.procedures.table import ASKING

_BEGINS: Final = INCIDENT.transition("start_inquiry").roles
_REPORTED: Final = frozenset({"initial", "final", "partner_notified", "acknowledged", "closed"})
_FINAL: Final = _REPORTED - {"initial"}
_UNREPORTED: Final = frozenset({"suspected", "inquiry", "confirmed"})
_FOREIGN: Final = When("holds_partner_information", (True,))

PROCEDURE: Final = Procedure(
    code="incident",
    prefix="INC",
    topic="incident",
    reach=BETWEEN,
    partner_field="partner",
    table=INCIDENT,
    form=load_form("incident"),
    begins=_BEGINS,
    editable=_UNREPORTED | {"initial"},
    check=checks.check_report,
    guards=guards.GUARDS,
    steps={
        "start_inquiry": Step(keeps_told=True),
        "confirm": Step(load_form("incident_outcome"), keeps_told=True, final_check=True),
        "find_unfounded": Step(load_form("incident_unfounded"), keeps_told=True),
        "report_initial": Step(load_form("incident_initial"), keeps_told=True, final_check=True),
        "report_final": Step(load_form("incident_final"), checks.check_final, keeps_told=True, final_check=True),
        "tell_originator": Step(load_form("incident_first_notice"), sends=True),
        "acknowledge_notice": Step(load_form("incident_notice_answer"), sends=True),
        "contain": Step(load_form("incident_containment"), checks.check_containment, effects=("contain_incident",)),
        "assess_damage": Step(load_form("incident_damage"), keeps_told=True),
        "finish_action": Step(load_form("incident_action"), checks.check_finished_action),
        "notify_partner": Step(load_form("incident_notice"), sends=True),
        "acknowledge": Step(load_form("incident_answer"), sends=True),
        "close": Step(load_form("incident_closing"), keeps_told=True),
        "close_unanswered": Step(load_form("incident_closing"), keeps_told=True),
    },
    clocks=(
        Clock(
            "cyber_report",
            "incident.cyber_report",
            _UNREPORTED,
            counts_from="noticed",
            when=When("kind", ("cyber",)),
        ),
        Clock("initial_report", "incident.initial_report", _UNREPORTED, counts_from="noticed"),
        Clock("final_report", "incident.final_report", frozenset({"initial"})),
        Clock(
            "partner_notice",
            "incident.partner_notice",
            _UNREPORTED | {"initial", "final"},
            counts_from="noticed",
            when=_FOREIGN,
        ),
    ),
    papers=(
        Paper("initial_report", _REPORTED, steps=("confirm", "report_initial", "contain"), sides=frozenset({ASKING})),
        Paper(
            "final_report",
            _FINAL,
            steps=("report_initial", "contain", "report_final", "finish_action", "assess_damage", "close"),
            sides=frozenset({ASKING}),
        ),
        Paper(
            "partner_notice",
            _UNREPORTED | _REPORTED,
            sections=("what", "partner"),
            steps=("tell_originator", "notify_partner", "acknowledge"),
            personal=False,
            statement="paper.incident.partner_notice.statement",
        ),
    ),
    subjects=("facility", "programme", "persons/person", "items/item"),
)
