"""What a backup holds of ciphertext that lies in an S3 store: not the bytes, but the list of those that were whole.

Promises: every payload that the copied database speaks of was read to its end, each block compared; one that arrived
was compared with the digest in its name too. What is absent or changed is not on the list: the backup counts it as
missing. The store has its own copies and versions; this list is what they are compared with.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from relto.base.errors import MalformedInput, NotAvailable, NotVerified
from relto.node.backup_format import ListedFile, damaged, listed_file
from relto.ports.surroundings import BlobStore

STORED: Final = "blobs/stored.txt"
_ARRIVED: Final = "sha256-"
_LONGEST_LINE: Final = 512


def verified_payloads(blobs: BlobStore, names: Iterable[str]) -> Iterator[ListedFile]:
    """SHA-256, size and name of each that is whole, by name. Raises Unreachable when the store does not answer."""
    for name in sorted(names):
        try:
            with blobs.open(name) as file:
                size = file.seek(0, os.SEEK_END)
            digest = hashlib.sha256()
            for chunk in blobs.read_range(name, 0, size):
                digest.update(chunk)
        except (NotAvailable, NotVerified):
            continue
        if not name.startswith(_ARRIVED) or name == f"{_ARRIVED}{digest.hexdigest()}":
            yield ListedFile(digest.hexdigest(), size, name)


def read_stored(folder: Path) -> Iterator[ListedFile]:
    """The list below the folder of a backup's files. Raises NotVerified("backup_damaged")."""
    try:
        with (folder / STORED).open("rb") as file:
            while line := file.readline(_LONGEST_LINE):
                yield listed_file(line, STORED)
    except (OSError, MalformedInput) as error:
        raise damaged(STORED) from error
