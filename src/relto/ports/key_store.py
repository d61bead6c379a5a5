"""Where private halves of wrapping keys may live besides sealed files: a token that never gives them out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from relto.sealing.outside_keys import OutsideCurveKey, OutsideRsaKey


@dataclass(frozen=True, slots=True)
class MadeKey:
    """A key that a store made: its kid, its public half (PEM, SPKI), and how the store finds the private half again."""

    kid: str
    public_pem: str
    reference: str


class KeyStore(Protocol):
    """A token that holds private keys. Raises Unreachable while it does not answer, Misconfigured when it is wrong."""

    def can_hold(self, algorithm: str) -> bool:
        """True for an algorithm whose private half this store can hold."""
        ...

    def generate(self, algorithm: str, kid_of: Callable[[str], str]) -> MadeKey:
        """A new key pair in the store, sensitive and not extractable; `kid_of` names it by its public PEM."""
        ...

    def key(self, reference: str, algorithm: str, public_pem: str) -> OutsideRsaKey | OutsideCurveKey:
        """The private half with this reference, compared with its public half at its first use."""
        ...

    def destroy(self, reference: str) -> None:
        """Destroy the pair with this reference; nothing happens when it is gone already."""
        ...

    def require_answer(self) -> None:
        """Raise Unreachable unless the token answers and takes the PIN."""
        ...
