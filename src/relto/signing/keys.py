"""Statement keys: one owner, two algorithms, one identity.

A statement key is an Ed25519 key (RFC 8032) and an ML-DSA-87 key (FIPS 204) that always act together: a signature is a
pair, and it verifies only when both halves do. A forger has to break the classical and the post-quantum algorithm.

The key's identity binds the owner to both halves, so a key cannot be re-attributed, nor one half exchanged, without
becoming another key: `key_id` = the first 16 bytes, in hex, of
SHA-256("relto-statement-key-v1" NUL, then owner, Ed25519 key and ML-DSA-87 key, each after its length in 4 bytes).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NoReturn, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA87PrivateKey, MLDSA87PublicKey

from relto.base.errors import MalformedInput, NotVerified

SEED_BYTES = 32
ED25519_PUBLIC_BYTES = 32
ED25519_SIGNATURE_BYTES = 64
ML_DSA_87_PUBLIC_BYTES = 2592
ML_DSA_87_SIGNATURE_BYTES = 4627

_KEY_ID_DOMAIN = b"relto-statement-key-v1\x00"
_KEY_ID_BYTES = 16
_OWNER = re.compile(r"\A[A-Za-z0-9][A-Za-z0-9:._/-]{0,127}\Z")
_MEMBERS = frozenset({"owner", "key_id", "ed25519", "ml_dsa_87"})


@dataclass(frozen=True)
class StatementPublicKey:
    """The public half of a statement key: raw Ed25519 (32 bytes) and ML-DSA-87 (2592 bytes) keys and their owner."""

    owner: str
    ed25519: bytes
    ml_dsa_87: bytes

    def __post_init__(self) -> None:
        """Raises MalformedInput when the owner's form or a key's length is wrong."""
        if not _OWNER.match(self.owner):
            raise MalformedInput("key.owner", field="owner", expected="1 to 128 letters, digits, and : . _ / -")
        _expect_length(self.ed25519, ED25519_PUBLIC_BYTES, "ed25519")
        _expect_length(self.ml_dsa_87, ML_DSA_87_PUBLIC_BYTES, "ml_dsa_87")

    @cached_property
    def key_id(self) -> str:
        """The key's identity: 32 lower-case hex digits that bind the owner and both public keys."""
        digest = hashlib.sha256(_KEY_ID_DOMAIN)
        for part in (self.owner.encode("ascii"), self.ed25519, self.ml_dsa_87):
            digest.update(len(part).to_bytes(4, "big"))
            digest.update(part)
        return digest.digest()[:_KEY_ID_BYTES].hex()

    def as_dict(self) -> dict[str, str]:
        """The key as JSON: owner, key_id, and both keys in base64 (RFC 4648 section 4)."""
        return {
            "owner": self.owner,
            "key_id": self.key_id,
            "ed25519": base64.b64encode(self.ed25519).decode("ascii"),
            "ml_dsa_87": base64.b64encode(self.ml_dsa_87).decode("ascii"),
        }

    @classmethod
    def from_dict(cls, value: object, *, field: str = "key") -> Self:
        """Read what `as_dict` wrote.

        Raises MalformedInput naming `field` for a wrong form, NotVerified when the stated key_id is not this key's.
        """
        if not isinstance(value, Mapping) or set(value) != _MEMBERS:
            raise MalformedInput("key", field=field, expected="an object with owner, key_id, ed25519, ml_dsa_87")
        owner = value["owner"]
        if not isinstance(owner, str):
            raise MalformedInput("key.owner", field=f"{field}.owner", expected="text")
        key = cls(
            owner,
            _base64_member(value["ed25519"], ED25519_PUBLIC_BYTES, f"{field}.ed25519"),
            _base64_member(value["ml_dsa_87"], ML_DSA_87_PUBLIC_BYTES, f"{field}.ml_dsa_87"),
        )
        if value["key_id"] != key.key_id:
            raise NotVerified("key_id", field=f"{field}.key_id", expected="the digest of owner and keys")
        return key

    def verify(self, message: bytes, ed25519_signature: bytes, ml_dsa_signature: bytes) -> None:
        """Raises NotVerified(reason "signature") unless BOTH signatures over `message` hold."""
        try:
            Ed25519PublicKey.from_public_bytes(self.ed25519).verify(ed25519_signature, message)
            MLDSA87PublicKey.from_public_bytes(self.ml_dsa_87).verify(ml_dsa_signature, message)
        except (InvalidSignature, ValueError) as error:
            raise NotVerified(
                "signature", field="signatures", key_id=self.key_id, expected="a signature of this key"
            ) from error


class StatementKey:
    """A private statement key. Its representation shows the owner and the key_id only, and it cannot be pickled."""

    __slots__ = ("_ed25519", "_ml_dsa_87", "owner", "public")

    def __init__(self, owner: str, ed25519: Ed25519PrivateKey, ml_dsa_87: MLDSA87PrivateKey) -> None:
        """Use `from_seeds`; this takes the primitives' own objects."""
        self._ed25519 = ed25519
        self._ml_dsa_87 = ml_dsa_87
        self.owner = owner
        self.public = StatementPublicKey(
            owner, ed25519.public_key().public_bytes_raw(), ml_dsa_87.public_key().public_bytes_raw()
        )

    @classmethod
    def from_seeds(cls, owner: str, ed25519_seed: bytes, ml_dsa_seed: bytes) -> Self:
        """The key that two independent random seeds of 32 bytes give. Raises MalformedInput for another length."""
        _expect_length(ed25519_seed, SEED_BYTES, "ed25519_seed")
        _expect_length(ml_dsa_seed, SEED_BYTES, "ml_dsa_seed")
        return cls(
            owner,
            Ed25519PrivateKey.from_private_bytes(ed25519_seed),
            MLDSA87PrivateKey.from_seed_bytes(ml_dsa_seed),
        )

    def sign(self, message: bytes) -> tuple[bytes, bytes]:
        """(Ed25519 signature, 64 bytes; ML-DSA-87 signature, 4627 bytes). The second differs on each call (hedged)."""
        return self._ed25519.sign(message), self._ml_dsa_87.sign(message)

    def seeds(self) -> bytes:
        """The 64 secret bytes to seal at rest: the Ed25519 seed, then the ML-DSA-87 seed."""
        return self._ed25519.private_bytes_raw() + self._ml_dsa_87.private_bytes_raw()

    def __repr__(self) -> str:
        return f"StatementKey(owner={self.owner!r}, key_id={self.public.key_id!r})"

    def __reduce__(self) -> NoReturn:
        """Refuse pickling: a private key leaves the process sealed, by `seeds`, or not at all."""
        raise TypeError("a statement key cannot be pickled")


def _expect_length(data: bytes, length: int, field: str) -> None:
    if len(data) != length:
        raise MalformedInput("key.length", field=field, found=len(data), expected=f"{length} bytes")


def _base64_member(text: object, length: int, field: str) -> bytes:
    """Strict base64 of exactly `length` bytes, and the one canonical spelling of it."""
    try:
        data = base64.b64decode(text, validate=True) if isinstance(text, str) else None
    except (binascii.Error, ValueError):
        data = None
    if data is None or len(data) != length or base64.b64encode(data).decode("ascii") != text:
        raise MalformedInput("key.base64", field=field, expected=f"base64 of {length} bytes")
    return data
