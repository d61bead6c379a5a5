"""How the node is doing, as numbers from its folder and its machine: certificates, disk, backup, the worker's beat.

What cannot be read is left out: a measure that is not there raises no alarm of its own, and `relto node check` says
what is wrong with a file.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from django.db import close_old_connections

from relto.adapters.telemetry_names import Measure
from relto.base.errors import ReltoError
from relto.base.instants import read_instant
from relto.node.children import heartbeat_file
from relto.node.settings import NodeSettings

if TYPE_CHECKING:
    from relto.services.house import House

_DAY = 86400.0
_LARGEST_FILE = 256 * 1024
_LAST_BACKUP = "last-backup.json"  # in the node's folder: the identity and instant of its newest backup


def all_measures(settings: NodeSettings, house: House) -> list[Measure]:
    """Every number that the node's records and its folder tell now."""
    from relto.services.node_measures import measured  # noqa: PLC0415  tables need a started Django

    close_old_connections()
    try:
        return [*measured(house), *measured_files(settings)]
    finally:
        close_old_connections()


def measured_files(settings: NodeSettings) -> list[Measure]:
    """Every number that the node's folder tells now."""
    return [*_certificates(settings), *_disk(settings), *_backup(settings), *_worker(settings)]


def _certificates(settings: NodeSettings) -> Iterator[Measure]:
    folder = settings.folder
    places = [
        ("link", folder.link_certificate),
        ("link_authority", folder.link_authority),
        ("door", folder.door_certificate),
        *(("partner_authority", place) for place in sorted((folder.root / "partners").glob("*.crt"))),
    ]
    soonest: dict[str, float] = {}
    for kind, place in places:
        with suppress(OSError, ValueError):
            found = x509.load_pem_x509_certificate(_bounded(place))
            left = (found.not_valid_after_utc - datetime.now(UTC)).total_seconds() / _DAY
            soonest[kind] = min(left, soonest.get(kind, left))
    for kind, left in soonest.items():
        yield Measure("relto.certificate.left", left, {"certificate": kind})


def _disk(settings: NodeSettings) -> Iterator[Measure]:
    with suppress(OSError):
        usage = shutil.disk_usage(settings.folder.root)
        yield Measure("relto.disk.free", usage.free / usage.total if usage.total else 0.0, {})


def _backup(settings: NodeSettings) -> Iterator[Measure]:
    """Since the newest backup; of a node that has none, since it was made."""
    folder = settings.folder
    with suppress(OSError):
        moment = folder.party_file.stat().st_mtime if folder.party_file.exists() else time.time()
        with suppress(FileNotFoundError, ValueError, KeyError, TypeError, ReltoError):
            told = json.loads(_bounded(folder.root / _LAST_BACKUP))
            moment = read_instant(told["at"], field="at").timestamp()
        yield Measure("relto.backup.age", max(0.0, time.time() - moment), {})


def _worker(settings: NodeSettings) -> Iterator[Measure]:
    with suppress(OSError):
        silence = time.time() - heartbeat_file(settings).stat().st_mtime
        yield Measure("relto.worker.silence", max(0.0, silence), {})


def _bounded(place: Path) -> bytes:
    with place.open("rb") as file:
        return file.read(_LARGEST_FILE)
