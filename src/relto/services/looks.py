"""What is new since somebody last looked: what came to wait for her, and what others did with what is hers.

When she looked is remembered for her alone, told to nobody and entered nowhere: it changes nothing that anybody decides
on. A visit lasts half an hour from its last look; within it, what was new at its beginning stays new.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q

from relto.base.instants import Instant
from relto.procedures.actors import COMPANY_ROLES, Actor, Role
from relto.services.house import House
from relto.services.waiting_view import Waiting
from relto.store.models import Arrival, PortalLook, ReleaseCase
from relto.store.queries.dossiers import visible_dossiers
from relto.store.queries.releases import visible_arrivals, visible_cases

VISIT: Final = timedelta(minutes=30)
MOST: Final = 8
_OFFICES: Final = frozenset({Role.RELEASE_OFFICER, Role.SECURITY_OFFICER})
_CASE_EVENTS: Final = ("withdrawn_at", "custody_at", "delivered_at", "decided_at")
_ARRIVAL_EVENTS: Final = ("withdrawn_at", "decided_at")


@dataclass(frozen=True, slots=True)
class Change:
    """What others did. `kind`: case, arrival or dossier; `what`: of a dossier its procedure; `nation`: whose step."""

    kind: str
    id: str
    number: str
    state: str
    at: Instant
    what: str = ""
    nation: str = ""


@dataclass(frozen=True, slots=True)
class News:
    """What is new. `since`: when she looked before, None at her first visit; `new`: ids of what newly waits.

    `changes`: the newest first, 8 at most; `more`: how many others there are.
    """

    since: Instant | None
    new: frozenset[str]
    changes: tuple[Change, ...]
    more: int = 0


def look(house: House, actor: Actor) -> Instant | None:
    """She looks now; returns when she looked before this visit, None at her first."""
    now = house.now()
    with transaction.atomic():
        row, is_first = PortalLook.objects.get_or_create(person=actor.person, defaults={"at": now})
        if is_first:
            return None
        if now - row.at > VISIT:
            row.before = row.at
        row.at = max(now, row.at)
        row.save(update_fields=["at", "before"])
    return row.before


def news(house: House, actor: Actor, mine: tuple[Waiting, ...], since: Instant | None) -> News:
    """What came to wait for her since then, and what others did with what she sent or follows."""
    if since is None:
        return News(None, frozenset(), ())
    new = frozenset(row.id for row in mine if row.since > since)
    found = sorted(
        (one for one in _changes(house, actor, since) if one.id not in new), key=lambda one: one.at, reverse=True
    )
    return News(since, new, tuple(found[:MOST]), max(0, len(found) - MOST))


def _changes(house: House, actor: Actor, since: Instant) -> Iterator[Change]:
    own = str(house.nation)
    if actor.roles & _OFFICES:
        for row in visible_cases(actor).filter(_after(_CASE_EVENTS, since)).exclude(decided_by=actor.person)[:50]:
            at = _newest(row, _CASE_EVENTS)
            nation = row.nation if at in {row.custody_at, row.delivered_at} else own
            yield Change("case", row.id, row.number, row.state, at, nation=nation)
        for one in visible_arrivals(actor).filter(_after(_ARRIVAL_EVENTS, since)).exclude(decided_by=actor.person)[:50]:
            at = _newest(one, _ARRIVAL_EVENTS)
            nation = one.sender if one.withdrawn_at == at else own
            yield Change("arrival", one.id, one.number, one.state, at, nation=nation)
    yield from _dossiers(actor, since, own)


def _dossiers(actor: Actor, since: Instant, own: str) -> Iterator[Change]:
    """Steps of others: in the own company's dossiers all, in the authority's those that the partner took."""
    rows = visible_dossiers(actor).filter(changed_at__gt=since).defer("answers").order_by("-changed_at", "-id")[:50]
    for row in rows:
        newest = row.steps.order_by("-position").only("by", "side", "at", "state").first()
        if newest is None or newest.at <= since or newest.by == actor.person:
            continue
        theirs = newest.side != row.side
        if theirs or actor.roles & COMPANY_ROLES:
            nation = row.partner if theirs else own
            yield Change("dossier", row.id, row.number, row.state, newest.at, row.procedure, nation)


def _after(names: tuple[str, ...], since: Instant) -> Q:
    found = Q()
    for name in names:
        found |= Q(**{f"{name}__gt": since})
    return found


def _newest(row: ReleaseCase | Arrival, names: tuple[str, ...]) -> Instant:
    found: list[Instant] = [at for at in (getattr(row, name) for name in names) if at is not None]
    return max(found)
