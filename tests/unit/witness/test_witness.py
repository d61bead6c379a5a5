from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from werkzeug.test import Client, TestResponse

from relto.base.canonical import sha256_hex
from relto.base.errors import Conflict, MalformedInput, Misconfigured
from relto.ledger.checkpoint import Checkpoint, accept_lines, read_checkpoint, signed_checkpoint
from relto.ledger.notes import VerifierKey, read_vkey, verify_note
from relto.ledger.witnessing import write_request
from relto.witness.door import WitnessDoor, create_app
from relto.witness.folder import init_witness, read_identity, read_keys, trust_log
from relto.witness.process import WitnessServer
from tests.unit.ledger.workshop import IND, USA, Log, cosigner_keys, leaf, log_keys, seed

NAME = "witness-usa.example/w1"
LOG = Log(USA)
LOG.grow([leaf(index) for index in range(40)])


def note(size: int, root: bytes | None = None) -> bytes:
    return signed_checkpoint(Checkpoint(USA, size, root or LOG.reader.root(size)), log_keys(USA), 1000)


def request(old: int, new: int) -> bytes:
    return write_request(old, LOG.reader.consistency_path(min(old, new), new), note(new))


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "witness"
    init_witness(place, NAME)
    trust_log(place, USA, [key.vkey for key in log_keys(USA)])
    return place


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def door(folder: Path, clock: Clock) -> Iterator[WitnessDoor]:
    made = create_app(folder, clock)
    yield made
    made.close()


def add(door: WitnessDoor, body: bytes) -> TestResponse:
    return Client(door).post("/add-checkpoint", data=body)


def vkeys(folder: Path) -> list[VerifierKey]:
    return [read_vkey(vkey) for vkey in read_identity(folder).vkeys]


def test_a_witness_makes_its_own_keys_once_and_keeps_them_to_itself(folder: Path) -> None:
    identity = read_identity(folder)
    assert identity.name == NAME
    assert [read_vkey(vkey).key_type for vkey in identity.vkeys] == [4, 6]
    for path in (folder / "keys").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    with pytest.raises(Conflict):
        init_witness(folder, NAME)
    assert read_identity(folder) == identity


def test_keys_that_others_can_read_stop_the_start(folder: Path) -> None:
    (folder / "keys" / "ed25519.seed").chmod(0o640)
    with pytest.raises(Misconfigured, match="key_mode"):
        create_app(folder)
    (folder / "keys" / "ed25519.seed").unlink()
    with pytest.raises(Misconfigured):
        read_keys(folder, NAME)
    with pytest.raises(Misconfigured):
        create_app(folder / "absent")


def test_only_log_keys_can_be_trusted(folder: Path) -> None:
    for wrong in ([], ["text"], [cosigner_keys(NAME)[0].vkey]):
        with pytest.raises(MalformedInput):
            trust_log(folder, IND, wrong)


def test_a_growing_log_gets_cosignatures_that_verify(door: WitnessDoor, folder: Path) -> None:
    for old, new in ((0, 5), (5, 17), (17, 17), (17, 40)):
        answered = add(door, request(old, new))
        assert answered.status_code == 200
        whole = accept_lines(note(new), answered.data, vkeys(folder))
        assert [line.time for line in verify_note(whole, vkeys(folder)).lines] == [1_800_000_000] * 2


def test_the_statuses_of_the_standard(door: WitnessDoor) -> None:
    assert add(door, b"old x\n\n").status_code == 400
    stranger = signed_checkpoint(Checkpoint(IND, 5, seed("r")), log_keys(IND), 1)
    assert add(door, write_request(0, [], stranger)).status_code == 404
    forged = write_request(0, [], signed_checkpoint(Checkpoint(USA, 5, seed("r")), log_keys(USA, "other"), 1))
    assert add(door, forged).status_code == 403
    assert add(door, write_request(6, [], note(5))).status_code == 400
    assert add(door, request(0, 7)).status_code == 200
    conflict = add(door, request(0, 9))
    assert (conflict.status_code, conflict.data, conflict.content_type) == (409, b"7\n", "text/x.tlog.size")
    assert add(door, write_request(7, [seed("x")], note(9))).status_code == 422
    assert add(door, b"x" * 300_000).status_code == 413
    client = Client(door)
    assert client.get("/add-checkpoint").status_code == 405
    assert client.get("/elsewhere").status_code == 404


def test_the_latest_cosigned_checkpoint_is_served_with_both_sides_lines(door: WitnessDoor, folder: Path) -> None:
    client, path = Client(door), f"/{sha256_hex(USA.encode())}/checkpoint"
    assert client.get(path).status_code == 404
    assert client.get(f"/{'0' * 64}/checkpoint").status_code == 404
    add(door, request(0, 5))
    served = client.get(path)
    assert served.content_type == "text/plain; charset=utf-8"
    assert read_checkpoint(served.data).size == 5
    known = [*vkeys(folder), *(key.verifier for key in log_keys(USA))]
    assert len(verify_note(served.data, known).lines) == 4


def test_a_log_that_is_trusted_later_is_known_at_once(door: WitnessDoor, folder: Path) -> None:
    india = write_request(0, [], signed_checkpoint(Checkpoint(IND, 5, seed("r")), log_keys(IND), 1))
    assert add(door, india).status_code == 404
    trust_log(folder, IND, [log_keys(IND)[0].vkey])
    assert add(door, india).status_code == 200
    assert add(door, request(0, 5)).status_code == 200


def test_a_split_view_is_refused_and_kept_as_evidence(door: WitnessDoor, folder: Path) -> None:
    add(door, request(0, 7))
    fork = write_request(7, [], note(7, seed("fork")))
    for _ in range(2):
        assert add(door, fork).status_code == 422
    place = folder / "evidence" / sha256_hex(USA.encode())
    kept = sorted(place.iterdir())
    assert [path.suffix for path in kept] == [".cosigned", ".request"]
    assert kept[1].read_bytes() == fork
    log = [key.verifier for key in log_keys(USA)]
    first, second = (verify_note(data, log) for data in (kept[0].read_bytes(), fork.partition(b"\n\n")[2]))
    assert read_checkpoint(first.note).size == read_checkpoint(second.note).size == 7
    assert read_checkpoint(first.note).root != read_checkpoint(second.note).root
    health = Client(door).get("/healthz")
    assert json.loads(health.data)["evidence"]["other_root_at_same_size"] == 1


def test_an_earlier_size_shown_with_another_root_is_evidence_too(door: WitnessDoor, folder: Path) -> None:
    add(door, request(0, 7))
    add(door, request(7, 20))
    assert add(door, write_request(7, [], note(7, seed("fork")))).status_code == 409
    assert len(list(folder.glob("evidence/*/*.request"))) == 1


def test_nothing_is_cosigned_while_the_clock_is_before_the_last_cosignature(door: WitnessDoor, clock: Clock) -> None:
    add(door, request(0, 5))
    clock.now -= 1
    assert add(door, request(5, 7)).status_code == 503
    assert Client(door).get("/healthz").status_code == 503
    clock.now += 1
    assert add(door, request(5, 7)).status_code == 200


def test_what_cannot_be_persisted_is_not_answered_with_a_cosignature(door: WitnessDoor, folder: Path) -> None:
    other = sqlite3.connect(folder / "state.sqlite3", isolation_level=None)
    door._state._connection.execute("PRAGMA busy_timeout = 50")
    other.execute("BEGIN IMMEDIATE")
    refused = add(door, request(0, 5))
    other.execute("ROLLBACK")
    other.close()
    assert (refused.status_code, b"\xe2\x80\x94" in refused.data) == (503, False)
    assert add(door, request(0, 5)).status_code == 200


def test_requests_at_the_same_time_never_roll_the_witness_back(folder: Path, clock: Clock) -> None:
    doors = [create_app(folder, clock), create_app(folder, clock)]
    add(doors[0], request(0, 1))
    sizes: list[int] = []

    def push(number: int) -> None:
        door = doors[number % 2]
        old = 1
        for new in range(2 + number, 41, 3):
            answered = add(door, request(old, new)) if old <= new else None
            if answered is not None and answered.status_code == 409:
                old = int(answered.data)
            elif answered is not None and answered.status_code == 200:
                sizes.append(new)
                old = new

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(push, range(4)))
    latest = Client(doors[0]).get(f"/{sha256_hex(USA.encode())}/checkpoint")
    assert read_checkpoint(latest.data).size == max([1, *sizes])
    for door in doors:
        door.close()


def test_state_survives_a_restart(folder: Path, clock: Clock) -> None:
    first = create_app(folder, clock)
    add(first, request(0, 5))
    first.close()
    second = create_app(folder, clock)
    assert add(second, request(0, 7)).data == b"5\n"
    second.close()


def call(port: int, path: str, body: bytes | None = None) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", data=body, timeout=5) as answered:
            return answered.status, answered.read()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read()


def test_the_server_answers_over_http_bounds_bodies_and_stops(folder: Path) -> None:
    server = WitnessServer(folder, "127.0.0.1", 0)
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        assert call(server.port, "/healthz")[0] == 200
        assert call(server.port, "/add-checkpoint", request(0, 5))[0] == 200
        assert call(server.port, "/add-checkpoint", b"x" * 300_000)[0] == 413
        with pytest.raises(Misconfigured, match="address"):
            WitnessServer(folder, "127.0.0.1", server.port)
    finally:
        server.stop()
        thread.join(10)
    assert not thread.is_alive()


def test_a_killed_witness_remembers_what_it_answered(folder: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    code = "import sys, pathlib; from relto.witness.process import serve_witness as serve\n"
    code += "assert not any(name.partition('.')[0] == 'django' for name in sys.modules)\n"
    code += f"serve(pathlib.Path({str(folder)!r}), '127.0.0.1', {port})"
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[3] / "src")}

    def start() -> subprocess.Popen[bytes]:
        process = subprocess.Popen([sys.executable, "-c", code], env=environment)
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
            except OSError:
                time.sleep(0.05)
            else:
                break
        return process

    process = start()
    try:
        assert call(port, "/add-checkpoint", request(0, 5))[0] == 200
    finally:
        process.kill()
        process.wait(10)
    process = start()
    try:
        assert call(port, "/add-checkpoint", request(0, 7)) == (409, b"5\n")
        assert call(port, "/add-checkpoint", request(5, 7))[0] == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.wait(10)
