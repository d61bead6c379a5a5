"""Deliver the outbox: in order, until a verified receipt or a final refusal is held (exchange rules 1, 3, 4, 6).

Promises: one worker delivers to a partner at a time (lease with fencing); messages go in the order of their sequence
numbers; a payload is sent before the message that speaks of it, from where the partner holds it; what an answer does
is `relto.services.settling`'s. What fails is tried again with exponential back-off and jitter, for ever; after some
attempts it shows as overdue.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from relto.base.errors import Conflict, ReltoError, Unreachable
from relto.base.nations import Nation
from relto.exchange import retry
from relto.exchange.answers import Receipt
from relto.exchange.retry import LIVE, TRAINING, RetrySchedule
from relto.ports.partners import PartnerLink
from relto.services.active_bundle import active
from relto.services.house import House
from relto.services.leases import DURATION, HeldLease, check_lease, take_lease
from relto.services.settling import LONGEST_ERROR, Settled, Settling
from relto.store.models import OutboxMessage
from relto.store.queries.channels import first_waiting

SCHEDULES: Mapping[str, RetrySchedule] = {"training": TRAINING, "live": LIVE}
MOST_IN_A_ROW = 64
_OK = 200


@dataclass(frozen=True, slots=True)
class _Delivery:
    """One partner's turn."""

    house: House
    link: PartnerLink
    lease: HeldLease
    settling: Settling


def deliver_outbox(house: House, owner: str, settled: Mapping[str, Settled]) -> int:
    """Deliver what is due to every partner; returns how many messages were settled.

    `owner` names this worker (unique for each process); `settled` gives what a kind of message does when it is
    answered.
    """
    return sum(_deliver_to(house, owner, nation, settled) for nation in sorted(house.partners))


def _deliver_to(house: House, owner: str, partner: Nation, settled: Mapping[str, Settled]) -> int:
    waiting = first_waiting(partner)
    if waiting is None or waiting.run_after > house.now() or not house.standing.compared_with(partner):
        return 0
    try:
        party = active(house).parties.get(partner)
    except Conflict:
        return 0  # nothing crosses the border before there is an agreement
    lease = take_lease(house, f"outbox:{partner}", owner)
    if party is None or lease is None:
        return 0
    delivery = _Delivery(
        house, house.partners[partner], lease, Settling(house, partner, party.node_keys, lease, settled)
    )
    count = 0
    while count < MOST_IN_A_ROW and waiting is not None and waiting.run_after <= house.now():
        if not _deliver(delivery, waiting):
            break
        count += 1
        waiting = first_waiting(partner)
    return count


def _deliver(delivery: _Delivery, message: OutboxMessage) -> bool:
    """Try one message; True when it is settled now."""
    try:
        _send_payload(delivery, message)
        answer = delivery.link.send_message(bytes(message.envelope), payload_size=message.payload_size)
        told = delivery.settling.read(message, answer.envelope, claims_success=answer.status == _OK)
        if isinstance(told, Receipt) or told.final:
            delivery.house.commit(lambda: delivery.settling.settle(message, told, answer.envelope))
            return True
        problem = told.code
    except ReltoError as error:
        if error.full_code == "conflict.lease_lost":
            return False
        problem = error.full_code
    delivery.house.commit(lambda: _postpone(delivery, message.id, problem))
    return False


def _send_payload(delivery: _Delivery, message: OutboxMessage) -> None:
    """Send what the partner does not hold yet. Raises Unreachable when the partner took nothing of it."""
    size, sha256 = message.payload_size, message.payload_sha256
    if not sha256:
        return
    held = delivery.link.payload_held(sha256)
    while held < size:
        chunks = delivery.house.blobs.read_range(message.payload_blob, message.payload_offset + held, size - held)
        taken = delivery.link.send_payload(sha256, size, held, _while_leased(delivery, chunks))
        if taken <= held:
            raise Unreachable("payload", field="payload", found=taken, expected="a partner that takes bytes")
        held = taken


def _while_leased(delivery: _Delivery, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The chunks, with the lease renewed while they flow: a large payload takes longer than a lease lasts."""
    renewed = time.monotonic()
    for chunk in chunks:
        if time.monotonic() - renewed > DURATION.total_seconds() / 3:
            renewed = time.monotonic()
            lease = take_lease(delivery.house, delivery.lease.kind, delivery.lease.owner)
            if lease != delivery.lease:
                raise Conflict("lease_lost", field="lease", expected="the newest fencing token")
        yield chunk


def _postpone(delivery: _Delivery, message_id: str, problem: str) -> None:
    check_lease(delivery.lease)
    house = delivery.house
    row = OutboxMessage.objects.select_for_update().get(id=message_id)
    row.attempts += 1
    delay = SCHEDULES[house.kind].delay(row.attempts, house.entropy.random_bytes(retry.RANDOM_BYTES))
    row.run_after = house.now() + delay
    row.last_error = problem[:LONGEST_ERROR]
    row.save(update_fields=["attempts", "run_after", "last_error"])


def run_until_idle(*jobs: Callable[[], int], most_rounds: int = 1000) -> int:
    """Run jobs round by round until a whole round does nothing; returns how much was done. For commands and tests."""
    total = 0
    for _ in range(most_rounds):
        done = sum(job() for job in jobs)
        if not done:
            break
        total += done
    return total
