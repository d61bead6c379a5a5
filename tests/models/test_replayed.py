"""The models' steps beside the code's: each step of a simulated run is done by the real services and the real witness,
and must have the outcome that the model says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest
from werkzeug.test import Client

from relto.base.canonical import sha256_hex
from relto.base.errors import Refused, Unreachable
from relto.exchange.answers import LinkRefusal, Receipt, SentMessage, read_answer
from relto.exchange.messages import write_message
from relto.exchange.reconciled_records import Record
from relto.exchange.reconciliation_certificate import AGREE
from relto.ledger.checkpoint import Checkpoint, read_checkpoint, signed_checkpoint
from relto.ledger.witnessing import write_request
from relto.ports.partners import LinkAnswer
from relto.services.receiving import receive_message
from relto.services.sending import queue_message
from relto.store.models import OutboxMessage
from relto.witness.door import WitnessDoor
from relto.witness.folder import init_witness, trust_log
from tests.models.spin import TRACES
from tests.support.reconciling import message, run
from tests.unit.ledger.workshop import USA as LOG
from tests.unit.ledger.workshop import Log, leaf, log_keys, seed
from tests.unit.services_exchange.world import BODY, IND, USA, Applied, World, activate_agreement, make_world, node_key

RECEIPT, REFUSAL = 1, 2
OK, FINAL, CONTRADICTED, NOT_NOW = 200, 422, 409, 503
CONFLICT = 409
LONGEST = 3


@pytest.fixture
def world(db: None, tmp_path: Path) -> World:
    made = make_world(tmp_path)
    activate_agreement()
    return made


def read_trace(path: Path) -> Iterator[tuple[str, list[str]]]:
    for line in path.read_text("ascii").splitlines():
        word, *rest = line.split()
        yield word, rest


class Channel:
    """The model's words for a channel, done by the services of both nodes."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.rows: dict[int, OutboxMessage] = {}
        self.unfit: set[int] = set()
        self.lies: dict[int, bytes] = {}
        self.lied: dict[int, SentMessage] = {}
        self.answers: dict[tuple[int, int], LinkAnswer] = {}
        self.effects = 0

    def write(self, number: int, unfit: int) -> None:
        queued = self.world.usa.commit(lambda: queue_message(self.world.usa, IND, "assurance", BODY))
        self.rows[number] = OutboxMessage.objects.get(id=queued)
        assert self.rows[number].sequence == number
        self.unfit |= {number} if unfit else set()

    def lie(self, number: int) -> None:
        identity = "msg_" + "a" * 24
        self.lies[number], digest = write_message(
            message_id=identity,
            sender=USA,
            recipient=IND,
            sequence=number,
            previous=self.rows[number - 1].digest if number > 1 else "",
            created=self.world.clock.moment + timedelta(days=1),
            kind="assurance",
            body=BODY,
            payload=None,
            key=node_key(USA),
        )
        self.lied[number] = SentMessage(identity, digest, number, None)

    def receive(self, number: int, version: int) -> LinkAnswer:
        envelope = self.lies[number] if version else bytes(self.rows[number].envelope)
        self.world.applied.refuse = Refused("not_wanted") if number in self.unfit else None
        return receive_message(self.world.ind, USA, envelope, self.world.to_ind.handlers)

    def take(self, number: int, version: int, verdict: str, told: int) -> None:
        answer = self.receive(number, version)
        if verdict == "new":
            assert answer.status == {RECEIPT: OK, REFUSAL: FINAL}[told]
            self.answers[number, version] = answer
            self.effects += told == RECEIPT
        elif verdict == "repeat":
            assert answer == self.answers[number, version], "the same bytes for ever"
        elif verdict == "gap":
            read = self.read(number, version, answer)
            assert isinstance(read, LinkRefusal)
            assert (answer.status, read.code, read.final, read.expected_sequence) == (
                NOT_NOW,
                "sequence_gap",
                False,
                told,
            )
        else:
            assert (verdict, answer.status) == ("contradiction", CONTRADICTED)
        assert Applied.count() == self.effects

    def trouble(self, number: int, version: int) -> None:
        self.world.applied.refuse = Unreachable("key_service")
        envelope = self.lies[number] if version else bytes(self.rows[number].envelope)
        assert receive_message(self.world.ind, USA, envelope, self.world.to_ind.handlers).status == NOT_NOW
        assert Applied.count() == self.effects

    def read(self, number: int, version: int, answer: LinkAnswer) -> Receipt | LinkRefusal:
        row = self.rows[number]
        sent = self.lied[number] if version else SentMessage(row.id, row.digest, row.sequence, None)
        return read_answer(answer.envelope, sent, trusted=[node_key(IND).public])

    def settle(self, number: int, kind: int) -> None:
        read = self.read(number, 0, self.answers[number, 0])
        assert isinstance(read, Receipt) if kind == RECEIPT else isinstance(read, LinkRefusal) and read.final


@pytest.mark.parametrize("path", sorted(TRACES.glob("receipts-*.txt")), ids=lambda path: path.stem)
def test_each_step_of_the_receipts_is_a_step_of_the_services(path: Path, world: World) -> None:
    channel = Channel(world)
    steps = 0
    for word, rest in read_trace(path):
        steps += 1
        match word:
            case "write":
                channel.write(*map(int, rest))
            case "lie":
                channel.lie(int(rest[0]))
            case "take":
                channel.take(int(rest[0]), int(rest[1]), rest[2], int(rest[3]))
            case "trouble":
                channel.trouble(*map(int, rest))
            case "settle":
                channel.settle(*map(int, rest))
            case _:
                assert word in {"kill", "heal"}, "neither leaves anything: a step is done whole or not at all"
    assert steps > 50


class ForkedLog:
    """A log of three entries with two branches that share the first ones."""

    def __init__(self, shared: int) -> None:
        self.branches = (Log(LOG), Log(LOG))
        for number, branch in enumerate(self.branches):
            branch.grow([leaf(at if at < shared else 100 * number + at) for at in range(LONGEST)])

    def request(self, old: int, size: int, branch: int, *, damaged: bool) -> bytes:
        """What the log asks, with the proof of this branch or another one."""
        reader = self.branches[branch].reader
        path = reader.consistency_path(old, size) if 0 < old <= size else []
        if damaged:
            path = [bytes([path[0][0] ^ 1]) + path[0][1:], *path[1:]] if path else [seed("no proof is due")]
        return write_request(
            old, path, signed_checkpoint(Checkpoint(LOG, size, reader.root(size)), log_keys(LOG), 1_800_000_000)
        )


@pytest.mark.parametrize("path", sorted(TRACES.glob("witnessing-*.txt")), ids=lambda path: path.stem)
def test_each_step_of_the_witnessing_is_a_step_of_the_witness(path: Path, tmp_path: Path) -> None:
    folder = tmp_path / "witness"
    init_witness(folder, "witness-usa.localhost/w")
    trust_log(folder, LOG, [key.verifier.vkey for key in log_keys(LOG)])
    door = WitnessDoor(folder, lambda: 1_800_000_000.0)
    log, asked = ForkedLog(0), 0
    for word, rest in read_trace(path):
        if word == "fork":
            log = ForkedLog(int(rest[0]))
        elif word == "kill":
            door.close()
            door = WitnessDoor(folder, lambda: 1_800_000_000.0)
        else:
            assert word == "ask"
            _, old, size, branch, damaged, status, latest = map(int, rest)
            answer = Client(door).post("/add-checkpoint", data=log.request(old, size, branch, damaged=bool(damaged)))
            assert answer.status_code == status, (rest, answer.data)
            assert status != CONFLICT or answer.data == b"%d\n" % latest
            cosigned = Client(door).get(f"/{sha256_hex(LOG.encode())}/checkpoint")
            assert (read_checkpoint(cosigned.data).size if cosigned.status_code == OK else 0) == latest
            asked += 1
    door.close()
    assert asked > 30


def records(bits: int) -> list[Record]:
    return [message(number + 1) for number in range(LONGEST) if bits & (1 << number)]


def bits_of(found: Sequence[Record]) -> int:
    return sum(1 << (cast("int", record["sequence"]) - 1) for record in found)


@pytest.mark.parametrize("path", sorted(TRACES.glob("reconciliation-*.txt")), ids=lambda path: path.stem)
def test_each_certificate_of_the_reconciliation_is_one_of_the_code(path: Path) -> None:
    declared, certified, cut = (0, 0), 0, 0
    for word, rest in read_trace(path):
        if word == "start":
            declared = (int(rest[0]), int(rest[1]))
        elif word == "certify":
            ours, theirs = run(records(declared[0]), records(declared[1]))
            assert (bits_of(ours.only_here), bits_of(theirs.only_here)) == (int(rest[0]), int(rest[1]))
            assert (ours.body["outcome"] == AGREE) is (int(rest[0]) == int(rest[1]) == 0)
            assert ours.body == theirs.body
            certified += 1
        else:
            assert word == "cut", "a run that is cut leaves nothing"
            cut += 1
    assert certified
    assert cut
