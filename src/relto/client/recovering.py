"""Recovery by custodians, away from any node: the one way to open a container without its key services (promise 2).

Order, so that no plaintext is ever without its record: pieces, shares, root signature, assertions and label; then every
segment once, written nowhere; then the signed record and each custodian's new count, durable; only then the document,
verified again while it is written, in the mode 0600 and under its name when it is whole. Nothing that exists is
overwritten. A record whose document could not be written stands: the key was opened.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from relto.base.canonical import sha256_hex
from relto.base.errors import Conflict, Refused
from relto.base.instants import Instant
from relto.client.custodian_files import put_new, read_uses, write_new, write_uses
from relto.client.files import reading, writing
from relto.sealing.archive import Archive, open_archive
from relto.sealing.keys import load_private_key, public_key_of
from relto.sealing.opening import OpenedContainer, open_container, read_container
from relto.sealing.recovery_keys import CustodianKey
from relto.sealing.recovery_opening import recover_shares
from relto.sealing.recovery_record import Recovery, check_reason, next_use, record_digest, sign_record, use_state
from relto.sealing.registration import manifest_fingerprint
from relto.sealing.wrapping import unwrap_share

_LARGEST_PEM = 64 * 1024


@dataclass(frozen=True, slots=True)
class RecoveredDocument:
    """A document written in full. `record`: the signed record, None after test keys; `faulty`: kids of wrong pieces."""

    path: Path
    size: int
    label_xml: str | None
    record: Path | None
    faulty: tuple[str, ...] = ()


def record_file(target: Path) -> Path:
    """Where the record of a recovery lies: beside the document."""
    return target.with_name(target.name + ".recovery.json")


def recover_document(
    container: Path, keys: Mapping[Path, CustodianKey], target: Path, *, reason: str, at: Instant
) -> RecoveredDocument:
    """Recover the container's document to `target` with these custodians' opened key files.

    Raises Conflict("file_exists") when target or record exist, what `recover_shares` raises, NotVerified for anything
    that an opening refuses, MalformedInput for a reason, a file or a place.
    """
    reason = check_reason(reason)
    record_place = record_file(target)
    _require_free(target, record_place)
    with reading(container, "container") as source:
        archive = open_archive(source)
        manifest = read_container(archive)
        found = recover_shares(manifest, list(keys.values()))
        opened = _verified(archive, source, found.shares)
        uses = [next_use(key, read_uses(place)) for place, key in keys.items()]
        recovery = Recovery(
            manifest=sha256_hex(archive.manifest),
            fingerprint=manifest_fingerprint(manifest),
            recovered_at=at.replace(microsecond=0),
            reason=reason,
            faulty=found.faulty,
        )
        record = sign_record(recovery, uses, [key.statement_key for key in keys.values()])
        digest = record_digest(record)
        write_new(record_place, record, field="record", taken="file_exists")
        for (place, key), use in zip(keys.items(), uses, strict=True):
            write_uses(place, use_state(key, use, digest))
        size = _write(opened, target)
    return RecoveredDocument(target, size, opened.label_xml, record_place, found.faulty)


def open_with_test_keys(
    container: Path, key_files: Sequence[Path], training_keys: Mapping[str, str], target: Path
) -> RecoveredDocument:
    """Open a container with private keys (PEM) of training nodes' key services; it leaves no record.

    `training_keys`: kid to public PEM of the keys that training nodes list. Raises Refused("test_keys") for a key that
    is none of theirs, and what an opening raises.
    """
    _require_free(target)
    kids = {"".join(pem.split()): kid for kid, pem in training_keys.items()}
    holders: dict[str, str] = {}
    for place in key_files:
        with reading(place, "key file") as source:
            text = source.read(_LARGEST_PEM).decode("ascii", "replace")
        kid = kids.get("".join(public_key_of(load_private_key(text)).split()))
        if kid is None:
            raise Refused("test_keys", field="key file", found=place.name, expected="a service key of a training node")
        holders[kid] = text
    with reading(container, "container") as source:
        archive = open_archive(source)
        manifest = read_container(archive)
        shares = {
            position: unwrap_share(item, holders[item.kid], manifest.policy_text)
            for position, item in enumerate(manifest.key_access)
            if item.kid in holders
        }
        opened = _verified(archive, source, shares, label_needed=False)
        size = _write(opened, target)
    return RecoveredDocument(target, size, opened.label_xml, None)


def _verified(
    archive: Archive, source: BinaryIO, shares: Mapping[int, bytes], *, label_needed: bool = True
) -> OpenedContainer:
    """The container with everything verified, down to the last segment; nothing of it was written."""
    opened = open_container(archive, source, shares, require_label=label_needed)
    for _ in opened.views():
        pass
    return opened


def _require_free(*places: Path) -> None:
    for place in places:
        if place.exists() or place.is_symlink():
            raise Conflict("file_exists", field="output", found=place.name, expected="a name that is free")


def _write(opened: OpenedContainer, target: Path) -> int:
    """The document beside its place, then under its name, if that is still free. Returns its bytes."""
    beside = target.with_name(f".{os.urandom(8).hex()}.part")
    size = 0
    with writing(target, "output"):
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        try:
            with os.fdopen(handle, "wb") as out:
                for piece in opened.views():
                    out.write(piece)
                    size += len(piece)
                out.flush()
                os.fsync(out.fileno())
            put_new(beside, target)
        except FileExistsError as error:
            raise Conflict("file_exists", field="output", found=target.name, expected="a name that is free") from error
        finally:
            with suppress(FileNotFoundError):
                beside.unlink()
    return size
