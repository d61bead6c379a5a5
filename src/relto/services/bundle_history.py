"""Every version of the agreement that was activated here: from when until when, signed by whom, what it changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from relto.base.canonical import Json, canonical_bytes, read_object
from relto.base.errors import NotAvailable
from relto.base.instants import Instant
from relto.procedures.actors import Actor
from relto.rules.authority_keys import signing_key_ids
from relto.rules.comparing_bundles import Change, compare_bundles, counts_by_part
from relto.services.authority_trust import trust
from relto.services.house import House
from relto.store.models import AgreementBundle


@dataclass(frozen=True, slots=True)
class Signer:
    """A nation's authority, and with which of its keys it signed."""

    nation: str
    key_id: str


@dataclass(frozen=True, slots=True)
class BundleVersion:
    """One version. In force from `effective_from`, or from `activated_at` where it came later, until `until`.

    `until`: when a later version took its place; None for the newest. `changes`: how many differences to the version
    before it, by part of the bundle; empty for the first.
    """

    agreement: str
    version: int
    digest: str
    effective_from: Instant
    until: Instant | None
    expires: Instant
    activated_at: Instant
    signers: tuple[Signer, ...]
    changes: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class BundleChange:
    """A difference to the version before; `before`, `after`: texts, or JSON where it is more than one."""

    part: str
    place: tuple[str, ...]
    kind: str
    before: str | None
    after: str | None


def history(house: House, actor: Actor) -> list[BundleVersion]:
    """All versions, the newest first; every signed-in person may see under which rules was decided when."""
    del actor
    rows = list(AgreementBundle.objects.order_by("version"))
    known = trust(house)
    found = []
    for number, row in enumerate(rows):
        file = bytes(row.file)
        starts = [max(later.effective_from, later.activated_at) for later in rows[number + 1 :]]
        claimed = signing_key_ids(read_object(file, field="bundle").get("manifest"))
        signers = [
            Signer(nation, one.key.key_id)
            for nation, chain in sorted(known.chains.items())
            for one in chain.versions
            if one.key.key_id in claimed
        ]
        before = bytes(rows[number - 1].file) if number else None
        found.append(
            BundleVersion(
                agreement=row.agreement,
                version=row.version,
                digest=row.digest,
                effective_from=row.effective_from,
                until=min(starts, default=None),
                expires=row.expires,
                activated_at=row.activated_at,
                signers=tuple(signers),
                changes=counts_by_part(compare_bundles(before, file)) if before is not None else {},
            )
        )
    return found[::-1]


def changes_of(house: House, actor: Actor, version: int) -> list[BundleChange]:
    """What this version changed of the one before it; nothing for the first. Raises NotAvailable("bundle")."""
    del house, actor
    row = _row(version)
    before = AgreementBundle.objects.filter(version__lt=version).order_by("-version").first()
    changes = compare_bundles(bytes(before.file), bytes(row.file)) if before is not None else []
    return [BundleChange(one.part, one.place, one.kind, *_as_texts(one)) for one in changes]


def file_of(house: House, actor: Actor, version: int) -> bytes:
    """A version byte for byte as signed. Raises NotAvailable("bundle")."""
    del house, actor
    return bytes(_row(version).file)


def _as_texts(change: Change) -> tuple[str | None, str | None]:
    return _as_text(change.before), _as_text(change.after)


def _as_text(value: Json) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return canonical_bytes([value]).decode("utf-8")[1:-1]


def _row(version: int) -> AgreementBundle:
    row = AgreementBundle.objects.filter(version=version).first()
    if row is None:
        raise NotAvailable("bundle", field="version")
    return row
