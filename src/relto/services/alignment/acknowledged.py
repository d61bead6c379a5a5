"""When each nation's node took a version: the own one as it recorded it, a partner's as its signed receipt says.

Both nodes know the same instant, to the second: the receiver's record of the message is what its receipt tells the
sender. Until the receipt came, the sender knows nothing of it, and says so.
"""

from __future__ import annotations

from collections.abc import Iterable

from relto.alignment.shared_record import Said
from relto.base.canonical import Json, canonical_bytes, read_object, sha256_hex
from relto.base.instants import Instant, read_instant
from relto.base.nations import Nation
from relto.exchange.messages import LARGEST_MESSAGE
from relto.services.house import House
from relto.signing.envelope import read_envelope
from relto.store.queries.proposals import ToldMessage, taken_here, told_at

_KEPT = 1024
_receipted: dict[tuple[str, str, Nation], Instant] = {}
"""What receipts said, by the own log, the version and the partner: a receipt never changes."""


def taken(house: House, version: Said, parties: Iterable[Nation]) -> dict[Nation, Instant]:
    """When the nodes of the nations other than the one that said it took this version, of those known to have it."""
    here = taken_here(version.digest)
    if here is None:
        return {}
    if version.nation != house.nation:
        return {house.nation: here.replace(microsecond=0)}
    found = {}
    for partner in parties:
        place = (house.ledger_origin, version.digest, partner)
        known = _receipted.get(place) if partner != house.nation else None
        if known is None and partner != house.nation:
            known = _receipt(partner, version.digest, here)
        if known is not None:
            found[partner] = known
            while len(_receipted) >= _KEPT:
                _receipted.pop(next(iter(_receipted)), None)
            _receipted[place] = known
    return found


def _receipt(partner: Nation, digest: str, made: Instant) -> Instant | None:
    for message in told_at(partner, made):
        if message.receipt and _tells(message, digest):
            return read_instant(_payload(message.receipt)["received_at"], field="received_at")
    return None


def _tells(message: ToldMessage, digest: str) -> bool:
    body = _payload(message.envelope)["body"]
    statement = body.get("statement") if isinstance(body, dict) else None
    if not isinstance(statement, dict):
        return False
    envelope = canonical_bytes(statement)
    return sha256_hex(read_envelope(envelope, max_bytes=LARGEST_MESSAGE).payload) == digest


def _payload(envelope: bytes) -> dict[str, Json]:
    return read_object(read_envelope(envelope, max_bytes=LARGEST_MESSAGE).payload)
