"""Queue a message to a partner node: part of the step that changes the state it tells of (exchange rule 1).

Promise: the outbox row, the channel's next sequence number and the caller's own change are one atomic step; the
sequence of a channel has no gaps and no doubles, because the channel's row is locked until that step is durable or
gone; the message's bytes never change afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass

from relto.base.canonical import Json
from relto.base.instants import Instant
from relto.base.nations import Nation
from relto.exchange.messages import PayloadFact, write_message
from relto.services.house import House
from relto.store.models import Channel, OutboxMessage

OUT = "out"
IN = "in"


@dataclass(frozen=True, slots=True)
class PayloadRef:
    """Ciphertext in the blob store that travels beside a message: a range of a blob and the SHA-256 of that range."""

    blob: str
    offset: int
    size: int
    sha256: str


def locked_channel(partner: Nation, direction: str) -> Channel:
    """The channel's row, made when absent, locked until the step ends."""
    Channel.objects.get_or_create(partner=partner, direction=direction)
    return Channel.objects.select_for_update().get(partner=partner, direction=direction)


def queue_message(
    house: House,
    partner: Nation,
    kind: str,
    body: dict[str, Json],
    payload: PayloadRef | None = None,
    *,
    at: Instant | None = None,
) -> str:
    """Sign and store a message to `partner`; returns its id (msg_...). Called inside a step only.

    `at`: the verb's instant. Raises MalformedInput when the body does not follow the schema of its kind.
    """
    moment = at or house.now()
    channel = locked_channel(partner, OUT)
    message_id = house.new_id("msg")
    envelope, digest = write_message(
        message_id=message_id,
        sender=house.nation,
        recipient=partner,
        sequence=channel.next_sequence,
        previous=channel.last_digest,
        created=moment,
        kind=kind,
        body=body,
        payload=PayloadFact(payload.sha256, payload.size) if payload else None,
        key=house.node_key,
    )
    OutboxMessage.objects.create(
        id=message_id,
        partner=partner,
        sequence=channel.next_sequence,
        kind=kind,
        envelope=envelope,
        digest=digest,
        payload_blob=payload.blob if payload else "",
        payload_offset=payload.offset if payload else 0,
        payload_size=payload.size if payload else 0,
        payload_sha256=payload.sha256 if payload else "",
        state="waiting",
        run_after=moment,
        created_at=moment,
    )
    channel.next_sequence += 1
    channel.last_digest = digest
    channel.save(update_fields=["next_sequence", "last_digest"])
    return message_id
