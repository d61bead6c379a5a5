"""Compact JWS (RFC 7515) under a key that is known already: what was signed, or nothing.

Rules: the library `joserfc` says what a JWS is. Its answer about a header is kept by the header's very text, since
every proof of one client bears the same one. A signature of the kind that all clients write, ES256 (RFC 7518 section
3.4), is then verified by `cryptography` directly; anything else about a text goes to `joserfc` whole. So what holds
here holds there too, and no signature is ever remembered.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey
from joserfc.util import urlsafe_b64decode

ALGORITHMS = tuple(f"{family}{bits}" for family in ("ES", "PS", "RS") for bits in (256, 384, 512))
_ES256 = ec.ECDSA(hashes.SHA256())
_HALF = 32
_PARTS = 3
_MOST_HEADER = 8 * 1024
WRONG = (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError)
"""What the library raises for a text that is no JWS."""


class _Registry(jws.JWSRegistry):
    """The library's sizes are too small for an RSA key in a header, and for a request of many objects."""

    max_header_length = 16 * 1024
    max_payload_length = 4 * 1024 * 1024


_REGISTRY = _Registry(algorithms=ALGORITHMS, strict_check_header=False)


@dataclass(frozen=True)
class SigningKey:
    """A public key that signatures are verified with."""

    key: ECKey | RSAKey

    @cached_property
    def thumbprint(self) -> str:
        """RFC 7638, base64url."""
        return str(self.key.thumbprint())

    @cached_property
    def p256(self) -> ec.EllipticCurvePublicKey | None:
        """The key as `cryptography` has it, when it is one that signs with ES256."""
        public = self.key.public_key if isinstance(self.key, ECKey) else None
        is_p256 = isinstance(public, ec.EllipticCurvePublicKey) and isinstance(public.curve, ec.SECP256R1)
        return public if is_p256 else None


def header_of(text: str) -> dict[str, Any]:
    """The header of a compact JWS, as the library reads it; nothing is verified. Raises one of WRONG."""
    return jws.extract_compact(text.encode("ascii"), registry=_REGISTRY).headers()


def signed_payload(text: str, signer: SigningKey) -> bytes | None:
    """The payload of a compact JWS that this key signed with an algorithm of the table; None for any other text."""
    parts = text.split(".")
    if len(parts) == _PARTS and len(parts[0]) <= _MOST_HEADER and signer.p256 is not None and _says_es256(parts[0]):
        try:
            payload, signature = (urlsafe_b64decode(part.encode("ascii")) for part in parts[1:])
        except ValueError:  # of base64, and of letters beyond ASCII
            return None
        if len(signature) != 2 * _HALF:
            return None
        halves = (int.from_bytes(half, "big") for half in (signature[:_HALF], signature[_HALF:]))
        try:
            signer.p256.verify(encode_dss_signature(*halves), text[: text.rindex(".")].encode("ascii"), _ES256)
        except InvalidSignature:
            return None
        return payload
    try:
        return jws.deserialize_compact(text, signer.key, registry=_REGISTRY).payload
    except WRONG:
        return None


@lru_cache(maxsize=1024)
def _says_es256(segment: str) -> bool:
    """Whether a header is in order and names this algorithm; what is not in order is the library's to refuse."""
    try:
        header = json.loads(urlsafe_b64decode(segment.encode("ascii")))
        _REGISTRY.check_header(header)
        return bool(header["alg"] == "ES256" and "b64" not in header and "crit" not in header)
    except WRONG:
        return False
