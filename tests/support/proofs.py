"""A client's own key and the proofs it makes (RFC 9449), right or wrong in whatever a test names."""

from __future__ import annotations

import base64
import hashlib
import uuid
from dataclasses import dataclass, field
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

ALGORITHMS = [f"{family}{bits}" for family in ("ES", "PS", "RS", "HS") for bits in (256, 384, 512)]


@dataclass
class Prover:
    """A key and the proofs it signs."""

    key: ECKey | RSAKey = field(default_factory=lambda: ECKey.generate_key("P-256"))
    algorithm: str = "ES256"

    def proof(
        self,
        method: str,
        url: str,
        *,
        at: float,
        token: str | None = None,
        header: dict[str, Any] | None = None,
        claims: dict[str, Any] | None = None,
        without: tuple[str, ...] = (),
    ) -> str:
        """A proof for one request; `header`, `claims` and `without` change what it says."""
        said: dict[str, Any] = {"jti": str(uuid.uuid4()), "htm": method, "htu": url, "iat": int(at)}
        if token is not None:
            digest = hashlib.sha256(token.encode()).digest()
            said["ath"] = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        said |= claims or {}
        top: dict[str, Any] = {"alg": self.algorithm, "typ": "dpop+jwt", "jwk": self.key.as_dict(private=False)}
        top |= header or {}
        for name in without:
            said.pop(name, None)
            top.pop(name, None)
        return jwt.encode(top, said, self.key, algorithms=ALGORITHMS)
