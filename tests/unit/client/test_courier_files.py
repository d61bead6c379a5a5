"""A courier bundle as a file and as a folder: the same stream from both, and a folder with anything else is refused."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, cast

import pytest

from relto.base.errors import Conflict, MalformedInput, ReltoError
from relto.base.nations import Nation
from relto.client.courier import export_courier_bundle, import_courier_bundle
from relto.client.session import Session
from relto.client.steps import Download, Reply, Upload, Work
from relto.exchange.courier import CarriedFile, Manifest, write_manifest
from relto.exchange.courier_file import END, member
from relto.signing.keys import StatementKey

AT = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
KEY = StatementKey.from_seeds("USA/node", bytes(32), bytes(32))
SESSION = cast("Session", None)
FILES = {"message-1": b"m" * 3000, "answer-4": b"a" * 10, f"payload-{'0' * 64}": os.urandom(70_000)}


def bundle() -> bytes:
    manifest = Manifest(
        sender=Nation("USA"),
        recipient=Nation("IND"),
        number=1,
        previous="",
        created=AT,
        expires=AT,
        awaited=1,
        settled=1,
        taken=0,
        taken_digest="",
        cosigned=0,
        key={},
        files=tuple(CarriedFile(name, len(data), hashlib.sha384(data).hexdigest()) for name, data in FILES.items()),
    )
    note, _ = write_manifest(manifest, KEY)
    held = {"manifest": note, **FILES}
    return b"".join(b"".join(member(name, len(data), [data])) for name, data in held.items()) + END


BUNDLE = bundle()


def exported(target: Path, data: bytes = BUNDLE) -> None:
    """What a driver does with the steps of the export, with this answer of the node."""
    steps = export_courier_bundle(SESSION, "IND", 1, target)
    step = next(steps)
    try:
        while True:
            if isinstance(step, Download):
                for start in range(0, len(data), 999):
                    step.sink(data[start : start + 999])
                step = steps.send(Reply(200, b""))
            elif isinstance(step, Work):
                for _ in step.pieces:
                    pass
                step = steps.send(None)
    except StopIteration:
        return
    finally:
        steps.close()


def sent(source: Path) -> bytes:
    """The body that the import sends."""
    steps = import_courier_bundle(SESSION, source)
    step = next(steps)
    assert isinstance(step, Upload)
    data = b"".join(step.pieces)
    steps.close()
    return data


@pytest.mark.parametrize("name", ["bundle", "bundle.tar"])
def test_what_was_written_out_is_sent_byte_for_byte(tmp_path: Path, name: str) -> None:
    exported(tmp_path / name)
    assert sent(tmp_path / name) == BUNDLE
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_folder_in_use_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("mine")
    with pytest.raises(Conflict):
        exported(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes"]


@pytest.mark.parametrize("data", [BUNDLE[:-3000], BUNDLE + b"x", b"PK" * 9000, BUNDLE[:700]])
def test_what_did_not_come_whole_leaves_no_folder(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(MalformedInput):
        exported(tmp_path / "bundle", data)
    assert list(tmp_path.iterdir()) == []


def _longer(folder: Path) -> None:
    with (folder / "message-1").open("ab") as out:
        cast("BinaryIO", out).write(b"x")


def _linked(folder: Path) -> None:
    (folder / "answer-4").unlink()
    (folder / "answer-4").symlink_to(folder / "message-1")


def _piped(folder: Path) -> None:
    (folder / "answer-4").unlink()
    os.mkfifo(folder / "answer-4")


TRAPS: dict[str, Callable[[Path], object]] = {
    "one more": lambda folder: (folder / "autorun").write_bytes(b"x"),
    "one less": lambda folder: (folder / "answer-4").unlink(),
    "another case": lambda folder: (folder / "Message-1").write_bytes(FILES["message-1"]),
    "a folder": lambda folder: (folder / "inner").mkdir(),
    "a link": _linked,
    "a pipe": _piped,
    "longer": _longer,
    "no manifest": lambda folder: (folder / "manifest").unlink(),
    "another manifest": lambda folder: (folder / "manifest").write_bytes(b"x" * 100),
}


@pytest.mark.parametrize("trap", sorted(TRAPS))
def test_a_folder_with_anything_else_is_refused_before_a_byte_is_sent(tmp_path: Path, trap: str) -> None:
    exported(tmp_path / "bundle")
    TRAPS[trap](tmp_path / "bundle")
    with pytest.raises(ReltoError) as refused:
        sent(tmp_path / "bundle")
    assert refused.value.code == "malformed"
