"""A folder of files whose power can be cut: it knows what was asked to be durable, and loses any part of the rest.

What a file system promises (POSIX fsync, and what Linux file systems do): the bytes of a file are durable when fsync of
the file returned; names are durable when fsync of their folder returned; a rename shows the old name or the new one.
Nothing else is. After an fsync that failed, the next one may succeed without having written the bytes: they are not
taken for durable again before they are written anew.
"""

from __future__ import annotations

import errno
import os
import resource
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

_true_fsync, _true_ftruncate, _true_open = os.fsync, os.ftruncate, os.open
_disks: list[RecordedDisk] = []


class RecordedDisk:
    """One node's folder of files."""

    def __init__(self, root: Path, after: RecordedDisk | None = None) -> None:
        """`root` may hold files: all that is there is durable; after a kill of the node that had the disk before
        (`after`, whose last image lies in `root`) only what was durable then is.
        """
        root.mkdir(parents=True, exist_ok=True)
        self.root = root
        self.left: tuple[dict[int, bytes], dict[str, dict[str, int]], dict[int, tuple[int, int]]] | None = None
        self.fails: Callable[[], int] = lambda: 0
        self._contents: dict[int, bytes] = {}
        self._names: dict[str, dict[str, int]] = {}
        self._held: dict[int, int] = {}
        self._unwritten: dict[int, tuple[int, int]] = {}
        for place, _, files in os.walk(root):
            if after is not None and after.left is not None:
                break
            self._names[self._within(place)] = _inodes(Path(place))
            for name in files:
                self._keep(Path(place) / name)
        if after is not None and after.left is not None:
            self._contents, self._names, self._unwritten = after.left
            for place, _, files in os.walk(root):
                for name in files:
                    self._hold(Path(place) / name)
        _disks.append(self)

    def close(self) -> None:
        """Forget it."""
        _disks.remove(self)
        for descriptor in self._held.values():
            os.close(descriptor)
        self._held.clear()

    def synced(self, descriptor: int, place: str) -> None:
        """The node asked for this file or folder to be durable. Raises OSError when the disk fails."""
        number = self.fails()
        if number:
            inode = os.fstat(descriptor).st_ino
            if not Path(place).is_dir():
                # The kernel calls these bytes clean now: a later fsync that succeeds does not write them either.
                self._unwritten[inode] = (len(self._contents.setdefault(inode, b"")), os.fstat(descriptor).st_size)
            raise OSError(number, os.strerror(number))
        if Path(place).is_dir():
            self._names[self._within(place)] = _inodes(Path(place))
        else:
            self._keep(Path(place))

    def truncated(self, descriptor: int, length: int) -> None:
        """What is cut off is written anew before it is there again."""
        inode = os.fstat(descriptor).st_ino
        start, end = self._unwritten.get(inode, (0, 0))
        self._unwritten[inode] = (start, min(end, length))

    def _keep(self, place: Path) -> None:
        inode = self._hold(place)
        start, end = self._unwritten.get(inode, (0, 0))
        whole = place.read_bytes()
        self._contents[inode] = whole[:start] + bytes(max(0, end - start)) + whole[max(start, end) :]

    def _hold(self, place: Path) -> int:
        descriptor = _true_open(place, os.O_RDONLY | os.O_CLOEXEC)  # held, so that its number names no other file later
        inode = os.fstat(descriptor).st_ino
        if inode in self._held:
            os.close(descriptor)
        else:
            self._held[inode] = descriptor
        return inode

    def _within(self, place: str | Path) -> str:
        return os.path.relpath(place, self.root)

    def image(self, into: Path, chance: Random | None) -> None:
        """What is there after the power went; without a chance, what is there after a kill."""
        made: dict[int, Path] = {}
        self._folder(self.root, into, chance, made)
        self.left = self._as_killed(into, made) if chance is None else None

    def _as_killed(
        self, into: Path, made: Mapping[int, Path]
    ) -> tuple[dict[int, bytes], dict[str, dict[str, int]], dict[int, tuple[int, int]]]:
        """What is durable of an image that lost nothing, by the inodes of the image; files that are gone get others."""
        numbers = {inode: place.stat().st_ino for inode, place in made.items()}
        for place, folders, _ in os.walk(self.root):
            for name in folders:
                within = self._within(Path(place) / name)
                numbers[(Path(place) / name).stat().st_ino] = (into / within).stat().st_ino

        def number(inode: int) -> int:
            return numbers.setdefault(inode, -abs(inode))

        return (
            {number(inode): data for inode, data in self._contents.items()},
            {place: {name: number(one) for name, one in names.items()} for place, names in self._names.items()},
            {number(inode): span for inode, span in self._unwritten.items()},
        )

    def _folder(self, place: Path, into: Path, chance: Random | None, made: dict[int, Path]) -> None:
        into.mkdir(parents=True, mode=0o700)
        within = self._within(place)
        now = _inodes(place) if place.is_dir() else {}
        durable = self._names.get(within, {})
        for name in sorted({*now, *durable}):
            options = [now.get(name), durable.get(name)]
            inode = options[0] if chance is None else chance.choice(options)
            if inode is None:
                continue
            below = place / name
            if below.is_dir() or self._within(below) in self._names:
                self._folder(below, into / name, chance, made)
            elif inode in made:
                os.link(made[inode], into / name)
            else:
                (into / name).write_bytes(self._left(inode, below if now.get(name) == inode else None, chance))
                (into / name).chmod(0o600)
                made[inode] = into / name

    def _left(self, inode: int, place: Path | None, chance: Random | None) -> bytes:
        """Of a file's bytes the durable ones, and any beginning of what was written since, or zeros in its place."""
        held = self._contents.get(inode, b"")
        now = place.read_bytes() if place is not None else held
        if chance is None or now == held:
            return now
        shared = len(held) if now.startswith(held) else 0
        upto = chance.randrange(shared, len(now) + 1)
        match chance.randrange(3):
            case 0:
                return held
            case 1:
                return now[:upto]
            case _:
                return now[:upto] + bytes(len(now) - upto)


def _inodes(folder: Path) -> dict[str, int]:
    with os.scandir(folder) as entries:
        return {entry.name: entry.inode() for entry in entries}


def _fsync(fd: Any) -> None:
    place = str(Path(f"/proc/self/fd/{fd}").readlink())
    for disk in _disks:
        if place == str(disk.root) or place.startswith(f"{disk.root}/"):
            disk.synced(fd, place)
            return
    _true_fsync(fd)


def _ftruncate(descriptor: Any, length: int) -> None:
    place = str(Path(f"/proc/self/fd/{descriptor}").readlink())
    for disk in _disks:
        if place.startswith(f"{disk.root}/"):
            disk.truncated(descriptor, length)
    _true_ftruncate(descriptor, length)


def _open(path: Any, flags: int, *rest: Any, **more: Any) -> int:
    descriptor = _true_open(path, flags, *rest, **more)
    place = str(path)
    for disk in _disks:
        if flags & os.O_TRUNC and place.startswith(f"{disk.root}/"):
            disk.truncated(descriptor, 0)
    return descriptor


@contextmanager
def recorded() -> Iterator[None]:
    """While this lasts, an fsync below a recorded disk is recorded and nothing is really synced."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    os.fsync, os.ftruncate, os.open = (
        _fsync,
        _ftruncate,
        _open,
    )  # the kernel's part of the outside world, which cannot be had otherwise
    try:
        yield
    finally:
        os.fsync, os.ftruncate, os.open = _true_fsync, _true_ftruncate, _true_open
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


IO_ERROR, NO_ROOM = errno.EIO, errno.ENOSPC
