"""Two endpoints and a network that duplicates, reorders, delays and loses: each message has its effect
exactly once, in order, and the same message always gets the same receipt bytes.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from relto.base.nations import Nation
from relto.exchange.inbox import ChannelState, Contradiction, Gap, KnownMessage, New, Repeat, inbox_verdict
from relto.exchange.messages import Message

USA, IND = Nation("USA"), Nation("IND")


@dataclass
class Sender:
    """The outbox: messages in sequence order, and the receipts that settled them."""

    messages: list[Message] = field(default_factory=list)
    receipts: dict[str, bytes] = field(default_factory=dict)

    def write(self) -> Message:
        number = len(self.messages) + 1
        previous = self.messages[-1].digest if self.messages else ""
        digest = hashlib.sha256(f"{number}{previous}".encode()).hexdigest()
        message = Message(
            id=f"msg_{number}",
            sender=USA,
            recipient=IND,
            sequence=number,
            previous=previous,
            created=datetime(2026, 1, 1, tzinfo=UTC),
            kind="assurance",
            body={},
            payload=None,
            digest=digest,
        )
        self.messages.append(message)
        return message


@dataclass
class Receiver:
    """The inbox: what was settled, what it did, and how often it was made to answer."""

    settled: dict[str, KnownMessage] = field(default_factory=dict)
    expected: int = 1
    last_digest: str = ""
    effects: list[str] = field(default_factory=list)
    alarms: set[str] = field(default_factory=set)
    answers: int = 0

    def take(self, message: Message, *, crash: bool) -> bytes | None:
        """The receipt, or None when the message was not taken now. A crash happens before the step is durable."""
        self.answers += 1
        verdict = inbox_verdict(message, self.settled.get(message.id), ChannelState(self.expected, self.last_digest))
        match verdict:
            case Repeat(_, answer):
                return answer
            case Gap(expected):
                assert expected == self.expected
                return None
            case Contradiction(code):
                self.alarms.add(code)
                return None
            case New():
                if crash:
                    return None
                receipt = f"receipt {self.answers} of {message.id}".encode()  # other bytes at each signing
                self.effects.append(message.id)
                self.settled[message.id] = KnownMessage(message.id, message.digest, 200, receipt)
                self.expected += 1
                self.last_digest = message.digest
                return receipt


class Exchange(RuleBasedStateMachine):
    """Letters are copies on the way; nothing says in which order, how often, or whether they arrive."""

    letters = Bundle("letters")
    replies = Bundle("replies")

    def __init__(self) -> None:
        super().__init__()
        self.sender = Sender()
        self.receiver = Receiver()
        self.first_receipts: dict[str, bytes] = {}

    @rule(target=letters)
    def write(self) -> Message:
        return self.sender.write()

    @rule(target=letters, number=st.integers(0, 30))
    def resend(self, number: int) -> Message:
        waiting = [message for message in self.sender.messages if message.id not in self.sender.receipts]
        return waiting[number % len(waiting)] if waiting else self.sender.write()

    @rule(target=replies, letter=letters, crash=st.booleans())
    def deliver(self, letter: Message, crash: bool) -> tuple[str, bytes | None]:  # noqa: FBT001  drawn by hypothesis
        receipt = self.receiver.take(letter, crash=crash)
        if receipt is not None:
            assert self.first_receipts.setdefault(letter.id, receipt) == receipt
        return letter.id, receipt

    @rule(reply=replies)
    def answer_arrives(self, reply: tuple[str, bytes | None]) -> None:
        message, receipt = reply
        if receipt is not None:
            self.sender.receipts.setdefault(message, receipt)

    @rule(letter=letters, what=st.sampled_from(["digest", "id"]))
    def contradict(self, letter: Message, what: str) -> None:
        before = (list(self.receiver.effects), self.receiver.expected)
        if letter.sequence >= self.receiver.expected:
            return
        forged = replace(letter, digest="0" * 64) if what == "digest" else replace(letter, id="msg_other")
        assert self.receiver.take(forged, crash=False) is None
        assert self.receiver.alarms
        assert (self.receiver.effects, self.receiver.expected) == before

    @invariant()
    def each_effect_once_and_in_order(self) -> None:
        done = self.receiver.effects
        assert done == [message.id for message in self.sender.messages][: len(done)]

    @invariant()
    def nothing_acknowledged_is_missing(self) -> None:
        assert set(self.sender.receipts) <= set(self.receiver.effects)

    def teardown(self) -> None:
        """When the network heals, everything arrives, and a resent message of any age is answered as before."""
        for message in self.sender.messages:
            receipt = self.receiver.take(message, crash=False)
            assert receipt is not None
            assert self.first_receipts.setdefault(message.id, receipt) == receipt
        assert self.receiver.effects == [message.id for message in self.sender.messages]


TestExchange = Exchange.TestCase
TestExchange.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
