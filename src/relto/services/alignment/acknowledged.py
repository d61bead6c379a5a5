"""When each nation's node took a version: the own one as it recorded it, a partner's as its signed receipt says.

Both nodes know the same instant, to the second: the receiver's record of the message is what its receipt tells the
sender. Until the receipt came, the sender knows nothing of it, and says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

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


def taken(house: House, versions: Iterable[Said], parties: Iterable[Nation]) -> dict[str, Mapping[Nation, Instant]]:
    """When the nodes of the nations other than its speaker took each version, by its digest, of those known to have it.

    However many versions are asked about, the tables are asked a handful of times.
    """
    asked = {one.digest: one for one in versions}
    here = taken_here(asked) if asked else {}
    own = {digest: at for digest, at in here.items() if asked[digest].nation == house.nation}
    found: dict[str, dict[Nation, Instant]] = {digest: {} for digest in asked}
    for digest in here.keys() - own.keys():
        found[digest][house.nation] = here[digest].replace(microsecond=0)
    for partner in (one for one in parties if one != house.nation):
        places = {digest: (house.ledger_origin, digest, partner) for digest in own}
        missing = {digest: own[digest] for digest, place in places.items() if place not in _receipted}
        for digest, at in _receipts(partner, missing):
            while len(_receipted) >= _KEPT:
                _receipted.pop(next(iter(_receipted)), None)
            _receipted[places[digest]] = found[digest][partner] = at
        for digest in own.keys() - missing.keys():
            found[digest][partner] = _receipted[places[digest]]
    return {**found}


def _receipts(partner: Nation, made: Mapping[str, Instant]) -> Iterator[tuple[str, Instant]]:
    """(digest, when the partner's node says that it took it) of the versions made here at these instants."""
    told = told_at(partner, set(made.values()))
    for digest, at in made.items():
        for message in told.get(at, ()):
            if message.receipt and _tells(message, digest):
                yield digest, read_instant(_payload(message.receipt)["received_at"], field="received_at")
                break


def _tells(message: ToldMessage, digest: str) -> bool:
    body = _payload(message.envelope)["body"]
    statement = body.get("statement") if isinstance(body, dict) else None
    if not isinstance(statement, dict):
        return False
    envelope = canonical_bytes(statement)
    return sha256_hex(read_envelope(envelope, max_bytes=LARGEST_MESSAGE).payload) == digest


def _payload(envelope: bytes) -> dict[str, Json]:
    return read_object(read_envelope(envelope, max_bytes=LARGEST_MESSAGE).payload)
