"""The stages of an incident, and who takes it from one to the next (domain.md section 7).

Steps of the originator's side stand beside the stages: it may acknowledge at any time, and answers the findings.
"""

from __future__ import annotations

from typing import Final

from relto.procedures.actors import Role
from relto.procedures.table import ANSWERING, ASKING, STAYS, Table, Transition

_INQUIRERS: Final = frozenset({Role.SECURITY_OFFICER, Role.INSPECTOR})
_AUTHORITY: Final = frozenset({Role.RELEASE_OFFICER})
_CONTAINERS: Final = frozenset({Role.RELEASE_OFFICER, Role.REGISTRAR})
_CLOSERS: Final = frozenset({Role.RELEASE_OFFICER, Role.INSPECTOR})
_OPEN: Final = frozenset({"suspected", "inquiry", "confirmed", "initial", "final"})
_AFTER_FINDINGS: Final = frozenset({"final", "partner_notified", "acknowledged"})
_CLOSING: Final = ("partner_told", "actions_done", "partner_text_clean")

INCIDENT: Final = Table(
    name="incident",
    start="suspected",
    states=(
        "suspected",
        "inquiry",
        "confirmed",
        "unfounded",
        "initial",
        "final",
        "partner_notified",
        "acknowledged",
        "closed",
    ),
    transitions=(
        Transition("start_inquiry", frozenset({"suspected"}), "inquiry", _INQUIRERS, side=ASKING),
        Transition("confirm", frozenset({"inquiry"}), "confirmed", _INQUIRERS, side=ASKING),
        Transition(
            "find_unfounded",
            frozenset({"inquiry"}),
            "unfounded",
            _INQUIRERS,
            ("partner_text_clean", "partner_told_why"),
            side=ASKING,
        ),
        Transition("report_initial", frozenset({"confirmed"}), "initial", _INQUIRERS, ("agencies_told",), side=ASKING),
        Transition("report_final", frozenset({"initial"}), "final", _INQUIRERS, ("cause_found",), side=ASKING),
        Transition(
            "notify_partner",
            frozenset({"final"}),
            "partner_notified",
            _AUTHORITY,
            ("partner_named", "partner_text_clean"),
            side=ASKING,
        ),
        Transition("acknowledge", frozenset({"partner_notified"}), "acknowledged", _AUTHORITY, side=ANSWERING),
        Transition("close", frozenset({"final", "acknowledged"}), "closed", _CLOSERS, _CLOSING, side=ASKING),
        Transition(
            "close_unanswered",
            frozenset({"partner_notified"}),
            "closed",
            _CLOSERS,
            _CLOSING,
            at_will=True,
            side=ASKING,
        ),
        Transition(
            "tell_originator",
            _OPEN,
            STAYS,
            _AUTHORITY,
            ("partner_named", "partner_text_clean"),
            at_will=True,
            side=ASKING,
        ),
        Transition("acknowledge_notice", _OPEN, STAYS, _AUTHORITY, side=ANSWERING),
        Transition("contain", _OPEN, STAYS, _CONTAINERS, at_will=True, side=ASKING),
        Transition(
            "assess_damage",
            (_OPEN - {"suspected", "inquiry"}) | _AFTER_FINDINGS,
            STAYS,
            _AUTHORITY,
            ("partner_text_clean",),
            at_will=True,
        ),
        Transition(
            "finish_action",
            _AFTER_FINDINGS,
            STAYS,
            _INQUIRERS,
            ("action_is_open",),
            at_will=True,
            side=ASKING,
        ),
    ),
)
