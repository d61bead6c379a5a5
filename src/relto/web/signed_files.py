"""Whether a file was signed by the nations that it names: a receipt, a certificate, a dossier that was taken away.

Rules: only the keys of nodes and authorities in the agreement in force, and this node's own, are trusted; the file is
read by the strict readers, at most 4 MiB of it, and nothing of it is believed before its signatures hold; a certificate
of two registers needs the nodes of both nations. Nothing is looked up: the answer is the same whether this node knows
what the file is about or not, and nothing of it is kept. A key of an earlier agreement is one that is not trusted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from relto.base.canonical import canonical_bytes, read_object, sha256_hex
from relto.base.errors import MalformedInput, ReltoError
from relto.client.dossier_files import EXPORT, RECORD, verify_dossier_file
from relto.exchange.reconciliation_certificate import CERTIFICATE, read_certificate
from relto.services import active_bundle
from relto.services.house import House
from relto.signing.envelope import read_envelope
from relto.signing.keys import StatementPublicKey
from relto.signing.statements import read_statement

LARGEST: Final = 4 * 1024 * 1024
_LONGEST_KIND: Final = 64
_Trusted = Mapping[str, tuple[StatementPublicKey, ...]]


@dataclass(frozen=True, slots=True)
class SignedFile:
    """What a file is and whether it holds. `code`: why it does not; `owners`: whose keys signed; `digest`: of the file.

    `kind` is what the file says of itself, "" where it says nothing that can be read.
    """

    holds: bool
    kind: str
    digest: str
    owners: tuple[str, ...] = ()
    code: str = ""


def check_file(house: House, data: bytes) -> SignedFile:
    """Judge a file. Raises nothing for what is in it."""
    digest, kind = sha256_hex(data), ""
    try:
        value = read_object(data, field="file", max_bytes=LARGEST)
        kind, version = _stated(value)
        if not kind:
            payload = read_envelope(data, max_bytes=LARGEST).payload
            kind, version = _stated(read_object(payload, field="payload", max_bytes=LARGEST))
        if not kind:
            raise MalformedInput("signed_file", field="file", expected="a receipt, certificate or export of relto")
        owners = _owners(_trusted(house), data, value, kind, version)
    except ReltoError as error:
        return SignedFile(holds=False, kind=kind, digest=digest, code=error.full_code)
    return SignedFile(holds=True, kind=kind, digest=digest, owners=tuple(sorted(owners)))


def _stated(value: Mapping[str, Any]) -> tuple[str, int]:
    kind, version = value.get("type"), value.get("version")
    if isinstance(kind, str) and 0 < len(kind) <= _LONGEST_KIND and type(version) is int:
        return kind, version
    return "", 0


def _owners(trusted: _Trusted, data: bytes, value: Mapping[str, Any], kind: str, version: int) -> frozenset[str]:
    """Whose keys signed it. Raises ReltoError when it does not hold."""
    keys = [key for held in trusted.values() for key in held]
    if kind == CERTIFICATE:
        return read_certificate(data, trusted).owners
    if kind == EXPORT:
        verify_dossier_file(data, node_keys=keys)
        record = canonical_bytes(value["record"])
        return read_statement(record, kind=RECORD, versions=(1,), trusted=keys, max_bytes=LARGEST).owners
    return read_statement(data, kind=kind, versions=(version,), trusted=keys, max_bytes=LARGEST).owners


def _trusted(house: House) -> _Trusted:
    """By nation: the keys of its node and its authority in the agreement in force, and this node's own."""
    bundle = active_bundle.active_or_none(house, house.now())
    found = {} if bundle is None else {str(one): p.node_keys + p.authority_keys for one, p in bundle.parties.items()}
    own = str(house.nation)
    return found | {own: (house.node_key.public, *(key for key in found.get(own, ()) if key != house.node_key.public))}
