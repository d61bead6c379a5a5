"""What an archive holds: the files below a folder, or those that a list names, streamed. Links are never followed.

Nothing is passed over in silence: a link, a device, a name that leads outside is there with the size -1, and fails
when its turn comes.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from relto.base.errors import Conflict, MalformedInput, TooLarge
from relto.client.bulk.work import Found, Planned
from relto.client.files import reading

NOT_A_FILE: Final = -1
_LONGEST_PATH: Final = 4096


def files_below(archive: Path) -> Iterator[Found]:
    """Every file below a folder. Raises MalformedInput when the folder cannot be read."""
    folders = [os.fsencode(archive)]
    root = len(folders[0].rstrip(b"/")) + 1
    while folders:
        folder = folders.pop()
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                    else:
                        yield _found(entry.path[root:], entry.stat(follow_symlinks=False))
        except OSError as error:
            raise MalformedInput("no_file", field="archive", expected="folders that can be read") from error


def files_listed(archive: Path, listed: Path) -> Iterator[Found]:
    """The files that a list names, one relative path a line. Raises MalformedInput for a list that cannot be read."""
    root = os.path.realpath(os.fsencode(archive))
    with reading(listed, "list") as source:
        for path in _lines(source):
            try:
                seen = Path(os.fsdecode(root + b"/" + path)).lstat()
            except OSError:
                yield Found(path, NOT_A_FILE, 0)
            else:
                yield _found(path, seen) if is_inside(root, path) else Found(path, NOT_A_FILE, 0)


def is_inside(root: bytes, path: bytes) -> bool:
    """True for a relative path that leads nowhere but down from `root`, through no link."""
    if path.startswith(b"/") or {b"", b".", b".."} & {*path.split(b"/")}:
        return False
    folder, _, _ = (root + b"/" + path).rpartition(b"/")
    return os.path.realpath(folder) == folder


def open_planned(archive: str, row: Planned) -> BinaryIO:
    """The planned file, open, as it was planned.

    Raises MalformedInput("bulk_not_a_file"), MalformedInput("no_file"), Conflict("bulk_planned").
    """
    if row.size == NOT_A_FILE:
        raise MalformedInput("bulk_not_a_file", field="document", expected="an ordinary file of the archive")
    try:
        handle = os.open(os.fsencode(archive) + b"/" + row.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise MalformedInput("no_file", field="document", expected="a readable file") from error
    seen = os.fstat(handle)
    if (seen.st_size, seen.st_mtime_ns) != (row.size, row.changed_at):
        os.close(handle)
        raise Conflict("bulk_planned", field="document", expected="the document as it was planned")
    return os.fdopen(handle, "rb")


def _found(path: bytes, seen: os.stat_result) -> Found:
    return Found(path, seen.st_size if stat.S_ISREG(seen.st_mode) else NOT_A_FILE, seen.st_mtime_ns)


def _lines(source: BinaryIO) -> Iterator[bytes]:
    while line := source.readline(_LONGEST_PATH + 1):
        if len(line) > _LONGEST_PATH:
            raise TooLarge("bulk_list", field="list", expected=f"paths of at most {_LONGEST_PATH} bytes")
        if path := line.rstrip(b"\r\n"):
            yield path
