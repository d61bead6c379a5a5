"""What a backup of a node is: a folder of files, a list of their digests, and a signed manifest over the list.

    manifest.json   a statement "node-backup" signed by the node: its nation, its log's origin, the instant, the size of
                    the tree, the digest of files.txt, and what was missing
    files.txt       the backup's own identity, then one line a file: SHA-256, size in bytes, path
    files/...       the files under their paths in the node's folder; the database is a consistent copy

The master secret is never in it, so nothing in it opens what the node sealed, and nobody can sign with what lies there.
The one key that a node keeps unsealed (of the doors' TLS) is sealed under the field key first.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from relto.base.canonical import Json
from relto.base.errors import MalformedInput, NotVerified
from relto.base.instants import Instant, instant_text, read_instant
from relto.signing.keys import StatementKey, StatementPublicKey
from relto.signing.statements import read_statement, sign_statement

MANIFEST, LIST, FILES = "manifest.json", "files.txt", "files"
KIND, VERSION = "node-backup", 1
DATABASE = "data/relto.sqlite3"
LAST_BACKUP = "last-backup.json"
"""In the node's folder, of its newest backup: identity and instant. It says how old the backup is, and is in none."""
CHUNK = 1024 * 1024
_LARGEST_MANIFEST = 1024 * 1024
_LONGEST_LINE = 512
_MOST_MISSING = 1000
_LINE = re.compile(r"\A([0-9a-f]{64}) (0|[1-9][0-9]{0,14}) ([A-Za-z0-9][A-Za-z0-9._/-]{0,255})\n\Z")
_IDENTITY = re.compile(r"\Arelto backup (bak_[a-z0-9]{24})\n\Z")


@dataclass(frozen=True, slots=True)
class ListedFile:
    """One file: hex SHA-256 and size of its bytes, its path below `files` with forward slashes."""

    sha256: str
    size: int
    path: str

    @property
    def line(self) -> str:
        """As it stands in the list."""
        return f"{self.sha256} {self.size} {self.path}\n"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the node signed of its backup. `size`: entries of the tree; `missing`: payloads that were not there."""

    backup: str
    nation: str
    origin: str
    at: Instant
    size: int
    files: int
    list_sha256: str
    missing: tuple[str, ...]

    def signed(self, key: StatementKey) -> bytes:
        """The manifest as it is written."""
        missing: list[Json] = [*self.missing[:_MOST_MISSING]]
        body: dict[str, Json] = {
            "backup": self.backup,
            "nation": self.nation,
            "origin": self.origin,
            "at": instant_text(self.at),
            "size": self.size,
            "files": self.files,
            "list_sha256": self.list_sha256,
            "missing": missing,
            "missing_count": len(self.missing),
        }
        return sign_statement(KIND, VERSION, body, [key])


def read_manifest(data: bytes, trusted: StatementPublicKey) -> Manifest:
    """The manifest, if the holder of this key signed it. Raises NotVerified("backup_foreign"), MalformedInput."""
    try:
        statement = read_statement(data, kind=KIND, versions={VERSION}, trusted=[trusted], max_bytes=_LARGEST_MANIFEST)
    except NotVerified as error:
        raise NotVerified("backup_foreign", field="manifest", expected="a manifest that this node signed") from error
    body = statement.body
    missing = body.get("missing")
    texts = [body.get(name) for name in ("backup", "nation", "origin", "list_sha256")]
    numbers = [body.get(name) for name in ("size", "files")]
    if not all(isinstance(one, str) for one in texts) or not all(isinstance(one, int) for one in numbers):
        raise _no_backup("manifest")
    if not isinstance(missing, list):
        raise _no_backup("manifest")
    return Manifest(
        backup=str(texts[0]),
        nation=str(texts[1]),
        origin=str(texts[2]),
        at=read_instant(body.get("at"), field="at"),
        size=int(str(numbers[0])),
        files=int(str(numbers[1])),
        list_sha256=str(texts[3]),
        missing=tuple(str(one) for one in missing),
    )


def read_list(place: Path, manifest: Manifest) -> Iterator[ListedFile]:
    """The files of the list, in its order. Raises NotVerified("backup_mixed" or "backup_damaged"), MalformedInput."""
    digest, count = hashlib.sha256(), 0
    with _opened(place) as file:
        first = file.readline(_LONGEST_LINE)
        digest.update(first)
        found = _IDENTITY.match(first.decode("ascii", "replace"))
        if not found:
            raise _no_backup(LIST)
        if found[1] != manifest.backup:
            raise NotVerified("backup_mixed", field=LIST, found=found[1], expected=manifest.backup)
        # Nothing of the list is used before all of it was read: a changed line may name any path.
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            count += chunk.count(b"\n")
    if digest.hexdigest() != manifest.list_sha256 or count != manifest.files:
        raise damaged(LIST)
    with _opened(place) as file:
        file.readline(_LONGEST_LINE)
        while line := file.readline(_LONGEST_LINE):
            yield listed_file(line, LIST)


def listed_file(line: bytes, place: str) -> ListedFile:
    """What a line of the list in `place` names. Raises MalformedInput("backup")."""
    parts = _LINE.match(line.decode("ascii", "replace"))
    if not parts or ".." in parts[3] or parts[3].startswith("/"):
        raise _no_backup(place)
    return ListedFile(parts[1], int(parts[2]), parts[3])


def identity_line(backup: str) -> bytes:
    """The first line of a list."""
    return f"relto backup {backup}\n".encode("ascii")


def _opened(place: Path) -> BinaryIO:
    try:
        return place.open("rb")
    except FileNotFoundError as error:
        raise _no_backup(place.name) from error


def manifest_bytes(backup: Path) -> bytes:
    """The bytes of a backup's manifest. Raises MalformedInput("backup") when there is none."""
    with _opened(backup / MANIFEST) as file:
        return file.read(_LARGEST_MANIFEST + 1)


def damaged(path: str) -> NotVerified:
    """A file is not the one that was written."""
    return NotVerified("backup_damaged", field="file", found=path, expected="the file that was written")


def _no_backup(path: str) -> MalformedInput:
    return MalformedInput("backup", field="file", found=path, expected="a folder that relto node backup made")
