"""A backup over an S3 store: what lies there is read, compared and listed; what is absent or changed is missing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from relto.adapters.s3_blobs import S3Blobs
from relto.adapters.s3_writing import BLOBS
from relto.node.stored_payloads import STORED, verified_payloads
from relto.node.training_ground import prepare_ground
from tests.support.s3_server import S3Server, server_if_built


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    with server_if_built() as running:
        yield running


def test_what_is_whole_is_listed_by_its_digest(server: S3Server) -> None:
    store = server.store(server.place(uuid4().hex))
    blobs, made = S3Blobs(store), []
    for content in (b"first", b"second" * 300_000, b"third"):
        writer = blobs.create()
        writer.write(content)
        made.append(writer.finish())
    whole, large, changed = made
    names = {one.name for one in made} | {"0" * 32, f"sha256-{whole.sha256}"}
    with server.file(store.place, BLOBS + changed.name).open("r+b") as file:
        file.write(b"T")
    listed = {one.path: (one.sha256, one.size) for one in verified_payloads(S3Blobs(store), names)}
    assert listed == {one.name: (one.sha256, one.size) for one in (whole, large)}


def relto(*arguments: str) -> dict[str, object]:
    run = subprocess.run(
        [sys.executable, "-m", "relto.cli", "--json", *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    found: dict[str, object] = json.loads(run.stdout)
    return found


@pytest.mark.accept
def test_a_node_over_s3_is_backed_up_and_restored_without_its_ciphertext(server: S3Server, tmp_path: Path) -> None:
    place = server.place("backed-up")
    address = f"s3://{place.bucket}/backed-up?endpoint={place.endpoint}&credentials_file={place.credentials_file}"
    ground = prepare_ground(tmp_path / "ground", blobs=address)
    backup, restored = tmp_path / "backup", tmp_path / "restored"
    made = relto("node", "backup", str(ground.node("IND")), "--to", str(backup))
    assert (made["missing"], made["payloads_elsewhere"]) == ([], STORED)
    assert (backup / "files" / STORED).read_bytes() == b""
    assert not list((backup / "files" / "blobs").glob("blobs"))
    secret = str(ground.node("IND") / "secrets" / "master.secret")
    again = relto("node", "restore", str(restored), "--from", str(backup), "--master-secret", secret)
    assert again["payloads_elsewhere"] == STORED
    assert 'prefix = "backed-up/ind"' in (restored / "node.toml").read_text()
