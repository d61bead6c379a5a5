"""Composite KEM keys, P-256 with ML-KEM-768 and P-384 with ML-KEM-1024 (draft-ietf-lamps-pq-composite-kem-14).

The shared key is SHA3-256(ML-KEM secret || ECDH secret || ephemeral point || recipient point || label): an adversary
must break both parts. This is neither HPKE's nor TLS's combination of the same primitives.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from typing import Literal

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, mlkem
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)

from relto.base.errors import MalformedInput
from relto.sealing import der

HybridAlgorithm = Literal["hpqt:secp256r1-mlkem768", "hpqt:secp384r1-mlkem1024"]
MlKemPrivateKey = mlkem.MLKEM768PrivateKey | mlkem.MLKEM1024PrivateKey
MlKemPublicKey = mlkem.MLKEM768PublicKey | mlkem.MLKEM1024PublicKey
SEED_BYTES = 64
# id-XWing, 1.3.6.1.4.1.62253.25722: recognised so that it is refused by name.
X_WING = bytes.fromhex("060b2b0601040183e62d81c87a")
MAX_PEM = 16 * 1024


@dataclass(frozen=True, slots=True)
class Composite:
    """The fixed numbers of one composite: its object identifier (DER), label and part sizes in bytes."""

    name: HybridAlgorithm
    identifier: bytes
    label: bytes
    curve: type[ec.SECP256R1 | ec.SECP384R1]
    kem_private: type[mlkem.MLKEM768PrivateKey | mlkem.MLKEM1024PrivateKey]
    kem_public: type[mlkem.MLKEM768PublicKey | mlkem.MLKEM1024PublicKey]
    kem_public_bytes: int
    kem_ciphertext_bytes: int


COMPOSITES: tuple[Composite, ...] = (
    Composite(
        "hpqt:secp256r1-mlkem768",
        bytes.fromhex("06082b0601050507063b"),
        b"MLKEM768-P256",
        ec.SECP256R1,
        mlkem.MLKEM768PrivateKey,
        mlkem.MLKEM768PublicKey,
        1184,
        1088,
    ),
    Composite(
        "hpqt:secp384r1-mlkem1024",
        bytes.fromhex("06082b0601050507063f"),
        b"MLKEM1024-P384",
        ec.SECP384R1,
        mlkem.MLKEM1024PrivateKey,
        mlkem.MLKEM1024PublicKey,
        1568,
        1568,
    ),
)


def combine_secrets(kem: bytes, ecdh: bytes, ephemeral_point: bytes, recipient_point: bytes, label: bytes) -> bytes:
    """The 32-byte key of the composite combiner."""
    return hashlib.sha3_256(kem + ecdh + ephemeral_point + recipient_point + label).digest()


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _read_point(composite: Composite, data: bytes) -> ec.EllipticCurvePublicKey:
    """The point in its one form, uncompressed. Raises ValueError."""
    key = ec.EllipticCurvePublicKey.from_encoded_point(composite.curve(), data)
    if _point(key) != data:
        raise ValueError
    return key


def _pem(kind: str, data: bytes) -> str:
    text = base64.b64encode(data).decode("ascii")
    lines = "\n".join(text[start : start + 64] for start in range(0, len(text), 64))
    return f"-----BEGIN {kind}-----\n{lines}\n-----END {kind}-----\n"


def read_pem(text: str, kind: str) -> bytes | None:
    """The DER inside a PEM of this kind, or None when it is another kind or no PEM."""
    if len(text) > MAX_PEM:
        return None
    found = re.fullmatch(rf"\s*-----BEGIN {kind}-----\s+([A-Za-z0-9+/=\s]+?)\s*-----END {kind}-----\s*", text)
    if found is None:
        return None
    try:
        return base64.b64decode("".join(found[1].split()), validate=True)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class HybridPublicKey:
    """Recipient of a composite encapsulation."""

    composite: Composite
    kem: MlKemPublicKey
    curve_key: ec.EllipticCurvePublicKey

    def pem(self) -> str:
        """SubjectPublicKeyInfo: ML-KEM key || uncompressed point, parameters absent."""
        bits = self.kem.public_bytes_raw() + _point(self.curve_key)
        algorithm = der.element(der.SEQUENCE, self.composite.identifier)
        return _pem("PUBLIC KEY", der.element(der.SEQUENCE, algorithm + der.element(der.BIT_STRING, b"\x00" + bits)))

    def encapsulate(self) -> tuple[bytes, bytes]:
        """A fresh key and the KEM ciphertext that carries it."""
        kem_secret, kem_ciphertext = self.kem.encapsulate()
        ephemeral = ec.generate_private_key(self.composite.curve())
        point = _point(ephemeral.public_key())
        secret = ephemeral.exchange(ec.ECDH(), self.curve_key)
        key = combine_secrets(kem_secret, secret, point, _point(self.curve_key), self.composite.label)
        return key, kem_ciphertext + point


@dataclass(frozen=True, slots=True)
class HybridPrivateKey:
    """Holder of a composite key pair."""

    composite: Composite
    kem: MlKemPrivateKey
    curve_key: ec.EllipticCurvePrivateKey

    @classmethod
    def generate(cls, name: str) -> HybridPrivateKey:
        """A new pair of this algorithm name. Raises MalformedInput."""
        for composite in COMPOSITES:
            if composite.name == name:
                return cls(composite, composite.kem_private.generate(), ec.generate_private_key(composite.curve()))
        raise MalformedInput("key.algorithm", field="algorithm", expected="a composite algorithm")

    def public_key(self) -> HybridPublicKey:
        """The public part."""
        return HybridPublicKey(self.composite, self.kem.public_key(), self.curve_key.public_key())

    def pem(self) -> str:
        """PKCS#8: ML-KEM seed(64) || ECPrivateKey (RFC 5915), directly in the octets; unencrypted."""
        curve_der = self.curve_key.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
        algorithm = der.element(der.SEQUENCE, self.composite.identifier)
        octets = der.element(der.OCTET_STRING, self.kem.private_bytes_raw() + curve_der)
        version = der.element(der.INTEGER, b"\x00")
        return _pem("PRIVATE KEY", der.element(der.SEQUENCE, version + algorithm + octets))

    def decapsulate(self, ciphertext: bytes) -> bytes:
        """The key that `encapsulate` made. Raises ValueError on a ciphertext of another shape."""
        split = self.composite.kem_ciphertext_bytes
        point = ciphertext[split:]
        ephemeral = _read_point(self.composite, point)
        kem_secret = self.kem.decapsulate(ciphertext[:split])
        secret = self.curve_key.exchange(ec.ECDH(), ephemeral)
        recipient = _point(self.curve_key.public_key())
        return combine_secrets(kem_secret, secret, point, recipient, self.composite.label)


def load_hybrid_public(text: str) -> HybridPublicKey | None:
    """The composite public key in a PEM, or None when it is not one."""
    data = read_pem(text, "PUBLIC KEY")
    if data is None:
        return None
    try:
        algorithm, rest = der.read_element(der.read_only(data, der.SEQUENCE), der.SEQUENCE)
        bits = der.read_only(rest, der.BIT_STRING)
        for composite in COMPOSITES:
            if composite.identifier == algorithm and bits[:1] == b"\x00":
                split = 1 + composite.kem_public_bytes
                kem = composite.kem_public.from_public_bytes(bits[1:split])
                return HybridPublicKey(composite, kem, _read_point(composite, bits[split:]))
    except (MalformedInput, ValueError, UnsupportedAlgorithm):
        return None
    return None


def is_x_wing(text: str) -> bool:
    """True for a PEM of an X-Wing key, public or private: a kind that is known and not supported."""
    data = read_pem(text, "PUBLIC KEY") or read_pem(text, "PRIVATE KEY") or b""
    return X_WING in data[:64]


def load_hybrid_private(text: str) -> HybridPrivateKey | None:
    """The composite private key in a PEM, or None when it is not one."""
    data = read_pem(text, "PRIVATE KEY")
    if data is None:
        return None
    try:
        version, rest = der.read_element(der.read_only(data, der.SEQUENCE), der.INTEGER)
        algorithm, rest = der.read_element(rest, der.SEQUENCE)
        octets = der.read_only(rest, der.OCTET_STRING)
        for composite in COMPOSITES:
            if composite.identifier == algorithm and version == b"\x00":
                kem = composite.kem_private.from_seed_bytes(octets[:SEED_BYTES])
                curve_key = load_der_private_key(octets[SEED_BYTES:], None)
                if isinstance(curve_key, ec.EllipticCurvePrivateKey) and isinstance(curve_key.curve, composite.curve):
                    return HybridPrivateKey(composite, kem, curve_key)
    except (MalformedInput, ValueError, TypeError, UnsupportedAlgorithm):
        return None
    return None
