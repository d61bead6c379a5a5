"""A decision on record: what came out, under which rules, what would mend it; told to each as much as she may know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext

from relto.base.errors import NotAvailable
from relto.procedures.actors import Role
from relto.services import as_of as replayed
from relto.services import decision_views
from relto.services.decision_views import Remedy
from relto.web.gates import verdict
from relto.web.pages import PageRequest, page, show
from relto.web.refusal import missing_things
from relto.web.surroundings import house
from relto.web.words import said


@dataclass(frozen=True, slots=True)
class RemedyRow:
    """What would mend a decision: the gate, who can supply it, and what came out when it was tried."""

    gate: str
    who: str
    rules: tuple[str, ...]
    mends: bool
    tried: str


@page(Role.INSPECTOR, Role.RELEASE_OFFICER, Role.SECURITY_OFFICER)
def decisions(request: PageRequest) -> HttpResponse:
    """Which decisions are on record?"""
    refused_only = request.GET.get("refused") == "1"
    lines = decision_views.decisions_on_record(house(), request.actor, refused_only=refused_only)
    return show(
        request, "decisions", {"lines": lines, "refused_only": refused_only, "most": decision_views.MOST_LISTED}
    )


@page()
def decision(request: PageRequest, reference: str) -> HttpResponse:
    """What was decided, and why?"""
    view = decision_views.decision(house(), request.actor, reference)
    context = {
        "decision": view,
        "verdict": verdict(view.gates, view.bundle_version, settled=True) if view.full else None,
        "missing": () if view.full else missing_things(view.gates, view.bundle_version),
        "remedies": _remedies(view.remedies, view.gates),
        "may_replay": request.actor.holds(Role.INSPECTOR),
    }
    return show(request, "decision_record", context)


def _remedies(remedies: Sequence[Remedy], gates: Sequence[Mapping[str, Any]]) -> list[RemedyRow]:
    names = {str(gate["rule"]): said("gate", str(gate["gate"])) for gate in gates}
    return [
        RemedyRow(
            gate=", ".join(dict.fromkeys(names.get(rule, rule) for rule in one.rules)),
            who=said("who", one.who),
            rules=one.rules,
            mends=one.tried and one.mends,
            tried=_tried(one),
        )
        for one in remedies
    ]


def _tried(one: Remedy) -> str:
    if not one.tried:
        return gettext("It cannot be tried on the facts of one case.")
    if not one.mends:
        return gettext("Tried on these facts: alone it does not mend its rule.")
    if not one.left:
        return gettext("Tried on these facts: with it the answer is yes.")
    return gettext("Tried on these facts: its rule holds then; still missing: %(rules)s.") % {
        "rules": ", ".join(one.left)
    }


@page(Role.INSPECTOR)
def as_of(request: PageRequest, reference: str) -> HttpResponse:
    """Would it be decided the same, by the rules of its day and by another version?"""
    own, actor = house(), request.actor
    view = decision_views.decision(own, actor, reference)
    day = replayed.as_of(own, actor, reference)
    asked = request.GET.get("version", "")
    known = {str(one.version): one.version for one in day.versions}
    other = None
    if asked:
        if asked not in known:
            raise NotAvailable("bundle")
        other = None if known[asked] == day.version else replayed.as_of(own, actor, reference, known[asked])
    context = {"decision": view, "day": day, "other": other, "asked": asked, "versions": day.versions}
    return show(request, "as_of", context)
