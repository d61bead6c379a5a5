"""Every version of the agreement that was activated here: from when until when, signed by whom, what it changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from relto.base.canonical import Json, canonical_bytes, read_object
from relto.base.errors import NotAvailable
from relto.base.instants import Instant
from relto.procedures.actors import Actor
from relto.rules.authority_keys import signing_key_ids
from relto.rules.comparing_bundles import Change, compare_bundles, counts_by_part
from relto.rules.shapes import LARGEST_FILE
from relto.services.authority_trust import trust
from relto.services.house import House
from relto.store.models import AgreementBundle

_KEPT = 256


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
    rows = list(AgreementBundle.objects.order_by("version").defer("file"))
    known = trust(house)
    found = []
    for number, row in enumerate(rows):
        starts = [max(later.effective_from, later.activated_at) for later in rows[number + 1 :]]
        claimed = _claimed(row.digest)
        signers = [
            Signer(nation, one.key.key_id)
            for nation, chain in sorted(known.chains.items())
            for one in chain.versions
            if one.key.key_id in claimed
        ]
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
                changes=_counts(rows[number - 1].digest, row.digest) if number else {},
            )
        )
    return found[::-1]


@lru_cache(maxsize=_KEPT)
def _claimed(digest: str) -> frozenset[str]:
    """Which keys claim to have signed a stored bundle: its digest says which, so it is read once."""
    return signing_key_ids(read_object(_file(digest), field="bundle", max_bytes=LARGEST_FILE).get("manifest"))


@lru_cache(maxsize=_KEPT)
def _counts(before: str, after: str) -> Mapping[str, int]:
    """How much one stored bundle changed of another: both digests say which, so they are compared once."""
    return counts_by_part(compare_bundles(_file(before), _file(after)))


def _file(digest: str) -> bytes:
    return bytes(AgreementBundle.objects.get(digest=digest).file)


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
