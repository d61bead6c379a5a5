"""A message crosses once, is answered with the same bytes for ever, and nothing acknowledged is lost or doubled."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest

from relto.base.canonical import Json, sha256_hex
from relto.base.errors import Refused, Unreachable
from relto.base.instants import instant_text
from relto.base.nations import Nation
from relto.exchange.answers import LinkRefusal, Receipt, SentMessage, read_answer
from relto.exchange.messages import write_message
from relto.ports.partners import LinkAnswer
from relto.services.leases import check_lease, give_back_all, take_lease
from relto.services.receiving import receive_message
from relto.services.sending import PayloadRef, queue_message
from relto.services.worker import deliver_outbox, run_until_idle
from relto.signing.envelope import read_envelope
from relto.signing.statements import sign_statement
from relto.store.models import AgreementBundle, Channel, InboxMessage, LedgerEntry, OutboxMessage
from relto.store.queries.channels import overdue
from tests.unit.services_exchange.world import BODY, IND, USA, Applied, World, node_key


def queue(world: World, payload: PayloadRef | None = None) -> OutboxMessage:
    message = world.usa.commit(lambda: queue_message(world.usa, IND, "assurance", BODY, payload))
    return OutboxMessage.objects.get(id=message)


def deliver(world: World) -> int:
    return deliver_outbox(world.usa, "worker-1", {})


def told(world: World, row: OutboxMessage, answer: LinkAnswer) -> Receipt | LinkRefusal:
    sent = SentMessage(row.id, row.digest, row.sequence, row.payload_sha256 or None)
    return read_answer(answer.envelope, sent, trusted=[node_key(IND).public])


def receive(world: World, envelope: bytes, sender: Nation = USA) -> LinkAnswer:
    return receive_message(world.ind, sender, envelope, world.to_ind.handlers)


def test_messages_of_a_channel_are_numbered_without_gaps_and_chained_by_digest(world: World) -> None:
    first = queue(world)

    def failing() -> None:
        queue_message(world.usa, IND, "assurance", BODY)
        raise Refused("later_in_the_step")

    with pytest.raises(Refused):
        world.usa.commit(failing)
    second = queue(world)
    assert (first.sequence, second.sequence) == (1, 2)
    assert Channel.objects.get(partner=IND, direction="out").last_digest == second.digest


def test_a_message_is_delivered_receipted_and_recorded_on_both_sides(world: World) -> None:
    row = queue(world)
    assert deliver(world) == 1
    row.refresh_from_db()
    assert row.state == "receipted"
    assert row.settled_at == world.clock.moment
    assert bytes(row.receipt) == bytes(InboxMessage.objects.get(message=row.id).answer)
    events = LedgerEntry.objects.filter(subject=row.id).values_list("event", flat=True)
    assert sorted(events) == ["transfer:receipted", "transfer:received"]
    assert Applied.count() == 1


def test_a_resent_message_of_any_age_gets_the_same_receipt_bytes_and_has_no_second_effect(world: World) -> None:
    row = queue(world)
    first = receive(world, bytes(row.envelope))
    world.clock.pass_time(days=4000)
    AgreementBundle.objects.all().delete()
    again = receive(world, bytes(row.envelope))
    assert again == first
    assert Applied.count() == 1
    assert LedgerEntry.objects.filter(event="transfer:received").count() == 1


def test_a_lost_answer_is_asked_for_again_and_settles_the_message_once(world: World) -> None:
    row = queue(world)

    def lose(_: str) -> None:
        world.to_ind.after = lambda _: None
        raise Unreachable("partner")

    world.to_ind.after = lose
    assert deliver(world) == 0
    row.refresh_from_db()
    assert (row.state, row.attempts, row.last_error) == ("waiting", 1, "unreachable.partner")
    assert row.run_after > world.clock.moment
    world.clock.pass_time(seconds=3)
    assert deliver(world) == 1
    assert world.to_ind.answers[0] == world.to_ind.answers[1]
    assert Applied.count() == 1


def test_a_final_refusal_consumes_the_number_and_the_next_message_goes_on(world: World) -> None:
    refused = queue(world)
    following = queue(world)
    world.applied.refuse = Refused("not_wanted")
    answer = receive(world, bytes(refused.envelope))
    world.applied.refuse = None
    verdict = told(world, refused, answer)
    assert isinstance(verdict, LinkRefusal)
    assert (verdict.code, verdict.final) == ("refused.not_wanted", True)
    assert receive(world, bytes(refused.envelope)) == answer
    assert isinstance(told(world, following, receive(world, bytes(following.envelope))), Receipt)
    assert deliver(world) == 2
    assert OutboxMessage.objects.get(id=refused.id).state == "refused"
    assert Applied.count() == 1


def test_trouble_of_the_receiving_node_is_retryable_and_leaves_nothing(world: World) -> None:
    row = queue(world)
    world.applied.refuse = Unreachable("key_service")
    verdict = told(world, row, receive(world, bytes(row.envelope)))
    assert isinstance(verdict, LinkRefusal)
    assert not verdict.final
    assert not InboxMessage.objects.exists()
    assert not LedgerEntry.objects.filter(subject=row.id).exists()
    world.applied.refuse = None
    assert isinstance(told(world, row, receive(world, bytes(row.envelope))), Receipt)


def test_a_message_after_a_gap_waits_for_what_is_missing(world: World) -> None:
    first, second = queue(world), queue(world)
    verdict = told(world, second, receive(world, bytes(second.envelope)))
    assert isinstance(verdict, LinkRefusal)
    assert (verdict.code, verdict.final, verdict.expected_sequence) == ("sequence_gap", False, 1)
    receive(world, bytes(first.envelope))
    assert isinstance(told(world, second, receive(world, bytes(second.envelope))), Receipt)


@pytest.mark.parametrize("what", ["other_digest", "sequence_taken", "other_previous"])
def test_a_sender_that_contradicts_itself_is_refused_by_signature_and_raises_one_alarm(world: World, what: str) -> None:
    row = queue(world)
    receive(world, bytes(row.envelope))
    other_id = "msg_" + "a" * 24
    changed = {
        "other_digest": (row.id, 1, ""),
        "sequence_taken": (other_id, 1, ""),
        "other_previous": (other_id, 2, "0" * 64),
    }[what]
    forged, _ = write_message(
        message_id=changed[0],
        sender=USA,
        recipient=IND,
        sequence=changed[1],
        previous=changed[2],
        created=world.clock.moment + timedelta(days=1),
        kind="assurance",
        body=BODY,
        payload=None,
        key=node_key(USA),
    )
    answers = [receive(world, forged) for _ in range(3)]
    assert {answer.status for answer in answers} == {409}
    alarms = LedgerEntry.objects.filter(event="transfer:refused")
    assert [alarm.details["code"] for alarm in alarms] == [f"contradiction.{what}"]
    assert Channel.objects.get(partner=USA, direction="in").next_sequence == 2


def test_only_the_partners_node_key_of_the_agreement_makes_a_message(world: World) -> None:
    envelope, _ = write_message(
        message_id="msg_" + "a" * 24,
        sender=USA,
        recipient=IND,
        sequence=1,
        previous="",
        created=world.clock.moment,
        kind="assurance",
        body=BODY,
        payload=None,
        key=node_key(IND),
    )
    assert receive(world, envelope).status == 403
    assert receive(world, b"{}").status == 400
    row = queue(world)
    assert receive(world, bytes(row.envelope), sender=IND).status == 403, "USA signed it, IND's certificate brought it"
    assert not InboxMessage.objects.exists()


def test_before_an_agreement_messages_are_refused_for_now(world: World) -> None:
    row = queue(world)
    AgreementBundle.objects.all().delete()
    verdict = told(world, row, receive(world, bytes(row.envelope)))
    assert isinstance(verdict, LinkRefusal)
    assert (verdict.code, verdict.final) == ("no_agreement", False)
    assert deliver(world) == 0


def test_a_body_against_its_schema_is_refused_for_good(world: World) -> None:
    message = "msg_" + "a" * 24
    members: dict[str, Json] = {
        "id": message,
        "from": USA,
        "to": IND,
        "sequence": 1,
        "previous": "",
        "created": instant_text(world.clock.moment),
        "kind": "assurance",
        "body": {"statement": "not an envelope"},
    }
    envelope = sign_statement("message", 1, members, [node_key(USA)])
    digest = sha256_hex(read_envelope(envelope, max_bytes=100_000).payload)
    sent = SentMessage(message, digest, 1, None)
    verdict = read_answer(receive(world, envelope).envelope, sent, trusted=[node_key(IND).public])
    assert isinstance(verdict, LinkRefusal)
    assert (verdict.code, verdict.final) == ("malformed.schema", True)
    assert not Applied.count()


def payload_of(world: World, data: bytes) -> PayloadRef:
    writer = world.usa.blobs.create()
    writer.write(b"before" + data + b"after")
    blob = writer.finish()
    return PayloadRef(blob.name, len(b"before"), len(data), hashlib.sha256(data).hexdigest())


def test_a_payload_travels_before_its_message_and_goes_on_after_a_break(world: World) -> None:
    data = b"ciphertext " * 300_000
    row = queue(world, payload_of(world, data))
    half = world.ind.blobs.append_partial(row.payload_sha256, 0, iter([data[:1_000_000]]), len(data))
    assert half == 1_000_000
    assert deliver(world) == 1
    with world.ind.blobs.arrival(row.payload_sha256) as held:
        arrived = held.finish()
    assert b"".join(world.ind.blobs.read_range(arrived.name, 0, arrived.size)) == data
    assert isinstance(told(world, row, world.to_ind.answers[-1]), Receipt)


def test_an_altered_payload_is_thrown_away_and_sent_again(world: World) -> None:
    data = b"ciphertext" * 1000
    row = queue(world, payload_of(world, data))
    world.ind.blobs.append_partial(row.payload_sha256, 0, iter([b"X" * len(data)]), len(data))
    assert deliver(world) == 0
    assert OutboxMessage.objects.get(id=row.id).last_error == "payload_digest"
    world.clock.pass_time(seconds=3)
    assert deliver(world) == 1
    assert Applied.count() == 1


def test_messages_arrive_in_order_and_only_one_worker_delivers(world: World) -> None:
    rows = [queue(world) for _ in range(5)]
    held = take_lease(world.usa, "outbox:IND", "worker-2")
    assert held is not None
    assert deliver(world) == 0
    world.clock.pass_time(seconds=60)
    assert run_until_idle(lambda: deliver(world)) == 5
    arrived = InboxMessage.objects.order_by("received_at", "id").values_list("message", flat=True)
    assert list(arrived) == [row.id for row in rows]


def test_a_worker_that_lost_its_lease_cannot_write(world: World) -> None:
    first = take_lease(world.usa, "outbox:IND", "worker-1")
    world.clock.pass_time(seconds=60)
    second = take_lease(world.usa, "outbox:IND", "worker-2")
    assert first is not None
    assert second is not None
    assert second.token > first.token
    with pytest.raises(Exception, match="lease_lost"):
        world.usa.commit(lambda: check_lease(first))
    world.usa.commit(lambda: check_lease(second))
    give_back_all(world.usa, "worker-2")
    assert take_lease(world.usa, "outbox:IND", "worker-1") is not None, "given back: nobody waits for it to run out"


def test_an_unanswered_message_becomes_overdue(world: World) -> None:
    row = queue(world)

    def silent(_: str) -> None:
        raise Unreachable("partner")

    world.to_ind.before = silent
    for _ in range(4):
        deliver(world)
        world.clock.pass_time(seconds=3)
    assert overdue(4) == [(IND, row.id, 4)]
    assert not overdue(5)
