"""The two small encodings that all C2SP texts share: decimals without leading zeros, and RFC 4648 section 4 base64.

Both are read strictly: one value has one spelling, so a changed character never passes as the same value.
"""

from __future__ import annotations

import base64
import binascii
import re

from relto.base.errors import MalformedInput

LARGEST_SIZE = 2**63 - 1
HASH_BYTES = 32
_DECIMAL = re.compile(r"\A(?:0|[1-9][0-9]{0,18})\Z")


def read_decimal(text: str, *, field: str) -> int:
    """A number from 0 to 2^63 - 1 in ASCII decimal. Raises MalformedInput naming `field`."""
    if not _DECIMAL.match(text) or (number := int(text)) > LARGEST_SIZE:
        raise MalformedInput("decimal", field=field, expected="an ASCII decimal up to 2^63 - 1 without leading zeros")
    return number


def base64_text(data: bytes) -> str:
    """Standard padded base64."""
    return base64.b64encode(data).decode("ascii")


def read_base64(text: str, *, field: str) -> bytes:
    """The bytes of a standard padded base64 text, in its one canonical spelling. Raises MalformedInput."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise MalformedInput("base64", field=field, expected="standard padded base64") from error
    if base64_text(data) != text:
        raise MalformedInput("base64", field=field, expected="standard padded base64 in canonical form")
    return data


def read_hash(text: str, *, field: str) -> bytes:
    """A base64 SHA-256 hash. Raises MalformedInput unless it is exactly 32 bytes."""
    data = read_base64(text, field=field)
    if len(data) != HASH_BYTES:
        raise MalformedInput("hash", field=field, found=len(data), expected="32 bytes")
    return data
