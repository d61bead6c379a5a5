"""The release officer's desk: her next decision with its reasons, and the queue behind it."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponse

from relto.base.instants import Instant
from relto.procedures import acceptance, release
from relto.procedures.actors import Actor, Role
from relto.services import arrivals, releases
from relto.services.arrival_view import ArrivalView
from relto.services.house import House
from relto.services.release_view import CaseView
from relto.web.gates import verdict
from relto.web.pages import PageRequest, page, show
from relto.web.surroundings import house


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something on the desk. `kind`: case or arrival; `since`: from when it waits."""

    kind: str
    view: CaseView | ArrivalView
    since: Instant
    mine: bool


def _waiting(own: House, actor: Actor) -> list[Waiting]:
    found = [Waiting("case", case, case.asked_at, case.state == release.ASKED) for case in releases.cases(own, actor)]
    found += [
        Waiting("arrival", one, one.arrived_at, one.state == acceptance.ARRIVED)
        for one in arrivals.arrivals(own, actor)
    ]
    return sorted(found, key=lambda one: (not one.mine, one.since))


@page(Role.RELEASE_OFFICER)
def next_decision(request: PageRequest) -> HttpResponse:
    """What do I decide next, and why me: the oldest that waits for her."""
    own, actor = house(), request.actor
    waiting = _waiting(own, actor)
    first = next((one for one in waiting if one.mine), None)
    context: dict[str, object] = {
        "first": first,
        "mine": sum(one.mine for one in waiting),
        "others": [one for one in waiting if one is not first][:8],
    }
    if first is not None:
        detail = (
            releases.case(own, actor, first.view.id)
            if first.kind == "case"
            else arrivals.arrival(own, actor, first.view.id)
        )
        context |= {"detail": detail, "verdict": verdict(detail.gates, detail.bundle_version, deciding=True)}
    return show(request, "desk", context)


@page(Role.RELEASE_OFFICER)
def queue(request: PageRequest) -> HttpResponse:
    """What waits since when, what is on its way, what is done."""
    return show(request, "queue", {"waiting": _waiting(house(), request.actor)})
