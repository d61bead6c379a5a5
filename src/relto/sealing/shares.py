"""XOR sharing of a payload key: every share is needed, any subset short of all tells nothing (OpenTDF spec, splits).

Shares of one key are drawn fresh each time and never reused. Key access objects with the same `sid` wrap the SAME
share; which nations may hold alternatives of one share is not decided here (see rules: never across nations).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from relto.base.errors import MalformedInput, NotVerified
from relto.sealing.key_access import KeyAccess

SHARE_BYTES = 32
MAX_SHARES = 64


def split(key: bytes, count: int, random: Callable[[int], bytes]) -> list[bytes]:
    """`count` fresh shares whose XOR is the 32-byte key. Raises MalformedInput."""
    _check(key, "key")
    if not 1 <= count <= MAX_SHARES:
        raise MalformedInput("share_count", field="count", found=count, expected=f"1 to {MAX_SHARES}")
    drawn = [_check(random(SHARE_BYTES), "random") for _ in range(count - 1)]
    return [*drawn, combine([key, *drawn])]


def combine(shares: Sequence[bytes]) -> bytes:
    """The XOR of all shares. Raises MalformedInput unless there is at least one and each is exactly 32 bytes."""
    if not shares:
        raise MalformedInput("share_count", field="shares", found=0, expected="at least one")
    total = 0
    for share in shares:
        total ^= int.from_bytes(_check(share, "share"), "big")
    return total.to_bytes(SHARE_BYTES, "big")


def combine_by_sid(shares: Mapping[str, bytes]) -> bytes:
    """The payload key from one share per split id."""
    return combine([shares[sid] for sid in sorted(shares)])


def splits_of(key_access: Sequence[KeyAccess]) -> dict[str, list[int]]:
    """Split id to the positions of the key access objects that are alternatives for it, in written order."""
    found: dict[str, list[int]] = {}
    for index, item in enumerate(key_access):
        found.setdefault(item.sid, []).append(index)
    return found


def choose_shares(key_access: Sequence[KeyAccess], shares_by_position: Mapping[int, bytes]) -> dict[str, bytes]:
    """One share per split from those at hand. Raises NotVerified("split") when a split has none or two that differ."""
    chosen: dict[str, bytes] = {}
    for sid, positions in splits_of(key_access).items():
        at_hand = {shares_by_position[position] for position in positions if position in shares_by_position}
        if len(at_hand) != 1:
            raise NotVerified("split", field="keyAccess", found=len(at_hand), expected="one share for every split id")
        chosen[sid] = at_hand.pop()
    return chosen


def _check(share: bytes, field: str) -> bytes:
    if len(share) != SHARE_BYTES:
        raise MalformedInput("share", field=field, found=len(share), expected=f"{SHARE_BYTES} bytes")
    return share
