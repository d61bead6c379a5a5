"""How the node is doing, as numbers from its own records: for a collector, for `relto node status`, for the portal.

Promises: codes and counts, no content; each number comes by an index or from a small table, so that a look costs the
same on a node of any size; what only a walk can tell (bytes of payloads) is counted once an hour. Names are those of
adapters.telemetry_names, so nothing can be measured here that may not be told.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from django.db.models import Exists, OuterRef, Sum

from relto.adapters.telemetry_names import Measure
from relto.base.errors import Unreachable
from relto.base.instants import Instant, read_instant
from relto.services.active_bundle import active_or_none
from relto.services.house import House
from relto.services.ledger_alarm import newest_check
from relto.services.standing import Unguarded
from relto.store.models import (
    Assurance,
    Checkpoint,
    CosignedLog,
    CustodianRecord,
    EmergencyRole,
    InboxMessage,
    Item,
    LedgerEntry,
    LedgerTree,
    LogEvidence,
    OutboxMessage,
    Reconciliation,
)
from relto.store.queries.ledger import newest_known_past, oldest_unwitnessed_at
from relto.store.queries.standing import in_quarantine, newest_start

ENDING_SOON: Final = timedelta(days=30)
RECENT: Final = timedelta(days=1)
_DAY: Final = 86400.0
_COUNTED_SECONDS: Final = 3600.0
_payload_bytes: list[tuple[float, int]] = []


def measured(house: House) -> list[Measure]:
    """Every number that the node's records tell now."""
    now, behind = _now(house)
    return [
        Measure("relto.clock.behind", behind, {}),
        *_standing(house),
        *_ledger(house, now),
        *_links(house, now),
        *_registers(),
        *_people(now),
        *_ends(house, now),
        Measure("relto.blobs.size", _bytes_of_payloads(), {}),
    ]


def _now(house: House) -> tuple[Instant, float]:
    """(the present instant, seconds by which the clock lies before what has certainly passed)."""
    try:
        return house.now(), 0.0
    except Unreachable as error:
        past = newest_known_past()
        if error.reason != "clock" or past is None:
            raise
        return past, _age(past, read_instant(error.found, field="clock"))


def _standing(house: House) -> Iterator[Measure]:
    yield Measure("relto.node.quarantined", float(in_quarantine()), {})
    if isinstance(house.standing, Unguarded):  # a command looks: what the newest start wrote down
        start = newest_start()
        waits = start is None or start.compared_at is None
    else:
        waits = house.standing.state() == "not_compared"
    yield Measure("relto.node.not_compared", float(waits), {})


def _ledger(house: House, now: Instant) -> Iterator[Measure]:
    tree = LedgerTree.objects.first()
    newest = LedgerEntry.objects.order_by("-serial").values_list("serial", flat=True).first()
    witnessed = Checkpoint.objects.filter(witnessed_at__isnull=False).order_by("-size").first()
    agreed = Checkpoint.objects.filter(agreed_at__isnull=False).order_by("-size").first()
    sizes = {
        "recorded": newest or 0,
        "sequenced": tree.size if tree else 0,
        "witnessed": witnessed.size if witnessed else 0,
        "agreed": agreed.size if agreed else 0,
    }
    for stage, size in sizes.items():
        yield Measure("relto.ledger.entries", float(size), {"stage": stage})
    unplaced = LedgerEntry.objects.filter(index=None).order_by("serial").values_list("recorded_at", flat=True).first()
    yield Measure("relto.ledger.lag", _since(unplaced, now), {"stage": "sequenced"})
    yield Measure("relto.ledger.lag", _since(oldest_unwitnessed_at(), now), {"stage": "witnessed"})
    if house.partners and agreed is not None:  # before the first agreement nobody is late
        placed = LedgerEntry.objects.filter(index__gte=agreed.size).order_by("index")
        oldest = placed.values_list("recorded_at", flat=True).first()
        yield Measure("relto.ledger.lag", _since(oldest or unplaced, now), {"stage": "agreed"})
    check = newest_check()
    yield Measure("relto.ledger.damage", float(sum(check.counts.values()) if check else 0), {})
    yield Measure("relto.ledger.contradictions", float(LogEvidence.objects.count()), {})


def _links(house: House, now: Instant) -> Iterator[Measure]:
    bundle = active_or_none(house, now)
    for nation in house.partners:
        partner = {"partner": str(nation)}
        waiting = OutboxMessage.objects.filter(partner=nation, state="waiting")
        oldest = waiting.order_by("sequence").values_list("created_at", flat=True).first()
        yield Measure("relto.link.queue", float(waiting.count()), partner)
        yield Measure("relto.link.oldest", _since(oldest, now), partner)
        party = bundle.parties.get(nation) if bundle is not None else None
        heard = [InboxMessage.objects.filter(partner=nation).order_by("-sequence").values_list("received_at").first()]
        if party is not None:
            heard.append(CosignedLog.objects.filter(origin=party.log_origin).values_list("at").first())
        instants = [one[0] for one in heard if one is not None]
        if instants:
            yield Measure("relto.link.unheard", _age(now, max(instants)), partner)


def _registers() -> Iterator[Measure]:
    newer = Reconciliation.objects.filter(
        programme=OuterRef("programme"), partner=OuterRef("partner"), ended_at__gt=OuterRef("ended_at")
    )
    states = list(Reconciliation.objects.exclude(state="agree").filter(~Exists(newer)).values_list("state", flat=True))
    yield Measure("relto.reconciliation.differing", float(states.count("differ")), {})
    yield Measure("relto.reconciliation.stopped", float(states.count("stopped")), {})


def _people(now: Instant) -> Iterator[Measure]:
    standing = EmergencyRole.objects.filter(ended_at=None, until__gt=now).count()
    yield Measure("relto.emergency.roles", float(standing), {})
    recovered = CustodianRecord.objects.filter(imported_at__gt=now - RECENT).count()
    yield Measure("relto.recoveries.recent", float(recovered), {})


def _ends(house: House, now: Instant) -> Iterator[Measure]:
    bundle = active_or_none(house, now)
    if bundle is not None:
        yield Measure("relto.bundle.left", (bundle.expires - now).total_seconds() / _DAY, {})
    ending = Assurance.objects.filter(
        direction="given", status="valid", valid_until__gt=now, valid_until__lte=now + ENDING_SOON
    )
    yield Measure("relto.assurances.ending", float(ending.count()), {})


def _bytes_of_payloads() -> float:
    if not _payload_bytes or time.monotonic() - _payload_bytes[0][0] > _COUNTED_SECONDS:
        total = Item.objects.aggregate(total=Sum("payload_size"))["total"] or 0
        _payload_bytes[:] = [(time.monotonic(), int(total))]
    return float(_payload_bytes[0][1])


def _since(moment: Instant | None, now: Instant) -> float:
    return _age(now, moment) if moment is not None else 0.0


def _age(now: Instant, moment: Instant) -> float:
    return max(0.0, (now - moment).total_seconds())
