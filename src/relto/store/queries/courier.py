"""What the node holds of courier bundles and media, as values. The scope is the partner that a caller states."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Max

from relto.base.instants import Instant
from relto.base.nations import Nation
from relto.store.models import CourierBundle, CourierFile, OutboxMessage

OUT = "out"
IN = "in"
MADE = "made"
HELD = "held"
TAKEN = "taken"
MOST_LISTED = 200
LARGEST_NUMBER = 2**63 - 1


@dataclass(frozen=True, slots=True)
class ChainState:
    """One direction of courier bundles: the number to come next and the digest of the bundle before it."""

    expected: int
    last_digest: str


def chain_out(partner: Nation) -> ChainState:
    """What the next bundle to `partner` is."""
    last = CourierBundle.objects.filter(partner=partner, direction=OUT).order_by("-number").first()
    return ChainState(last.number + 1, last.digest) if last else ChainState(1, "")


def chain_in(partner: Nation) -> ChainState:
    """What the next bundle to take from `partner` is; held ones are not taken yet."""
    last = newest_taken(partner)
    return ChainState(last.number + 1, last.digest) if last else ChainState(1, "")


def newest_taken(partner: Nation) -> CourierBundle | None:
    """The last bundle of `partner` that was taken."""
    return CourierBundle.objects.filter(partner=partner, direction=IN, state=TAKEN).order_by("-number").first()


def bundle_row(partner: Nation, direction: str, number: int) -> CourierBundle | None:
    """A bundle by its number; None also for a number that no table can hold."""
    if not 0 < number <= LARGEST_NUMBER:
        return None
    return CourierBundle.objects.filter(partner=partner, direction=direction, number=number).first()


def next_held(partner: Nation) -> CourierBundle | None:
    """The held bundle of `partner` whose turn it is; None while what comes before it is missing."""
    row = bundle_row(partner, IN, chain_in(partner).expected)
    return row if row is not None and row.state == HELD else None


def missing_before(partner: Nation, number: int) -> tuple[int, ...]:
    """The numbers below a held bundle that did not come yet."""
    expected = chain_in(partner).expected
    rows = CourierBundle.objects.filter(partner=partner, direction=IN, number__gte=expected, number__lt=number)
    held = set(rows.values_list("number", flat=True))
    return tuple(one for one in range(expected, min(number, expected + MOST_LISTED)) if one not in held)


def carried_up_to(partner: Nation) -> int:
    """The highest sequence number of a message that a bundle to `partner` carried; 0 when none."""
    rows = CourierBundle.objects.filter(partner=partner, direction=OUT)
    return int(rows.aggregate(most=Max("last_message"))["most"] or 0)


def bundles(partners: tuple[Nation, ...] | None = None) -> list[CourierBundle]:
    """The newest bundles of both directions, newest first."""
    rows = CourierBundle.objects.order_by("-created_at", "partner", "direction", "-number")
    return list((rows.filter(partner__in=partners) if partners is not None else rows)[:MOST_LISTED])


def files_of(row: CourierBundle) -> list[CourierFile]:
    """The files of a bundle in the manifest's order."""
    return list(CourierFile.objects.filter(bundle=row).order_by("position"))


def first_carried_at(partner: Nation, sequence: int) -> tuple[int, Instant] | None:
    """(number, instant) of the first bundle that carried the message with this sequence number."""
    row = (
        CourierFile.objects.filter(bundle__partner=partner, bundle__direction=OUT, name=f"message-{sequence}")
        .select_related("bundle")
        .order_by("bundle__number")
        .first()
    )
    return (row.bundle.number, row.bundle.created_at) if row else None


def waiting_messages(partner: Nation, after: int) -> list[OutboxMessage]:
    """Messages to `partner` without a final answer whose number is above `after`, in order."""
    rows = OutboxMessage.objects.filter(partner=partner, state="waiting", sequence__gt=after)
    return list(rows.order_by("sequence")[: MOST_LISTED * 2])


def wanted_payload(sha256: str) -> bool:
    """True while a held courier bundle has a message that speaks of this payload: the sweep leaves it alone."""
    return CourierFile.objects.filter(name=f"payload-{sha256}", bundle__direction=IN, bundle__state=HELD).exists()
