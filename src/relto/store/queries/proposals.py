"""What of the store tells how a proposal stands: when versions were taken, and which bundles are held."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Max

from relto.base.instants import Instant
from relto.base.nations import Nation
from relto.store.models import AgreementBundle, AlignmentStatement, OutboxMessage

_ALIGNMENT = "alignment"
_AT_ONCE = 64
_BESIDE = timedelta(minutes=2)
"""By how much the instants of messages beside each other may stand in another order than their numbers."""


@dataclass(frozen=True, slots=True)
class HeldBundle:
    """A bundle that this node accepted. `digest`: of its signed manifest."""

    version: int
    digest: str
    effective_from: Instant


@dataclass(frozen=True, slots=True)
class ToldMessage:
    """A message about the shared record as it went to a partner. `receipt`: the partner's, empty until it came."""

    envelope: bytes
    receipt: bytes


def taken_here(statements: Iterable[str]) -> dict[str, Instant]:
    """Digest -> when this node took the statement, or said it; of those that it holds."""
    rows = AlignmentStatement.objects.filter(statement__in=list(statements))
    return dict(rows.values_list("statement", "taken_at"))


def told_at(partner: Nation, moments: Collection[Instant]) -> dict[Instant, list[ToldMessage]]:
    """The messages about the shared record that the steps at these instants queued for a partner, by instant.

    Numbers of a channel are gapless and follow the clock but for what runs beside each other, so the place is found by
    parting, 64 numbers in one read: an outbox of years is never read whole for what happened on one day.
    """
    found: dict[Instant, list[ToldMessage]] = {}
    if not moments:
        return found
    first = _first_after(partner, min(moments) - _BESIDE)
    last = _first_after(partner, max(moments) + _BESIDE)
    rows = OutboxMessage.objects.filter(partner=partner, sequence__gte=first, sequence__lt=last, kind=_ALIGNMENT)
    for row in rows.filter(created_at__in=list(moments)).order_by("sequence"):
        receipt = bytes(row.receipt) if row.state == "receipted" and row.receipt is not None else b""
        found.setdefault(row.created_at, []).append(ToldMessage(bytes(row.envelope), receipt))
    return found


def _first_after(partner: Nation, moment: Instant) -> int:
    """The lowest number of a message to the partner that was made after this instant; one above the last for none."""
    rows = OutboxMessage.objects.filter(partner=partner)
    low, high = 1, (rows.aggregate(last=Max("sequence"))["last"] or 0) + 1
    while low < high:
        places = range(low, high, max(1, (high - low) // _AT_ONCE))
        made = dict(rows.filter(sequence__in=places).values_list("sequence", "created_at"))
        for place in places:
            at = made.get(place)
            if at is not None and at > moment:
                high = place
                break
            low = place + 1
    return low


def held_bundles() -> list[HeldBundle]:
    """Every bundle that this node accepted, the oldest version first."""
    rows = AgreementBundle.objects.order_by("version").values_list("version", "digest", "effective_from")
    return [HeldBundle(*row) for row in rows]


def bundle_file(digest: str) -> bytes | None:
    """The file of the bundle with this digest, byte for byte; None when this node never accepted it."""
    found = AgreementBundle.objects.filter(digest=digest).values_list("file", flat=True).first()
    return None if found is None else bytes(found)
