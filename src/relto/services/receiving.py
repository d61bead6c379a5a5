"""Take a message from a partner node: verified, processed exactly once, answered with the same bytes for ever.

Rules kept here (exchange rules 1 to 5):
 1. Only the partner's node key of the agreement bundle makes a message; its nation is the TLS peer's.
 2. What is already held is answered from the store, without processing, however old it is.
 3. A new message is processed in ONE step: what its kind does, the ledger entry, the channel's next number, and the
    signed answer. Nothing of it remains when any part fails.
 4. Processing that fails for good gives a signed final refusal, which consumes the number and is kept like a receipt;
    what may succeed later gives a signed retryable refusal, which leaves nothing.
 5. The payload is whole, durable and has its digest before the message that speaks of it is taken, and is held until
    the message is settled; a final refusal removes it unless an item refers to it.
 6. A sender that contradicts what it signed gets a signed refusal, and the contradiction is an entry in the ledger,
    once.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Protocol

from django.db import transaction

from relto.base.canonical import Json, sha256_hex
from relto.base.errors import (
    Conflict,
    MalformedInput,
    Misconfigured,
    NotAvailable,
    NotVerified,
    ReltoError,
    Unreachable,
)
from relto.base.instants import Instant
from relto.base.nations import Nation
from relto.exchange.answers import write_receipt, write_refusal
from relto.exchange.inbox import ChannelState, Contradiction, Gap, Repeat, Verdict, inbox_verdict
from relto.exchange.messages import LARGEST_MESSAGE, Message, PayloadFact, check_body, read_message
from relto.ledger.leaves import LeafEvent
from relto.ports.partners import LinkAnswer
from relto.ports.surroundings import HeldArrival, StoredBlob
from relto.services.active_bundle import active
from relto.services.book import enter
from relto.services.house import House
from relto.services.payloads import finished_payload, settle_payload
from relto.services.sending import IN, locked_channel
from relto.signing.envelope import read_envelope
from relto.signing.keys import StatementPublicKey
from relto.store.models import InboxMessage
from relto.store.queries.channels import channel_state, inbox_answer, inbox_known, note_contradiction

_LOG = logging.getLogger(__name__)
OK = 200
REFUSED = 422
CONTRADICTED = 409
NOT_NOW = 503
NOT_SIGNED = 403
MALFORMED = 400


class Handler(Protocol):
    """What a kind of message does, inside the step that takes it; raises when the message is refused."""

    def __call__(
        self,
        house: House,
        sender: Nation,
        body: dict[str, Json],
        message_id: str,
        payload: StoredBlob | None,
        *,
        at: Instant,
    ) -> None:
        """Apply the message. `payload` is the whole, verified arrival; `at` is the instant of the receipt."""


class _Later(Exception):
    """The message is not taken now; nothing of it remains, and it may come again."""

    def __init__(self, code: str, status: int = NOT_NOW, expected_sequence: int | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.status = status
        self.expected_sequence = expected_sequence


@dataclass(frozen=True, slots=True)
class _Arrived:
    """A verified message, ready for its step: `problem` is why it is refused for good, found before the step."""

    message: Message
    envelope: bytes
    payload: StoredBlob | None
    problem: ReltoError | None


def receive_message(house: House, partner: Nation, envelope: bytes, handlers: Mapping[str, Handler]) -> LinkAnswer:
    """The answer to a message from `partner`, the nation that the TLS peer's certificate proves.

    The answer is always signed: a technical receipt, or a refusal. Errors of this node itself are raised and answer
    nothing.
    """
    try:
        known = inbox_answer(partner, sha256_hex(read_envelope(envelope, max_bytes=LARGEST_MESSAGE).payload))
    except MalformedInput as error:
        return _refusal(house, None, MALFORMED, error.full_code)
    if known is not None:
        return LinkAnswer(*known)
    message: Message | None = None
    try:
        message = read_message(envelope, sender=partner, recipient=house.nation, trusted=_node_keys(house, partner))
        return _take(house, message, envelope, handlers)
    except _Later as later:
        return _refusal(house, message, later.status, later.code, later.expected_sequence)
    except NotVerified as error:
        return _refusal(house, None, NOT_SIGNED, error.full_code)
    except MalformedInput as error:
        return _refusal(house, None, MALFORMED, error.full_code)


def _node_keys(house: House, partner: Nation) -> tuple[StatementPublicKey, ...]:
    try:
        parties = active(house).parties
    except Conflict as error:
        raise _Later("no_agreement") from error
    if partner not in parties:
        raise _Later("no_agreement")
    return parties[partner].node_keys


def _refusal(
    house: House, message: Message | None, status: int, code: str, expected_sequence: int | None = None
) -> LinkAnswer:
    return LinkAnswer(
        status,
        write_refusal(message, code=code, final=False, key=house.node_key, expected_sequence=expected_sequence),
    )


def _take(house: House, message: Message, envelope: bytes, handlers: Mapping[str, Handler]) -> LinkAnswer:
    """Prepare outside the step what may take long, then process the message in its one step."""
    verdict = inbox_verdict(message, inbox_known(message.sender, message.id), _channel_state(message.sender))
    if isinstance(verdict, Repeat | Gap | Contradiction):
        return house.commit(lambda: _step(house, _Arrived(message, envelope, None, None), handlers))
    fact = message.payload
    with ExitStack() as until_settled:
        held = _held(house, fact, until_settled) if fact is not None else None
        problem: ReltoError | None = None
        payload: StoredBlob | None = None
        try:
            check_body(message)
            if fact is not None and held is not None:
                payload = _payload(house, fact, held)
        except (MalformedInput, NotVerified) as error:
            problem = error
        arrived = _Arrived(message, envelope, payload, problem)
        answer = house.commit(lambda: _step(house, arrived, handlers))
        if fact is not None and held is not None:
            settle_payload(held, fact.sha256, refused=answer.status == REFUSED)
        return answer


def _held(house: House, fact: PayloadFact, until_settled: ExitStack) -> HeldArrival:
    try:
        return until_settled.enter_context(house.blobs.arrival(fact.sha256))
    except (Conflict, Unreachable) as error:
        raise _Later(error.full_code) from error


def _payload(house: House, fact: PayloadFact, held: HeldArrival) -> StoredBlob:
    """The message's payload, whole and verified. Raises _Later while bytes are missing."""
    if house.blobs.partial_size(fact.sha256) < fact.size:
        raise _Later("payload_incomplete")
    try:
        blob = finished_payload(house.blobs, held)
    except NotVerified as error:  # what arrived is thrown away, and the sender sends it again
        raise _Later("payload_digest") from error
    except (NotAvailable, Unreachable) as error:
        raise _Later(error.full_code) from error
    if blob.size != fact.size:
        raise MalformedInput("message.payload_size", field="payload.size", found=fact.size, expected=str(blob.size))
    return blob


def _channel_state(partner: Nation) -> ChannelState:
    channel = channel_state(partner, IN)
    return ChannelState(*channel)


def _step(house: House, arrived: _Arrived, handlers: Mapping[str, Handler]) -> LinkAnswer:
    message = arrived.message
    channel = locked_channel(message.sender, IN)
    verdict = inbox_verdict(
        message,
        inbox_known(message.sender, message.id),
        ChannelState(channel.next_sequence, channel.last_digest),
    )
    settled = _settled_before(house, message, verdict)
    if settled is not None:
        return settled
    at = house.now()
    problem = arrived.problem or _apply(house, arrived, handlers, at)
    event = LeafEvent.TRANSFER_RECEIVED if problem is None else LeafEvent.TRANSFER_REFUSED
    entry = enter(
        house,
        event,
        actor=message.sender,
        subject=message.id,
        details={"kind": message.kind, "sequence": message.sequence, "code": problem.full_code if problem else ""},
        links={"message_sha256": message.digest},
        at=at,
    )
    if problem is None:
        status, answer = OK, write_receipt(message, received_at=at, entry=entry, key=house.node_key)
    else:
        status = REFUSED
        answer = write_refusal(message, code=problem.full_code, final=True, key=house.node_key)
    InboxMessage.objects.create(
        partner=message.sender,
        message=message.id,
        sequence=message.sequence,
        kind=message.kind,
        digest=message.digest,
        envelope=arrived.envelope,
        answer_status=status,
        answer=answer,
        received_at=at,
    )
    channel.next_sequence += 1
    channel.last_digest = message.digest
    channel.save(update_fields=["next_sequence", "last_digest"])
    return LinkAnswer(status, answer)


def _settled_before(house: House, message: Message, verdict: Verdict) -> LinkAnswer | None:
    """The answer when the message is not new; None when it is to be processed."""
    match verdict:
        case Repeat(status, answer):
            return LinkAnswer(status, answer)
        case Gap(expected):
            return _refusal(house, message, NOT_NOW, "sequence_gap", expected)
        case Contradiction(code):
            at = house.now()
            if note_contradiction(message.sender, message.digest, at):
                _LOG.warning("link.contradiction of %s: %s", message.sender, code)
                enter(
                    house,
                    LeafEvent.TRANSFER_REFUSED,
                    actor=message.sender,
                    subject=message.id,
                    details={"kind": message.kind, "sequence": message.sequence, "code": f"contradiction.{code}"},
                    links={"message_sha256": message.digest},
                    at=at,
                )
            return _refusal(house, message, CONTRADICTED, f"contradiction.{code}")
        case _:
            return None


def _apply(house: House, arrived: _Arrived, handlers: Mapping[str, Handler], at: Instant) -> ReltoError | None:
    """Let the kind's handler work in its own savepoint; the error with which it refused for good, or None."""
    message = arrived.message
    try:
        with transaction.atomic():
            handlers[message.kind](house, message.sender, message.body, message.id, arrived.payload, at=at)
    except (Unreachable, Misconfigured) as error:  # this node's own trouble: the sender may try again
        raise _Later(error.full_code) from error
    except ReltoError as error:
        return error
    return None
