"""The values of bulk work: what an archive holds, what is planned, what came of it. All of it travels to workers."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from relto.base.canonical import sha256_hex
from relto.base.errors import ReltoError

PLANNED: Final = "planned"
STARTED: Final = "started"
DONE: Final = "done"
FAILED: Final = "failed"


@dataclass(frozen=True, slots=True)
class Found:
    """A file of an archive: its relative path as the file system has it, size in bytes, time of its last change."""

    path: bytes = field(repr=False)
    size: int
    changed_at: int


@dataclass(frozen=True, slots=True)
class Planned:
    """A file to work on. `was_started`: an earlier run began with it and did not say how it ended."""

    number: int
    path: bytes = field(repr=False)
    size: int
    changed_at: int
    was_started: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it ended. `made`: identity of what was made; `error`: as `ReltoError.as_dict`; `size`: bytes worked on."""

    number: int
    made: str = ""
    size: int = 0
    error: Mapping[str, Any] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Counts:
    """Files by state. `changed`: those done that changed since; they are among `done`."""

    planned: int
    started: int
    done: int
    failed: int
    changed: int

    @property
    def left(self) -> int:
        """How many are neither done nor failed."""
        return self.planned + self.started


def identity(namespace: uuid.UUID, path: bytes, content_sha256: str) -> uuid.UUID:
    """What names a document in one run: the same for the same path and content, whoever asks and however often."""
    return uuid.uuid5(namespace, sha256_hex(path + b"\0" + content_sha256.encode("ascii")))


def failed(number: int, error: ReltoError) -> Outcome:
    """The outcome of a file that an error stopped."""
    return Outcome(number, error=error.as_dict())
