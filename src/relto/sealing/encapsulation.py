"""Wrapping 32 bytes for the holder of a key, by algorithm: one row per family, so that a new one is one row.

RSA: OAEP with SHA-1 and MGF1-SHA-1, empty label (by protocol; a profile that forbids it refuses `wrapped`).
EC: ephemeral ECDH, HKDF-SHA256 with salt SHA-256("TDF") and empty info, AES-256-GCM. ML-KEM and composites: the
shared secret is the AES-256-GCM key; a DER envelope carries the KEM ciphertext and IV || ciphertext || tag.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, mlkem, padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from relto.base.errors import MalformedInput, NotVerified, ReltoError, UnknownValue, Unreachable
from relto.sealing import der
from relto.sealing.hybrid import HybridPrivateKey, HybridPublicKey
from relto.sealing.integrity import NONCE_BYTES
from relto.sealing.keys import PublicKey, load_public_key, public_pem
from relto.sealing.outside_keys import HolderKey, OutsideCurveKey, OutsideRsaKey

SHARE_BYTES = 32
_SALT = hashlib.sha256(b"TDF").digest()
_OAEP = padding.OAEP(
    mgf=padding.MGF1(hashes.SHA1()),  # noqa: S303  demanded by the OpenTDF protocol
    algorithm=hashes.SHA1(),  # noqa: S303  demanded by the OpenTDF protocol
    label=None,
)
Random = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A wrapped share and, for elliptic curves only, the PEM of the ephemeral public key."""

    data: bytes
    ephemeral_public_key: str = ""


def family_of(key: HolderKey | PublicKey) -> str:
    """The key access `type` that belongs to a key: wrapped, ec-wrapped, mlkem-wrapped or hybrid-wrapped."""
    if isinstance(key, rsa.RSAPrivateKey | rsa.RSAPublicKey | OutsideRsaKey):
        return "wrapped"
    if isinstance(key, ec.EllipticCurvePrivateKey | ec.EllipticCurvePublicKey | OutsideCurveKey):
        return "ec-wrapped"
    if isinstance(key, HybridPrivateKey | HybridPublicKey):
        return "hybrid-wrapped"
    return "mlkem-wrapped"


def _derive(secret: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=_SALT, info=b"").derive(secret)


def _seal(key: bytes, share: bytes, random: Random) -> bytes:
    nonce = random(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, share, None)


def _open(key: bytes, sealed: bytes) -> bytes:
    return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None)


class CurveWrapper:
    """Wraps any number of shares for one elliptic-curve key under one ephemeral key, each with its own IV."""

    def __init__(self, recipient: ec.EllipticCurvePublicKey, random: Random) -> None:
        """`random`: for the IVs; the ephemeral key is the library's own."""
        ephemeral = ec.generate_private_key(recipient.curve)
        self.ephemeral_public_key = public_pem(ephemeral.public_key())
        self._key = _derive(ephemeral.exchange(ec.ECDH(), recipient))
        self._random = random

    def wrap(self, share: bytes) -> Wrapped:
        """IV || ciphertext || tag and the ephemeral key's PEM."""
        return Wrapped(_seal(self._key, share, self._random), self.ephemeral_public_key)


def wrap_bytes(recipient: PublicKey, share: bytes, random: Random) -> Wrapped:
    """Wrap a 32-byte share. Raises MalformedInput for another size."""
    if len(share) != SHARE_BYTES:
        raise MalformedInput("share", field="share", found=len(share), expected=f"{SHARE_BYTES} bytes")
    if isinstance(recipient, rsa.RSAPublicKey):
        return Wrapped(recipient.encrypt(share, _OAEP))
    if isinstance(recipient, ec.EllipticCurvePublicKey):
        return CurveWrapper(recipient, random).wrap(share)
    if isinstance(recipient, HybridPublicKey):
        key, ciphertext = recipient.encapsulate()
    else:
        key, ciphertext = recipient.encapsulate()
    return Wrapped(der.envelope(ciphertext, _seal(key, share, random)))


def unwrap_bytes(holder: HolderKey, wrapped: Wrapped) -> bytes:
    """The 32-byte share. Raises NotVerified("share") whatever is wrong, Unreachable when the key's token is silent."""
    try:
        share = _unwrap(holder, wrapped)
    except Unreachable:
        raise
    except (ValueError, TypeError, InvalidTag, ReltoError) as error:
        raise NotVerified("share", field="wrappedKey") from error
    if len(share) != SHARE_BYTES:
        raise NotVerified("share", field="wrappedKey")
    return share


def _unwrap(holder: HolderKey, wrapped: Wrapped) -> bytes:
    if isinstance(holder, rsa.RSAPrivateKey):
        return holder.decrypt(wrapped.data, _OAEP)
    if isinstance(holder, OutsideRsaKey):
        return holder.decrypt(wrapped.data)
    if isinstance(holder, ec.EllipticCurvePrivateKey | OutsideCurveKey):
        ephemeral = load_public_key(wrapped.ephemeral_public_key)
        if not isinstance(ephemeral, ec.EllipticCurvePublicKey):
            raise UnknownValue("key.algorithm", field="ephemeralPublicKey")
        if isinstance(holder, OutsideCurveKey):
            return _open(_derive(holder.agree(ephemeral)), wrapped.data)
        return _open(_derive(holder.exchange(ec.ECDH(), ephemeral)), wrapped.data)
    ciphertext, sealed = der.read_envelope(wrapped.data)
    if isinstance(holder, HybridPrivateKey | mlkem.MLKEM768PrivateKey | mlkem.MLKEM1024PrivateKey):
        return _open(holder.decapsulate(ciphertext), sealed)
    raise UnknownValue("key.algorithm", field="key")
