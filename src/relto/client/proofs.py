"""The session's own key, made when it begins and never stored, and what it proves with each request (RFC 9449).

The node's token is bound to it, so a token that is lost opens nothing; rewrap requests are signed by it too.
"""

from __future__ import annotations

import base64
import hashlib
import os
import time
from collections.abc import Callable, Mapping
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey

ALGORITHM = "ES256"
_ID_BYTES = 16


class ProofKey:
    """A P-256 key of one session."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        """A new key; `now`: POSIX seconds."""
        self._now = now
        self._key = ECKey.generate_key("P-256")
        self._header = {"alg": ALGORITHM, "typ": "dpop+jwt", "jwk": self._key.as_dict(private=False)}

    def proof(self, method: str, url: str, *, token: str = "", nonce: str = "") -> str:
        """The proof for one request; `token` is the bound token it goes with, `nonce` what the server told."""
        claims: dict[str, Any] = {
            "jti": _base64url(os.urandom(_ID_BYTES)),
            "htm": method,
            "htu": url.partition("?")[0].partition("#")[0],
            "iat": int(self._now()),
        }
        if token:
            claims["ath"] = _base64url(hashlib.sha256(token.encode("ascii")).digest())
        if nonce:
            claims["nonce"] = nonce
        return jwt.encode(self._header, claims, self._key, algorithms=[ALGORITHM])

    def sign(self, claims: Mapping[str, Any]) -> str:
        """A JWT of these claims, signed by the same key."""
        return jwt.encode({"alg": ALGORITHM, "typ": "JWT"}, dict(claims), self._key, algorithms=[ALGORITHM])


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
