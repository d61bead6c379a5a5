"""What two nodes declare to each other of one programme and channel, how a record is asked about, and what differs.

Rules kept here:
 1. A record is of one message between the two nodes about the programme's items, with what the own register holds of
    it, or of one opening that both had to agree to. Each holds an id of 120 random bits and the SHA-256 of a signed
    statement, so nobody guesses one.
 2. Who asks about a record proves that she holds the signed statement: a MAC over its SHA-256 under the run's key, for
    her side only, so that a proof told is no proof of the one who was told. Whatever is asked without one gets nothing.
 3. A record that is told must be one whose keyed digest was in the declaration.
 4. Both sides make the findings from what both saw, so both make the same.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast

from relto.base.canonical import Json, read_object
from relto.base.errors import MalformedInput, NotVerified
from relto.base.nations import Nation
from relto.exchange.schemas import check
from relto.ledger.reconciliation import keyed_digests

RECORD = "reconciliation-record"
MESSAGE, OPENING, DECISION, UNLISTED = "message", "opening", "decision", "unlisted"
MOST_ASKED = 256
"""About so many of the records that the other side lacks each side asks; of more, only the digests are listed."""
_PROOF = b"relto-reconciliation-proof-v1\0"

Record = dict[str, Json]
Side = Literal["asker", "answerer"]
DIFFERS, ONE_SIDED, OPENING_ONE_SIDED, ANSWER_LOST = "differs", "one_sided", "opening_one_sided", "answer_lost"
ALARMS = frozenset({OPENING_ONE_SIDED})


_WRITER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
_LARGEST_RECORD = 4096


def record_line(record: Record) -> bytes:
    """The bytes that are digested: canonical JSON (RFC 8785).

    A record's names are ASCII and its values texts, whole numbers, true, false and null: for these the standard
    library's writer gives the same bytes as `canonical_bytes`, and a million of them in seconds.
    """
    return _WRITER.encode(record).encode()


def read_record(line: bytes) -> Record:
    """The record that an own line holds. Raises MalformedInput."""
    return read_object(line, field="record", max_bytes=_LARGEST_RECORD)


def proof(key: bytes, side: Side, statement_sha256: str) -> str:
    """What `side` shows to ask about a record: it knows the signed statement's SHA-256."""
    return hmac.digest(key, _PROOF + side.encode() + b"\0" + statement_sha256.encode(), "sha256").hex()


@dataclass(frozen=True, slots=True)
class Ask:
    """A question about one own record that the other side lacks. `decision`: of an opening that they asked for."""

    digest: str
    type: str
    proof: str
    decision: str = ""

    def as_dict(self) -> dict[str, Json]:
        """As it crosses the link."""
        return {"digest": self.digest, "type": self.type, "proof": self.proof, "decision": self.decision}


def asks(key: bytes, side: Side, own: Nation, records: Mapping[bytes, Record]) -> list[Ask]:
    """The questions about the own records (by keyed digest) that the other side lacks, in the order of digests."""
    found = []
    for digest in sorted(records)[:MOST_ASKED]:
        record = records[digest]
        supplied = record["type"] == OPENING and record["supplier"] == own
        found.append(
            Ask(
                digest.hex(),
                str(record["type"]),
                proof(key, side, str(record["sha256"])),
                str(record["decision"]) if supplied else "",
            )
        )
    return found


def read_asks(value: Sequence[Mapping[str, Json]], only_theirs: Iterable[bytes]) -> list[Ask]:
    """The other side's questions, which must be about just what it alone holds. Raises MalformedInput."""
    found = [Ask(str(one["digest"]), str(one["type"]), str(one["proof"]), str(one["decision"])) for one in value]
    expected = [digest.hex() for digest in sorted(only_theirs)[:MOST_ASKED]]
    if [one.digest for one in found] != expected:
        raise MalformedInput("reconciliation.asks", field="asks", expected="what the other side alone declared")
    return found


def answers(
    key: bytes, side: Side, asked: Sequence[Ask], records: Mapping[bytes, Record], decided: Mapping[str, bool]
) -> list[Json]:
    """What is told to `side` for each of its questions: the own record of the same statement, or None.

    `records`: the own records that the other side lacks; `decided`: which of the decisions it names stand here. None
    is the one answer to everything else: unknown, another programme's, not proven.
    """
    by_proof = {proof(key, side, str(record["sha256"])): record for record in records.values()}
    told: list[Json] = []
    for ask in asked:
        record = by_proof.get(ask.proof)
        if record is not None:
            told.append(record)
        elif ask.decision and decided.get(ask.decision):
            told.append({"type": DECISION, "decision": ask.decision})
        else:
            told.append(None)
    return told


def check_answers(
    key: bytes, asked: Sequence[Ask], told: Sequence[Json], own: Mapping[bytes, Record], declared: Collection[bytes]
) -> dict[str, bytes]:
    """The keyed digest of each record that was told, by its line.

    `own`: the own records asked about, by digest; `declared`: the digests that the teller alone declared. Raises
    NotVerified("reconciliation.answer") for what was not asked or not declared, MalformedInput.
    """
    if len(told) != len(asked):
        raise MalformedInput("reconciliation.answers", field="answers", expected="one answer to each question")
    digests: dict[str, bytes] = {}
    for ask, answer in zip(asked, told, strict=True):
        if answer is None:
            continue
        record = cast("Record", answer)
        if record.get("type") == DECISION:
            fits = bool(ask.decision) and record == {"type": DECISION, "decision": ask.decision}
        else:
            check(RECORD, record)
            line = record_line(record)
            digest = keyed_digests(key, [line])[0]
            fits = digest in declared and record["sha256"] == own[bytes.fromhex(ask.digest)]["sha256"]
            digests[line.decode()] = digest
        if not fits:
            raise NotVerified("reconciliation.answer", field="answers", expected="the declared record of a statement")
    return digests


@dataclass(frozen=True, slots=True)
class Half:
    """One side of what differs, as both saw it: what it alone declared, asked about, and was told."""

    nation: Nation
    only: Sequence[bytes]
    asked: Sequence[Ask]
    told: Sequence[Json]


def findings(asker: Half, answerer: Half, digest_of: Mapping[str, bytes]) -> list[dict[str, Json]]:
    """Every difference once, the same list on both nodes. `digest_of`: keyed digest by the line of each record told.

    Each has `code`, `type`, `who` (nations that must act), `act`, and what both sides may know of it.
    """
    by_digest = _records_told(asker, answerer, digest_of)
    found: list[dict[str, Json]] = []
    paired: set[bytes] = set()
    for ask, told in zip(asker.asked, asker.told, strict=True):
        mine = by_digest.get(bytes.fromhex(ask.digest))
        theirs = cast("Record | None", told)
        if mine is None or theirs is None or theirs["type"] == DECISION:
            continue
        other = digest_of[record_line(theirs).decode()]
        paired |= {bytes.fromhex(ask.digest), other}
        found.append(_difference((asker.nation, mine), (answerer.nation, theirs)))
    for half, other_half in ((asker, answerer), (answerer, asker)):
        types = {ask.digest: ask for ask in half.asked}
        told = {ask.digest: one for ask, one in zip(half.asked, half.told, strict=True)}
        found += [
            _one_sided(half.nation, other_half.nation, digest.hex(), types.get(digest.hex()), told.get(digest.hex()))
            for digest in sorted(half.only)
            if digest not in paired
        ]
    return found


def _records_told(asker: Half, answerer: Half, digest_of: Mapping[str, bytes]) -> dict[bytes, Record]:
    """Every record that one side told the other, by its keyed digest."""
    told = (cast("Record", one) for half in (asker, answerer) for one in half.told if one is not None)
    return {digest_of[record_line(one).decode()]: one for one in told if one["type"] != DECISION}


_ACTS = {"release": "compare_release", "acceptance": "correct_receipt", "withdrawal": "apply_withdrawal"}


def _difference(left: tuple[Nation, Record], right: tuple[Nation, Record]) -> dict[str, Json]:
    """Both hold the statement and hold it differently. Who lacks what the other's register says must act first."""
    (one, mine), (other, theirs) = left, right
    registers = [(nation, record.get("register")) for nation, record in (left, right)]
    lacking = [nation for nation, register in registers if not isinstance(register, dict)]
    here, there = (register if isinstance(register, dict) else {} for _, register in registers)
    fields = sorted(
        [name for name in mine.keys() | theirs.keys() if name != "register" and mine.get(name) != theirs.get(name)]
        + [name for name in here.keys() | there.keys() if here.get(name) != there.get(name)]
    )
    kind = str(mine.get("kind", ""))
    act = _ACTS.get(kind, "compare_records")
    if len(lacking) == 1:
        act = "restore_register"
    elif kind == "withdrawal":
        lacking = [
            nation for nation, register in registers if isinstance(register, dict) and not register.get("withdrawn")
        ]
    return {
        "code": DIFFERS,
        "type": mine["type"],
        "kind": kind,
        "id": mine["id"],
        "sequence": mine.get("sequence", 0),
        "fields": [*fields],
        "who": [*(lacking if len(lacking) == 1 else sorted((one, other)))],
        "act": act,
    }


def _one_sided(side: Nation, other: Nation, digest: str, ask: Ask | None, told: Json) -> dict[str, Json]:
    """Only `side` declared it. The other learns no more than that, and the type."""
    kind = ask.type if ask is not None else UNLISTED
    found: dict[str, Json] = {"code": ONE_SIDED, "type": kind, "side": side, "digest": digest}
    if kind == OPENING and told is not None:
        return {**found, "code": ANSWER_LOST, "who": [other], "act": "none"}
    if kind == OPENING:
        return {**found, "code": OPENING_ONE_SIDED, "who": [other], "act": "explain_opening"}
    return {**found, "who": [side, other], "act": "show_message"}
