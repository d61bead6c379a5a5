"""What an answer of the partner does to the message that it answers: by the link and by courier alike.

Promises: a message is settled only by an answer that the partner's node signed over this message, once; receipts and
refusals are kept and entered in the ledger. An answer that contradicts what stands here already settles its message all
the same, so that nothing waits behind it: the state stays, and the contradiction is an entry and an alarm. An answer
that does not verify is an entry and an alarm once for each message.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from django.db import transaction

from relto.base.canonical import Json
from relto.base.errors import MalformedInput, Misconfigured, NotVerified, ReltoError, Unreachable
from relto.base.instants import Instant
from relto.base.nations import Nation
from relto.exchange.answers import LinkRefusal, Receipt, SentMessage, read_answer
from relto.ledger.leaves import LeafEvent
from relto.services.book import enter
from relto.services.house import House
from relto.services.leases import HeldLease, check_lease
from relto.signing.keys import StatementPublicKey
from relto.store.models import LedgerEntry, OutboxMessage

_LOG = logging.getLogger(__name__)
LONGEST_ERROR = 128


class Settled(Protocol):
    """What a kind of message does here once the partner has answered, inside the step that stores the answer."""

    def __call__(self, house: House, message_id: str, answer: Receipt | LinkRefusal, at: Instant) -> None:
        """Apply a receipt or a final refusal. Raises when it contradicts what stands here: nothing is then applied."""


@dataclass(frozen=True, slots=True)
class Settling:
    """What settles one partner's answers: its keys, the lease under which that is done, what each kind does."""

    house: House
    partner: Nation
    keys: tuple[StatementPublicKey, ...]
    lease: HeldLease
    settled: Mapping[str, Settled] = field(default_factory=dict)

    def read(self, message: OutboxMessage, envelope: bytes, *, claims_success: bool) -> Receipt | LinkRefusal:
        """The partner's verified answer; one that does not verify, or says OK without being one, raises an alarm."""
        sent = SentMessage(message.id, message.digest, message.sequence, message.payload_sha256 or None)
        try:
            return read_answer(envelope, sent, trusted=self.keys)
        except (NotVerified, MalformedInput) as error:
            if isinstance(error, NotVerified) or claims_success:
                code = error.full_code
                _LOG.error("answer.not_verified partner %s, message %s, %s", self.partner, message.id, code)
                self.house.commit(lambda: self._enter_unverified(message, code))
            raise

    def settle(self, message: OutboxMessage, told: Receipt | LinkRefusal, envelope: bytes) -> None:
        """Settle a message that waits, in the caller's step; nothing happens to one that is settled."""
        check_lease(self.lease)
        house = self.house
        row = OutboxMessage.objects.select_for_update().get(id=message.id)
        if row.state != "waiting":
            return
        at = house.now()
        receipted = isinstance(told, Receipt)
        row.state = "receipted" if receipted else "refused"
        row.receipt = envelope
        row.settled_at = at
        row.attempts += 1
        row.last_error = "" if isinstance(told, Receipt) else told.code[:LONGEST_ERROR]
        row.save(update_fields=["state", "receipt", "settled_at", "attempts", "last_error"])
        event = LeafEvent.TRANSFER_RECEIPTED if receipted else LeafEvent.TRANSFER_REFUSED
        self._enter(event, message, row.last_error, at)
        act = self.settled.get(message.kind)
        if act is None:
            return
        try:
            with transaction.atomic():
                act(house, message.id, told, at)
        except (Unreachable, Misconfigured):  # this node's own trouble: it is settled later
            raise
        except ReltoError as error:
            _LOG.error(
                "answer.contradicts partner %s, message %s, %s, state %s",
                self.partner,
                message.id,
                error.full_code,
                error.found,
            )
            self._enter(LeafEvent.TRANSFER_CONTRADICTED, message, error.full_code, at, state=error.found)

    def _enter_unverified(self, message: OutboxMessage, code: str) -> None:
        check_lease(self.lease)
        event = LeafEvent.TRANSFER_UNVERIFIED
        if not LedgerEntry.objects.filter(subject=message.id, event=event).exists():
            self._enter(event, message, code, self.house.now())

    def _enter(self, event: LeafEvent, message: OutboxMessage, code: str, at: Instant, **details: Json) -> None:
        enter(
            self.house,
            event,
            actor=self.partner,
            subject=message.id,
            details={"kind": message.kind, "sequence": message.sequence, "code": code, **details},
            links={"message_sha256": message.digest},
            at=at,
        )
