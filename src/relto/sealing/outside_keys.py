"""Private keys that work where they lie, such as in a PKCS#11 token: only what they compute leaves, never the key.

Whoever implements one promises: `ValueError` for input that does not fit the key, and `Unreachable` (which decides
nothing, and which asking again may mend) when the place where the key lies does not answer.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from cryptography.hazmat.primitives.asymmetric import ec

from relto.sealing.keys import PrivateKey


class OutsideRsaKey(ABC):
    """An RSA private key that is not in this process."""

    @abstractmethod
    def decrypt(self, data: bytes) -> bytes:
        """RSA-OAEP with SHA-1 and MGF1-SHA-1, empty label (RFC 8017 section 7.1.2)."""


class OutsideCurveKey(ABC):
    """A private key on a NIST curve that is not in this process."""

    @abstractmethod
    def agree(self, peer: ec.EllipticCurvePublicKey) -> bytes:
        """The x coordinate of the shared point (ECDH, SP 800-56A). ValueError for a peer on another curve."""


HolderKey = PrivateKey | OutsideRsaKey | OutsideCurveKey
