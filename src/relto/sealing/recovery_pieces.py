"""Pieces of a share for its nation's custodians: any `quorum` of them give the share back, fewer tell nothing of it.

A share of 32 bytes is cut into two halves of 16 bytes, each split by Shamir's scheme over GF(2^128) (pycryptodome,
Crypto.Protocol.SecretSharing; its polynomials come from the operating system's generator). A piece is the same point of
both polynomials, 32 bytes, so it wraps as a share does. Shamir's scheme notices no wrong point: each piece has a check,
HMAC-SHA256 under the piece itself over where it belongs, so that a wrong, moved or borrowed piece is named.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from Crypto.Protocol.SecretSharing import Shamir

from relto.base.errors import MalformedInput, NotVerified
from relto.base.nations import Nation
from relto.sealing.shares import SHARE_BYTES

LEAST_QUORUM = 2  # one custodian alone would be a master key
MOST_CUSTODIANS = 8  # of a nation: the signatures of two nations' custodians fit one statement
_HALF = 16
_DOMAIN = b"relto recovery piece\x00"


@dataclass(frozen=True, slots=True)
class Holder:
    """One custodian's public key: `number` among her nation's custodians, from 1; `kid`; `pem`."""

    number: int
    kid: str
    pem: str


@dataclass(frozen=True, slots=True)
class RecoveryOrder:
    """For whom a nation's shares are split: `quorum` of its `holders` are needed."""

    nation: Nation
    quorum: int
    holders: tuple[Holder, ...]


def split_pieces(share: bytes, quorum: int, count: int) -> tuple[bytes, ...]:
    """`count` pieces of a 32-byte share, the first for custodian 1. Raises MalformedInput."""
    if len(share) != SHARE_BYTES:
        raise MalformedInput("share", field="share", found=len(share), expected=f"{SHARE_BYTES} bytes")
    check_quorum(quorum, count)
    first, second = (Shamir.split(quorum, count, half) for half in (share[:_HALF], share[_HALF:]))
    return tuple(left[1] + right[1] for left, right in zip(first, second, strict=True))


def check_quorum(quorum: int, count: int, *, field: str = "quorum") -> None:
    """Raises MalformedInput unless 2 <= quorum <= count <= 8."""
    if not LEAST_QUORUM <= quorum <= count <= MOST_CUSTODIANS:
        expected = f"{LEAST_QUORUM} or more, of at most {MOST_CUSTODIANS} custodians"
        raise MalformedInput("custodians.quorum", field=field, found=quorum, expected=expected)


def combine_pieces(pieces: Mapping[int, bytes], quorum: int) -> bytes:
    """The share, from custodian number to piece; the first `quorum` of them by number are used. Raises NotVerified."""
    chosen = sorted(pieces.items())[:quorum]
    if len(chosen) < quorum or any(number < 1 or len(piece) != SHARE_BYTES for number, piece in chosen):
        raise NotVerified("recovery_quorum", field="pieces", found=len(chosen), expected=f"{quorum} pieces of 32 bytes")
    halves = (slice(0, _HALF), slice(_HALF, SHARE_BYTES))
    return b"".join(Shamir.combine([(number, piece[half]) for number, piece in chosen]) for half in halves)


def piece_check(piece: bytes, *, policy_text: str, sid: str, nation: str, number: int, kid: str) -> str:
    """Hex HMAC-SHA256 that ties a piece to its container's policy, its split, its nation and its custodian."""
    place = "\x00".join((sid, nation, str(number), kid)).encode("utf-8", "surrogatepass")
    policy = hashlib.sha256(policy_text.encode("utf-8", "surrogatepass")).digest()
    return hmac.digest(piece, _DOMAIN + policy + place, "sha256").hex()
