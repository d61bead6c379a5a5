"""By courier: the same exchange as by the link, both ways, with receipts that come back on the next medium."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from relto.services.worker import deliver_outbox
from relto.store.models import CourierBundle, InboxMessage, OutboxMessage
from tests.unit.services_exchange.courier_world import CourierWorld, make_courier_world
from tests.unit.services_exchange.world import IND, USA, Applied, activate_agreement


@pytest.fixture
def couriers(transactional_db: None, tmp_path: Path) -> CourierWorld:
    made = make_courier_world(tmp_path)
    activate_agreement()
    return made


def test_messages_go_out_and_their_receipts_come_back(couriers: CourierWorld) -> None:
    data = bytes(range(256)) * 5000
    couriers.queue(USA)
    couriers.queue(USA, payload=data)
    couriers.queue(IND)
    made = couriers.deliver(USA)
    assert (made.number, made.messages, made.payloads, made.answers) == (1, 2, 1, 0)
    assert Applied.count() == 2
    with couriers.house(IND).blobs.arrival(hashlib.sha256(data).hexdigest()) as held:
        arrived = held.finish()
    assert b"".join(couriers.house(IND).blobs.read_range(arrived.name, 0, arrived.size)) == data
    assert couriers.states(USA) == {1: "waiting", 2: "waiting"}
    back = couriers.deliver(IND)
    assert (back.messages, back.answers) == (1, 2)
    assert couriers.states(USA) == {1: "receipted", 2: "receipted"}
    row = OutboxMessage.objects.get(partner=IND, sequence=2)
    assert bytes(row.receipt) == bytes(InboxMessage.objects.get(partner=USA, sequence=2).answer)
    couriers.deliver(USA)
    assert couriers.states(IND) == {1: "receipted"}


def test_the_link_beside_the_courier_doubles_nothing(couriers: CourierWorld) -> None:
    couriers.queue(USA)
    couriers.queue(USA)
    couriers.make(USA)
    assert deliver_outbox(couriers.house(USA), "worker", {}) == 2
    couriers.queue(USA)
    couriers.arrive(USA, 1)
    couriers.take(IND)
    assert Applied.count() == 2
    couriers.make(USA)
    couriers.arrive(USA, 2)
    couriers.take(IND)
    assert Applied.count() == 3
    assert deliver_outbox(couriers.house(USA), "worker", {}) == 1
    assert Applied.count() == 3
    assert set(couriers.states(USA).values()) == {"receipted"}


def test_a_bundle_that_comes_too_early_is_held_and_says_what_is_missing(couriers: CourierWorld) -> None:
    for _ in range(3):
        couriers.queue(USA)
        couriers.make(USA)
    held = couriers.arrive(USA, 3)
    assert (held.state, held.missing) == ("held", (1, 2))
    couriers.arrive(USA, 2)
    assert couriers.take(IND) == 0
    assert Applied.count() == 0
    couriers.arrive(USA, 1)
    assert couriers.take(IND) == 3
    assert Applied.count() == 3
    assert not CourierBundle.objects.filter(state="held").exists()


def test_a_lost_bundle_is_given_again_byte_for_byte(couriers: CourierWorld) -> None:
    couriers.queue(USA, payload=b"ciphertext" * 1000)
    couriers.make(USA)
    assert couriers.bytes_of(USA, 1) == couriers.media[USA, 1]
    couriers.arrive(USA, 1)
    couriers.arrive(USA, 1)
    assert couriers.take(IND) == 1
    again = couriers.arrive(USA, 1)
    assert (again.state, again.problem) == ("taken", "")
    assert couriers.take(IND) == 0
    assert Applied.count() == 1
