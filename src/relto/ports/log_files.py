"""The files of the node's log, as the services see them: tiles, checkpoint, cosigned checkpoints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class LogFiles(Protocol):
    """Small files by path relative to the log's folder. What is written is durable and whole, or not there."""

    def read(self, path: str) -> bytes | None:
        """The file's bytes, None when there is no such file."""
        ...

    def write(self, files: Mapping[str, bytes]) -> None:
        """Write or replace files, each atomically; all are durable on return. Raises Unreachable."""
        ...

    def remove_folder(self, path: str) -> None:
        """Remove a folder of partial tiles that a full tile replaced; no error when it is not there."""
        ...

    def names(self, folder: str) -> list[str]:
        """The file names directly in a folder, sorted; empty when there is no such folder."""
        ...
