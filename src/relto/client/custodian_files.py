"""A custodian's files: her sealed key, its public half for the agreement, and the signed count of the key's uses.

The count lies beside the key file. It is signed by the key, so nobody else can make one, but whoever holds the medium
can put an older copy back: the node sees that as two records of one number, once both are imported.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path

from relto.adapters.durable_files import sync_folder
from relto.base.errors import Conflict, MalformedInput
from relto.base.nations import Nation
from relto.client.files import reading, writing
from relto.sealing.recovery_keys import (
    COST,
    LARGEST_FILE,
    NONCE_BYTES,
    SALT_BYTES,
    SEED_BYTES,
    CustodianKey,
    open_key_file,
    seal_key_file,
)

_FIELD = "key file"


def public_file(key_file: Path) -> Path:
    """Where the public half lies: beside the key file, for the authority to put into the agreement."""
    return key_file.with_name(key_file.name + ".pub.json")


def uses_file(key_file: Path) -> Path:
    """Where the count of the key's uses lies: beside it, on the same medium."""
    return key_file.with_name(key_file.name + ".uses.json")


def make_key_file(place: Path, nation: Nation, number: int, passphrase: str, *, cost: int = COST) -> CustodianKey:
    """Make a custodian's key file (mode 0600) and its public half. Raises Conflict("key_exists"), MalformedInput."""
    key = CustodianKey.make(nation, number, os.urandom(2 * SEED_BYTES))
    data = seal_key_file(key, passphrase, salt=os.urandom(SALT_BYTES), nonce=os.urandom(NONCE_BYTES), cost=cost)
    if public_file(place).exists():
        raise Conflict("key_exists", field=_FIELD, found=place.name, expected="a name that is free")
    write_new(place, data, field=_FIELD, taken="key_exists")
    write_new(public_file(place), key.public.as_file(), field=_FIELD, taken="key_exists")
    return key


def read_key_file(place: Path, passphrase: str) -> CustodianKey:
    """The keys in a file. Raises MalformedInput or TooLarge, NotVerified("passphrase")."""
    return open_key_file(key_bytes(place), passphrase)


def key_bytes(place: Path) -> bytes:
    """The bytes of a key file, no more of them than one can have. Raises MalformedInput naming the file."""
    with reading(place, _FIELD) as source:
        return source.read(LARGEST_FILE + 1)


def read_uses(key_file: Path) -> bytes | None:
    """The signed count beside a key file; None before its first use."""
    place = uses_file(key_file)
    if not place.exists():
        return None
    with reading(place, "uses") as source:
        return source.read(LARGEST_FILE)


def write_uses(key_file: Path, state: bytes) -> None:
    """Put the new count in the place of the old one, durably. Raises MalformedInput naming the file."""
    place = uses_file(key_file)
    beside = place.with_name(f".{os.urandom(8).hex()}.part")
    write_new(beside, state, field="uses", taken="file_exists")
    with writing(place, "uses"):
        beside.replace(place)
        sync_folder(place.parent)


def write_new(place: Path, data: bytes, *, field: str, taken: str) -> None:
    """A new file of mode 0600, durable and whole, never over another one. Raises Conflict(`taken`), MalformedInput."""
    beside = place.with_name(f".{os.urandom(8).hex()}.part")
    try:
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        try:
            with os.fdopen(handle, "wb") as out:
                out.write(data)
                out.flush()
                os.fsync(out.fileno())
            put_new(beside, place)
        finally:
            beside.unlink(missing_ok=True)
        sync_folder(place.parent)
    except FileExistsError as error:
        raise Conflict(taken, field=field, found=place.name, expected="a name that is free") from error
    except OSError as error:
        raise MalformedInput(
            "no_write", field=field, found=place.name, expected="a place that can be written"
        ) from error


def put_new(beside: Path, place: Path) -> None:
    """Give a finished file its name, if that is free. Raises FileExistsError.

    Media without hard links, such as FAT, leave a moment between the look and the name.
    """
    try:
        os.link(beside, place)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS):
            raise
        if place.exists() or place.is_symlink():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(place)) from error
        beside.replace(place)
