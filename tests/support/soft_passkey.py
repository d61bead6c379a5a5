"""An authenticator in software (Web Authentication Level 2): what a browser and its key would answer, and lie about."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import struct
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor

_PRESENT, _VERIFIED, _ATTESTED = 0x01, 0x04, 0x40


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


@dataclass
class SoftPasskey:
    """One passkey of one person. `count`: the counter of its next answer less one."""

    rp_id: str
    origin: str
    user: str = ""
    count: int = 0
    credential: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def made(self, options: dict[str, Any], **lies: Any) -> str:
        """What the browser sends for `navigator.credentials.create`."""
        asked = options["publicKey"]
        self.user = asked["user"]["id"]
        point = self.key.public_key().public_numbers()
        # RFC 9053 section 7.1.1: an elliptic curve key for ES256 on P-256.
        public = cbor.encode({1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")})
        attested = bytes(16) + struct.pack(">H", len(self.credential)) + self.credential + public
        data = self._data(_PRESENT | _VERIFIED | _ATTESTED, lies) + attested
        told = self._client_data("webauthn.create", asked["challenge"], lies)
        attestation = cbor.encode({"fmt": "none", "attStmt": {}, "authData": data})
        return self._answer({"attestationObject": _text(attestation), "clientDataJSON": _text(told)})

    def shown(self, options: dict[str, Any], **lies: Any) -> str:
        """What the browser sends for `navigator.credentials.get`. It may lie by name."""
        self.count += 1
        data = self._data(_PRESENT | _VERIFIED, lies)
        told = self._client_data("webauthn.get", options["publicKey"]["challenge"], lies)
        signature = self.key.sign(data + hashlib.sha256(told).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(
            {
                "authenticatorData": _text(data),
                "clientDataJSON": _text(told),
                "signature": _text(signature),
                "userHandle": self.user,
            }
        )

    def _data(self, flags: int, lies: dict[str, Any]) -> bytes:
        rp_id = lies.get("rp_id", self.rp_id)
        count = lies.get("count", self.count)
        return hashlib.sha256(rp_id.encode()).digest() + bytes([flags]) + struct.pack(">I", count)

    def _client_data(self, kind: str, challenge: str, lies: dict[str, Any]) -> bytes:
        told = {
            "type": kind,
            "challenge": lies.get("challenge", challenge),
            "origin": lies.get("origin", self.origin),
            "crossOrigin": lies.get("cross_origin", False),
        }
        return json.dumps(told).encode()

    def _answer(self, response: dict[str, str]) -> str:
        credential = _text(self.credential)
        return json.dumps(
            {
                "type": "public-key",
                "id": credential,
                "rawId": credential,
                "response": response,
                "clientExtensionResults": {"credProps": {"rk": True}},
                "authenticatorAttachment": "platform",
            }
        )
