"""Many new files made durable together: each is there whole or not at all, and none takes another's place.

A file has no name until its bytes are on the disk (O_TMPFILE, open(2), then link(2)), so a process killed meanwhile
leaves nothing behind. File systems without it get a name nobody can foresee, which then only a kill leaves.
"""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from relto.adapters.durable_files import OWNER_ONLY, make_folder

_LIBRARY: Final = ctypes.CDLL(None, use_errno=True)
_WITHOUT: Final = {errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.ENOENT}


class NewFile:
    """A file that is being written and has no name yet."""

    def __init__(self, target: Path) -> None:
        """Begins the file that will be `target`; its folders are made, durably. Raises OSError."""
        self.target = target
        self._beside: Path | None = None
        make_folder(target.parent)
        try:
            self.handle = os.open(target.parent, os.O_TMPFILE | os.O_WRONLY, OWNER_ONLY)
        except OSError as error:
            if error.errno not in _WITHOUT:
                raise
            self._beside = target.with_name(f".{os.urandom(8).hex()}.part")
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
            self.handle = os.open(self._beside, flags, OWNER_ONLY)

    def write(self, pieces: Iterable[bytes]) -> None:
        """Append. Raises OSError."""
        for piece in pieces:
            rest = memoryview(piece)
            while rest:
                rest = rest[os.write(self.handle, rest) :]

    @property
    def device(self) -> int:
        """Which file system it is on."""
        return os.fstat(self.handle).st_dev

    def finish(self) -> None:
        """Give the file its name. Raises FileExistsError when somebody has it."""
        try:
            source = f"/proc/self/fd/{self.handle}" if self._beside is None else str(self._beside)
            # With a folder's descriptor Python asks for the file behind the link, as AT_SYMLINK_FOLLOW of linkat(2).
            os.link(source, self.target, src_dir_fd=self.handle, follow_symlinks=True)
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Close it; without a name it is gone."""
        if self.handle >= 0:
            os.close(self.handle)
            self.handle = -1
        if self._beside is not None:
            self._beside.unlink(missing_ok=True)


def name_durably(files: Sequence[NewFile]) -> list[OSError | None]:
    """Make the bytes of many files durable, then give them their names, then make those durable.

    The error of each file that got no name, None for the others. Raises OSError when the disk fails; some may have
    their names then.
    """
    held = {file.device: os.dup(file.handle) for file in files}
    try:
        for descriptor in held.values():
            _sync(descriptor)
        errors = [_named(file) for file in files]
        for descriptor in held.values():
            _sync(descriptor)
    finally:
        for file in files:
            file.abandon()
        for descriptor in held.values():
            os.close(descriptor)
    return errors


def _named(file: NewFile) -> OSError | None:
    try:
        file.finish()
    except OSError as error:
        return error
    return None


def _sync(descriptor: int) -> None:
    """syncfs(2): one wait for all files of a file system. It tells of what could not be written since it was opened."""
    if _LIBRARY.syncfs(descriptor) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
