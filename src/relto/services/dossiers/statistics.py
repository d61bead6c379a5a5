"""Statistics of the dossiers in the actor's scope, by quarter: codes, counts and days (capability 20).

Promises: only codes of procedures, states, steps and sides and instants are read from the store - no answers, no
facility, no programme, no number, no person - so that nothing else can come out. Steps that were overtaken or refused
had no effect and do not count. A company's people are told of their own company's dossiers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import groupby

from django.db.models import Exists, OuterRef

from relto.base.calendars import CALENDARS, zone_of
from relto.base.errors import MalformedInput
from relto.base.instants import Instant
from relto.base.nations import Nation
from relto.procedures.actors import AUTHORITY_ROLES, Actor, Role
from relto.procedures.packs.registry import procedure as pack_named
from relto.procedures.packs.registry import procedures
from relto.procedures.statistics import QuarterOfProcedure, Run, StepTaken, quarter_of
from relto.procedures.statistics import statistics as counted
from relto.services.house import House
from relto.store.models import DossierStep
from relto.store.queries.dossiers import visible_dossiers

_QUARTER = re.compile(r"\A20\d\d-Q[1-4]\Z")
_PAGE = 2000
_OF_DOSSIER = ("dossier_id", "dossier__procedure", "dossier__opened_at", "dossier__state")
_OWN = len(_OF_DOSSIER)


def statistics(house: House, actor: Actor, *, procedure: str = "", since: str = "") -> tuple[QuarterOfProcedure, ...]:
    """The quarters from `since` ("2026-Q1") on, the newest first; a year back when it is empty.

    Raises Refused("role") for others than security officers and the authority's people, UnknownValue("procedure"),
    MalformedInput("quarter").
    """
    actor.require(Role.SECURITY_OFFICER, *AUTHORITY_ROLES)
    if since and not _QUARTER.match(since):
        raise MalformedInput("quarter", field="since", expected="a quarter such as 2026-Q4")
    first = since or _a_year_before(quarter_of(house.now(), house.nation))
    wanted = {procedure: pack_named(procedure)} if procedure else dict(procedures())
    return counted(_runs(actor, procedure, _start(first, house.nation)), wanted, house.nation, since=first)


def _a_year_before(quarter: str) -> str:
    year, _, part = quarter.partition("-")
    return f"{int(year) - 1:04d}-{part}"


def _start(quarter: str, nation: Nation) -> Instant:
    """The instant at which the quarter begins on the nation's calendar (UTC without one)."""
    year, _, part = quarter.partition("-Q")
    zone = zone_of(nation) if nation in CALENDARS else UTC
    return datetime(int(year), int(part) * 3 - 2, 1, tzinfo=zone).astimezone(UTC)


def _runs(actor: Actor, procedure: str, after: Instant) -> Iterator[Run]:
    """Each dossier that was opened or changed since, with its steps; no other column is read."""
    rows = visible_dossiers(actor).filter(changed_at__gte=after)
    if procedure:
        rows = rows.filter(procedure=procedure)
    effective = DossierStep.objects.filter(overtaken=False, refused="")
    taken = effective.filter(dossier__in=rows.values("id")).order_by("dossier_id", "position")
    columns = ("step", "before", "state", "at", "side")
    every = taken.values_list(*_OF_DOSSIER, *columns).iterator(chunk_size=_PAGE)
    for (_, code, opened, state), steps in groupby(every, key=lambda one: one[:_OWN]):
        yield Run(code, opened, state, [StepTaken(*one[_OWN:]) for one in steps])
    untouched = rows.exclude(Exists(effective.filter(dossier=OuterRef("id"))))
    for code, opened, state in untouched.values_list("procedure", "opened_at", "state").iterator(chunk_size=_PAGE):
        yield Run(code, opened, state, ())
