"""Files that survive a crash: folders made durable, locks of open files, and a disk that fails said as one error."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from relto.base.errors import Unreachable

OWNER_ONLY = 0o600
_FOLDER_OWNER_ONLY = 0o700


@contextmanager
def storage() -> Iterator[None]:
    """A full or failing disk is an outside thing that does not answer now; trying again later may succeed."""
    try:
        yield
    except OSError as error:
        raise Unreachable("storage", field="storage", expected="a disk that takes and gives the bytes") from error


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it, durable; existing ones are left as they are."""
    if not folder.is_dir():
        make_folder(folder.parent)
        with suppress(FileExistsError):
            folder.mkdir(mode=_FOLDER_OWNER_ONLY)
        sync_folder(folder.parent)


def lock(descriptor: int) -> bool:
    """Lock an open file for its one user until it is closed; False while another one holds it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_named(descriptor: int, path: Path) -> bool:
    """True while `path` still names the open file."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
