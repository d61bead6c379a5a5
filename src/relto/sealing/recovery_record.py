"""The record of a recovery: who took part, what was opened, when and why, signed by every custodian who gave her key.

Recovery happens away from any node, so the record is overdue from the moment it is written until it is imported. Each
custodian's uses of her key are numbered from 1 and each names the record before it: a missing record is a gap in the
numbers, two of one number are a fork. Both show only when a later record is imported; the last uses of a key that is
never used again show nowhere but on the custodian's own medium.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from relto.base.canonical import Json, sha256_hex
from relto.base.errors import MalformedInput, NotVerified
from relto.base.instants import Instant, instant_text, read_instant
from relto.base.nations import Nation, read_nation
from relto.sealing.encoding import as_object, member_integer, member_list, member_object, member_text
from relto.sealing.recovery_keys import CustodianKey
from relto.sealing.recovery_pieces import MOST_CUSTODIANS
from relto.sealing.registration import ManifestFingerprint
from relto.signing.envelope import read_envelope
from relto.signing.keys import StatementKey, StatementPublicKey
from relto.signing.statements import Statement, read_statement, sign_statement

RECORD = "recovery-record"
USE = "custodian-use"
LARGEST_RECORD = 1024 * 1024
LONGEST_REASON = 1000
STANDS = "overdue-until-imported"
_DIGEST = re.compile(r"\A[0-9a-f]{64}\Z")
_FIRST = 1
_MOST_NATIONS = 2


@dataclass(frozen=True, slots=True)
class KeyUse:
    """One custodian's part: the number of this use of her key, and the digest of her record before, "" at first."""

    nation: Nation
    number: int
    kid: str
    statement_key: str
    use: int
    previous: str

    def as_dict(self) -> dict[str, Json]:
        """As the record says it."""
        return {
            "nation": self.nation,
            "number": self.number,
            "kid": self.kid,
            "statement_key": self.statement_key,
            "use": self.use,
            "previous": self.previous,
        }


@dataclass(frozen=True, slots=True)
class RecoveryRecord:
    """A verified record. `manifest`: hex SHA-256 of the manifest's bytes; `digest`: of the signed record itself."""

    container: str
    manifest: str
    fingerprint: ManifestFingerprint
    recovered_at: Instant
    reason: str
    uses: tuple[KeyUse, ...]
    faulty: tuple[str, ...]
    digest: str


@dataclass(frozen=True, slots=True)
class Recovery:
    """What was recovered: the manifest's digest and fingerprint, when, why, and kids whose piece was wrong."""

    manifest: str
    fingerprint: ManifestFingerprint
    recovered_at: Instant
    reason: str
    faulty: tuple[str, ...]


def check_reason(reason: str) -> str:
    """The reason without surrounding space. Raises MalformedInput unless it is 1 to 1000 printable characters."""
    text = reason.strip()
    if not text or len(text) > LONGEST_REASON or not text.isprintable():
        raise MalformedInput("text", field="reason", expected=f"1 to {LONGEST_REASON} printable characters")
    return text


def next_use(key: CustodianKey, state: bytes | None) -> KeyUse:
    """The next use of a key, after the one that its signed state names; the first without a state.

    Raises NotVerified or MalformedInput for a state that this key did not sign.
    """
    public = key.public
    use, previous = _FIRST, ""
    if state is not None:
        body = read_statement(state, kind=USE, versions=(1,), trusted=[public.statement_key]).body
        if body.get("kid") != public.kid:
            raise NotVerified("custodian_use", field="uses", expected="the uses of this key")
        use = member_integer(body, "use", field="uses") + 1
        previous = _digest(body, "record")
    return KeyUse(public.nation, public.number, public.kid, public.statement_key.key_id, use, previous)


def use_state(key: CustodianKey, use: KeyUse, record: str) -> bytes:
    """What is kept beside the key file: its last use and that record's digest, signed by the key itself."""
    return sign_statement(USE, 1, {"kid": use.kid, "use": use.use, "record": record}, [key.statement_key])


def sign_record(recovery: Recovery, uses: Sequence[KeyUse], keys: Sequence[StatementKey]) -> bytes:
    """The record of a recovery, signed by every custodian who gave her key."""
    body: dict[str, Json] = {
        "container": recovery.fingerprint.uuid,
        "manifest": recovery.manifest,
        "fingerprint": recovery.fingerprint.as_dict(),
        "recovered_at": instant_text(recovery.recovered_at),
        "reason": check_reason(recovery.reason),
        "custodians": [use.as_dict() for use in uses],
        "faulty": list(recovery.faulty),
        "stands": STANDS,
    }
    return sign_statement(RECORD, 1, body, keys)


def record_digest(record: bytes) -> str:
    """The digest of a record as its readers compute it, and as the next record of each custodian names it."""
    return sha256_hex(read_envelope(record, max_bytes=LARGEST_RECORD).payload)


def read_record(data: bytes, trusted: Collection[StatementPublicKey]) -> RecoveryRecord:
    """A record that every custodian it names has signed with a key in `trusted`.

    Raises MalformedInput, TooLarge, UnknownValue, NotVerified("signature" or "recovery_signers").
    """
    statement = read_statement(data, kind=RECORD, versions=(1,), trusted=trusted, max_bytes=LARGEST_RECORD)
    body, field = statement.body, "record"
    most = _MOST_NATIONS * MOST_CUSTODIANS
    rows = member_list(body, "custodians", field=field, max_items=most, min_items=1)
    uses = tuple(_read_use(as_object(row, field=f"{field}.custodians")) for row in rows)
    _check_signers(statement, uses, {key.key_id: key for key in trusted})
    faulty = member_list(body, "faulty", field=field, max_items=most)
    fingerprint = ManifestFingerprint.from_dict(member_object(body, "fingerprint", field=field))
    container = member_text(body, "container", field=field, max_length=64)
    if container != fingerprint.uuid:
        raise MalformedInput("recovery_record", field=f"{field}.container", expected="the fingerprint's identifier")
    return RecoveryRecord(
        container=container,
        manifest=_digest(body, "manifest"),
        fingerprint=fingerprint,
        recovered_at=read_instant(body.get("recovered_at"), field=f"{field}.recovered_at"),
        reason=check_reason(member_text(body, "reason", field=field, max_length=2 * LONGEST_REASON)),
        uses=uses,
        faulty=tuple(str(kid) for kid in faulty),
        digest=statement.digest,
    )


def _check_signers(statement: Statement, uses: Sequence[KeyUse], trusted: Mapping[str, StatementPublicKey]) -> None:
    """Each custodian named signed, and nobody else did; a key signs only for the number and nation it belongs to."""
    named = {use.statement_key for use in uses}
    owned = all(
        use.statement_key in trusted and trusted[use.statement_key].owner == f"{use.nation}/custodian-{use.number}"
        for use in uses
    )
    if named != statement.signers or len(named) != len(uses) or not owned:
        raise NotVerified("recovery_signers", field="signatures", expected="every custodian that the record names")


def _read_use(row: Mapping[str, object]) -> KeyUse:
    field = "record.custodians"
    use = member_integer(row, "use", field=field)
    previous = _digest(row, "previous") if row.get("previous") else ""
    if use < _FIRST or (use == _FIRST) != (previous == ""):
        raise MalformedInput("recovery_record", field=f"{field}.use", expected="a number, and the record before it")
    return KeyUse(
        nation=read_nation(row.get("nation"), field=f"{field}.nation"),
        number=member_integer(row, "number", field=field, largest=MOST_CUSTODIANS),
        kid=member_text(row, "kid", field=field, max_length=64),
        statement_key=member_text(row, "statement_key", field=field, max_length=64),
        use=use,
        previous=previous,
    )


def _digest(holder: Mapping[str, object], name: str) -> str:
    text = member_text(holder, name, field="record", max_length=64)
    if not _DIGEST.match(text):
        raise MalformedInput("recovery_record", field=f"record.{name}", expected="64 hex digits")
    return text
