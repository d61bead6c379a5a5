"""Records of recoveries, imported by the nation whose custodians took part; what is overdue shows by their numbers.

Rules enforced:
 1. A record is taken once, signed by every custodian it names with the keys of one bundle that was in force here, and
    only where a custodian of this nation took part: each nation imports for itself, nothing is sent to the partner.
 2. It is evidence, so what is odd about it is a finding, not a refusal: a container that is not known here, another
    manifest than the registered one, one that was withdrawn, a wrong piece, a date that has not come yet.
 3. Of each own custodian's key the uses are numbered from 1. A number that lacks is a record that is overdue, one that
    came twice is a fork, a record that names another one before it breaks the chain. What was recovered last, with keys
    that were never used again, no number shows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from relto.base.canonical import Json
from relto.base.errors import Conflict, NotVerified
from relto.base.instants import Instant, instant_text
from relto.ledger.leaves import LeafEvent
from relto.procedures.actors import AUTHORITY_ROLES, Actor, Role
from relto.sealing.recovery_record import RecoveryRecord, read_record
from relto.services import active_bundle
from relto.services.book import enter
from relto.services.house import House
from relto.store.models import AgreementBundle, CustodianRecord, CustodianUse, Manifest

_SKEW = timedelta(minutes=5)
_MOST_BUNDLES = 64
_LISTED = 500


@dataclass(frozen=True, slots=True)
class UseView:
    """A custodian's part in a record."""

    nation: str
    number: int
    kid: str
    use: int


@dataclass(frozen=True, slots=True)
class RecordView:
    """An imported record. `item`: its item here, "" for a container that is not known; `findings`: what is odd."""

    id: str
    container: str
    item: str
    manifest: str
    recovered_at: Instant
    imported_at: Instant
    imported_by: str
    reason: str
    custodians: tuple[UseView, ...]
    findings: tuple[str, ...]
    entry: str


@dataclass(frozen=True, slots=True)
class OpenMatter:
    """What the numbers of one custodian's key show. `code`: overdue (from `use` to `until`), fork or chain."""

    code: str
    nation: str
    number: int
    kid: str
    use: int
    until: int


@dataclass(frozen=True, slots=True)
class RecoveryBook:
    """All records, newest first, what is open, and how many of how many own custodians recover; 0 of 0: nobody does."""

    quorum: int
    custodians: int
    records: tuple[RecordView, ...]
    open_matters: tuple[OpenMatter, ...]


def import_record(house: House, actor: Actor, data: bytes) -> RecordView:
    """Take a record of a recovery.

    Raises Refused("role"), MalformedInput, TooLarge, NotVerified("signature" or "recovery_signers"),
    Conflict("recovery_nation") when no custodian of this nation took part, Conflict("recovery_known") for one that was
    imported before.
    """
    actor.require(Role.RELEASE_OFFICER, Role.REGISTRAR)
    now = house.now()
    record = _verified(house, data, now)
    if all(use.nation != house.nation for use in record.uses):
        raise Conflict("recovery_nation", field="record", expected=f"a record that custodians of {house.nation} signed")

    def step() -> RecordView:
        if CustodianRecord.objects.filter(digest=record.digest).exists():
            raise Conflict("recovery_known", field="record", expected="a record that was not imported yet")
        registered = Manifest.objects.filter(policy_uuid=record.container).first()
        findings = list(_findings(record, registered, now))
        identity = house.new_id("rcv")
        entry = enter(
            house,
            LeafEvent.RECOVERY_IMPORTED,
            actor=actor.person,
            subject=identity,
            details={
                "container": record.container,
                "recovered_at": instant_text(record.recovered_at),
                "custodians": [use.as_dict() for use in record.uses],
                "findings": list[Json](findings),
            },
            links={"record": record.digest, "manifest": record.manifest},
            at=now,
        )
        row = CustodianRecord.objects.create(
            id=identity,
            digest=record.digest,
            container=record.container,
            manifest=record.manifest,
            item=registered.item_id if registered is not None else "",
            recovered_at=record.recovered_at,
            imported_at=now,
            imported_by=actor.person,
            reason=record.reason,
            findings=findings,
            statement=data,
            entry=entry,
        )
        for use in record.uses:
            CustodianUse.objects.create(
                record=row, nation=use.nation, number=use.number, kid=use.kid, use=use.use, previous=use.previous
            )
        return _view(row)

    return house.commit(step)


def recovery_book(house: House, actor: Actor) -> RecoveryBook:
    """The records and what is open. Raises Refused("role") but for the authority's people."""
    actor.require(*AUTHORITY_ROLES)
    rows = CustodianRecord.objects.prefetch_related("uses").order_by("-recovered_at", "-id")[:_LISTED]
    party = _own_custodians(house)
    return RecoveryBook(
        quorum=party[0],
        custodians=party[1],
        records=tuple(_view(row) for row in rows),
        open_matters=tuple(_open_matters(house)),
    )


def _own_custodians(house: House) -> tuple[int, int]:
    row = active_bundle.active_row(house.now())
    party = None if row is None else active_bundle.active(house).parties.get(house.nation)
    if party is None or party.custodians is None:
        return 0, 0
    return party.custodians.quorum, len(party.custodians.keys)


def _verified(house: House, data: bytes, now: Instant) -> RecoveryRecord:
    """The record under the keys of the newest bundle that has all its signers: a container is of one bundle's day."""
    versions = AgreementBundle.objects.filter(effective_from__lte=now).order_by("-version")
    refused = NotVerified("signature", field="signatures", expected="custodians that the agreement names")
    for version in versions.values_list("version", flat=True)[:_MOST_BUNDLES]:
        parties = active_bundle.bundle_of_version(house, version).parties.values()
        keys = [key for one in parties if one.custodians is not None for key in one.custodians.keys]
        kids = {key.statement_key.key_id: key.kid for key in keys}
        try:
            record = read_record(data, [key.statement_key for key in keys])
        except NotVerified as error:
            refused = error
            continue
        # The numbers count the uses of a key: under another key's name they would begin anew.
        if any(use.kid != kids[use.statement_key] for use in record.uses):
            raise NotVerified("recovery_signers", field="custodians.kid", expected="the key of who signed")
        return record
    raise refused


def _findings(record: RecoveryRecord, registered: Manifest | None, now: Instant) -> Iterator[str]:
    if registered is None:
        yield "unknown_container"
    elif registered.fingerprint != record.fingerprint.as_dict():
        yield "other_manifest"
    elif registered.withdrawn_at is not None:
        yield "withdrawn"
    if record.faulty:
        yield "faulty_piece"
    if record.recovered_at > now + _SKEW:
        yield "future"


def _open_matters(house: House) -> Iterator[OpenMatter]:
    by_key: defaultdict[tuple[int, str], list[CustodianUse]] = defaultdict(list)
    for use in CustodianUse.objects.filter(nation=house.nation).select_related("record").order_by("use", "id"):
        by_key[use.number, use.kid].append(use)
    for (number, kid), uses in sorted(by_key.items()):
        for code, first, last in _matters_of(uses):
            yield OpenMatter(code, house.nation, number, kid, first, last)


def _matters_of(uses: Sequence[CustodianUse]) -> Iterator[tuple[str, int, int]]:
    """(code, from, to) of one key's uses in the order of their numbers."""
    last, digests = 0, {""}
    for use in uses:
        if use.use == last:
            yield "fork", use.use, use.use
            digests.add(use.record.digest)
            continue
        if use.use > last + 1:
            yield "overdue", last + 1, use.use - 1
        elif use.previous not in digests:
            yield "chain", use.use, use.use
        last, digests = use.use, {use.record.digest}


def _view(row: CustodianRecord) -> RecordView:
    uses = sorted(row.uses.all(), key=lambda use: (use.nation, use.number))
    return RecordView(
        id=row.id,
        container=row.container,
        item=row.item,
        manifest=row.manifest,
        recovered_at=row.recovered_at,
        imported_at=row.imported_at,
        imported_by=row.imported_by,
        reason=row.reason,
        custodians=tuple(UseView(use.nation, use.number, use.kid, use.use) for use in uses),
        findings=tuple(str(code) for code in row.findings),
        entry=row.entry,
    )
