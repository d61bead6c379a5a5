"""A nation's authority key: it signs agreement bundles, and lives apart from the node (design.md section 2).

The key file is JSON with the two seeds, mode 0600; it belongs on a medium that the authority keeps, not on a node.
"""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path

from relto.base.canonical import canonical_bytes, read_object
from relto.base.errors import Conflict, MalformedInput
from relto.base.nations import Nation
from relto.signing.keys import StatementKey

_SEED = 32
_KIND = "relto-authority-key"


def make_authority_key(path: Path, nation: Nation) -> StatementKey:
    """Make a key file at `path`, and its public half beside it. Raises Conflict when there is one already."""
    seeds = os.urandom(2 * _SEED)
    key = StatementKey.from_seeds(f"{nation}/authority", seeds[:_SEED], seeds[_SEED:])
    text = json.dumps({"type": _KIND, "owner": f"{nation}/authority", "seeds": base64.b64encode(seeds).decode()})
    if path.exists():
        raise Conflict("key_exists", field="key file", found=path.name, expected="a name that is free")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise _no_write(path) from error
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        public_file(path).write_bytes(canonical_bytes(key.public.as_dict()))
    except OSError as error:
        path.unlink()
        raise _no_write(path) from error
    return key


def _no_write(path: Path) -> MalformedInput:
    return MalformedInput("no_write", field="key file", found=path.name, expected="a place that can be written")


def public_file(path: Path) -> Path:
    """Where the public half of a key file lies: beside it, for everybody to have."""
    return path.with_name(path.name + ".pub.json")


def read_authority_key(path: Path) -> StatementKey:
    """The key of a key file. Raises MalformedInput naming the file when it is none."""
    try:
        content = read_object(path.read_bytes(), field="key file")
    except OSError as error:
        raise MalformedInput("no_file", field="key file", found=path.name, expected="a readable file") from error
    owner, seeds = content.get("owner"), content.get("seeds")
    if content.get("type") != _KIND or not isinstance(owner, str) or not isinstance(seeds, str):
        raise MalformedInput("authority_key", field="key file", expected="a file made by relto authority init")
    try:
        raw = base64.b64decode(seeds, validate=True)
    except ValueError:
        raw = b""
    if len(raw) != 2 * _SEED:
        raise MalformedInput("authority_key", field="seeds", expected="64 bytes in base64")
    return StatementKey.from_seeds(owner, raw[:_SEED], raw[_SEED:])
