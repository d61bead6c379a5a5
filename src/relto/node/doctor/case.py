"""What the looks share: the folder, what could be read of it so far, and the world around it as it is asked.

Promise: nothing is made, locked for longer than an instant, or written; no secret leaves the process's memory.
"""

from __future__ import annotations

import resource
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Protocol

from relto.adapters.sealed_keys import SecretsFolder
from relto.adapters.training_clock import TrainingClock
from relto.adapters.witness_http import HttpWitness
from relto.base.calendars import TZ_DATABASE_VERSION
from relto.base.errors import ReltoError
from relto.base.instants import Instant
from relto.node.blob_settings import open_blobs
from relto.node.doctor.troubles import Trouble
from relto.node.folder import NodeFolder
from relto.node.settings import NodeSettings
from relto.node.starts import somebody_serves
from relto.ports.surroundings import BlobStore
from relto.rules.bundle import Bundle

BACKUP_DAYS: Final = 7
SOON: Final = timedelta(days=30)


class AnsweringWitness(Protocol):
    """As much of a witness as is asked whether it answers."""

    def newest(self, origin: str) -> bytes | None:
        """Its newest cosigned checkpoint of this log. Raises Unreachable."""
        ...

    def close(self) -> None:
        """Close the connections."""
        ...


def _room(place: Path) -> tuple[int, int]:
    found = shutil.disk_usage(place)
    return found.free, found.total


@dataclass(frozen=True, slots=True)
class World:
    """The machine and the network. `room`: (free, all) bytes of a folder's disk; `core_limit`: the hard one, in bytes.

    `backup_days`: how old the newest backup may be.
    """

    now: Callable[[], Instant] = lambda: datetime.now(UTC)
    room: Callable[[Path], tuple[int, int]] = _room
    core_limit: Callable[[], int] = lambda: resource.getrlimit(resource.RLIMIT_CORE)[1]
    time_zones: str = TZ_DATABASE_VERSION
    witness: Callable[[str, str], AnsweringWitness] = HttpWitness
    backup_days: int = BACKUP_DAYS


@dataclass(slots=True)
class Case:
    """One node being looked at. What is None could not be read, and a trouble says why."""

    folder: NodeFolder
    world: World
    settings: NodeSettings | None = None
    secrets: SecretsFolder | None = None
    tables: bool = False
    bundle: Bundle | None = None
    serving: bool = False
    troubles: list[Trouble] = field(default_factory=list)

    def begin(self) -> None:
        """See whether one of the node's processes lives."""
        self.serving = somebody_serves(self.folder.locks)

    def now(self) -> Instant:
        """The present instant as the node takes it: a rehearsal's clock stands ahead of the machine's."""
        clock = self.settings.training_clock_file if self.settings is not None else None
        ahead = TrainingClock(clock).ahead() if clock is not None and clock.is_file() else timedelta()
        return self.world.now() + ahead

    def path(self, place: Path) -> str:
        """A place as it is named: below the node's folder, or whole."""
        inside = place.is_relative_to(self.folder.root)
        return place.relative_to(self.folder.root).as_posix() if inside else str(place)


def kept_blobs(case: Case) -> BlobStore | None:
    """The store of ciphertext; None where it does not answer, or folders lack that would have to be made."""
    if case.settings is None:
        return None
    folder = case.folder.blobs
    if case.settings.blobs.kind == "files" and not all(
        (folder / one).is_dir() for one in ("blobs", "writing", "arriving")
    ):
        return None
    try:
        return open_blobs(case.settings.blobs, case.folder.root, folder)
    except ReltoError:
        return None  # the look at the settings says it
