"""A custodian's keys: one that opens her pieces, one that signs what she took part in; both under her passphrase.

The recovery key is P-384 with ML-KEM-1024 (`sealing.hybrid`), the statement key Ed25519 with ML-DSA-87. Who holds them
is a number among a nation's custodians ("custodian 2, USA"), never a person's name: the forms have no place for one.
The key file is JSON: AES-256-GCM under a key that scrypt (RFC 7914; n 2^17, r 8, p 1) makes of the passphrase in
Unicode NFC, with everything that is not secret as additional data. A wrong passphrase and a changed file look the same.
"""

from __future__ import annotations

import base64
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from relto.base.canonical import Json, canonical_bytes, read_object
from relto.base.errors import MalformedInput, NotVerified, TooLarge
from relto.base.nations import Nation, read_nation
from relto.sealing.encoding import base64_text, member_integer, member_object, member_text, read_base64
from relto.sealing.hybrid import HybridPrivateKey
from relto.sealing.keys import key_algorithm, key_fingerprint, load_private_key, public_key_of
from relto.sealing.recovery_assertion import CUSTODIAN_ALGORITHM
from relto.sealing.recovery_pieces import MOST_CUSTODIANS
from relto.signing.keys import StatementKey, StatementPublicKey

PUBLIC_TYPE = "relto-custodian"
PRIVATE_TYPE = "relto-custodian-key"
LARGEST_FILE = 64 * 1024
SALT_BYTES = 16
NONCE_BYTES = 12
SEED_BYTES = 32
LEAST_PASSPHRASE = 12
COST = 2**17
_LONGEST_PASSPHRASE = 1024
_LEAST_COST, _MOST_COST = 2**10, 2**20
_BLOCK_SIZE, _PARALLEL = 8, 1
_KID_DIGITS = 32
_FIELD = "key file"


@dataclass(frozen=True, slots=True)
class CustodianPublicKey:
    """What the agreement bundle says of a custodian; `kid` is made of the recovery key, so it cannot be lent."""

    nation: Nation
    number: int
    kid: str
    pem: str
    statement_key: StatementPublicKey

    def as_dict(self) -> dict[str, Json]:
        """The member of `custodians.keys` in the bundle's parties.json."""
        return {
            "number": self.number,
            "kid": self.kid,
            "algorithm": CUSTODIAN_ALGORITHM,
            "pem": self.pem,
            "statement_key": dict[str, Json](self.statement_key.as_dict()),
        }

    def as_file(self) -> bytes:
        """The public file that goes to the authority, which puts it into the agreement."""
        return canonical_bytes({"type": PUBLIC_TYPE, "version": 1, "nation": self.nation, **self.as_dict()})

    @classmethod
    def from_dict(cls, nation: Nation, value: Mapping[str, object], *, field: str) -> Self:
        """Read and check `as_dict`. Raises MalformedInput or NotVerified when a kid or an owner is not the key's."""
        number = member_integer(value, "number", field=field, largest=MOST_CUSTODIANS)
        pem = member_text(value, "pem", field=field, max_length=16 * 1024)
        if value.get("algorithm") != CUSTODIAN_ALGORITHM or key_algorithm(pem) != CUSTODIAN_ALGORITHM:
            raise MalformedInput("custodians.algorithm", field=f"{field}.algorithm", expected=CUSTODIAN_ALGORITHM)
        if number < 1:
            raise MalformedInput("custodians.number", field=f"{field}.number", found=number, expected="1 or more")
        statement_key = StatementPublicKey.from_dict(value.get("statement_key"), field=f"{field}.statement_key")
        if statement_key.owner != custodian_owner(nation, number):
            expected = custodian_owner(nation, number)
            raise NotVerified("custodians.owner", field=f"{field}.statement_key.owner", expected=expected)
        if value.get("kid") != kid_of(pem):
            raise NotVerified("custodians.kid", field=f"{field}.kid", expected="the digest of the key itself")
        return cls(nation, number, kid_of(pem), pem, statement_key)


def kid_of(pem: str) -> str:
    """The identity of a recovery key: 32 hex digits of the SHA-256 of its public PEM."""
    return key_fingerprint(pem)[:_KID_DIGITS]


def custodian_owner(nation: str, number: int) -> str:
    """The owner of a custodian's statement key, such as USA/custodian-2."""
    return f"{nation}/custodian-{number}"


def read_public_file(data: bytes, *, field: str = "custodian") -> CustodianPublicKey:
    """A custodian's public file. Raises MalformedInput, TooLarge or NotVerified naming `field`."""
    content = read_object(data, field=field, max_bytes=LARGEST_FILE)
    if content.get("type") != PUBLIC_TYPE or content.get("version") != 1:
        raise MalformedInput("custodian_file", field=field, expected="a file made by relto custodians make-key")
    nation = read_nation(content.get("nation"), field=f"{field}.nation")
    return CustodianPublicKey.from_dict(nation, content, field=field)


@dataclass(frozen=True, slots=True)
class CustodianKey:
    """A custodian's opened keys, in this process's memory only."""

    public: CustodianPublicKey
    recovery_key: HybridPrivateKey = field(repr=False)
    statement_key: StatementKey = field(repr=False)

    @classmethod
    def make(cls, nation: Nation, number: int, seeds: bytes) -> Self:
        """New keys; `seeds`: 64 random bytes for the statement key. The recovery key is the library's own making."""
        return cls.of(nation, number, HybridPrivateKey.generate(CUSTODIAN_ALGORITHM), seeds)

    @classmethod
    def of(cls, nation: Nation, number: int, recovery_key: HybridPrivateKey, seeds: bytes) -> Self:
        """The keys of these secrets. Raises MalformedInput for a number or seeds out of bounds."""
        if not 1 <= number <= MOST_CUSTODIANS:
            raise MalformedInput("custodians.number", field="number", found=number, expected=f"1 to {MOST_CUSTODIANS}")
        if len(seeds) != 2 * SEED_BYTES:
            raise MalformedInput("key.length", field="seeds", found=len(seeds), expected=f"{2 * SEED_BYTES} bytes")
        statement_key = StatementKey.from_seeds(custodian_owner(nation, number), seeds[:SEED_BYTES], seeds[SEED_BYTES:])
        pem = public_key_of(recovery_key)
        public = CustodianPublicKey(nation, number, kid_of(pem), pem, statement_key.public)
        return cls(public, recovery_key, statement_key)


def seal_key_file(key: CustodianKey, passphrase: str, *, salt: bytes, nonce: bytes, cost: int = COST) -> bytes:
    """The key file under a passphrase of at least 12 characters. Raises MalformedInput("passphrase")."""
    if not LEAST_PASSPHRASE <= len(passphrase) <= _LONGEST_PASSPHRASE:
        expected = f"{LEAST_PASSPHRASE} to {_LONGEST_PASSPHRASE} characters"
        raise MalformedInput("passphrase", field="passphrase", expected=expected)
    head: dict[str, Json] = {
        "type": PRIVATE_TYPE,
        "version": 1,
        "nation": key.public.nation,
        "number": key.public.number,
        "kid": key.public.kid,
        "scrypt": {"n": cost, "r": _BLOCK_SIZE, "p": _PARALLEL, "salt": base64_text(salt)},
    }
    inside = canonical_bytes(
        {"recovery_key": key.recovery_key.pem(), "statement_seeds": base64_text(key.statement_key.seeds())}
    )
    sealed = AESGCM(_derived(passphrase, salt, cost)).encrypt(nonce, inside, canonical_bytes(head))
    return canonical_bytes({**head, "sealed": base64_text(nonce + sealed)})


def open_key_file(data: bytes, passphrase: str, *, field: str = _FIELD) -> CustodianKey:
    """The keys in a key file. Raises MalformedInput or TooLarge, NotVerified("passphrase") when it does not open."""
    head = dict(read_key_head(data, field=field))
    sealed = read_base64(member_text(head, "sealed", field=field), field=f"{field}.sealed")
    del head["sealed"]
    settings = member_object(head, "scrypt", field=field)
    salt = read_base64(member_text(settings, "salt", field=field, max_length=64), field=f"{field}.salt", max_bytes=32)
    cost = member_integer(settings, "n", field=field, largest=_MOST_COST)
    if cost < _LEAST_COST or cost & (cost - 1) or (settings.get("r"), settings.get("p")) != (_BLOCK_SIZE, _PARALLEL):
        raise MalformedInput("custodian_file", field=f"{field}.scrypt", expected="n a power of two, r 8, p 1")
    try:
        cipher = AESGCM(_derived(passphrase, salt, cost))
        inside = cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], canonical_bytes(head))
    except (InvalidTag, ValueError) as error:
        raise NotVerified("passphrase", field=field, expected="the passphrase of this key file") from error
    return _opened(head, read_object(inside, field=field), field)


def _opened(head: Mapping[str, Json], inside: Mapping[str, Json], field: str) -> CustodianKey:
    recovery_key = load_private_key(member_text(inside, "recovery_key", field=field, max_length=16 * 1024))
    seeds = base64.b64decode(member_text(inside, "statement_seeds", field=field, max_length=256))
    if not isinstance(recovery_key, HybridPrivateKey):
        raise MalformedInput("custodians.algorithm", field=field, expected=CUSTODIAN_ALGORITHM)
    nation = read_nation(head.get("nation"), field=f"{field}.nation")
    number = member_integer(head, "number", field=field, largest=MOST_CUSTODIANS)
    key = CustodianKey.of(nation, number, recovery_key, seeds)
    if key.public.kid != head.get("kid"):
        raise NotVerified("custodians.kid", field=f"{field}.kid", expected="the digest of the key itself")
    return key


def read_key_head(data: bytes, *, field: str = _FIELD) -> dict[str, Json]:
    """Whose key file this is, before any passphrase: nothing of it is proved. Raises MalformedInput, TooLarge."""
    if len(data) > LARGEST_FILE:
        raise TooLarge("custodian_file", field=field, expected=f"at most {LARGEST_FILE} bytes")
    content = read_object(data, field=field, max_bytes=LARGEST_FILE)
    if content.get("type") != PRIVATE_TYPE or content.get("version") != 1:
        raise MalformedInput("custodian_file", field=field, expected="a file made by relto custodians make-key")
    return content


def _derived(passphrase: str, salt: bytes, cost: int) -> bytes:
    plain = unicodedata.normalize("NFC", passphrase).encode("utf-8", "surrogatepass")
    return Scrypt(salt=salt, length=32, n=cost, r=_BLOCK_SIZE, p=_PARALLEL).derive(plain)
