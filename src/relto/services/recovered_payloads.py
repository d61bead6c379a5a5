"""Payloads that a restored node's database speaks of and its folder does not hold: fetched again, or listed.

Promises: what the partner sent it gives again, and only bytes with the digest of its message become the payload; what
was sealed here and is gone is listed by its blob's name, never invented.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from relto.base.errors import NotAvailable, NotVerified, ReltoError
from relto.exchange.messages import read_message
from relto.services.house import House
from relto.services.payloads import finished_payload
from relto.services.recovered_messages import PartnerRecords, fetch_payload
from relto.store.models import InboxMessage, Item, OutboxMessage

_ARRIVED = "sha256-"


def recover_payloads(house: House, partners: Sequence[PartnerRecords]) -> list[str]:
    """Fetch what can be fetched; the names of the payloads that stay missing. Raises nothing of the partner's."""
    return [name for name in _absent(house) if not _fetched(house, partners, name)]


def _absent(house: House) -> Iterator[str]:
    spoken = Item.objects.exclude(payload_blob="").values_list("payload_blob", flat=True)
    waiting = OutboxMessage.objects.filter(state="waiting").exclude(payload_blob="")
    names = {*spoken, *waiting.values_list("payload_blob", flat=True)}
    for name in sorted(names):
        try:
            house.blobs.open(name).close()
        except (NotAvailable, NotVerified):
            yield name


def _fetched(house: House, partners: Iterable[PartnerRecords], name: str) -> bool:
    if not name.startswith(_ARRIVED):
        return False
    for records in partners:
        for row in (
            InboxMessage.objects.filter(partner=records.nation, answer_status=200).order_by("sequence").iterator()
        ):
            try:
                message = read_message(
                    bytes(row.envelope),
                    sender=records.nation,
                    recipient=house.nation,
                    trusted=records.party.node_keys,
                )
                if message.payload is None or f"{_ARRIVED}{message.payload.sha256}" != name:
                    continue
                fetch_payload(house, records, message)
                with house.blobs.arrival(message.payload.sha256) as held:
                    finished_payload(house.blobs, held)
                    held.claim()
            except ReltoError:
                continue
            return True
    return False
