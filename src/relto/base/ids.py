"""Opaque identifiers: they tell nothing about what they name, and are made from random bytes that the caller gives."""

from __future__ import annotations

import base64
import re

from relto.base.errors import MalformedInput

RANDOM_BYTES = 15
_FORM = re.compile(r"\A[a-z]{2,5}_[a-z2-7]{24}\Z")
_CODE = re.compile(r"\A[A-Z0-9][A-Z0-9-]{1,63}\Z")


def opaque_id(prefix: str, random: bytes) -> str:
    """`itm_` + 24 base32 characters from 15 random bytes; `prefix` is two to five lower-case letters."""
    if len(random) != RANDOM_BYTES:
        raise MalformedInput("id.random", field="random", found=len(random), expected=f"{RANDOM_BYTES} bytes")
    return f"{prefix}_{base64.b32encode(random).decode('ascii').lower()}"


def read_id(text: object, prefix: str, *, field: str = "id") -> str:
    """`text` if it is an opaque id with this prefix. Raises MalformedInput naming `field`."""
    if not isinstance(text, str) or not _FORM.match(text) or not text.startswith(f"{prefix}_"):
        raise MalformedInput("id", field=field, expected=f"an id such as {prefix}_ and 24 letters or digits 2 to 7")
    return text


def read_code(text: object, *, field: str = "code") -> str:
    """A human-assigned code such as USA-F014 or MONSOON-LARK: capital letters, digits, hyphens, 2 to 64 characters."""
    if not isinstance(text, str) or not _CODE.match(text):
        raise MalformedInput("code", field=field, expected="capital letters, digits and hyphens, such as USA-F014")
    return text
