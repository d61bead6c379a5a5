"""A started node compares itself first; only what it signed itself convicts it; what was lost comes back as it was."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from relto.adapters.log_files import FolderLogFiles
from relto.base.errors import Conflict, NotAvailable, NotVerified, Unreachable
from relto.base.nations import Nation
from relto.exchange.messages import write_message
from relto.exchange.standing import NodeStanding, write_standing
from relto.ledger.checkpoint import add_lines, cosign, signed_checkpoint
from relto.ledger.leaves import LeafEvent
from relto.ledger.notes import NoteKey
from relto.ledger.tree import CompactRange, leaf_hash
from relto.ledger.tree_head import Checkpoint as Head
from relto.ports.partners import ExchangedMessage
from relto.services.active_bundle import active
from relto.services.book import enter
from relto.services.comparing import Comparison, OthersView, partner_findings, tree_held
from relto.services.export import export_chunks
from relto.services.house import House
from relto.services.partner_standing import message_of, message_to, payload_to, standing_for
from relto.services.quarantine import lift_quarantine, standing_view
from relto.services.receiving import receive_message
from relto.services.recovered_ledger import continue_ledger
from relto.services.recovered_messages import PartnerRecords, recover_messages
from relto.services.sending import IN, OUT, queue_message
from relto.services.sequencing import sequence
from relto.services.standing import GuardedStatementKey, ServedStanding
from relto.services.worker import deliver_outbox
from relto.store.models import Channel, Checkpoint, InboxMessage, LedgerEntry, LedgerTree, OutboxMessage, Person
from relto.store.queries.standing import start_fact
from tests.unit.services_exchange.test_ledger_states import INSPECTOR, KEYS, ORIGIN
from tests.unit.services_exchange.world import BODY, IND, USA, World, cosigner_keys, node_key

START = "sta_aaaaaaaaaaaaaaaaaaaaaaaa"
WITNESS = cosigner_keys("witness-usa.localhost/w")


@dataclass
class PublishingWitness:
    """What a witness publishes: a note, nothing, or no answer."""

    note: bytes | None = None
    silent: bool = False

    def newest(self, origin: str) -> bytes | None:
        assert origin == ORIGIN
        if self.silent:
            raise Unreachable("witness")
        return self.note


@dataclass
class AskedPartner:
    """IND's doors for a USA that compares itself, over IND's own services; `told` lets it lie."""

    house: House
    told: NodeStanding | None = None
    payloads: list[int] = field(default_factory=list)

    def standing(self, nonce: str) -> bytes:
        if self.told is None:
            return standing_for(self.house, USA, nonce)
        at, key = self.house.now(), self.house.node_key
        return write_standing(self.told, sender=IND, recipient=USA, nonce=nonce, at=at, key=key)

    def message_from_us(self, sequence: int) -> ExchangedMessage | None:
        try:
            return message_of(USA, sequence)
        except NotAvailable:
            return None

    def message_to_us(self, sequence: int) -> ExchangedMessage | None:
        try:
            return message_to(USA, sequence)
        except NotAvailable:
            return None

    def payload_to_us(self, sequence: int, offset: int) -> Iterator[bytes]:
        self.payloads.append(offset)
        return payload_to(self.house, USA, sequence, offset)[1]


@dataclass
class Started:
    """USA's node, started anew, with its guard."""

    world: World
    house: House
    standing: ServedStanding
    witness: PublishingWitness
    partner: AskedPartner
    others: OthersView
    comparison: Comparison

    def records(self) -> PartnerRecords:
        return PartnerRecords(IND, active(self.house).parties[IND], self.partner)


@pytest.fixture
def started(world: World) -> Started:
    standing = ServedStanding(START)
    guarded = GuardedStatementKey.guard(node_key(USA), standing)
    house = replace(world.usa, standing=standing, node_key=guarded)
    witness, partner = PublishingWitness(), AskedPartner(world.ind)
    keys = tuple(key.verifier for key in WITNESS)
    logs = (KEYS.ed25519.verifier, KEYS.mldsa44.verifier)
    others = OthersView(logs, "witness-usa.localhost/w", keys, witness, {IND: partner})
    return Started(world, house, standing, witness, partner, others, Comparison(house, START, others))


def entered(house: House, count: int = 1) -> None:
    for _ in range(count):
        house.commit(lambda: enter(house, LeafEvent.PERSON_ADDED, actor="USA", subject="prs_x"))


def published(world: World, head: Head) -> bytes:
    """A checkpoint as the own witness publishes it."""
    at = int(world.clock.moment.timestamp())
    note = signed_checkpoint(head, (KEYS.ed25519, KEYS.mldsa44), at)
    return add_lines(note, cosign(note, WITNESS, at))


def test_nothing_is_entered_or_signed_before_the_comparison(started: Started) -> None:
    started.witness.silent = True
    for _ in range(2):
        assert started.standing.state() == "not_compared"
        with pytest.raises(Unreachable, match="not_compared"):
            entered(started.house)
        with pytest.raises(Unreachable, match="not_compared"):
            started.house.node_key.sign(b"anything")
        started.comparison.compare()
    assert standing_view(started.house).waiting_for == "unreachable.witness"
    started.witness.silent = False
    started.comparison._asked.clear()
    assert started.comparison.compare() == 1
    assert started.standing.state() == "ready"
    entered(started.house)
    started.house.node_key.sign(b"anything")


def test_what_crosses_the_border_waits_for_the_partner_and_national_work_does_not(started: Started) -> None:
    started.partner.told = NodeStanding(log_note="", awaited=50, digest="0" * 64, next_sent=1, settled=1)
    started.comparison.compare()
    entered(started.house)
    assert not started.standing.compared_with(IND)
    with pytest.raises(Unreachable, match="partner_not_compared"):
        started.standing.require_partner(IND)
    message = started.house.commit(lambda: queue_message(started.house, IND, "assurance", BODY))
    assert deliver_outbox(started.house, "worker", {}) == 0
    started.partner.told = None
    started.comparison._asked.clear()
    started.comparison.compare()
    assert deliver_outbox(started.house, "worker", {}) == 1
    assert OutboxMessage.objects.get(id=message).state == "receipted"


def test_a_log_behind_its_witness_is_quarantined_until_it_is_lifted_with_an_entry(started: Started) -> None:
    head = Head(ORIGIN, 7, b"\x01" * 32)
    started.witness.note = published(started.world, head)
    started.comparison.compare()
    view = standing_view(started.house)
    assert (view.state, started.standing.state()) == ("quarantined", "quarantined")
    assert [finding.as_dict() for finding in view.findings] == [
        {"code": "ledger_behind", "source": "own_witness", "held": 0, "seen": 7}
    ]
    with pytest.raises(Unreachable, match="quarantined"):
        entered(started.house)
    with pytest.raises(Unreachable, match="quarantined"):
        started.standing.require_partner(IND)
    lift_quarantine(started.house, "USA", {"entries_without_details": 7})
    assert LedgerEntry.objects.filter(event="quarantine:lifted").count() == 1
    with pytest.raises(Conflict, match="no_quarantine"):
        lift_quarantine(started.house, "USA", {})


def test_another_tree_of_the_same_size_is_quarantined(started: Started, tmp_path: Path) -> None:
    entered(started.world.usa, 3)
    sequence(started.world.usa, KEYS, FolderLogFiles(tmp_path / "log"), "worker")
    started.witness.note = published(started.world, Head(ORIGIN, 3, tree_held().root()))
    assert started.comparison.compare() == 2
    assert started.standing.state() == "ready"
    started.witness.note = published(started.world, Head(ORIGIN, 2, b"\x02" * 32))
    started.comparison.again()
    started.comparison._asked.clear()
    started.comparison.compare()
    assert [finding.code for finding in standing_view(started.house).findings] == ["ledger_differs"]


def test_nobody_can_quarantine_a_node_with_what_it_never_signed(started: Started) -> None:
    """Neither a checkpoint under other keys nor a partner that claims more than it can show."""
    others = tuple(NoteKey.from_seed(ORIGIN, key.verifier.key_type, bytes(32)) for key in (KEYS.ed25519, KEYS.mldsa44))
    note = signed_checkpoint(Head(ORIGIN, 7, b"\x01" * 32), others, 1)
    note = add_lines(note, cosign(note, WITNESS, 1))
    started.witness.note = note
    started.comparison.compare()
    assert standing_view(started.house).state == "not_compared"
    party = active(started.house).parties[IND]
    started.witness.note = None
    started.comparison._asked.clear()
    started.comparison.compare()
    for told in (
        NodeStanding(log_note="", awaited=9, digest="0" * 64, next_sent=1, settled=1),
        NodeStanding(log_note="", awaited=1, digest="", next_sent=9, settled=9),
        NodeStanding(log_note=note.decode(), awaited=1, digest="", next_sent=1, settled=1),
    ):
        started.partner.told = told
        with pytest.raises((Unreachable, NotVerified)):
            partner_findings(started.house, started.others, IND, party)
    assert standing_view(started.house).state == "ready"


def test_what_is_held_here_as_well_convicts_nobody_whatever_digest_the_partner_tells(started: Started) -> None:
    world = started.world
    world.usa.commit(lambda: queue_message(world.usa, IND, "assurance", BODY))
    assert deliver_outbox(world.usa, "usa", {}) == 1
    started.partner.told = NodeStanding(log_note="", awaited=2, digest="f" * 64, next_sent=1, settled=1)
    party = active(started.house).parties[IND]
    with pytest.raises(Unreachable, match="partner_unproven"):
        partner_findings(world.usa, started.others, IND, party)


@pytest.mark.parametrize("answered", ["a message that came too early", "something that could not be read"])
def test_a_refusal_that_settled_nothing_convicts_nobody(
    started: Started, monkeypatch: pytest.MonkeyPatch, answered: str
) -> None:
    """A partner has this node refuse a message for its number, and shows the refusal as an answer that was lost."""
    usa, ind = started.world.usa, started.world.ind
    envelope, _ = write_message(
        message_id=ind.new_id("msg"),
        sender=IND,
        recipient=USA,
        sequence=900,
        previous="0" * 64,
        created=ind.now(),
        kind="assurance",
        body=BODY,
        payload=None,
        key=ind.node_key,
    )
    sent = envelope if answered == "a message that came too early" else b"{}"
    refusal = receive_message(usa, IND, sent, {"assurance": started.world.applied}).envelope
    shown = ExchangedMessage(envelope, refusal, 503)
    monkeypatch.setattr(started.partner, "message_to_us", lambda _sequence: shown)
    started.partner.told = NodeStanding(log_note="", awaited=1, digest="", next_sent=901, settled=901)
    with pytest.raises(Unreachable, match="partner_unproven"):
        partner_findings(usa, started.others, IND, active(usa).parties[IND])


def test_a_witness_that_forgot_clears_nobody(started: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("relto.services.comparing.last_cosigned", lambda _name: 12)
    started.comparison.compare()
    known = start_fact(START)
    assert known is not None
    assert known.waiting_for == "unreachable.witness_forgot"
    assert started.standing.state() == "not_compared"


def test_a_clock_before_the_witness_compares_nothing(started: Started) -> None:
    started.witness.note = published(started.world, Head(ORIGIN, 7, b"\x01" * 32))
    started.world.clock.pass_time(minutes=-6)
    started.comparison.compare()
    assert standing_view(started.house).waiting_for == "unreachable.clock"
    started.world.clock.pass_time(minutes=6)
    started.comparison._asked.clear()
    started.comparison.compare()
    assert standing_view(started.house).state == "quarantined"


def forget(partner: Nation, direction: str, kept: int) -> None:
    """What an older copy of USA knew of a channel."""
    last: OutboxMessage | InboxMessage | None
    if direction == OUT:
        OutboxMessage.objects.filter(partner=partner, sequence__gt=kept).delete()
        last = OutboxMessage.objects.filter(partner=partner, sequence=kept).first()
    else:
        InboxMessage.objects.filter(partner=partner, sequence__gt=kept).delete()
        last = InboxMessage.objects.filter(partner=partner, sequence=kept).first()
    row = Channel.objects.get(partner=partner, direction=direction)
    row.next_sequence, row.last_digest = kept + 1, last.digest if last else ""
    row.save()


def test_lost_messages_are_named_and_come_back_as_the_same_bytes(started: Started) -> None:
    world = started.world
    for _ in range(3):
        world.usa.commit(lambda: queue_message(world.usa, IND, "assurance", BODY))
        world.ind.commit(lambda: queue_message(world.ind, USA, "assurance", BODY))
    assert deliver_outbox(world.usa, "usa", {}) == 3
    assert deliver_outbox(world.ind, "ind", {}) == 3
    sent = {row.sequence: (row.id, bytes(row.envelope), bytes(row.receipt)) for row in _sent(IND)}
    received = {row.sequence: (row.message, bytes(row.envelope), bytes(row.answer)) for row in _received(IND)}
    started.comparison.compare()
    assert started.standing.compared_with(IND)

    forget(IND, OUT, 1)
    forget(IND, IN, 2)
    party = active(started.house).parties[IND]
    found = {one.code: one for one in partner_findings(started.house, started.others, IND, party)}
    lost = found["sent_messages_lost"]
    assert (lost.held, lost.seen, [one["sequence"] for one in lost.messages]) == (2, 4, [2, 3])
    assert [one["message"] for one in found["received_messages_lost"].messages] == [received[3][0]]

    world.applied.refuse = Conflict("state", field="case")
    back = recover_messages(world.usa, started.records(), dict.fromkeys(("assurance",), world.applied))
    assert [(one.direction, one.sequence, one.code) for one in back] == [
        (IN, 3, "conflict.state"),
        (OUT, 2, ""),
        (OUT, 3, ""),
    ]
    assert {row.sequence: (row.id, bytes(row.envelope), bytes(row.receipt)) for row in _sent(IND)} == sent
    assert {row.sequence: (row.message, bytes(row.envelope), bytes(row.answer)) for row in _received(IND)} == received
    assert partner_findings(started.house, started.others, IND, party) == []


def _sent(partner: Nation) -> list[OutboxMessage]:
    return list(OutboxMessage.objects.filter(partner=partner).order_by("sequence"))


def _received(partner: Nation) -> list[InboxMessage]:
    return list(InboxMessage.objects.filter(partner=partner).order_by("sequence"))


def test_another_message_under_a_used_number_is_a_finding(started: Started) -> None:
    world = started.world
    world.usa.commit(lambda: queue_message(world.usa, IND, "assurance", BODY))
    assert deliver_outbox(world.usa, "usa", {}) == 1
    forget(IND, OUT, 0)
    world.usa.commit(lambda: queue_message(world.usa, IND, "assurance", BODY))
    party = active(started.house).parties[IND]
    assert [one.code for one in partner_findings(started.house, started.others, IND, party)] == ["sent_messages_differ"]


def test_the_ledger_is_continued_from_an_export_and_from_nothing_else(started: Started, tmp_path: Path) -> None:
    usa, files = started.world.usa, FolderLogFiles(tmp_path / "log")
    entered(usa, 254)
    sequence(usa, KEYS, files, "worker")
    entered(usa, 1)
    waiting = LedgerEntry.objects.get(index=None)
    older = _exported(b"".join(export_chunks(usa, INSPECTOR, files)))
    Person.objects.create(id="prs_x", name="A person")
    usa.commit(lambda: enter(usa, LeafEvent.PERSON_SUSPENDED, actor="USA", subject="prs_x"))
    entered(usa, 5)
    sequence(usa, KEYS, files, "worker")
    newer = _exported(b"".join(export_chunks(usa, INSPECTOR, files)))
    leaves = [bytes(one) for one in LedgerEntry.objects.order_by("index").values_list("leaf", flat=True)]
    head = Head(ORIGIN, 261, tree_held().root())
    witnessed = (head, published(started.world, head))

    # The older copy: 254 entries in the tree, one recorded.
    LedgerEntry.objects.filter(index__gt=254).delete()
    LedgerEntry.objects.filter(serial=waiting.serial).update(index=None)
    Checkpoint.objects.filter(size=261).delete()
    tree = _tree_of(leaves[:254])
    LedgerTree.objects.update(size=254, hashes=[one.hex() for one in tree])
    with pytest.raises(Conflict, match="export_needed"):
        continue_ledger(usa, files, None, started.others.log_keys, witnessed)
    with pytest.raises(Conflict, match="export_older"):
        continue_ledger(usa, files, older.get, started.others.log_keys, witnessed)
    altered = dict(newer)
    last = "tile/entries/001.p/5"
    altered[last] = altered[last].replace(b"prs_x", b"prs_y")
    with pytest.raises(NotVerified, match="export"):
        continue_ledger(usa, files, altered.get, started.others.log_keys, witnessed)
    assert (tree_held().size, Person.objects.get().suspended_at) == (254, None)
    lost = continue_ledger(usa, files, newer.get, started.others.log_keys, witnessed)
    assert [one.index for one in lost] == list(range(255, 261))
    assert Person.objects.get().suspended_at == usa.now()  # no share leaves for her although the verb is forgotten
    assert LedgerEntry.objects.get(index=254).entry == waiting.entry
    assert [bytes(one) for one in LedgerEntry.objects.order_by("index").values_list("leaf", flat=True)] == leaves
    assert tree_held().root() == head.root
    entered(usa, 1)
    assert sequence(usa, KEYS, files, "worker") == 1


def _exported(data: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        members = {member.name: archive.extractfile(member) for member in archive.getmembers()}
    return {name: file.read() for name, file in members.items() if file is not None}


def _tree_of(leaves: list[bytes]) -> tuple[bytes, ...]:
    tree = CompactRange()
    for leaf in leaves:
        tree.append(leaf_hash(leaf))
    return tree.hashes
