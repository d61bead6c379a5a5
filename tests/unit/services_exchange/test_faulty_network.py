"""A network that loses questions and answers, workers that die: nothing is lost, doubled or reordered."""

from __future__ import annotations

import hashlib
import random

import pytest

from relto.base.errors import Unreachable
from relto.services.receiving import receive_message
from relto.services.sending import PayloadRef, queue_message
from relto.services.worker import deliver_outbox
from relto.store.models import InboxMessage, LedgerEntry, OutboxMessage
from tests.unit.services_exchange.world import BODY, IND, USA, Applied, World

MESSAGES = 8


class Died(BaseException):
    """The worker's process ended here."""


def payload(world: World, number: int) -> PayloadRef:
    data = bytes([number]) * 3000
    writer = world.usa.blobs.create()
    writer.write(data)
    return PayloadRef(writer.finish().name, 0, len(data), hashlib.sha256(data).hexdigest())


def queue(world: World, reference: PayloadRef | None) -> str:
    return world.usa.commit(lambda: queue_message(world.usa, IND, "assurance", BODY, reference))


def everything_arrived_once(queued: list[str]) -> None:
    assert Applied.count() == MESSAGES
    arrived = InboxMessage.objects.order_by("sequence")
    assert [row.message for row in arrived] == queued
    assert [row.id for row in arrived] == sorted(row.id for row in arrived), "taken in the order of their numbers"
    for row in OutboxMessage.objects.all():
        assert bytes(row.receipt) == bytes(InboxMessage.objects.get(message=row.id).answer)
    for event in ("transfer:received", "transfer:receipted"):
        assert LedgerEntry.objects.filter(event=event).count() == MESSAGES


@pytest.mark.parametrize("seed", [1, 20, 300])
def test_every_message_has_its_effect_once_and_in_order(world: World, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  reproducible faults, not secrets
    faults = 0

    def trouble(_: str) -> None:
        nonlocal faults
        drawn = chance.random()
        if drawn < 0.35:
            faults += 1
            raise Unreachable("partner")
        if drawn < 0.45:
            faults += 1
            raise Died

    world.to_ind.before = world.to_ind.after = trouble
    queued: list[str] = []
    sent: list[bytes] = []
    for round_ in range(2000):
        if len(queued) < MESSAGES and chance.random() < 0.5:
            queued.append(queue(world, payload(world, len(queued)) if chance.random() < 0.5 else None))
            sent.append(bytes(OutboxMessage.objects.get(id=queued[-1]).envelope))
        try:
            deliver_outbox(world.usa, f"worker-{round_ % 3}", {})
        except Died:
            world.clock.pass_time(seconds=4)
        if sent and chance.random() < 0.3:  # an old copy arrives late
            receive_message(world.ind, USA, chance.choice(sent), world.to_ind.handlers)
        world.clock.pass_time(seconds=chance.choice([0.1, 1, 4]))
        if len(queued) == MESSAGES and not OutboxMessage.objects.exclude(state="receipted").exists():
            break
    else:
        pytest.fail(f"seed {seed}: not everything arrived")
    assert faults > MESSAGES
    everything_arrived_once(queued)
