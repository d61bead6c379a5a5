"""What a partner may ask when it compares or recovers itself: how we stand with it, and what we exchanged with it.

Promises: the scope is the asking partner's own channel, nothing else; the statement is signed by this node, so a node
that may not act gives none; messages and answers are given as the bytes that were signed when they were exchanged.
"""

from __future__ import annotations

from collections.abc import Iterator

from relto.base.canonical import Json
from relto.base.errors import Conflict, NotAvailable
from relto.base.nations import Nation
from relto.exchange.standing import NodeStanding, check_nonce, write_standing
from relto.ports.partners import ExchangedMessage
from relto.services.active_bundle import active
from relto.services.house import House
from relto.services.sending import IN, OUT
from relto.store.models import CosignedLog
from relto.store.queries.channels import channel_state, first_unsettled, received_message, sent_message

_OK, _REFUSED = 200, 422


def standing_for(house: House, partner: Nation, nonce: str) -> bytes:
    """The signed statement of how `partner` stands with this node.

    Raises MalformedInput for the nonce, Conflict("no_agreement"), Unreachable while this node may not act.
    """
    check_nonce(nonce)
    party = active(house).parties.get(partner)
    if party is None:
        raise Conflict("no_agreement", field="from", expected="a party of the agreement in force")
    cosigned = CosignedLog.objects.filter(origin=party.log_origin).first()
    awaited, digest = channel_state(partner, IN)
    standing = NodeStanding(
        log_note=cosigned.note if cosigned else "",
        awaited=awaited,
        digest=digest,
        settled=first_unsettled(partner),
        next_sent=channel_state(partner, OUT)[0],
    )
    return write_standing(
        standing, sender=house.nation, recipient=partner, nonce=nonce, at=house.now(), key=house.node_key
    )


def message_to(partner: Nation, sequence: int) -> ExchangedMessage:
    """This node's message to `partner` with this number. Raises NotAvailable("message")."""
    row = sent_message(partner, sequence)
    if row is None:
        raise NotAvailable("message")
    answer = bytes(row.receipt) if row.receipt is not None else b""
    return ExchangedMessage(bytes(row.envelope), answer, _OK if row.state == "receipted" else _REFUSED)


def message_of(partner: Nation, sequence: int) -> ExchangedMessage:
    """The message of `partner` with this number, as it was taken here. Raises NotAvailable("message")."""
    row = received_message(partner, sequence)
    if row is None:
        raise NotAvailable("message")
    return ExchangedMessage(bytes(row.envelope), bytes(row.answer), row.answer_status)


def payload_to(house: House, partner: Nation, sequence: int, offset: int) -> tuple[int, Iterator[bytes]]:
    """(bytes that follow, the payload of the message to `partner` from `offset`). Raises NotAvailable("payload")."""
    row = sent_message(partner, sequence)
    if row is None or not row.payload_blob or not 0 <= offset <= row.payload_size:
        raise NotAvailable("payload")
    rest = row.payload_size - offset
    return rest, house.blobs.read_range(row.payload_blob, row.payload_offset + offset, rest)


def described(kind: str, sequence: int, message: str) -> dict[str, Json]:
    """A message as the list of a quarantine names it."""
    return {"sequence": sequence, "kind": kind, "message": message}
