"""What a hostile partner sends is bounded, swept and entered; none of it stops the messages of others."""

from __future__ import annotations

import hashlib
import os
from datetime import timedelta
from pathlib import Path

import pytest

from relto.base.errors import Conflict, NotVerified, Refused, Unreachable
from relto.base.instants import Instant
from relto.exchange.answers import LinkRefusal, Receipt, write_refusal
from relto.exchange.limits import ArrivalLimits
from relto.exchange.messages import read_message
from relto.ports.partners import LinkAnswer
from relto.services.house import House
from relto.services.payloads import sweep
from relto.services.receiving import receive_message
from relto.services.sending import PayloadRef, queue_message
from relto.services.worker import deliver_outbox
from relto.store.models import Item, LedgerEntry, OutboxMessage, SingleUse
from tests.support.blobs_of_tests import of_files
from tests.unit.services_exchange.world import BODY, IND, USA, World, node_key

DATA = b"ciphertext" * 1000
DIGEST = hashlib.sha256(DATA).hexdigest()


def queue(world: World, payload: PayloadRef | None = None) -> OutboxMessage:
    return OutboxMessage.objects.get(
        id=world.usa.commit(lambda: queue_message(world.usa, IND, "assurance", BODY, payload))
    )


def queue_with_payload(world: World) -> OutboxMessage:
    writer = world.usa.blobs.create()
    writer.write(DATA)
    return queue(world, PayloadRef(writer.finish().name, 0, len(DATA), DIGEST))


def item_with_payload(world: World) -> Item:
    return Item.objects.create(
        id="itm_" + "a" * 24,
        uuid="00000000-0000-4000-8000-000000000000",
        originator=USA,
        held_as="received",
        label={},
        title="",
        file_name="",
        media_type="application/pdf",
        state="held",
        payload_blob=f"sha256-{DIGEST}",
        payload_size=len(DATA),
        payload_crc32=5,
        payload_sha256=DIGEST,
        registered_at=world.clock.moment,
    )


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def age(world: World, folder: Path) -> None:
    """All files of IND's store were last written eight days ago."""
    long_ago = (world.clock.moment - timedelta(days=8)).timestamp()
    for path in files(folder / IND):
        os.utime(path, (long_ago, long_ago))


def sweep_ind(world: World) -> int:
    return sweep(world.ind, "worker", ArrivalLimits())


@of_files
def test_the_payload_of_a_message_refused_for_good_does_not_stay(world: World, tmp_path: Path) -> None:
    row = queue_with_payload(world)
    world.applied.refuse = Refused("not_wanted")
    assert deliver_outbox(world.usa, "worker", {}) == 1
    row.refresh_from_db()
    assert (row.state, row.last_error) == ("refused", "refused.not_wanted")
    assert files(tmp_path / IND) == []


def test_a_refusal_does_not_take_what_an_item_refers_to(world: World) -> None:
    item = item_with_payload(world)
    queue_with_payload(world)
    world.applied.refuse = Refused("not_wanted")
    assert deliver_outbox(world.usa, "worker", {}) == 1
    with world.ind.blobs.open(item.payload_blob) as file:
        assert file.read() == DATA
    assert world.ind.blobs.unclaimed() == []


@of_files
def test_after_trouble_of_the_node_the_payload_waits_for_its_message(world: World, tmp_path: Path) -> None:
    queue_with_payload(world)
    world.applied.refuse = Unreachable("key_service")
    assert deliver_outbox(world.usa, "worker", {}) == 0
    assert [one.sha256 for one in world.ind.blobs.unclaimed()] == [DIGEST]
    assert sweep_ind(world) == 0, "it is young"
    world.applied.refuse = None
    world.clock.pass_time(seconds=3)
    assert deliver_outbox(world.usa, "worker", {}) == 1
    assert files(tmp_path / IND)


@of_files
def test_what_nobody_claimed_is_removed_when_it_is_old(world: World, tmp_path: Path) -> None:
    world.ind.blobs.append_partial(DIGEST, 0, iter([DATA[:100]]), len(DATA))
    (tmp_path / IND / "writing" / ("0" * 32)).write_bytes(b"left by a crash")
    assert sweep_ind(world) == 0
    age(world, tmp_path)
    with world.ind.blobs.arrival(DIGEST):
        assert sweep_ind(world) == 1, "what somebody is at stays; the crashed writer's file goes"
    assert sweep_ind(world) == 1
    assert files(tmp_path / IND) == []


@of_files
def test_a_payload_that_an_item_refers_to_is_claimed_after_a_crash_and_stays(world: World, tmp_path: Path) -> None:
    world.ind.blobs.append_partial(DIGEST, 0, iter([DATA]), len(DATA))
    with world.ind.blobs.arrival(DIGEST) as held:
        blob = held.finish()
    item_with_payload(world)
    age(world, tmp_path)
    assert sweep_ind(world) == 1
    assert world.ind.blobs.unclaimed() == []
    with world.ind.blobs.open(blob.name) as file:
        assert file.read() == DATA


def test_only_one_worker_sweeps_and_what_was_used_once_is_forgotten_when_expired(world: World) -> None:
    now = world.clock.moment
    for number, ago in enumerate((timedelta(hours=1), timedelta(minutes=1), -timedelta(hours=1))):
        SingleUse.objects.create(purpose="opening-request", value=str(number), expires_at=now - ago)
    assert sweep_ind(world) == 1
    assert set(SingleUse.objects.values_list("value", flat=True)) == {"1", "2"}
    SingleUse.objects.update(expires_at=now - timedelta(hours=1))
    assert sweep(world.ind, "another", ArrivalLimits()) == 0


def test_an_answer_that_contradicts_what_stands_here_settles_its_message_and_blocks_nothing(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    lied, following = queue(world), queue(world)
    world.applied.refuse = Refused("after_all_not")

    def settled(house: House, message_id: str, answer: Receipt | LinkRefusal, at: Instant) -> None:
        del house, answer
        SingleUse.objects.create(purpose="settled", value=message_id, expires_at=at)
        if message_id == lied.id:
            raise Conflict("state", field="release", found="accepted", expected="sent")

    assert deliver_outbox(world.usa, "worker", {"assurance": settled}) == 2
    lied.refresh_from_db()
    following.refresh_from_db()
    assert (lied.state, following.state) == ("refused", "refused")
    assert list(SingleUse.objects.filter(purpose="settled").values_list("value", flat=True)) == [following.id]
    entry = LedgerEntry.objects.get(event="transfer:contradicted")
    assert (entry.actor, entry.subject) == (IND, lied.id)
    assert (entry.details["code"], entry.details["state"]) == ("conflict.state", "accepted")
    assert "ERROR" in {record.levelname for record in caplog.records}


def test_trouble_of_this_node_while_settling_is_no_contradiction(world: World) -> None:
    row = queue(world)

    def settled(house: House, message_id: str, answer: Receipt | LinkRefusal, at: Instant) -> None:
        raise Unreachable("storage")

    assert deliver_outbox(world.usa, "worker", {"assurance": settled}) == 0
    row.refresh_from_db()
    assert row.state == "waiting"
    assert not LedgerEntry.objects.filter(event="transfer:contradicted").exists()


def test_an_answer_that_does_not_verify_is_entered_once_and_the_message_waits(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = queue(world)
    message = read_message(bytes(row.envelope), sender=USA, recipient=IND, trusted=[node_key(USA).public])
    forged = write_refusal(message, code="refused", final=True, key=node_key(USA))
    for envelope in (forged, b"OK", forged):
        answer = LinkAnswer(200, envelope)
        monkeypatch.setattr(type(world.to_ind), "send_message", lambda *_, answer=answer, **__: answer)
        assert deliver_outbox(world.usa, "worker", {}) == 0
        world.clock.pass_time(seconds=3)
    entry = LedgerEntry.objects.get(event="transfer:unverified")
    assert (entry.actor, entry.subject) == (IND, row.id)
    assert entry.details["code"].startswith(NotVerified.code)
    row.refresh_from_db()
    assert (row.state, row.attempts) == ("waiting", 3)


def test_an_unsigned_not_now_is_no_alarm(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    queue(world)
    answer = LinkAnswer(503, b'{"code":"unreachable.node"}')
    monkeypatch.setattr(type(world.to_ind), "send_message", lambda *_, **__: answer)
    assert deliver_outbox(world.usa, "worker", {}) == 0
    assert not LedgerEntry.objects.filter(event="transfer:unverified").exists()


def test_a_payload_that_somebody_is_at_is_asked_for_again_later(world: World) -> None:
    row = queue_with_payload(world)
    world.ind.blobs.append_partial(DIGEST, 0, iter([DATA]), len(DATA))
    with world.ind.blobs.arrival(DIGEST):
        answer = receive_message(world.ind, USA, bytes(row.envelope), world.to_ind.handlers)
    assert answer.status == 503
    assert not LedgerEntry.objects.filter(subject=row.id).exists()
