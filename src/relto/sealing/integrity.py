"""The integrity table of a payload: segment hashes and the root signature over them (OpenTDF spec, integrity).

Rules enforced: the root signature is HMAC-SHA256 and nothing else (a "GMAC" root would be unkeyed public bytes);
the legacy form (base64 of hex) or the 4.3.0 form (base64 of raw bytes) holds for segments and root alike, never mixed;
every hash has exactly the length its algorithm gives.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from relto.base.errors import MalformedInput, NotVerified, UnknownValue
from relto.sealing.encoding import base64_text, read_base64

PAYLOAD_KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
OVERHEAD = NONCE_BYTES + TAG_BYTES
ROOT_ALGORITHM = "HS256"
HashAlgorithm = Literal["GMAC", "HS256"]
HASH_BYTES: dict[HashAlgorithm, int] = {"GMAC": TAG_BYTES, "HS256": 32}
_LOWER_HEX = re.compile(r"\A[0-9a-f]*\Z")


@dataclass(frozen=True, slots=True)
class Segment:
    """One row of the table: its hash as written (base64 text), plaintext size and encrypted size in bytes."""

    hash: str
    segment_size: int
    encrypted_size: int


@dataclass(frozen=True, slots=True)
class Integrity:
    """The table and its root signature; `legacy` says which of the two encodings holds throughout."""

    segments: tuple[Segment, ...]
    root_signature: str
    segment_hash_algorithm: HashAlgorithm = "GMAC"
    legacy: bool = False
    segment_size_default: int = 2 * 1024 * 1024
    encrypted_segment_size_default: int = 2 * 1024 * 1024 + OVERHEAD
    root_algorithm: str = ROOT_ALGORITHM

    @property
    def plaintext_size(self) -> int:
        """Bytes of the document."""
        return sum(segment.segment_size for segment in self.segments)

    @property
    def encrypted_size(self) -> int:
        """Bytes of the payload entry."""
        return sum(segment.encrypted_size for segment in self.segments)


def check_payload_key(payload_key: bytes) -> bytes:
    """`payload_key` if it is exactly 32 bytes."""
    if len(payload_key) != PAYLOAD_KEY_BYTES:
        raise MalformedInput("payload_key", field="payload_key", found=len(payload_key), expected="32 bytes")
    return payload_key


def encode_hash(raw: bytes, *, legacy: bool) -> str:
    """A hash as the manifest carries it: base64 of the raw bytes, or in the legacy form of their hex text."""
    return base64_text(raw.hex().encode("ascii") if legacy else raw)


def decode_hash(text: str, size: int, *, legacy: bool, field: str) -> bytes:
    """The raw `size` bytes of a hash in its form. Raises MalformedInput."""
    data = read_base64(text, field=field, max_bytes=128)
    if legacy:
        digits = data.decode("latin-1")
        if len(digits) != 2 * size or not _LOWER_HEX.match(digits):
            raise MalformedInput("hash", field=field, expected=f"base64 of {2 * size} lower-case hex digits")
        return bytes.fromhex(digits)
    if len(data) != size:
        raise MalformedInput("hash", field=field, found=len(data), expected=f"base64 of {size} bytes")
    return data


def segment_hash(payload_key: bytes, algorithm: HashAlgorithm, encrypted: bytes | memoryview) -> bytes:
    """The raw hash of one encrypted segment: its GCM tag, or HMAC-SHA256 over all of it."""
    if algorithm == "GMAC":
        return bytes(encrypted[-TAG_BYTES:])
    return hmac.digest(payload_key, encrypted, "sha256")


def aggregate_hash(integrity: Integrity) -> bytes:
    """The concatenation the root signature and each assertion are bound to: raw bytes, or hex texts when legacy."""
    size = HASH_BYTES[integrity.segment_hash_algorithm]
    raw = (
        decode_hash(segment.hash, size, legacy=integrity.legacy, field="segments.hash")
        for segment in integrity.segments
    )
    if integrity.legacy:
        return b"".join(digest.hex().encode("ascii") for digest in raw)
    return b"".join(raw)


def sign_root(segment_hashes: Iterable[bytes], payload_key: bytes) -> str:
    """The root signature text of the 4.3.0 form over raw segment hashes in order."""
    signature = hmac.new(check_payload_key(payload_key), digestmod=hashlib.sha256)
    for raw in segment_hashes:
        signature.update(raw)
    return encode_hash(signature.digest(), legacy=False)


def verify_root(integrity: Integrity, payload_key: bytes) -> None:
    """Verify the root signature from the table alone, before any payload is read. Raises NotVerified("root")."""
    check_payload_key(payload_key)
    if integrity.root_algorithm != ROOT_ALGORITHM:
        raise UnknownValue("root_algorithm", field="rootSignature.alg", expected=ROOT_ALGORITHM)
    written = decode_hash(integrity.root_signature, 32, legacy=integrity.legacy, field="rootSignature.sig")
    expected = hmac.digest(payload_key, aggregate_hash(integrity), "sha256")
    if not hmac.compare_digest(written, expected):
        raise NotVerified("root", field="rootSignature", expected="the signature of this payload key over the segments")
