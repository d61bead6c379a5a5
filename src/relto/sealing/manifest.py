"""The manifest of a container: strict, bounded reading of what any OpenTDF client wrote (4.3.0 and legacy).

Rules enforced: no duplicate names, bounded size, depth and counts, non-negative integers; `isEncrypted` is true;
the split scheme over AES-256-GCM and nothing else; encrypted size = size + 28 in every row and for the defaults; a row
that omits its sizes has the defaults. Unknown members are ignored, as every client of the format does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from relto.base.canonical import Json, read_json
from relto.base.errors import MalformedInput, TooLarge, UnknownValue
from relto.sealing.encoding import (
    as_object,
    member_integer,
    member_list,
    member_object,
    member_text,
    read_base64,
    refuse_unspeakable,
)
from relto.sealing.integrity import HASH_BYTES, OVERHEAD, HashAlgorithm, Integrity, Segment, decode_hash
from relto.sealing.key_access import KeyAccess, read_key_access
from relto.sealing.payload import SealedPayload

SCHEMA_VERSION = "4.3.0"
MAX_MANIFEST = 10 * 1024 * 1024
MAX_KEY_ACCESS = 64
MAX_ASSERTIONS = 64
MAX_SEGMENTS = 131_072
MAX_SEGMENT_SIZE = 32 * 1024 * 1024
MAX_POLICY_TEXT = 176 * 1024
_VERSION = re.compile(r"\A(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?(?:-[0-9A-Za-z.-]{1,32})?\Z")
_FIRST_RAW_FORM = (4, 3, 0)
_KNOWN_MAJOR = 4


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest as read. `policy_text` is exact; `assertions` are the JSON objects exactly as parsed."""

    policy_text: str
    key_access: tuple[KeyAccess, ...]
    integrity: Integrity
    assertions: tuple[Mapping[str, Json], ...] = ()
    mime_type: str = "application/octet-stream"
    schema_version: str = SCHEMA_VERSION

    @property
    def legacy(self) -> bool:
        """True when hashes, root signature and assertion bindings follow the rules before 4.3.0."""
        return self.integrity.legacy


def parse_manifest(data: bytes) -> Manifest:
    """The manifest in `data`. Raises MalformedInput, TooLarge or UnknownValue, never anything else."""
    document = read_json(data, field="manifest", max_bytes=MAX_MANIFEST)
    refuse_unspeakable(document, field="manifest")
    top = as_object(document, field="manifest")
    version, legacy = _schema_version(top)
    payload = member_object(top, "payload", field="manifest")
    _demand(payload.get("isEncrypted") is True, "payload.is_encrypted", "payload.isEncrypted", "true")
    _demand(payload.get("type", "reference") == "reference", "payload.type", "payload.type", "reference")
    encryption = member_object(top, "encryptionInformation", field="manifest")
    _demand(encryption.get("type") == "split", "encryption.type", "encryptionInformation.type", "split")
    method = member_object(encryption, "method", field="encryptionInformation")
    _demand(method.get("algorithm") == "AES-256-GCM", "encryption.algorithm", "method.algorithm", "AES-256-GCM")
    policy_text = member_text(encryption, "policy", field="encryptionInformation", max_length=MAX_POLICY_TEXT)
    read_base64(policy_text, field="encryptionInformation.policy", max_bytes=MAX_POLICY_TEXT)
    key_access = member_list(
        encryption, "keyAccess", field="encryptionInformation", max_items=MAX_KEY_ACCESS, min_items=1
    )
    assertions = member_list(top, "assertions", field="manifest", max_items=MAX_ASSERTIONS)
    return Manifest(
        policy_text=policy_text,
        key_access=tuple(
            read_key_access(as_object(item, field="keyAccess"), field=f"keyAccess[{index}]")
            for index, item in enumerate(key_access)
        ),
        integrity=_read_integrity(
            member_object(encryption, "integrityInformation", field="encryptionInformation"), legacy=legacy
        ),
        assertions=tuple(as_object(item, field="assertions") for item in assertions),  # type: ignore[misc]
        mime_type=member_text(payload, "mimeType", field="payload", default="application/octet-stream", max_length=256),
        schema_version=version,
    )


def _demand(holds: bool, reason: str, field: str, expected: str) -> None:  # noqa: FBT001  a condition, not an option
    if not holds:
        raise UnknownValue(reason, field=field, expected=expected)


def _schema_version(top: Mapping[str, object]) -> tuple[str, bool]:
    """Version text and whether the legacy rules hold: absent, or below 4.3.0. An unknown major is refused."""
    written = member_text(top, "schemaVersion", field="manifest", default="", max_length=64)
    older_name = member_text(top, "tdf_spec_version", field="manifest", default="", max_length=64)
    if written and older_name and written != older_name:
        raise MalformedInput("schema_version", field="schemaVersion", expected="one version, not two")
    version = written or older_name
    if not version:
        return "", True
    found = _VERSION.match(version)
    if found is None or int(found[1]) > _KNOWN_MAJOR:
        raise UnknownValue("schema_version", field="schemaVersion", expected="4.x, or none for the legacy form")
    return version, (int(found[1]), int(found[2]), int(found[3] or 0)) < _FIRST_RAW_FORM


def _read_integrity(found: Mapping[str, object], *, legacy: bool) -> Integrity:
    field = "integrityInformation"
    algorithm = _hash_algorithm(member_text(found, "segmentHashAlg", field=field, max_length=16))
    rows = member_list(found, "segments", field=field, max_items=MAX_SEGMENTS)
    size = member_integer(found, "segmentSizeDefault", field=field, default=0, largest=MAX_SEGMENT_SIZE)
    encrypted = member_integer(
        found, "encryptedSegmentSizeDefault", field=field, default=0, largest=MAX_SEGMENT_SIZE + OVERHEAD
    )
    if (size or encrypted) and encrypted != size + OVERHEAD:
        expected = f"segmentSizeDefault + {OVERHEAD}"
        raise MalformedInput("segment_default", field=f"{field}.encryptedSegmentSizeDefault", expected=expected)
    root = member_object(found, "rootSignature", field=field)
    root_algorithm = member_text(root, "alg", field="rootSignature", max_length=16)
    # A GMAC root would be the last bytes of public data, without any key (reference, trap 1).
    _demand(root_algorithm == "HS256", "root_algorithm", "rootSignature.alg", "HS256")
    root_text = member_text(root, "sig", field="rootSignature", max_length=128)
    decode_hash(root_text, 32, legacy=legacy, field="rootSignature.sig")
    hash_size = HASH_BYTES[algorithm]
    segments = tuple(_read_row(as_object(row, field=f"{field}.segments"), size, encrypted) for row in rows)
    for segment in segments:
        decode_hash(segment.hash, hash_size, legacy=legacy, field=f"{field}.segments.hash")
    return Integrity(
        segments=segments,
        root_signature=root_text,
        segment_hash_algorithm=algorithm,
        legacy=legacy,
        segment_size_default=size,
        encrypted_segment_size_default=encrypted,
        root_algorithm=root_algorithm,
    )


def _hash_algorithm(text: str) -> HashAlgorithm:
    known: dict[str, HashAlgorithm] = {"GMAC": "GMAC", "HS256": "HS256"}
    algorithm = known.get(text.upper())
    if algorithm is None:
        raise UnknownValue("segment_hash_algorithm", field="segmentHashAlg", expected="GMAC or HS256")
    return algorithm


def _read_row(row: Mapping[str, object], size: int, encrypted: int) -> Segment:
    field = "integrityInformation.segments"
    segment = Segment(
        hash=member_text(row, "hash", field=field, max_length=128),
        segment_size=member_integer(row, "segmentSize", field=field, default=size, largest=MAX_SEGMENT_SIZE),
        encrypted_size=member_integer(
            row, "encryptedSegmentSize", field=field, default=encrypted, largest=MAX_SEGMENT_SIZE + OVERHEAD
        ),
    )
    if segment.encrypted_size != segment.segment_size + OVERHEAD:
        raise MalformedInput("segment_size", field=field, expected=f"encrypted size = size + {OVERHEAD}")
    return segment


def build_manifest(
    policy_text: str,
    key_access: Sequence[KeyAccess],
    sealed: SealedPayload | Integrity,
    assertions: Sequence[Mapping[str, Json]] = (),
    mime_type: str = "application/octet-stream",
) -> bytes:
    """Manifest bytes that every client of the format reads: both sizes in every row, `iv` present, no extra members.

    A legacy integrity table (a release over a legacy payload) is written in its own form: without a schema version.
    """
    integrity = sealed.integrity if isinstance(sealed, SealedPayload) else sealed
    document: dict[str, object] = {} if integrity.legacy else {"schemaVersion": SCHEMA_VERSION}
    document["encryptionInformation"] = {
        "type": "split",
        "policy": policy_text,
        "keyAccess": [item.as_json() for item in key_access],
        "method": {"algorithm": "AES-256-GCM", "isStreamable": True, "iv": ""},
        "integrityInformation": {
            "rootSignature": {"alg": integrity.root_algorithm, "sig": integrity.root_signature},
            "segmentHashAlg": integrity.segment_hash_algorithm,
            "segmentSizeDefault": integrity.segment_size_default,
            "encryptedSegmentSizeDefault": integrity.encrypted_segment_size_default,
            "segments": [
                {"hash": row.hash, "segmentSize": row.segment_size, "encryptedSegmentSize": row.encrypted_size}
                for row in integrity.segments
            ],
        },
    }
    document["payload"] = {
        "type": "reference",
        "url": "0.payload",
        "protocol": "zip",
        "mimeType": mime_type,
        "isEncrypted": True,
    }
    document["assertions"] = [dict(item) for item in assertions]
    data = json.dumps(document, separators=(",", ":"), ensure_ascii=True).encode("ascii")
    if len(data) > MAX_MANIFEST:
        raise TooLarge("manifest", field="manifest", found=len(data), expected=f"at most {MAX_MANIFEST} bytes")
    parse_manifest(data)
    return data
