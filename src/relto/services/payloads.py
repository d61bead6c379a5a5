"""Payloads between their arrival and the message that speaks of them, and what the sweep removes of them.

Rules kept here:
 1. From the moment a payload is verified until its message is settled it is held: nobody else removes or claims it.
 2. What an item refers to is claimed. What came with a message that was refused for good, and no item refers to, is
    removed at once, blob and all.
 3. What nobody claimed within the limit's age is removed by the sweep, unless a courier bundle that is held waits for
    it; what a crash left unclaimed although an item refers to it is claimed by it.
 4. A payload's ZIP checksum is counted here, over the bytes that arrived; the sender's word is compared with it.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta

from relto.base.errors import Conflict, ReltoError
from relto.exchange.limits import ArrivalLimits
from relto.ports.surroundings import BlobStore, HeldArrival, StoredBlob
from relto.sealing.checksum import crc32
from relto.services.house import House
from relto.services.leases import take_lease
from relto.store.models import Item
from relto.store.queries.channels import forget_expired
from relto.store.queries.courier import wanted_payload

_LOG = logging.getLogger(__name__)
LEASE = "sweep"
# The clock may be set back by its tolerated skew: what was used once is remembered that much longer, and more.
_REMEMBERED_LONGER = timedelta(minutes=10)


def finished_payload(blobs: BlobStore, held: HeldArrival) -> StoredBlob:
    """The verified payload with its checksum. Raises what `HeldArrival.finish` raises."""
    blob = held.finish()
    if blob.crc32 is not None:
        return blob
    known = _item_of(blob.sha256)
    if known is not None:
        return replace(blob, crc32=known.payload_crc32)
    checksum = 0
    for chunk in blobs.read_range(blob.name, 0, blob.size):
        checksum = crc32(chunk, checksum)
    return replace(blob, crc32=checksum)


def settle_payload(held: HeldArrival, sha256: str, *, refused: bool) -> None:
    """After a message was settled: claim its payload, or remove it when the message was refused for good.

    A disk that fails here changes nothing for the sender: the sweep comes again.
    """
    try:
        if _item_of(sha256) is not None:
            held.claim()
        elif refused:
            held.remove()
    except ReltoError as error:
        _LOG.warning("payload.left to the sweep: %s", error.full_code)


def sweep(house: House, owner: str, limits: ArrivalLimits) -> int:
    """Remove what expired, crashed or may be forgotten; returns how much. One worker at a time does it."""
    if take_lease(house, LEASE, owner) is None:
        return 0
    forgotten = house.commit(lambda: forget_expired(house.now() - _REMEMBERED_LONGER))
    return _sweep_arrivals(house, limits) + house.blobs.remove_abandoned() + forgotten


def _sweep_arrivals(house: House, limits: ArrivalLimits) -> int:
    oldest = house.now() - limits.longest
    count = 0
    for found in house.blobs.unclaimed():
        claimed = _item_of(found.sha256) is not None
        if not claimed and (found.changed_at > oldest or wanted_payload(found.sha256)):
            continue
        try:
            with house.blobs.arrival(found.sha256) as held:
                if _item_of(found.sha256) is not None:
                    held.claim()
                else:
                    _LOG.warning("payload.unclaimed_removed %d bytes", found.size)
                    held.remove()
        except Conflict:  # somebody is at it: it is neither old nor left behind
            continue
        count += 1
    return count


def _item_of(sha256: str) -> Item | None:
    """The received item whose payload this is."""
    return Item.objects.filter(held_as="received", payload_sha256=sha256).first()
