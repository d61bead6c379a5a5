"""Fields encrypted at rest (promise 1): names, titles, reasons, form bodies, messages.

AES-256-GCM, a fresh 96-bit nonce for each value, bound to its table and column; the key is the node's field key,
which `relto.node` unseals at start and hands over with `use_field_key`. The stored form is
version(1) || nonce(12) || ciphertext || tag(16).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import models

from relto.base.errors import Misconfigured, NotVerified

_VERSION = b"\x01"
_NONCE = 12
_KEY_BYTES = 32
_cipher: list[AESGCM] = []
_index_key: list[bytes] = []
_INDEX_LABEL = b"relto/blind-index/1"


def use_field_key(key: bytes) -> None:
    """Set the process's field key (32 bytes). Called once by the wiring of a node."""
    if len(key) != _KEY_BYTES:
        raise Misconfigured("field_key", field="field_key", found=len(key), expected="32 bytes")
    _cipher[:] = [AESGCM(key)]
    _index_key[:] = [hmac.new(key, _INDEX_LABEL, hashlib.sha256).digest()]


def _current() -> AESGCM:
    if not _cipher:
        raise Misconfigured("field_key", field="field_key", expected="a field key set before the store is used")
    return _cipher[0]


def seal_value(plain: bytes, place: bytes) -> bytes:
    """`plain` under the field key, bound to `place` (a table and column, or another name of where it is kept)."""
    nonce = os.urandom(_NONCE)
    return _VERSION + nonce + _current().encrypt(nonce, plain, place)


def open_value(stored: bytes, place: bytes) -> bytes:
    """What was sealed for this place. Raises NotVerified("field") when it was not sealed by this node for it."""
    if stored[:1] != _VERSION:
        raise NotVerified("field", expected="a value sealed under this node's key")
    try:
        return _current().decrypt(stored[1 : 1 + _NONCE], stored[1 + _NONCE :], place)
    except InvalidTag as error:
        raise NotVerified("field", expected="a value sealed under this node's key") from error


def blind_index(kind: str, code: str) -> str:
    """Lower-case hex HMAC-SHA-256 of a code under a key of its own, derived from the field key.

    Whoever has the database alone can neither read the codes from it nor try them. Raises Misconfigured.
    """
    _current()
    return hmac.new(_index_key[0], f"{kind}\n{code}".encode(), hashlib.sha256).hexdigest()


if TYPE_CHECKING:
    _BinaryField = models.BinaryField[Any, Any]
else:
    _BinaryField = models.BinaryField  # not subscriptable when it runs


class EncryptedBytes(_BinaryField):
    """Bytes, encrypted; cannot be searched or sorted."""

    def _place(self) -> bytes:
        return f"{self.model._meta.db_table}.{self.column}".encode()  # noqa: SLF001  Django's documented _meta API

    def get_prep_value(self, value: Any) -> Any:
        """Python value -> sealed bytes."""
        return None if value is None else seal_value(self._to_bytes(value), self._place())

    def from_db_value(self, value: Any, *_: Any) -> Any:
        """Sealed bytes -> Python value."""
        return None if value is None else self._from_bytes(open_value(bytes(value), self._place()))

    def to_python(self, value: Any) -> Any:
        """Values are given as they are used; serialised fixtures are not supported."""
        return value

    def _to_bytes(self, value: Any) -> bytes:
        return bytes(value)

    def _from_bytes(self, plain: bytes) -> Any:
        return plain


class EncryptedText(EncryptedBytes):
    """Text, encrypted."""

    def get_default(self) -> Any:
        """The empty text, where a binary field would say empty bytes."""
        given = super().get_default()
        return "" if given == b"" else given

    def _to_bytes(self, value: Any) -> bytes:
        return str(value).encode("utf-8")

    def _from_bytes(self, plain: bytes) -> Any:
        return plain.decode("utf-8")


class WrittenJson(bytes):
    """JSON that was written already, as canonical JSON is: it is kept as it is."""


class EncryptedJson(EncryptedBytes):
    """A JSON value, encrypted."""

    def _to_bytes(self, value: Any) -> bytes:
        if isinstance(value, WrittenJson):
            return bytes(value)
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode("utf-8")

    def _from_bytes(self, plain: bytes) -> Any:
        return json.loads(plain)
