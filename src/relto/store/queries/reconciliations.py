"""What a declaration is gathered from, in batches; the scope is one partner's channel and one programme.

These are the node's own questions, asked for a run that an officer or the partner's node began; who may read what came
of it is `visible_reconciliations`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from django.db.models import Q, QuerySet

from relto.base.nations import Nation
from relto.procedures.actors import Actor, Role
from relto.store.models import (
    Arrival,
    DecisionRecord,
    InboxMessage,
    LedgerEntry,
    OutboxMessage,
    Reconciliation,
    RegisterEntry,
    ReleaseCase,
)

BATCH = 500
MAY_READ = (Role.RELEASE_OFFICER, Role.REGISTRAR, Role.INSPECTOR)


def visible_reconciliations(actor: Actor) -> QuerySet[Reconciliation]:
    """The authority's officers and inspectors: all; nobody else any."""
    return Reconciliation.objects.all() if actor.roles & {*MAY_READ} else Reconciliation.objects.none()


def sent(partner: Nation, kinds: Collection[str], below: int) -> Iterator[OutboxMessage]:
    """Messages of these kinds to the partner with a number below this one, in order."""
    rows = OutboxMessage.objects.filter(partner=partner, kind__in=kinds, sequence__lt=below).order_by("sequence")
    return rows.iterator(chunk_size=BATCH)


def received(partner: Nation, kinds: Collection[str], below: int) -> Iterator[InboxMessage]:
    """The partner's messages of these kinds with a number below this one, in order."""
    rows = InboxMessage.objects.filter(partner=partner, kind__in=kinds, sequence__lt=below).order_by("sequence")
    return rows.iterator(chunk_size=BATCH)


def cases(partner: Nation, releases: Collection[str]) -> dict[str, ReleaseCase]:
    """The own cases of these releases to the partner."""
    rows = ReleaseCase.objects.select_related("item", "manifest").filter(nation=partner, id__in=releases)
    return {row.id: row for row in rows}


def arrivals(partner: Nation, releases: Collection[str]) -> dict[str, Arrival]:
    """What arrived here of these releases of the partner."""
    rows = Arrival.objects.select_related("item", "manifest").filter(sender=partner, release__in=releases)
    return {row.release: row for row in rows}


def listed_numbers(numbers: Collection[str]) -> frozenset[str]:
    """Which of these control numbers stand in the own register as received."""
    rows = RegisterEntry.objects.filter(number__in=numbers, direction="received")
    return frozenset(rows.values_list("number", flat=True))


def listed_as_sent(items: Collection[str]) -> frozenset[tuple[str, str]]:
    """(item, facility) of the lines of the own register that say that these items were sent."""
    rows = RegisterEntry.objects.filter(item_id__in=items, direction="sent")
    return frozenset(rows.values_list("item_id", "counterpart"))


def opening_entries(event: str, partner: Nation) -> Iterator[LedgerEntry]:
    """The entries about openings that the partner's node has a part in."""
    return LedgerEntry.objects.filter(event=event, actor=partner).order_by("serial").iterator(chunk_size=BATCH)


def failed_openings(partner: Nation, event: str) -> frozenset[str]:
    """The requests of the partner for which no share left, though the decision was on record."""
    return frozenset(LedgerEntry.objects.filter(event=event, actor=partner).values_list("subject", flat=True))


def standing_decisions(decisions: Collection[str]) -> frozenset[str]:
    """Which of these are decisions of this node that permitted an opening."""
    rows = DecisionRecord.objects.filter(id__in=decisions, action="open", permitted=True)
    return frozenset(rows.values_list("id", flat=True))


def beyond_checkpoint(events: Collection[str], size: int) -> bool:
    """True when an entry of these events lies beyond the first `size` of the log, or has no place yet."""
    return LedgerEntry.objects.filter(Q(index=None) | Q(index__gte=size), event__in=events).exists()
