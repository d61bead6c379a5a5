"""The shares of a container from its custodians' pieces: the one way to open without any key service (promise 2).

Rules enforced, before anything of the payload is read: every share has pieces; each key given is one of their
custodians, once; each piece opens, and its check says that it belongs to this policy, split, nation and custodian;
every nation concerned has its quorum; each share so found is bound to the policy. What an opening verifies comes after.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from relto.base.errors import MalformedInput, NotAvailable, NotVerified, Refused, UnknownValue
from relto.sealing.encapsulation import Wrapped, unwrap_bytes
from relto.sealing.manifest import Manifest
from relto.sealing.recovery_assertion import SplitPieces, WrappedPiece, read_recovery
from relto.sealing.recovery_keys import CustodianKey
from relto.sealing.recovery_pieces import combine_pieces, piece_check
from relto.sealing.shares import splits_of
from relto.sealing.wrapping import verify_binding


@dataclass(frozen=True, slots=True)
class RecoveredShares:
    """Position in `keyAccess` to share, and the kids of given custodians whose piece was wrong and was not needed."""

    shares: dict[int, bytes]
    faulty: tuple[str, ...]


def recover_shares(manifest: Manifest, keys: Sequence[CustodianKey]) -> RecoveredShares:
    """Raises NotAvailable("recovery") for a container without pieces, UnknownValue("custodian") for a stranger's key,
    MalformedInput("custodian_twice"), NotVerified("recovery_piece") naming a wrong one that is missed,
    Refused("recovery_quorum") naming each nation and what it lacks, NotVerified("share").
    """  # noqa: D205  what it gives is the class's docstring
    splits = {split.sid: split for split in read_recovery(manifest)}
    if not splits:
        raise NotAvailable("recovery", field="container", expected="a container with pieces for custodians")
    positions = splits_of(manifest.key_access)
    if set(positions) != set(splits):
        raise NotVerified("recovery", field="assertions", expected="pieces of every share")
    _check_given(splits, keys)
    pieces, faulty = {}, set()
    for split in splits.values():
        pieces[split.sid], wrong = _pieces(manifest, split, keys)
        faulty |= wrong
    _require_quorums(splits, pieces, keys, faulty)
    shares: dict[int, bytes] = {}
    for sid, held in pieces.items():
        share = combine_pieces(held, splits[sid].quorum)
        for position in positions[sid]:
            verify_binding(manifest.key_access[position], share, manifest.policy_text)
            shares[position] = share
    return RecoveredShares(shares, tuple(sorted(faulty)))


def _check_given(splits: dict[str, SplitPieces], keys: Sequence[CustodianKey]) -> None:
    known = {(split.nation, piece.number, piece.kid) for split in splits.values() for piece in split.pieces}
    seen = set()
    for key in keys:
        whose = f"custodian {key.public.number}, {key.public.nation}"
        if (key.public.nation, key.public.number, key.public.kid) not in known:
            raise UnknownValue("custodian", field="key", found=whose, expected="a custodian of this container")
        if key.public.kid in seen:
            raise MalformedInput("custodian_twice", field="key", found=whose, expected="each key file once")
        seen.add(key.public.kid)


def _pieces(manifest: Manifest, split: SplitPieces, keys: Sequence[CustodianKey]) -> tuple[dict[int, bytes], set[str]]:
    """The right pieces of one split by custodian number, and the kids of those whose piece is wrong."""
    by_kid = {piece.kid: piece for piece in split.pieces}
    right, wrong = {}, set()
    for key in keys:
        piece = by_kid.get(key.public.kid) if key.public.nation == split.nation else None
        if piece is None:
            continue
        try:
            right[piece.number] = _piece(manifest, split, piece, key)
        except NotVerified:
            wrong.add(piece.kid)
    return right, wrong


def _piece(manifest: Manifest, split: SplitPieces, piece: WrappedPiece, key: CustodianKey) -> bytes:
    found = unwrap_bytes(key.recovery_key, Wrapped(piece.wrapped))
    check = piece_check(
        found,
        policy_text=manifest.policy_text,
        sid=split.sid,
        nation=split.nation,
        number=piece.number,
        kid=piece.kid,
    )
    if not hmac.compare_digest(check, piece.check):
        raise NotVerified("recovery_piece")
    return found


def _require_quorums(
    splits: dict[str, SplitPieces],
    pieces: dict[str, dict[int, bytes]],
    keys: Sequence[CustodianKey],
    faulty: set[str],
) -> None:
    lacking = {split.nation: split for split in splits.values() if len(pieces[split.sid]) < split.quorum}
    if not lacking:
        return
    for key in keys:
        if key.public.kid in faulty and key.public.nation in lacking:
            whose = f"custodian {key.public.number}, {key.public.nation}"
            raise NotVerified("recovery_piece", field="key", found=whose, expected="a piece as it was sealed")
    told = "; ".join(
        f"{split.nation}: {split.quorum} of {len(split.pieces)} needed, {len(pieces[split.sid])} given"
        for split in sorted(splits.values(), key=lambda one: one.nation)
    )
    expected = "the custodians of " + " and of ".join(sorted(lacking))
    raise Refused("recovery_quorum", field="key", found=told, expected=expected)
