"""What the link remembers, as values. The scope is the partner: a caller states whose channel it speaks of."""

from __future__ import annotations

from datetime import timedelta

from relto.base.instants import Instant
from relto.base.nations import Nation
from relto.exchange.inbox import KnownMessage
from relto.store.models import Channel, InboxMessage, OutboxMessage, SingleUse

_CONTRADICTION = "link_contradiction"
_FOR_EVER = timedelta(days=365 * 100)


def channel_state(partner: Nation, direction: str) -> tuple[int, str]:
    """(next sequence number, digest of the last message) of a channel; (1, "") before its first message."""
    row = Channel.objects.filter(partner=partner, direction=direction).first()
    return (row.next_sequence, row.last_digest) if row else (1, "")


def inbox_known(partner: Nation, message_id: str) -> KnownMessage | None:
    """What is held of a message from `partner` under this id."""
    row = InboxMessage.objects.filter(partner=partner, message=message_id).first()
    return KnownMessage(row.message, row.digest, row.answer_status, bytes(row.answer)) if row else None


def inbox_answer(partner: Nation, digest: str) -> tuple[int, bytes] | None:
    """The answer given to the message of `partner` with this digest, if it was settled."""
    row = InboxMessage.objects.filter(partner=partner, digest=digest).first()
    return (row.answer_status, bytes(row.answer)) if row else None


def note_contradiction(partner: Nation, digest: str, at: Instant) -> bool:
    """Remember a contradicting message; True the first time. Called inside a step that holds the partner's channel."""
    _, made = SingleUse.objects.get_or_create(
        purpose=_CONTRADICTION, value=f"{partner}:{digest}", defaults={"expires_at": at + _FOR_EVER}
    )
    return made


def forget_expired(before: Instant, most: int = 5000) -> int:
    """Forget what may be used once and expired before this instant, at most so many; returns how many."""
    rows = SingleUse.objects.filter(expires_at__lt=before).order_by("id").values_list("id", flat=True)[:most]
    return SingleUse.objects.filter(id__in=list(rows)).delete()[0]


def first_waiting(partner: Nation) -> OutboxMessage | None:
    """The message to deliver next: the lowest sequence number that is not settled."""
    return OutboxMessage.objects.filter(partner=partner, state="waiting").order_by("sequence").first()


def overdue(attempts: int) -> list[tuple[str, str, int]]:
    """(partner, message id, attempts) of messages that failed at least `attempts` times: for people to chase."""
    rows = OutboxMessage.objects.filter(state="waiting", attempts__gte=attempts).order_by("partner", "sequence")
    return [(row.partner, row.id, row.attempts) for row in rows[:100]]


def first_unsettled(partner: Nation) -> int:
    """The lowest number of a message to `partner` that has no final answer yet; the next number when all have one."""
    waiting = first_waiting(partner)
    return waiting.sequence if waiting else channel_state(partner, "out")[0]


def sent_message(partner: Nation, sequence: int) -> OutboxMessage | None:
    """The message to `partner` with this number."""
    return OutboxMessage.objects.filter(partner=partner, sequence=sequence).first()


def received_message(partner: Nation, sequence: int) -> InboxMessage | None:
    """The message of `partner` with this number."""
    return InboxMessage.objects.filter(partner=partner, sequence=sequence).first()
