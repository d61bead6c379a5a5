"""How strong a wrapping is, so that an agreement can name a minimum.

Two adversaries are told apart: one without and one with a quantum computer.

Strengths in bits without one: NIST SP 800-57 part 1 rev. 5 table 2 (RSA and curves); for ML-KEM the security category's
block cipher (FIPS 203 section 8: category 3 AES-192, category 5 AES-256). With one: ML-KEM's category; RSA and curves
have none. A composite is as strong as the stronger of its parts and stays so when one of them is broken, so where a
composite is demanded nothing else will do. Two wrappings may be incomparable: then neither is at least the other.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from relto.base.errors import UnknownValue

WRAPPING_TYPES = {"rsa": "wrapped", "ec": "ec-wrapped", "mlkem": "mlkem-wrapped", "hpqt": "hybrid-wrapped"}


@dataclass(frozen=True, slots=True, order=True)
class Strength:
    """`category`: against a quantum computer, 0 for none; `parts`: what must be broken; `bits`: without one.

    `size` is the length of a wrapped share in bytes, which the algorithm fixes.
    """

    category: int
    parts: int
    bits: int
    size: int = field(compare=False)

    def is_at_least(self, other: Strength) -> bool:
        """Nothing about it is weaker."""
        return self.category >= other.category and self.parts >= other.parts and self.bits >= other.bits


STRENGTHS = {
    "rsa:2048": Strength(0, 1, 112, 256),
    "rsa:4096": Strength(0, 1, 128, 512),
    "ec:secp256r1": Strength(0, 1, 128, 60),
    "ec:secp384r1": Strength(0, 1, 192, 60),
    "ec:secp521r1": Strength(0, 1, 256, 60),
    "mlkem:768": Strength(3, 1, 192, 1158),
    "mlkem:1024": Strength(5, 1, 256, 1638),
    "hpqt:secp256r1-mlkem768": Strength(3, 2, 192, 1223),
    "hpqt:secp384r1-mlkem1024": Strength(5, 2, 256, 1735),
}


def strength_of(algorithm: str, *, field: str = "algorithm") -> Strength:
    """The strength of an algorithm of the platform's table. Raises UnknownValue naming what was found."""
    if algorithm not in STRENGTHS:
        raise UnknownValue("key.algorithm", field=field, found=algorithm[:64], expected=", ".join(STRENGTHS))
    return STRENGTHS[algorithm]


def is_at_least(algorithm: str, minimum: str) -> bool:
    """A wrapping satisfies a minimum; an unknown one satisfies none. Raises UnknownValue for an unknown minimum."""
    found = STRENGTHS.get(algorithm)
    return found is not None and found.is_at_least(strength_of(minimum, field="minimum"))


def strongest(algorithms: Iterable[str]) -> str:
    """The strongest of these, of equals the first; "" when none is in the table."""
    known = [algorithm for algorithm in algorithms if algorithm in STRENGTHS]
    return max(known, key=STRENGTHS.__getitem__, default="")


def type_of(algorithm: str) -> str:
    """The key access `type` that goes with an algorithm. Raises UnknownValue."""
    strength_of(algorithm)
    return WRAPPING_TYPES[algorithm.partition(":")[0]]
