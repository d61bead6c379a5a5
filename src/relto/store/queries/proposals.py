"""What of the store tells how a proposal stands: when versions were taken, and which bundles are held."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Max

from relto.base.instants import Instant
from relto.base.nations import Nation
from relto.store.models import AgreementBundle, AlignmentStatement, OutboxMessage

_ALIGNMENT = "alignment"
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


def taken_here(statement: str) -> Instant | None:
    """When this node took the statement of this digest, or said it; None for one that it does not hold."""
    found: Instant | None = (
        AlignmentStatement.objects.filter(statement=statement).values_list("taken_at", flat=True).first()
    )
    return found


def told_at(partner: Nation, moment: Instant) -> list[ToldMessage]:
    """The messages about the shared record that one step at this instant queued for a partner.

    Numbers of a channel are gapless and follow the clock but for what runs beside each other, so the place is found by
    halving: an outbox of years is never read whole.
    """
    rows = OutboxMessage.objects.filter(partner=partner)
    first = _first_after(partner, moment - _BESIDE)
    last = _first_after(partner, moment + _BESIDE)
    found = rows.filter(sequence__gte=first, sequence__lt=last, kind=_ALIGNMENT, created_at=moment)
    return [
        ToldMessage(
            bytes(row.envelope), bytes(row.receipt) if row.state == "receipted" and row.receipt is not None else b""
        )
        for row in found.order_by("sequence")
    ]


def _first_after(partner: Nation, moment: Instant) -> int:
    """The lowest number of a message to the partner that was made after this instant; one above the last for none."""
    rows = OutboxMessage.objects.filter(partner=partner)
    low, high = 1, (rows.aggregate(last=Max("sequence"))["last"] or 0) + 1
    while low < high:
        middle = (low + high) // 2
        made = rows.filter(sequence=middle).values_list("created_at", flat=True).first()
        if made is not None and made > moment:
            high = middle
        else:
            low = middle + 1
    return low


def held_bundles() -> list[HeldBundle]:
    """Every bundle that this node accepted, the oldest version first."""
    rows = AgreementBundle.objects.order_by("version").values_list("version", "digest", "effective_from")
    return [HeldBundle(*row) for row in rows]


def bundle_file(digest: str) -> bytes | None:
    """The file of the bundle with this digest, byte for byte; None when this node never accepted it."""
    found = AgreementBundle.objects.filter(digest=digest).values_list("file", flat=True).first()
    return None if found is None else bytes(found)
