"""The ways between the two nodes and to the witnesses: they lose, double, repeat, delay and change what they carry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

from relto.base.errors import ReltoError, Unreachable
from relto.base.nations import Nation
from relto.ledger.notes import VerifierKey
from relto.ports.partners import ExchangedMessage, LinkAnswer
from relto.services.checkpoints import cosign_partner
from relto.services.partner_standing import message_of, message_to, standing_for
from relto.services.receiving import receive_message
from tests.support.power_cuts.faults import Fault, PowerCut, changed
from tests.support.power_cuts.nodes import Node
from tests.support.tampering.two_nodes import WitnessWay
from tests.unit.services_exchange.world import Applied, LoopLink, cosigner_keys

OF_A_MESSAGE = (
    Fault.REQUEST_LOST,
    Fault.ANSWER_LOST,
    Fault.DOUBLED,
    Fault.REPEATED_LATE,
    Fault.REQUEST_CHANGED,
    Fault.ANSWER_CHANGED,
    Fault.DELAYED,
    Fault.PARTITION,
)
OF_A_REQUEST = tuple(fault for fault in OF_A_MESSAGE if fault is not Fault.REPEATED_LATE)
OF_A_WITNESS = (
    Fault.WITNESS_AWAY,
    Fault.WITNESS_RESTARTED,
    Fault.WITNESS_ANSWER_LOST,
    Fault.WITNESS_ANSWER_CHANGED,
)
_FINAL = frozenset({200, 422})
_DELAY = timedelta(seconds=30)


@dataclass
class FaultyWay(LoopLink):
    """From one node to the other: messages, payloads, checkpoints to cosign, questions after a start."""

    asker: Node | None = None
    answerer: Node | None = None
    chance: Random = field(default_factory=Random)
    planned: Fault | None = None
    parted: int = 0
    old: list[bytes] = field(default_factory=list)
    given: dict[bytes, set[bytes]] = field(default_factory=dict)
    changed_answers: int = 0

    def nodes(self) -> tuple[Node, Node]:
        assert self.asker is not None
        assert self.answerer is not None
        return self.asker, self.answerer

    def _faulty(self, *possible: Fault) -> Fault | None:
        asker, _ = self.nodes()
        if self.parted:
            self.parted -= 1
            asker.counted.hit(Fault.PARTITION)
            raise Unreachable("partner")
        if self.planned not in possible:
            return None
        fault, self.planned = self.planned, None
        asker.counted.hit(fault)
        if fault is Fault.PARTITION:
            self.parted = self.chance.randrange(1, 4)
            raise Unreachable("partner")
        if fault is Fault.REQUEST_LOST:
            raise Unreachable("partner")
        return fault

    def _after(self, fault: Fault | None) -> None:
        asker, answerer = self.nodes()
        if fault is Fault.ANSWER_LOST:
            raise Unreachable("partner")
        if fault is Fault.DELAYED:
            for node in (asker, answerer):
                node.clock.moment += _DELAY

    def _received(self, envelope: bytes) -> LinkAnswer:
        """The other node takes it; when it falls down meanwhile it starts again, and nobody was answered."""
        _, answerer = self.nodes()
        try:
            with answerer.used():
                answerer.standing.require_own()
                answer = receive_message(answerer.house, self.sender, envelope, self.handlers)
        except PowerCut as cut:
            if cut.node is not answerer:
                raise
            answerer.start_again()
            raise Unreachable("partner") from None
        if answer.status in _FINAL:
            self.given.setdefault(envelope, set()).add(answer.envelope)
        return answer

    def send_message(self, envelope: bytes, *, payload_size: int = 0) -> LinkAnswer:
        del payload_size
        fault = self._faulty(*OF_A_MESSAGE)
        carried = changed(envelope, self.chance) if fault is Fault.REQUEST_CHANGED else envelope
        if fault is Fault.REPEATED_LATE and self.old:
            self._received(self.chance.choice(self.old))
        answer = self._received(carried)
        if fault is Fault.DOUBLED:
            answer = self._received(carried)
        self.old.append(envelope)
        self._after(fault)
        if fault is Fault.ANSWER_CHANGED:
            self.changed_answers += 1
            return LinkAnswer(answer.status, changed(answer.envelope, self.chance))
        return answer

    def payload_held(self, sha256: str) -> int:
        self._faulty(Fault.REQUEST_LOST, Fault.PARTITION)
        return self.nodes()[1].house.blobs.partial_size(sha256)

    def send_payload(self, sha256: str, size: int, offset: int, chunks: Iterator[bytes]) -> int:
        fault = self._faulty(*OF_A_REQUEST)
        _, answerer = self.nodes()
        carried = (
            (changed(one, self.chance)[: len(one)] for one in chunks) if fault is Fault.REQUEST_CHANGED else chunks
        )
        try:
            taken = answerer.house.blobs.append_partial(sha256, offset, _piecewise(carried), size)
        except PowerCut as cut:
            if cut.node is not answerer:
                raise
            answerer.start_again()
            raise Unreachable("partner") from None
        self._after(fault)
        return taken

    def add_checkpoint(self, body: bytes) -> tuple[int, bytes]:
        fault = self._faulty(*OF_A_REQUEST)
        asker, answerer = self.nodes()
        carried = changed(body, self.chance) if fault is Fault.REQUEST_CHANGED else body
        keys = cosigner_keys(f"{answerer.nation.lower()}.localhost/cosigner")
        try:
            with answerer.used():
                answer = cosign_partner(answerer.house, asker.nation, keys, asker.log, carried)
        except PowerCut as cut:
            if cut.node is not answerer:
                raise
            answerer.start_again()
            raise Unreachable("partner") from None
        except Unreachable:
            return 503, b""
        self._after(fault)
        return answer.status, changed(answer.body, self.chance) if fault is Fault.ANSWER_CHANGED else answer.body

    def standing(self, nonce: str) -> bytes:
        asker, answerer = self.nodes()
        with answerer.used():
            return standing_for(answerer.house, asker.nation, nonce)

    def message_from_us(self, sequence: int) -> ExchangedMessage | None:
        asker, answerer = self.nodes()
        with answerer.used():
            return message_of(asker.nation, sequence)

    def message_to_us(self, sequence: int) -> ExchangedMessage | None:
        asker, answerer = self.nodes()
        with answerer.used():
            return message_to(asker.nation, sequence)

    def payload_to_us(self, sequence: int, offset: int) -> Iterator[bytes]:
        raise AssertionError("no life asks for it")


def _piecewise(chunks: Iterator[bytes]) -> Iterator[bytes]:
    for chunk in chunks:
        for at in range(0, len(chunk), 4096):
            yield chunk[at : at + 4096]


def way_between(asker: Node, answerer: Node, applied: Applied, chance: Random) -> FaultyWay:
    """The way from one node to the other."""
    return FaultyWay(
        asker.nation, answerer.house, {"assurance": applied}, asker=asker, answerer=answerer, chance=chance
    )


@dataclass
class FaultyWitness:
    """The way to a witness that is sometimes away, starts again, or whose answer is lost or changed."""

    way: WitnessWay
    node: Node
    chance: Random
    planned: Fault | None = None

    @property
    def name(self) -> str:
        return self.way.name

    @property
    def verifiers(self) -> tuple[VerifierKey, ...]:
        return self.way.verifiers

    def add_checkpoint(self, body: bytes) -> tuple[int, bytes]:
        fault, self.planned = self.planned, None
        if fault is not None:
            self.node.counted.hit(fault)
        if fault is Fault.WITNESS_AWAY:
            raise Unreachable("witness")
        if fault is Fault.WITNESS_RESTARTED:
            self.way.door.close()
            self.way.reopen()
        status, answer = self.way.add_checkpoint(body)
        if fault is Fault.WITNESS_ANSWER_LOST:
            raise Unreachable("witness")
        return status, changed(answer, self.chance) if fault is Fault.WITNESS_ANSWER_CHANGED else answer

    def newest(self, origin: str) -> bytes | None:
        return self.way.newest(origin)


def nation(code: str) -> Nation:
    return Nation(code)


EXPECTED = (ReltoError, OSError)
