"""The DSSE envelope (Dead Simple Signing Envelope, protocol and envelope version 1), read strictly and bounded.

{"payload": base64, "payloadType": text, "signatures": [{"keyid": text, "sig": base64}, ...]}

What is signed is the pre-authentication encoding (PAE), which binds the payload's type to its bytes. As DSSE demands, a
reader accepts standard and URL-safe base64 and ignores members it does not know; relto writes standard base64 only.
Each statement key leaves two entries, `<key_id>.ed25519` and `<key_id>.ml-dsa-87`, each an ordinary DSSE signature
over the same PAE, so that somebody else's DSSE verifier can check either of them.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from relto.base.canonical import canonical_bytes, read_object
from relto.base.errors import MalformedInput, TooLarge

MAX_SIGNATURES = 32
MAX_TEXT = 256
_MAX_SIGNATURE_BYTES = 16 * 1024
_URL_SAFE = str.maketrans("-_", "+/")


@dataclass(frozen=True)
class Signature:
    """One entry of an envelope: the key hint (never trusted by itself) and the signature's bytes."""

    key_hint: str
    value: bytes


@dataclass(frozen=True)
class Envelope:
    """A DSSE envelope, decoded; nothing in it has been verified."""

    payload: bytes
    payload_type: str
    signatures: tuple[Signature, ...]

    def signed_bytes(self) -> bytes:
        """The bytes that each signature covers."""
        return pre_authentication_encoding(self.payload_type, self.payload)

    def as_bytes(self) -> bytes:
        """The envelope as canonical JSON, signatures in the order of their key hints."""
        ordered = sorted(self.signatures, key=lambda entry: entry.key_hint)
        return canonical_bytes(
            {
                "payload": base64.b64encode(self.payload).decode("ascii"),
                "payloadType": self.payload_type,
                "signatures": [
                    {"keyid": entry.key_hint, "sig": base64.b64encode(entry.value).decode("ascii")} for entry in ordered
                ],
            }
        )


def pre_authentication_encoding(payload_type: str, payload: bytes) -> bytes:
    """PAE: "DSSEv1" SP length(type) SP type SP length(payload) SP payload, lengths in decimal bytes."""
    kind = payload_type.encode("utf-8")
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def read_envelope(data: bytes, *, max_bytes: int) -> Envelope:
    """Parse an envelope. Raises MalformedInput or TooLarge naming the member; verifies nothing."""
    members = read_object(data, field="envelope", max_bytes=max_bytes)
    payload_type = members.get("payloadType")
    if not isinstance(payload_type, str) or not 0 < len(payload_type) <= MAX_TEXT or not payload_type.isascii():
        raise MalformedInput("envelope", field="payloadType", expected="a media type")
    entries = members.get("signatures")
    if not isinstance(entries, list) or not entries:
        raise MalformedInput("envelope", field="signatures", expected="a list of at least one signature")
    if len(entries) > MAX_SIGNATURES:
        raise TooLarge("envelope", field="signatures", found=len(entries), expected=f"at most {MAX_SIGNATURES}")
    return Envelope(
        payload=_decoded(members.get("payload"), "payload", max_bytes),
        payload_type=payload_type,
        signatures=tuple(_read_signature(entry) for entry in entries),
    )


def _read_signature(entry: object) -> Signature:
    if not isinstance(entry, dict):
        raise MalformedInput("envelope", field="signatures", expected="objects with keyid and sig")
    hint = entry.get("keyid", "")  # DSSE: the hint is optional; an entry without it matches no known key
    if not isinstance(hint, str) or len(hint) > MAX_TEXT:
        raise MalformedInput("envelope", field="signatures.keyid", expected=f"text of at most {MAX_TEXT} characters")
    return Signature(hint, _decoded(entry.get("sig"), "signatures.sig", _MAX_SIGNATURE_BYTES))


def _decoded(text: object, field: str, max_bytes: int) -> bytes:
    standard = text.translate(_URL_SAFE) if isinstance(text, str) else ""
    try:
        data = base64.b64decode(standard, validate=True) if isinstance(text, str) else None
    except (binascii.Error, ValueError):
        data = None
    if data is None or base64.b64encode(data).decode("ascii") != standard:
        raise MalformedInput("envelope.base64", field=field, expected="base64, standard or URL-safe")
    if len(data) > max_bytes:
        raise TooLarge("envelope", field=field, found=len(data), expected=f"at most {max_bytes} bytes")
    return data
