"""What this node declares to a partner of one programme: its messages with what its registers hold of them, openings.

Promises: only what crossed this partner's channel about the programme's items, below the bounds of the run; an item
with no transfer there, another programme's or another partner's, is never in it. A record is made of the signed message
and, apart from it, of the rows of the registers, so that a register that was changed by hand differs. Only facts that
never change once their message is settled are in a record.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import cast

from relto.base.canonical import Json, canonical_bytes, read_object
from relto.base.instants import read_instant
from relto.base.nations import Nation
from relto.exchange.messages import LARGEST_MESSAGE
from relto.exchange.reconciled_records import MESSAGE, OPENING, Record, record_line
from relto.exchange.reconciliation_steps import Bounds, direction
from relto.ledger.leaves import LeafEvent, read_leaf
from relto.procedures import acceptance, release
from relto.sealing.registration import ManifestFingerprint
from relto.services.house import House
from relto.services.opening_message import fingerprint_digest
from relto.services.withdrawal_notices import DESTROYED, ORIGINATOR, RETURNED
from relto.signing.envelope import read_envelope
from relto.store.models import Arrival, InboxMessage, Item, LedgerEntry, Manifest, OutboxMessage, ReleaseCase
from relto.store.queries import reconciliations as stored
from relto.store.queries.channels import channel_state

RELEASE = "release"
ABOUT_RELEASES = (RELEASE, "acceptance", "withdrawal", "disposition")
ABOUT_ITEMS = ("third-party-request", "third-party-answer")
KINDS = (*ABOUT_RELEASES, *ABOUT_ITEMS)
DECLARED_EVENTS = (
    LeafEvent.TRANSFER_RECEIVED,
    LeafEvent.TRANSFER_RECEIPTED,
    LeafEvent.OPENING_PARTNER_GRANTED,
    LeafEvent.OPENING_SHARE_RECEIVED,
)
_DISPOSED = (DESTROYED, RETURNED)


@dataclass(frozen=True, slots=True)
class _Exchanged:
    """A settled message about an item. `about`: the release of the nation `releaser`, or "" for a third-party one."""

    sender: Nation
    recipient: Nation
    sequence: int
    id: str
    digest: str
    kind: str
    outcome: str
    stated: Mapping[str, Json]
    releaser: Nation
    about: str


@dataclass
class _Channel:
    """One partner's channel, read for one programme."""

    house: House
    partner: Nation
    programme: str
    releases: set[tuple[Nation, str]] = field(default_factory=set)
    items: set[str] = field(default_factory=set)

    def learn(self) -> None:
        """Which releases and items are the programme's: told by the release messages themselves, settled or not."""
        rows: Iterator[OutboxMessage | InboxMessage] = iter(())
        for sender, rows in (
            (self.house.nation, stored.sent(self.partner, [RELEASE], channel_state(self.partner, "out")[0])),
            (self.partner, stored.received(self.partner, [RELEASE], channel_state(self.partner, "in")[0])),
        ):
            for row in rows:
                body = _body(bytes(row.envelope))
                item = body.get("item")
                if isinstance(item, dict) and item.get("programme") == self.programme:
                    self.releases.add((sender, str(body.get("release"))))
                    self.items.add(str(item.get("uuid")))

    def messages(self, bounds: Bounds) -> Iterator[_Exchanged]:
        """Both directions below the bounds, about the programme's items."""
        own, partner = self.house.nation, self.partner
        for sent in stored.sent(partner, KINDS, bounds.below[direction(own, partner)]):
            outcome = "receipted" if sent.state == "receipted" else "refused"
            yield from self._about(own, partner, sent.id, sent, outcome)
        for came in stored.received(partner, KINDS, bounds.below[direction(partner, own)]):
            outcome = "receipted" if came.answer_status < _REFUSED else "refused"
            yield from self._about(partner, own, came.message, came, outcome)

    def _about(
        self, sender: Nation, recipient: Nation, message: str, row: OutboxMessage | InboxMessage, outcome: str
    ) -> Iterator[_Exchanged]:
        body = _body(bytes(row.envelope))
        stated = body if row.kind in {RELEASE, "third-party-request"} else _statement(body)
        about, releaser = "", sender
        if row.kind in ABOUT_RELEASES:
            about = str(stated.get("release"))
            by_releaser = row.kind == RELEASE or (row.kind == "withdrawal" and stated.get("by") == ORIGINATOR)
            releaser = sender if by_releaser else recipient
            if (releaser, about) not in self.releases:
                return
        elif str(stated.get("item")) not in self.items:
            return
        yield _Exchanged(
            sender, recipient, row.sequence, message, row.digest, row.kind, outcome, stated, releaser, about
        )

    def registers(self, batch: Sequence[_Exchanged]) -> list[Record]:
        """The records of a batch of messages, with what the registers hold of each."""
        own = {one.about for one in batch if one.releaser == self.house.nation}
        theirs = {one.about for one in batch if one.releaser == self.partner}
        cases, arrivals = stored.cases(self.partner, own), stored.arrivals(self.partner, theirs)
        as_sent = stored.listed_as_sent({row.item_id for row in cases.values()})
        numbers = stored.listed_numbers({row.control_number for row in arrivals.values() if row.control_number})
        found = []
        for one in batch:
            held: dict[str, Json] | None = None
            if one.outcome == "receipted" and not one.about:
                held = _third_party(one)
            elif one.outcome == "receipted" and one.releaser == self.house.nation:
                held = _of_case(one, cases.get(one.about), as_sent)
            elif one.outcome == "receipted":
                held = _of_arrival(one, arrivals.get(one.about), numbers)
            found.append(_record(one, held))
        return found


def declare(house: House, partner: Nation, programme: str, bounds: Bounds) -> list[bytes]:
    """The declaration of this node to the partner for these bounds, a line a record."""
    channel = _Channel(house, partner, programme)
    channel.learn()
    messages, found = channel.messages(bounds), list[bytes]()
    while batch := list(islice(messages, stored.BATCH)):
        found += map(record_line, channel.registers(batch))
    return found + [record_line(one) for one in _openings(house, partner, channel.items, bounds)]


_REFUSED = 400


def _body(envelope: bytes) -> dict[str, Json]:
    """The body of a message that was verified when it came, or signed here."""
    payload = read_envelope(envelope, max_bytes=LARGEST_MESSAGE).payload
    return cast("dict[str, Json]", read_object(payload, field="message", max_bytes=LARGEST_MESSAGE)["body"])


def _statement(body: Mapping[str, Json]) -> dict[str, Json]:
    """What the signed statement inside a body says; it was verified when it was taken."""
    envelope = canonical_bytes(cast("dict[str, Json]", body["statement"]))
    payload = read_envelope(envelope, max_bytes=len(envelope)).payload
    return read_object(payload, field="statement", max_bytes=len(payload))


def _record(one: _Exchanged, register: dict[str, Json] | None) -> Record:
    return {
        "type": MESSAGE,
        "from": one.sender,
        "to": one.recipient,
        "sequence": one.sequence,
        "id": one.id,
        "sha256": one.digest,
        "kind": one.kind,
        "outcome": one.outcome,
        "register": register,
    }


def _released(number: str, facility: str, mode: str, item: Item, manifest: Manifest) -> dict[str, Json]:
    """What both registers hold of one release."""
    return {
        "number": number,
        "facility": facility,
        "mode": mode,
        "item": item.uuid,
        "originator": item.originator,
        "programme": item.programme,
        "payload": item.payload_sha256,
        "policy": manifest.policy_uuid,
        "manifest": fingerprint_digest(ManifestFingerprint.from_dict(manifest.fingerprint)),
    }


def _of_case(one: _Exchanged, row: ReleaseCase | None, as_sent: frozenset[tuple[str, str]]) -> dict[str, Json] | None:
    """What the originator's register holds; None when it has no line."""
    if row is None or row.manifest is None:
        return None
    match one.kind:
        case "release":
            held = _released(row.number, row.facility, row.mode, row.item, row.manifest)
            return held if (row.item_id, row.facility) in as_sent else None
        case "acceptance":
            return {"control_number": row.control_number, "receipted": row.custody_at is not None}
        case "withdrawal":
            return {"withdrawn": row.state == release.WITHDRAWN}
        case _:
            return {"disposition": row.disposition if row.disposition in _DISPOSED else ""}


def _of_arrival(one: _Exchanged, row: Arrival | None, numbers: frozenset[str]) -> dict[str, Json] | None:
    """What the holder's register holds; None when it has no line."""
    if row is None:
        return None
    match one.kind:
        case "release":
            return _released(row.number, row.facility, row.mode, row.item, row.manifest)
        case "acceptance":
            listed = row.control_number if row.control_number in numbers else ""
            return {"control_number": listed, "receipted": row.decided_at is not None}
        case "withdrawal":
            return {"withdrawn": row.state == acceptance.WITHDRAWN}
        case _:
            return {"disposition": row.disposition if row.disposition in _DISPOSED else ""}


def _third_party(one: _Exchanged) -> dict[str, Json]:
    """What was asked and answered; both hold the message, and its state may change later."""
    named = ("request", "item", "nation", "recipient", "outcome")
    return {name: str(one.stated[name]) for name in named if name in one.stated}


def _openings(house: House, partner: Nation, items: set[str], bounds: Bounds) -> Iterator[Record]:
    """Shares that this node let go for the partner's people, and shares that came for its own."""
    failed = stored.failed_openings(partner, LeafEvent.OPENING_PARTNER_FAILED)
    for event, asker, supplier in (
        (LeafEvent.OPENING_PARTNER_GRANTED, partner, house.nation),
        (LeafEvent.OPENING_SHARE_RECEIVED, house.nation, partner),
    ):
        for row in stored.opening_entries(event, partner):
            made = _opening(row, asker, supplier)
            if made is None or made["item"] not in items or (supplier == house.nation and row.subject in failed):
                continue
            if read_instant(made["expires"], field="expires") < bounds.until:
                yield made


def _opening(row: LedgerEntry, asker: Nation, supplier: Nation) -> Record | None:
    """None for an entry of a node that did not yet write what names an opening on both nodes."""
    if "asked_under" not in row.details:
        return None
    return {
        "type": OPENING,
        "asker": asker,
        "supplier": supplier,
        "id": row.subject,
        "sha256": read_leaf(bytes(row.leaf)).links["request"],
        "item": row.details["uuid"],
        "decision": row.details["asked_under"],
        "expires": row.details["expires"],
    }
