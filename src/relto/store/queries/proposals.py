"""What of the store tells how a proposal stands: when versions were taken, and which bundles are held."""

from __future__ import annotations

from dataclasses import dataclass

from relto.base.instants import Instant
from relto.base.nations import Nation
from relto.store.models import AgreementBundle, AlignmentStatement, OutboxMessage

_ALIGNMENT = "alignment"


@dataclass(frozen=True, slots=True)
class HeldBundle:
    """A bundle that this node accepted. `digest`: of its signed manifest."""

    version: int
    digest: str
    effective_from: Instant


@dataclass(frozen=True, slots=True)
class ToldMessage:
    """A message about the shared record as it went to a partner. `receipt`: the partner's, empty until it came."""

    partner: Nation
    envelope: bytes
    receipt: bytes


def taken_here(statement: str) -> Instant | None:
    """When this node took the statement of this digest, or said it; None for one that it does not hold."""
    found: Instant | None = (
        AlignmentStatement.objects.filter(statement=statement).values_list("taken_at", flat=True).first()
    )
    return found


def told_at(moment: Instant) -> list[ToldMessage]:
    """The messages about the shared record that one step at this instant queued."""
    rows = OutboxMessage.objects.filter(kind=_ALIGNMENT, created_at=moment).order_by("partner", "sequence")
    return [
        ToldMessage(
            Nation(row.partner),
            bytes(row.envelope),
            bytes(row.receipt) if row.state == "receipted" and row.receipt is not None else b"",
        )
        for row in rows
    ]


def held_bundles() -> list[HeldBundle]:
    """Every bundle that this node accepted, the oldest version first."""
    rows = AgreementBundle.objects.order_by("version").values_list("version", "digest", "effective_from")
    return [HeldBundle(*row) for row in rows]


def bundle_file(digest: str) -> bytes | None:
    """The file of the bundle with this digest, byte for byte; None when this node never accepted it."""
    found = AgreementBundle.objects.filter(digest=digest).values_list("file", flat=True).first()
    return None if found is None else bytes(found)
