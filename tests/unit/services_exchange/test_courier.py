"""By courier: the same exchange as by the link, both ways, with receipts that come back on the next medium."""

from __future__ import annotations

import dataclasses
import hashlib
import tracemalloc
from datetime import timedelta
from pathlib import Path

import pytest

from relto.base.errors import Conflict, MalformedInput, NotAvailable, Refused, Unreachable
from relto.procedures.actors import Actor, Role
from relto.services.active_bundle import active
from relto.services.checkpoints import Cosigner, CosignerRole, Submission
from relto.services.courier_making import bundle_stream, make_bundle
from relto.services.courier_proofs import check_checkpoint, check_proof, own_checkpoint_files
from relto.services.courier_reading import read_bundle
from relto.services.courier_view import overdue_receipts
from relto.services.media import media_register, record_medium
from relto.services.sending import PayloadRef, queue_message
from relto.services.sequencing import sequence
from relto.services.worker import deliver_outbox
from relto.store.models import CourierBundle, InboxMessage, LedgerEntry, OutboxMessage
from relto.store.queries.ledger import last_cosigned, newest_checkpoint
from tests.support.blobs_of_tests import of_files
from tests.unit.services_exchange.courier_world import CourierWorld, make_courier_world
from tests.unit.services_exchange.world import BODY, IND, USA, Applied, activate_agreement, cosigner_keys, log_keys


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


def test_checkpoints_are_cosigned_by_courier(couriers: CourierWorld) -> None:
    usa, files, keys = couriers.house(USA), couriers.files(USA), log_keys("USA")
    cosigner = cosigner_keys("ind.localhost/cosigner")
    name = cosigner[0].verifier.name
    own = Cosigner(name, CosignerRole.PARTNER_NODE, tuple(key.verifier for key in cosigner), couriers.world.to_ind)
    submission = Submission(usa, files, [own])
    couriers.queue(USA)
    couriers.make(USA)
    sequence(usa, keys, files, "sequencer")
    couriers.make(USA, again=True)
    couriers.arrive(USA, 1)
    couriers.arrive(USA, 2)
    assert dataclasses.replace(couriers.taking(IND), cosigner_keys=cosigner).take_bundles() == 2
    taken = CourierBundle.objects.get(partner=USA, direction="in", number=2)
    assert taken.results == {}
    couriers.make(IND)
    couriers.arrive(IND, 1)
    assert dataclasses.replace(couriers.taking(USA), submission=submission).take_bundles() == 1
    newest = newest_checkpoint()
    assert newest is not None
    assert last_cosigned(name) == newest.size
    assert newest.agreed_at is not None
    back = CourierBundle.objects.get(partner=IND, direction="in", number=1)
    # Both nodes of this test share one log, the USA's: as India's checkpoint it does not hold, and that is recorded.
    assert set(back.results) == {"checkpoint"}
    sequence(usa, keys, files, "sequencer")
    message = OutboxMessage.objects.get(partner=IND, sequence=1).id
    note, ((sequence_number, proof),) = own_checkpoint_files(files, [(1, message)])
    party = active(usa).parties[USA]
    assert (sequence_number, check_checkpoint(note, party), check_proof(proof, party, message)) == (1, "", "")
    assert check_proof(proof, party, "msg_" + "x" * 24) == "not_verified.proof.subject"
    assert check_proof(proof, active(usa).parties[IND], message) == "not_verified.note.no_known_key"


def test_who_has_not_answered_is_listed_for_people(couriers: CourierWorld) -> None:
    couriers.queue(USA)
    couriers.queue(USA)
    assert overdue_receipts(couriers.house(USA), couriers.operator(USA)) == []
    couriers.make(USA)
    couriers.queue(USA)
    listed = overdue_receipts(couriers.house(USA), couriers.operator(USA))
    due = couriers.world.clock.now() + timedelta(days=45)  # as this agreement says
    assert [(one.sequence, one.bundle, one.due, one.late, one.call) for one in listed] == [
        (1, 1, due, False, "IND/registrar"),
        (2, 1, due, False, "IND/registrar"),
    ]
    couriers.world.clock.pass_time(days=46)
    assert [one.late for one in overdue_receipts(couriers.house(USA), couriers.operator(USA))] == [True, True]
    couriers.arrive(USA, 1)
    couriers.take(IND)
    couriers.deliver(IND)
    assert overdue_receipts(couriers.house(USA), couriers.operator(USA)) == []


def test_the_register_of_media_follows_the_procedure(couriers: CourierWorld) -> None:
    couriers.queue(USA)
    couriers.make(USA)
    usa, operator = couriers.house(USA), couriers.operator(USA)
    registrar = dataclasses.replace(operator, roles=frozenset({Role.REGISTRAR}))
    inspector = dataclasses.replace(operator, roles=frozenset({Role.INSPECTOR}))

    def step(actor: Actor, name: str, performer: str = "courier/C-114", **more: str) -> str:
        return record_medium(
            usa, actor, medium="M-7", partner="IND", direction="out", number=1, step=name, performer=performer, **more
        ).state

    assert step(operator, "packed", seal="S-1", certificate="2026-4") == "packed"
    with pytest.raises(Refused):
        step(operator, "handed_over")
    with pytest.raises(Conflict):
        step(registrar, "opened")
    assert step(registrar, "handed_over") == "on_its_way"
    assert step(registrar, "returned") == "returned"
    assert step(registrar, "destroyed", "registrar/R-2") == "destroyed"
    with pytest.raises(Refused):
        step(inspector, "packed")
    with pytest.raises(MalformedInput):
        step(operator, "packed", "Asha Rao")
    with pytest.raises(NotAvailable):
        record_medium(
            usa, operator, medium="M-7", partner="IND", direction="out", number=9, step="packed", performer="dgr/D-1"
        )
    lines = media_register(usa, inspector)
    assert [line.step for line in lines] == ["destroyed", "returned", "handed_over", "packed"]
    assert (lines[-1].seal, lines[-1].certificate) == ("S-1", "2026-4")
    events = LedgerEntry.objects.filter(event__startswith="medium:").order_by("serial").values_list("event", flat=True)
    assert list(events) == ["medium:packed", "medium:handed_over", "medium:returned", "medium:destroyed"]


def test_what_this_node_cannot_do_now_leaves_the_bundle_held(couriers: CourierWorld) -> None:
    couriers.queue(USA)
    couriers.make(USA)
    couriers.arrive(USA, 1)
    ind = couriers.world.ind
    couriers.world.ind = dataclasses.replace(ind, key_service=AwayKeyService())  # type: ignore[arg-type]
    assert couriers.take(IND) == 0
    row = CourierBundle.objects.get(partner=USA, direction="in")
    assert (row.state, row.problem) == ("held", "unreachable.key_service")
    couriers.world.ind = ind
    assert couriers.take(IND) == 0  # not before its pause is over
    couriers.clock_on()
    assert couriers.take(IND) == 1
    row.refresh_from_db()
    assert (row.state, row.problem) == ("taken", "")


@of_files
def test_a_large_payload_is_carried_in_flat_memory(couriers: CourierWorld) -> None:
    usa, ind, piece, count = couriers.house(USA), couriers.house(IND), bytes(range(256)) * 4096, 24
    writer, digest = usa.blobs.create(), hashlib.sha256()
    for _ in range(count):
        writer.write(piece)
        digest.update(piece)
    reference = PayloadRef(writer.finish().name, 0, len(piece) * count, digest.hexdigest())
    usa.commit(lambda: queue_message(usa, IND, "assurance", BODY, reference))
    tracemalloc.start()
    try:
        made = make_bundle(usa, couriers.operator(USA), IND, files=couriers.files(USA))
        size, chunks = bundle_stream(usa, couriers.operator(USA), IND, made.number)
        read_bundle(ind, couriers.operator(IND), chunks)
        assert couriers.take(IND) == 1
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert size > len(piece) * count
    assert peak < 12 * len(piece)


class AwayKeyService:
    """A key service that does not answer."""

    def courier_key(self, key_access: object, policy: str) -> bytes:
        del key_access, policy
        raise Unreachable("key_service", field="key_service")
