"""The assertion in which a manifest carries its recovery pieces, each wrapped to one custodian's own key (ADR 0018).

It is of type "other" over the payload, bound to it by a JWS under the payload key as the label is; clients that do not
know it pass it by. Rules enforced on reading: at most one of it; bounded splits and pieces; each split once, each
custodian once within it; a quorum of at least two. Who the custodians are is for `check_recovery` to compare.
What is in a piece nobody can see without a custodian's key: whoever made the manifest is trusted for that.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from relto.base.canonical import Json, canonical_bytes, read_object
from relto.base.errors import MalformedInput, NotVerified
from relto.base.nations import Nation, read_nation
from relto.sealing.assertions import MAX_STATEMENT, Assertion, build_assertion, read_assertion
from relto.sealing.encapsulation import wrap_bytes
from relto.sealing.encoding import as_object, base64_text, member_integer, member_list, member_text, read_base64
from relto.sealing.integrity import Integrity
from relto.sealing.keys import load_public_key
from relto.sealing.manifest import Manifest
from relto.sealing.recovery_pieces import MOST_CUSTODIANS, RecoveryOrder, check_quorum, piece_check, split_pieces

RECOVERY_ID = "relto-recovery"
RECOVERY_SCHEMA = "urn:relto:schema:recovery-pieces:1"
CUSTODIAN_ALGORITHM = "hpqt:secp384r1-mlkem1024"
_TYPE = "recovery-pieces"
_VERSION = 1
_MOST_SPLITS = 8
_LARGEST_WRAPPED = 4096
_HEX = re.compile(r"\A[0-9a-f]{64}\Z")
_FIELD = "recovery"


@dataclass(frozen=True, slots=True)
class WrappedPiece:
    """One custodian's piece: her number and key id, the wrapped bytes, and the check of what is inside."""

    number: int
    kid: str
    wrapped: bytes
    check: str


@dataclass(frozen=True, slots=True)
class SplitPieces:
    """The pieces of the share of one split: `quorum` of them, of custodians of `nation`."""

    sid: str
    nation: Nation
    quorum: int
    pieces: tuple[WrappedPiece, ...]


def recovery_assertions(
    shares: Sequence[tuple[str, bytes]],
    orders: Sequence[RecoveryOrder],
    *,
    policy_text: str,
    integrity: Integrity,
    payload_key: bytes,
    random: Callable[[int], bytes],
) -> list[dict[str, Json]]:
    """The bound assertion for these shares (split id, share), each for the custodians of the order at its place.

    None when there are no orders: the agreement names no custodians. `random` gives the IVs; Shamir's polynomials and
    the ephemeral keys are the libraries' own. Raises MalformedInput when orders and shares are not as many.
    """
    if not orders:
        return []
    if len(orders) != len(shares):
        raise MalformedInput("recovery", field=_FIELD, found=len(orders), expected="custodians for each share")
    splits = [
        _split(sid, share, order, policy_text, random) for (sid, share), order in zip(shares, orders, strict=True)
    ]
    statement: dict[str, Json] = {"type": _TYPE, "version": _VERSION, "splits": list[Json](splits)}
    value = canonical_bytes(statement).decode("utf-8")
    said = Assertion(RECOVERY_ID, "other", "payload", "encrypted", "json", RECOVERY_SCHEMA, value)
    return [build_assertion(said, integrity, payload_key)]


def orders_by_split(split_ids: Sequence[str], orders: Sequence[RecoveryOrder]) -> list[RecoveryOrder]:
    """The order for each split of a manifest: the only one, or the one of the nation that the split is named after.

    Raises MalformedInput when a split has none, unless there are no orders at all.
    """
    if not orders or len(split_ids) == len(orders) == 1:
        return list(orders)
    by_nation = {order.nation: order for order in orders}
    found = [by_nation[read_nation(sid)] for sid in split_ids if sid in by_nation]
    if len(found) != len(split_ids):
        raise MalformedInput("recovery", field=_FIELD, found=len(found), expected="custodians for each share")
    return found


def _split(
    sid: str, share: bytes, order: RecoveryOrder, policy_text: str, random: Callable[[int], bytes]
) -> dict[str, Json]:
    pieces: list[Json] = []
    made = split_pieces(share, order.quorum, len(order.holders))
    # The place in the row is the point of the polynomial, so the numbers are 1, 2, 3 and on.
    for number, (holder, piece) in enumerate(zip(order.holders, made, strict=True), start=1):
        if holder.number != number:
            raise MalformedInput("custodians.number", field=_FIELD, found=holder.number, expected=str(number))
        wrapped = wrap_bytes(load_public_key(holder.pem), piece, random)
        check = piece_check(piece, policy_text=policy_text, sid=sid, nation=order.nation, number=number, kid=holder.kid)
        pieces.append({"number": number, "kid": holder.kid, "wrapped": base64_text(wrapped.data), "check": check})
    return {"sid": sid, "nation": order.nation, "quorum": order.quorum, "pieces": pieces}


def read_recovery(manifest: Manifest) -> tuple[SplitPieces, ...]:
    """The pieces that a manifest carries, not verified; () when it carries none. Raises MalformedInput, TooLarge."""
    found = [
        assertion
        for _, assertion in map(read_assertion, manifest.assertions)
        if assertion.schema == RECOVERY_SCHEMA or assertion.id == RECOVERY_ID
    ]
    if not found:
        return ()
    if len(found) > 1 or (found[0].id, found[0].type, found[0].scope, found[0].schema) != (
        RECOVERY_ID,
        "other",
        "payload",
        RECOVERY_SCHEMA,
    ):
        raise MalformedInput("recovery.assertion", field="assertions", found=len(found), expected="one of its kind")
    statement = read_object(found[0].value, field=_FIELD, max_bytes=MAX_STATEMENT)
    if statement.get("type") != _TYPE or statement.get("version") != _VERSION:
        raise MalformedInput("recovery.version", field=f"{_FIELD}.version", expected=f"{_TYPE} {_VERSION}")
    rows = member_list(statement, "splits", field=_FIELD, max_items=_MOST_SPLITS, min_items=1)
    splits = tuple(_read_split(as_object(row, field=f"{_FIELD}.splits")) for row in rows)
    if len({split.sid for split in splits}) != len(splits):
        raise MalformedInput("recovery.split", field=f"{_FIELD}.splits", expected="each split once")
    return splits


def _read_split(row: Mapping[str, object]) -> SplitPieces:
    field = f"{_FIELD}.splits"
    rows = member_list(row, "pieces", field=field, max_items=MOST_CUSTODIANS)
    pieces = tuple(_read_piece(as_object(piece, field=f"{field}.pieces")) for piece in rows)
    quorum = member_integer(row, "quorum", field=field, largest=MOST_CUSTODIANS)
    check_quorum(quorum, len(pieces), field=f"{field}.quorum")
    numbers, kids = [piece.number for piece in pieces], {piece.kid for piece in pieces}
    if numbers != list(range(1, len(pieces) + 1)) or len(kids) != len(pieces):
        raise MalformedInput("recovery.piece", field=f"{field}.pieces", expected="each custodian once, in order")
    return SplitPieces(
        sid=member_text(row, "sid", field=field, max_length=256),
        nation=read_nation(row.get("nation"), field=f"{field}.nation"),
        quorum=quorum,
        pieces=pieces,
    )


def _read_piece(row: Mapping[str, object]) -> WrappedPiece:
    field = f"{_FIELD}.splits.pieces"
    check = member_text(row, "check", field=field, max_length=64)
    if not _HEX.match(check):
        raise MalformedInput("recovery.check", field=f"{field}.check", expected="64 hex digits")
    wrapped = member_text(row, "wrapped", field=field, max_length=2 * _LARGEST_WRAPPED)
    return WrappedPiece(
        number=member_integer(row, "number", field=field, largest=MOST_CUSTODIANS),
        kid=member_text(row, "kid", field=field, max_length=64),
        wrapped=read_base64(wrapped, field=f"{field}.wrapped", max_bytes=_LARGEST_WRAPPED),
        check=check,
    )


def check_recovery(manifest: Manifest, orders: Mapping[str, RecoveryOrder], *, demanded: bool = True) -> None:
    """The manifest's pieces are for exactly these custodians: split id to order; none when there are no orders.

    Not `demanded`: a manifest without any passes too. Raises NotVerified("recovery") naming the first split that
    differs, MalformedInput for what cannot be read.
    """
    splits = {split.sid: split for split in read_recovery(manifest)}
    if not splits and not demanded:
        return
    for sid in sorted(splits.keys() | orders.keys()):
        found, order = splits.get(sid), orders.get(sid)
        expected = "no pieces: not every nation concerned names custodians" if order is None else _words(order)
        if found is None or order is None or not _is_for(found, order):
            raise NotVerified("recovery", field="assertions", expected=expected)


def _words(order: RecoveryOrder) -> str:
    return f"pieces for {order.nation}: {order.quorum} of its {len(order.holders)} custodians"


def _is_for(split: SplitPieces, order: RecoveryOrder) -> bool:
    return (split.nation, split.quorum) == (order.nation, order.quorum) and [
        (piece.number, piece.kid) for piece in split.pieces
    ] == [(holder.number, holder.kid) for holder in order.holders]
