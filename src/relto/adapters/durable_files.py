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
_MOST_REMEMBERED = 10_000
_durable: set[Path] = set()
"""Folders whose names this process knows to be durable."""


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
    """Make a folder, and those above it, durable.

    One that is there may have been made by a process that was killed before its name was durable: so the first time
    that a process meets a folder of its own user, it makes the name durable again.
    """
    if folder in _durable and folder.is_dir():
        return
    made = not folder.is_dir()
    if made or _is_ours(folder.parent):
        make_folder(folder.parent)
        if made:
            with suppress(FileExistsError):
                folder.mkdir(mode=_FOLDER_OWNER_ONLY)
        sync_folder(folder.parent)
    if len(_durable) >= _MOST_REMEMBERED:
        _durable.clear()
    _durable.add(folder)


def _is_ours(folder: Path) -> bool:
    return folder.stat().st_uid == os.geteuid() and os.access(folder, os.R_OK) and folder != folder.parent


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
