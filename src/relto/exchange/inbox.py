"""What a receiver does with a message: decided from what it already holds, without any I/O (exchange rules 1, 2, 4, 5).

The order of the questions: Do I hold this id? With the same digest: the stored answer again, byte for byte, however
old. With another digest: a conflict, to be signed and raised as an alarm. Else its sequence number: the expected one
with the right previous digest is new; a later one is a gap, to be tried again after what is missing; an earlier one is
a number that another message has consumed. Age and clock play no part.
"""

from __future__ import annotations

from dataclasses import dataclass

from relto.exchange.messages import Message


@dataclass(frozen=True, slots=True)
class KnownMessage:
    """A message that was taken or finally refused before, with the answer it got."""

    id: str
    digest: str
    status: int
    answer: bytes


@dataclass(frozen=True, slots=True)
class ChannelState:
    """Where the channel from a sender stands: the sequence number awaited, the digest of the message before it."""

    expected_sequence: int
    last_digest: str


@dataclass(frozen=True, slots=True)
class New:
    """The awaited message: to be processed now."""


@dataclass(frozen=True, slots=True)
class Repeat:
    """Known: the same answer again."""

    status: int
    answer: bytes


@dataclass(frozen=True, slots=True)
class Contradiction:
    """The sender contradicts what it signed before, `code` says how: refused with an alarm, nothing consumed."""

    code: str


@dataclass(frozen=True, slots=True)
class Gap:
    """Something before it is missing; it may come again after that."""

    expected_sequence: int


Verdict = New | Repeat | Contradiction | Gap
OTHER_DIGEST = "other_digest"
SEQUENCE_TAKEN = "sequence_taken"
OTHER_PREVIOUS = "other_previous"


def inbox_verdict(message: Message, known: KnownMessage | None, channel: ChannelState) -> Verdict:
    """What to do with a verified message, given what is held under its id and where its channel stands."""
    if known is not None:
        if known.digest == message.digest:
            return Repeat(known.status, known.answer)
        return Contradiction(OTHER_DIGEST)
    if message.sequence > channel.expected_sequence:
        return Gap(channel.expected_sequence)
    if message.sequence < channel.expected_sequence:
        return Contradiction(SEQUENCE_TAKEN)
    if message.previous != channel.last_digest:
        return Contradiction(OTHER_PREVIOUS)
    return New()
