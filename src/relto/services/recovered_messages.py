"""Take up both channels with a partner where they stood before this node was restored from an older copy.

Promises: only messages that this node signed, or answered with its signature, are taken; they are taken in the order of
their numbers, each in one step, linked by their digests; what this node answered then it answers again, byte for byte.
What a message did then is done again here when that is possible, and listed when it is not.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass

from django.db import transaction

from relto.base.canonical import Json
from relto.base.errors import NotVerified, ReltoError, Unreachable
from relto.base.nations import Nation
from relto.exchange.answers import LinkRefusal, Receipt, SentMessage, read_answer
from relto.exchange.messages import Message
from relto.ledger.leaves import LeafEvent
from relto.ports.partners import ComparableLink, ExchangedMessage
from relto.ports.surroundings import StoredBlob
from relto.rules.parties import Party
from relto.services.book import enter
from relto.services.comparing import answered_message, ask_standing, message_of_ours
from relto.services.house import House
from relto.services.payloads import finished_payload, settle_payload
from relto.services.receiving import Handler
from relto.services.sending import IN, OUT, locked_channel
from relto.store.models import InboxMessage, LedgerEntry, OutboxMessage
from relto.store.queries.channels import channel_state


@dataclass(frozen=True, slots=True)
class RecoveredMessage:
    """A message taken up again. `code`: why what it did could not be done again; "" when it was, or nothing was due."""

    partner: Nation
    direction: str
    sequence: int
    kind: str
    message: str
    code: str


@dataclass(frozen=True, slots=True)
class PartnerRecords:
    """A partner that still has what was lost here: the way to it, and its keys of the agreement."""

    nation: Nation
    party: Party
    link: ComparableLink


@dataclass(frozen=True, slots=True)
class _Answered:
    """A message of the partner with the answer that this node gave then."""

    message: Message
    shown: ExchangedMessage
    answer: Receipt | LinkRefusal


def recover_messages(house: House, records: PartnerRecords, handlers: Mapping[str, Handler]) -> list[RecoveredMessage]:
    """Take up both channels. Raises Unreachable, NotVerified when the partner shows something else."""
    told = ask_standing(house, records.link, records.nation, records.party)
    received = range(channel_state(records.nation, IN)[0], told.settled)
    sent = range(channel_state(records.nation, OUT)[0], told.awaited)
    found = [_receive_again(house, records, sequence, handlers) for sequence in received]
    found += [_readopt(house, records, sequence) for sequence in sent]
    return found


def _unproven(nation: Nation) -> Unreachable:
    return Unreachable("partner_unproven", field="partner", found=nation, expected="bytes that this node signed")


def _sent_as(message: Message) -> SentMessage:
    payload = message.payload.sha256 if message.payload else None
    return SentMessage(message.id, message.digest, message.sequence, payload)


def _require_next(message: Message, expected: int, previous: str) -> None:
    if message.sequence != expected or message.previous != previous:
        raise NotVerified("message.previous", field="previous", expected="the message that follows the last one held")


def _readopt(house: House, records: PartnerRecords, sequence: int) -> RecoveredMessage:
    """Our own message, which the partner took and this node does not know any more."""
    shown = records.link.message_from_us(sequence)
    message = message_of_ours(house, records.nation, sequence, shown)
    if shown is None or message is None:
        raise _unproven(records.nation)
    answer = read_answer(shown.answer, _sent_as(message), trusted=records.party.node_keys)
    if isinstance(answer, LinkRefusal) and not answer.final:
        raise _unproven(records.nation)

    def step() -> None:
        channel = locked_channel(records.nation, OUT)
        _require_next(message, channel.next_sequence, channel.last_digest)
        at = house.now()
        OutboxMessage.objects.create(
            id=message.id,
            partner=records.nation,
            sequence=message.sequence,
            kind=message.kind,
            envelope=shown.envelope,
            digest=message.digest,
            state="receipted" if isinstance(answer, Receipt) else "refused",
            run_after=at,
            last_error="" if isinstance(answer, Receipt) else answer.code[:128],
            receipt=shown.answer,
            created_at=message.created,
            settled_at=at,
        )
        settled = LeafEvent.TRANSFER_RECEIPTED if isinstance(answer, Receipt) else LeafEvent.TRANSFER_REFUSED
        _enter_unless_known(house, settled, message, records.nation)
        channel.next_sequence += 1
        channel.last_digest = message.digest
        channel.save(update_fields=["next_sequence", "last_digest"])

    house.commit(step)
    return RecoveredMessage(records.nation, OUT, message.sequence, message.kind, message.id, "")


def _receive_again(
    house: House, records: PartnerRecords, sequence: int, handlers: Mapping[str, Handler]
) -> RecoveredMessage:
    """The partner's message, which this node answered and does not know any more."""
    shown = records.link.message_to_us(sequence)
    message = answered_message(house, records.nation, records.party, sequence, shown)
    if shown is None or message is None:
        raise _unproven(records.nation)
    answer = read_answer(shown.answer, _sent_as(message), trusted=[house.node_key.public])
    with ExitStack() as until_settled:
        payload: StoredBlob | None = None
        held = None
        if message.payload is not None and isinstance(answer, Receipt):
            fetch_payload(house, records, message)
            held = until_settled.enter_context(house.blobs.arrival(message.payload.sha256))
            payload = finished_payload(house.blobs, held)
        code = house.commit(lambda: _take_again(house, _Answered(message, shown, answer), payload, handlers))
        if held is not None and message.payload is not None:
            settle_payload(held, message.payload.sha256, refused=bool(code))
    return RecoveredMessage(records.nation, IN, message.sequence, message.kind, message.id, code)


def _enter_unless_known(house: House, event: LeafEvent, message: Message, partner: Nation, *, code: str = "") -> None:
    """The entry of a message whose leaf no export held: it was lost before anybody cosigned it."""
    if not LedgerEntry.objects.filter(subject=message.id, event=event).exists():
        details: dict[str, Json] = {"kind": message.kind, "sequence": message.sequence, "code": code}
        links = {"message_sha256": message.digest}
        enter(house, event, actor=partner, subject=message.id, details=details, links=links)


def fetch_payload(house: House, records: PartnerRecords, message: Message) -> None:
    """Let the partner give the payload of its message again, from where it is held here on."""
    fact = message.payload
    while fact is not None and (held := house.blobs.partial_size(fact.sha256)) < fact.size:
        chunks = records.link.payload_to_us(message.sequence, held)
        if house.blobs.append_partial(fact.sha256, held, chunks, fact.size) <= held:
            raise Unreachable("payload", field="payload", found=held, expected="a partner that gives bytes")


def _take_again(house: House, was: _Answered, payload: StoredBlob | None, handlers: Mapping[str, Handler]) -> str:
    message, shown, answer = was.message, was.shown, was.answer
    channel = locked_channel(message.sender, IN)
    _require_next(message, channel.next_sequence, channel.last_digest)
    code = ""
    if isinstance(answer, Receipt):
        # The receipt names the entry that this node wrote then: its leaf keeps that name.
        _enter_unless_known(house, LeafEvent.TRANSFER_RECEIVED, message, message.sender)
        leaf = LedgerEntry.objects.filter(subject=message.id, event=LeafEvent.TRANSFER_RECEIVED).first()
        if leaf is not None and not LedgerEntry.objects.filter(entry=answer.entry).exists():
            leaf.entry = answer.entry
            leaf.save(update_fields=["entry"])
        try:
            with transaction.atomic():
                handlers[message.kind](house, message.sender, message.body, message.id, payload, at=house.now())
        except Unreachable:
            raise
        except ReltoError as error:
            code = error.full_code
    else:
        _enter_unless_known(house, LeafEvent.TRANSFER_REFUSED, message, message.sender, code=answer.code)
    InboxMessage.objects.create(
        partner=message.sender,
        message=message.id,
        sequence=message.sequence,
        kind=message.kind,
        digest=message.digest,
        envelope=shown.envelope,
        answer_status=200 if isinstance(answer, Receipt) else 422,
        answer=shown.answer,
        received_at=answer.received_at if isinstance(answer, Receipt) else house.now(),
    )
    channel.next_sequence += 1
    channel.last_digest = message.digest
    channel.save(update_fields=["next_sequence", "last_digest"])
    return code
