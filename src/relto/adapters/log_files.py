"""The node's log in a folder, as C2SP tlog-tiles lays it out, so that any web server could publish it.

Promise: a file is replaced by renaming a whole, synced one; all names are durable when `write` returns. Paths are
those of the log's layout only; nothing leads out of the folder.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from relto.adapters.durable_files import make_folder, sync_folder
from relto.base.errors import MalformedInput, Unreachable

_PATH = re.compile(r"\A(?:checkpoint|witness(?:/[0-9]{20}\.checkpoint)?|tile/(?:entries|[0-9]{1,2})/[x0-9./p]{3,64})\Z")
_OWNER_ONLY = 0o600


class FolderLogFiles:
    """The files of one log; one writer at a time (the sequencer's lease), any number of readers."""

    def __init__(self, folder: Path) -> None:
        """`folder` is made when it is absent."""
        self._folder = folder
        make_folder(folder)

    def read(self, path: str) -> bytes | None:
        """The file's bytes, None when there is no such file."""
        try:
            return self._at(path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def write(self, files: Mapping[str, bytes]) -> None:
        """Write or replace files; all are durable on return."""
        folders: dict[Path, None] = {}
        try:
            for path, data in files.items():
                final = self._at(path)
                make_folder(final.parent)
                aside = final.with_name(f".{final.name}.{os.getpid()}")
                descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, _OWNER_ONLY)
                with os.fdopen(descriptor, "wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                aside.rename(final)
                folders[final.parent] = None
            for folder in folders:
                sync_folder(folder)
        except OSError as error:
            raise Unreachable("storage", field="ledger", expected="a disk that takes the log's files") from error

    def remove_folder(self, path: str) -> None:
        """Remove a folder of partial tiles."""
        if not path.endswith(".p"):
            raise MalformedInput("log.path", field="path", expected="a folder of partial tiles")
        shutil.rmtree(self._at(path), ignore_errors=True)

    def names(self, folder: str) -> list[str]:
        """The file names directly in a folder, sorted; files being written are left out."""
        try:
            return sorted(file.name for file in self._at(folder).iterdir() if not file.name.startswith("."))
        except FileNotFoundError:
            return []

    def _at(self, path: str) -> Path:
        if not _PATH.match(path) or ".." in path:
            raise MalformedInput("log.path", field="path", expected="a path of the log's layout")
        return self._folder / path
