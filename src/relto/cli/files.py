"""Files given on a command line: read and written with errors that name them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from relto.base.errors import MalformedInput, TooLarge

LARGEST = 16 * 1024 * 1024


def read_file(path: str | Path, field: str) -> bytes:
    """The bytes of a small file. Raises MalformedInput or TooLarge naming the field."""
    place = Path(path)
    try:
        with place.open("rb") as source:
            data = source.read(LARGEST + 1)  # a device or a pipe tells no size beforehand
    except OSError as error:
        raise MalformedInput("no_file", field=field, found=place.name, expected="a readable file") from error
    if len(data) > LARGEST:
        raise TooLarge("file", field=field, found=place.name, expected=f"at most {LARGEST} bytes")
    return data


def write_file(path: str | Path, data: bytes, field: str, *, mode: int = 0o644) -> Path:
    """Write a file beside its place, then put it there. Raises MalformedInput naming the field."""
    place = Path(path)
    beside = place.with_name(f".{place.name}.part")
    with writing(place, field):
        try:
            with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as out:
                out.write(data)
            beside.chmod(mode)
            beside.replace(place)
        except OSError:
            beside.unlink(missing_ok=True)
            raise
    return place


@contextmanager
def writing(place: Path, field: str) -> Iterator[None]:
    """Around what writes at `place`: an error of the file system becomes MalformedInput naming the field."""
    try:
        yield
    except OSError as error:
        raise MalformedInput(
            "no_write", field=field, found=place.name, expected="a place that can be written"
        ) from error


def check_place(path: Path, field: str) -> Path:
    """`path` if its folder exists and it is no folder itself. Raises MalformedInput naming the field."""
    if not path.parent.is_dir() or path.is_dir():
        raise MalformedInput("no_write", field=field, found=path.name, expected="a file in a folder that exists")
    return path
