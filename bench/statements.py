"""Signing and verifying statements, beside the bare primitives on the same bytes.

A statement carries an Ed25519 and an ML-DSA-87 signature over its DSSE encoding; both must hold. The peer is the two
bare calls of the same library, with keys that were loaded once, over exactly those bytes.

    python bench/statements.py [--quick]
"""

from __future__ import annotations

from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA87PrivateKey
from measuring import arguments, beside, heading, rates

from relto.signing.envelope import pre_authentication_encoding, read_envelope
from relto.signing.keys import StatementKey
from relto.signing.statements import read_statement, sign_statement

BODY: dict[str, Any] = {
    "subject": "psn_aaaaaaaaaaaaaaaaaaaaaaaa",
    "facility": "IND-F001",
    "levels": ["SECRET"],
    "programmes": ["MONSOON-LARK"],
    "valid_from": "2026-11-01T00:00:00Z",
    "valid_to": "2027-01-01T00:00:00Z",
}
SEEDS = bytes(range(32)), bytes(range(32, 64))
"""The seeds of a benchmark's key."""


def main() -> None:
    """Print the table."""
    given = arguments(__doc__ or "")
    key = StatementKey.from_seeds("dsa:USA", *SEEDS)
    envelope = sign_statement("assurance", 1, BODY, [key])
    found = read_envelope(envelope, max_bytes=1 << 20)
    message = pre_authentication_encoding(found.payload_type, found.payload)
    classical, post_quantum = (
        Ed25519PrivateKey.from_private_bytes(SEEDS[0]),
        MLDSA87PrivateKey.from_seed_bytes(SEEDS[1]),
    )
    classical_public, post_quantum_public = classical.public_key(), post_quantum.public_key()
    first, second = classical.sign(message), post_quantum.sign(message)

    def bare_sign() -> int:
        classical.sign(message)
        post_quantum.sign(message)
        return 1

    def bare_verify() -> int:
        classical_public.verify(first, message)
        post_quantum_public.verify(second, message)
        return 1

    works = {
        "sign_statement": lambda: bool(sign_statement("assurance", 1, BODY, [key])) and 1,
        "bare Ed25519 + ML-DSA-87 sign": bare_sign,
        "read_statement": lambda: (
            bool(read_statement(envelope, kind="assurance", versions={1}, trusted=[key.public])) and 1
        ),
        "bare Ed25519 + ML-DSA-87 verify": bare_verify,
    }
    speed = rates(works, seconds=0.6 if given.quick else 5, rounds=2 if given.quick else 5)
    heading(f"one thread; a statement of {len(found.payload)} bytes, {len(envelope):,} bytes signed by one authority")
    pairs = {
        "sign_statement": "bare Ed25519 + ML-DSA-87 sign",
        "read_statement": "bare Ed25519 + ML-DSA-87 verify",
    }
    beside(speed, pairs, "a second")


if __name__ == "__main__":
    main()
