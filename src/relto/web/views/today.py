"""The first page of a role: what waits for me, by when, why me; what waits on others; what changed since I looked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _

from relto.procedures.actors import Role
from relto.services.refusals import own_refusals
from relto.web.pages import PageRequest, page, show
from relto.web.surroundings import house
from relto.web.waiting import today as waits_today

_DOSSIERS: Final = ("dossiers", _("Dossiers: what each procedure needs next"))
_LEDGER: Final = ("ledger", _("Ledger: how far everything is proven"))
_RULES: Final = ("rules", _("Rule book: under which rules both nations decide"))
_RECOVERIES: Final = ("recoveries", _("Recoveries by custodians"))
_ELSEWHERE: Final[Mapping[Role, tuple[tuple[str, Any], ...]]] = {
    Role.RELEASE_OFFICER: (("desk", _("Your next decision")), ("queue", _("Queue"))),
    Role.SECURITY_OFFICER: (("company", _("What your company must do today")),),
    Role.ENGINEER: (("documents", _("My documents")), ("requests", _("My requests"))),
    Role.REGISTRAR: (
        ("assurances", _("Give, confirm or revoke an assurance")),
        ("people", _("Register or suspend a facility or a person")),
        ("authorisations", _("Disclosure and export authorisations")),
        ("programmes", _("Programmes, and who is assigned")),
        ("register", _("Register of what crossed the border")),
        ("reconcile", _("Compare the registers of both nations")),
        _LEDGER,
    ),
    Role.CO_CHAIR: (
        _RULES,
        ("coverage", _("How both nations' rules stand to each other")),
        ("alignment", _("Shared record of relations and differences")),
        ("rule_proof", _("Prove a draft")),
        ("rule_impact", _("Try a draft on the cases of last year")),
        _RECOVERIES,
        _LEDGER,
    ),
    Role.INSPECTOR: (
        ("reconcile", _("Do the two registers agree?")),
        ("decisions", _("Decisions on record, and would each be made again?")),
        ("register", _("Register of what crossed the border")),
        _DOSSIERS,
        _RECOVERIES,
        _LEDGER,
    ),
    Role.GOVERNMENT_REPRESENTATIVE: (_DOSSIERS, ("register", _("Register of what crossed the border")), _LEDGER),
    Role.OPERATOR: (
        ("node", _("May this node sign and release now?")),
        ("courier", _("What goes by courier, what came")),
        _LEDGER,
    ),
}
_EMPTY: Final[Mapping[Role, Any]] = {
    Role.RELEASE_OFFICER: _("A company's request or a package of the partner appears here."),
    Role.SECURITY_OFFICER: _("What your people ask for and what the partner sends appears here."),
    Role.ENGINEER: _("A step of a dossier that is yours, or a destruction that you witness, appears here."),
    Role.REGISTRAR: _("An assurance that is asked for, or whose status grows old, appears here."),
    Role.CO_CHAIR: _("What the partner says of the rules, and what needs your nation's answer, appears here."),
    Role.INSPECTOR: _("An inspection that is yours, or registers that differ, appears here."),
    Role.GOVERNMENT_REPRESENTATIVE: _("A consignment to hand over or to take over appears here."),
    Role.OPERATOR: _("A node that may not act, or a receipt that does not come, appears here."),
}


@page()
def today(request: PageRequest) -> HttpResponse:
    """What waits for me, by when, and why me?"""
    held = [role for role in Role if request.actor.holds(role)]
    places: dict[str, Any] = {}
    for role in held:
        places |= {name: words for name, words in _ELSEWHERE[role] if name not in places}
    context = waits_today(house(), request.actor)
    context |= {"elsewhere": list(places.items()), "empty": _EMPTY[held[0]] if held else ""}
    return show(request, "today/today", context)


@page(Role.ENGINEER, Role.SECURITY_OFFICER)
def requests(request: PageRequest) -> HttpResponse:
    """Where is my request: both sides' steps, whose turn it is, and for how long?"""
    context = waits_today(house(), request.actor)
    return show(request, "today/requests", {**context, "refused": own_refusals(house(), request.actor)})
