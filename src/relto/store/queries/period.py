"""The decisions of a period in order, a chunk at a time: what a replay of the period reads, and where it goes on."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Q, QuerySet

from relto.base.instants import Instant
from relto.procedures.actors import Actor, Role
from relto.store.models import DecisionRecord

Cursor = tuple[Instant, str]
"""(instant, reference) of the last decision that was read."""
REPLAYERS = (Role.INSPECTOR, Role.RELEASE_OFFICER, Role.CO_CHAIR)


def decisions_of_period(actor: Actor, start: Instant, end: Instant, after: Cursor | None) -> QuerySet[DecisionRecord]:
    """All of the nation, for those who replay for the authority; nobody else is given a row."""
    rows = DecisionRecord.objects.filter(at__gte=start, at__lt=end).order_by("at", "id")
    if not actor.roles.intersection(REPLAYERS):
        return rows.none()
    return rows if after is None else rows.filter(Q(at__gt=after[0]) | Q(at=after[0], id__gt=after[1]))


def in_chunks(
    actor: Actor, start: Instant, end: Instant, after: Cursor | None, size: int
) -> Iterator[list[DecisionRecord]]:
    """The same, `size` at a time, each chunk asked for when it is needed."""
    while True:
        chunk = list(decisions_of_period(actor, start, end, after)[:size])
        if not chunk:
            return
        yield chunk
        after = chunk[-1].at, chunk[-1].id
