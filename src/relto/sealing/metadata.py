"""Encrypted metadata of a key access object: a text sealed under its share, which key services pass by unread."""

from __future__ import annotations

import json
from collections.abc import Callable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from relto.base.canonical import read_object
from relto.base.errors import MalformedInput, NotVerified
from relto.sealing.encoding import base64_text, member_text, read_base64
from relto.sealing.integrity import NONCE_BYTES, check_payload_key

MAX_METADATA = 32 * 1024


def seal_metadata(text: str, share: bytes, random: Callable[[int], bytes]) -> str:
    """The `encryptedMetadata` member for this text; "" stays "". Raises MalformedInput above 32 KiB."""
    if not text:
        return ""
    plain = text.encode("utf-8")
    if len(plain) > MAX_METADATA:
        raise MalformedInput("metadata", field="metadata", found=len(plain), expected=f"at most {MAX_METADATA} bytes")
    nonce = random(NONCE_BYTES)
    sealed = nonce + AESGCM(check_payload_key(share)).encrypt(nonce, plain, None)
    document = {"ciphertext": base64_text(sealed), "iv": base64_text(nonce)}
    return base64_text(json.dumps(document, separators=(",", ":")).encode("ascii"))


def open_metadata(encrypted_metadata: str, share: bytes) -> str:
    """The text; "" when there is none. Raises MalformedInput, or NotVerified("metadata") if it is not authentic."""
    if not encrypted_metadata:
        return ""
    field = "encryptedMetadata"
    document = read_object(read_base64(encrypted_metadata, field=field), field=field)
    sealed = read_base64(member_text(document, "ciphertext", field=field), field=field)
    nonce = read_base64(member_text(document, "iv", field=field), field=field, max_bytes=64)
    if len(nonce) != NONCE_BYTES or sealed[:NONCE_BYTES] != nonce:
        raise MalformedInput("metadata.iv", field=field, expected="ciphertext that starts with its iv")
    try:
        return AESGCM(check_payload_key(share)).decrypt(nonce, sealed[NONCE_BYTES:], None).decode("utf-8")
    except (InvalidTag, UnicodeDecodeError) as error:
        raise NotVerified("metadata", field=field) from error
