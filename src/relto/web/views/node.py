"""How the node stands: ready, not compared since its start, or in quarantine; why, and what is lost."""

from __future__ import annotations

from django.http import HttpResponse

from relto.adapters.words import sentence
from relto.procedures.actors import Role
from relto.services.alarms import runbook_text, standing_alarms
from relto.services.ledger_alarm import newest_check
from relto.services.node_measures import measured
from relto.services.quarantine import standing_view
from relto.web.pages import PageRequest, page, show
from relto.web.surroundings import house, measured_files
from relto.web.words import language

_SEE_ALARMS = frozenset({Role.OPERATOR, Role.INSPECTOR})
_SEE_MESSAGES = frozenset({Role.OPERATOR, Role.INSPECTOR, Role.RELEASE_OFFICER, Role.REGISTRAR})


@page()
def node(request: PageRequest) -> HttpResponse:
    """May this node sign and release now? Codes and counts; no content."""
    context = {
        "view": standing_view(house()),
        "messages": bool(_SEE_MESSAGES & request.actor.roles),
        "check": newest_check(),
        "alarms": _alarms() if _SEE_ALARMS & request.actor.roles else None,
    }
    return show(request, "node", context)


def _alarms() -> list[dict[str, str]]:
    """The alarms that stand, with what to do about each in the reader's language."""
    found = standing_alarms([*measured(house()), *measured_files()])
    return [
        {
            "code": one.alarm.code,
            "severity": one.alarm.severity,
            "who": one.alarm.who,
            "which": ", ".join(one.measure.attributes.values()),
            "act": runbook_text(sentence(f"alarm_act.{one.alarm.code}", language())),
        }
        for one in found
    ]
