"""The release officer's desk: her next decision with its reasons, and the queue behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse

from relto.base.instants import Instant
from relto.procedures import acceptance, release
from relto.procedures.actors import Actor, Role
from relto.services import arrivals, dossiers, reconciliations, releases, third_party
from relto.services.arrival_view import ArrivalDetail, ArrivalView
from relto.services.assurances import NOT_VALID, list_assurances
from relto.services.dossiers.queues import HERE
from relto.services.house import House
from relto.services.release_view import CaseDetail, CaseView
from relto.services.third_party_view import ThirdPartyDetail, ThirdPartyView
from relto.web.gates import verdict
from relto.web.long_lists import part_of
from relto.web.pages import PageRequest, page, show
from relto.web.surroundings import house
from relto.web.views.third_party import step_of
from relto.web.waiting import today as waits_today

_OTHERS, _ENDED, _LINES, _CLOSED = 8, 100, 50, 100
"""So many others beside the next decision; so many ended ones in the queue, and so many lines on a page of it;
so many of the newest assurances that do not hold."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something on the desk. `kind`: case, arrival or third_party; `since`: from when it waits."""

    kind: str
    view: CaseView | ArrivalView | ThirdPartyView
    since: Instant
    mine: bool


def _waiting(own: House, actor: Actor, ended: int) -> list[Waiting]:
    """What has not ended, and the newest that have: so many of each kind."""
    found = [
        Waiting("case", case, case.asked_at, case.state == release.ASKED)
        for case in releases.cases(own, actor, ended=ended)
    ]
    found += [
        Waiting("arrival", one, one.arrived_at, one.state == acceptance.ARRIVED)
        for one in arrivals.arrivals(own, actor, ended=ended)
    ]
    found += [
        Waiting("third_party", one, one.forwarded_at or one.asked_at, bool(step_of(actor, one)))
        for one in third_party.third_party_requests(own, actor)
    ]
    return sorted(found, key=lambda one: (not one.mine, one.since))


_Detail = CaseDetail | ArrivalDetail | ThirdPartyDetail
_DETAILS: Mapping[str, Callable[[House, Actor, str], _Detail]] = {
    "case": releases.case,
    "arrival": arrivals.arrival,
    "third_party": third_party.third_party_request,
}


@page(Role.RELEASE_OFFICER)
def next_decision(request: PageRequest) -> HttpResponse:
    """What do I decide next, and why me: the oldest that waits for her."""
    own, actor = house(), request.actor
    waiting = _waiting(own, actor, _OTHERS)
    waits = waits_today(own, actor)
    urgent = {row.one.id: place for place, row in enumerate(waits["waits"])}
    mine = sorted((one for one in waiting if one.mine), key=lambda one: urgent.get(one.view.id, len(urgent)))
    first = mine[0] if mine else None
    context: dict[str, Any] = {
        "first": first,
        "mine": sum(one.mine for one in waiting),
        "differing": reconciliations.open_alarms(own, actor),
        **waits,
    }
    shown = {row.one.id for row in (*context["waits"], *context["sent"])}
    context["others"] = [one for one in waiting if one is not first and one.view.id not in shown][:_OTHERS]
    if first is not None:
        detail = _DETAILS[first.kind](own, actor, first.view.id)
        context |= {"detail": detail}
        if detail.gates:
            context |= {"verdict": verdict(detail.gates, detail.bundle_version, deciding=True)}
        if isinstance(detail, ArrivalDetail) and detail.joint:
            context |= {"other": verdict(detail.co_release_gates, detail.bundle_version, deciding=True)}
    return show(request, "desk", context)


@page(Role.RELEASE_OFFICER)
def queue(request: PageRequest) -> HttpResponse:
    """What waits since when, what is on its way, what is done."""
    own, actor = house(), request.actor
    part = part_of(request, _waiting(own, actor, _ENDED), "queue", _LINES)
    closed = [one for one in list_assurances(own, actor, "received", NOT_VALID, most=_CLOSED) if one.governs]
    context = {
        "waiting": part.rows,
        "part": part,
        "closed": closed,
        "dossiers": _dossiers(own, actor),
    }
    return show(request, "queue", context)


def _dossiers(own: House, actor: Actor) -> int:
    """How many dossiers of procedures wait for her beside her cases."""
    return sum(one.where == HERE for one in dossiers.queue(own, actor))
