"""Opening on the reader's machine: only the own node's services are asked, and no partial document is left."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from relto.base.errors import NotVerified, Refused, ReltoError, Unreachable
from relto.client.node import NodeClient
from relto.client.opening import _one_for_each, _unwrapped, open_container_file, write_whole
from relto.client.steps import Progress, Reply, Watch
from relto.sealing.archive import open_archive
from relto.sealing.manifest import build_manifest, parse_manifest
from relto.sealing.opening import OpenedContainer, open_container
from relto.sealing.rewrap import FORBIDDEN, UNAVAILABLE, build_rewrap_answer, fail_result
from relto.sealing.wrapping import SessionKey
from tests.unit.client.doors import node_answer
from tests.unit.sealing.containers import POLICY, SEGMENT, Sealed, container, seal, seeded, wrap


@dataclass
class Door:
    """A node that says who it is, and notes what it is asked."""

    url: str = ""
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def door() -> Iterator[Door]:
    made = Door()

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.asked.append(self.path)
            text = node_answer(made.url)
            self.send_response(200)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def do_POST(self) -> None:
            made.asked.append(self.path)
            self.send_response(500)
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    made.url = f"http://usa.localhost:{server.server_port}"
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


def write(document: OpenedContainer, target: Path, told: list[int]) -> int:
    """Written piece by piece, and what was told in between."""

    def tell(progress: Progress) -> None:
        told.append(progress.done)

    watch = Watch(tell, "open")
    pieces = write_whole(document, target, watch)
    while True:
        try:
            next(pieces)
        except StopIteration as end:
            return int(end.value)
        watch.report()


def opened(sealed: Sealed, data: bytes) -> OpenedContainer:
    source = io.BytesIO(data)
    return open_container(open_archive(source), source, sealed.shares(), require_label=True)


def test_a_key_service_named_by_the_file_is_not_asked_and_gets_no_token(door: Door, tmp_path: Path) -> None:
    """The container names https://usa.localhost/kas, which is not where this node's key service is."""
    (tmp_path / "container.tdf").write_bytes(container().data)
    with NodeClient(door.url, "cli_1", "secret") as node, pytest.raises(NotVerified) as said:
        node.perform(open_container_file(node.session, tmp_path / "container.tdf", tmp_path / "document"))
    assert said.value.field == "keyAccess.url"
    assert door.asked == ["/api/v1/node"]
    assert [path.name for path in tmp_path.iterdir()] == ["container.tdf"]


@pytest.mark.parametrize(
    ("error", "beside", "kind", "code", "reference"),
    [
        (FORBIDDEN, {"X-Relto-Reference": "dec_1"}, Refused, "refused.opening", "dec_1"),
        (
            UNAVAILABLE,
            {"X-Relto-Cause": "unreachable.assurance_on_its_way"},
            Unreachable,
            "unreachable.assurance_on_its_way",
            None,
        ),
        (UNAVAILABLE, {"X-Relto-Cause": "refused.gates"}, Unreachable, "unreachable.key_service", None),
        (UNAVAILABLE, {}, Unreachable, "unreachable.key_service", None),
    ],
)
def test_what_cannot_be_answered_now_is_not_told_as_a_refusal(
    error: str, beside: dict[str, str], kind: type[ReltoError], code: str, reference: str | None
) -> None:
    result = fail_result("kao-0", error)
    result["metadata"] = {**beside}
    answer = build_rewrap_answer([("policy", [result])], session_public_key=None, version=2)
    shares, failures = _unwrapped(Reply(200, json.dumps(answer).encode()), SessionKey.generate("ec:secp256r1"))
    assert shares == {}
    assert list(failures) == [0]
    assert type(failures[0]) is kind
    assert failures[0].full_code == code
    assert failures[0].details.get("reference") == reference


def test_an_alternative_of_a_share_is_tried_when_another_gives_none_or_a_wrong_one() -> None:
    """Two objects of one split wrap the same share; a split without any leaves the container closed, and says why."""
    key = seeded(3)(32)
    payload, sealed = seal(b"within one nation", key)
    key_access = [wrap(key, "ec:secp256r1", "s"), wrap(key, "ec:secp256r1", "s", holder="ARC")]
    manifest = parse_manifest(build_manifest(POLICY, key_access, sealed))
    assert payload
    refused = Refused("opening", reference="dec_1")
    for shares, failures, chosen in (
        ({1: key}, {0: refused}, {1: key}),
        ({0: bytes(32), 1: key}, {}, {1: key}),
        ({0: key, 1: key}, {}, {0: key}),
    ):
        assert _one_for_each(manifest, shares, failures) == chosen
    with pytest.raises(Refused, match="opening"):
        _one_for_each(manifest, {}, {0: refused, 1: Unreachable("key_service")})
    with pytest.raises(Refused, match="opening"):
        _one_for_each(manifest, {1: bytes(32)}, {0: refused})
    with pytest.raises(NotVerified, match="share"):
        _one_for_each(manifest, {0: bytes(32)}, {})
    with pytest.raises(NotVerified, match="split"):
        _one_for_each(manifest, {}, {})


@pytest.mark.parametrize("identity", ["", "kao-", "kao-x", "kao--1", "0", "kao-0 ", "kao-99999999999999999999"])
def test_an_answer_about_something_else_is_no_answer(identity: str) -> None:
    answer = build_rewrap_answer([("policy", [fail_result(identity, FORBIDDEN)])], session_public_key=None, version=2)
    with pytest.raises(Unreachable, match="answer"):
        _unwrapped(Reply(200, json.dumps(answer).encode()), SessionKey.generate("ec:secp256r1"))


def test_a_document_is_written_whole_for_its_reader_only(tmp_path: Path) -> None:
    sealed = container(3 * SEGMENT)
    told: list[int] = []
    size = write(opened(sealed, sealed.data), tmp_path / "document", told)
    assert (tmp_path / "document").read_bytes() == sealed.plain
    assert told[-1] == size == len(sealed.plain)
    assert (tmp_path / "document").stat().st_mode & 0o077 == 0
    assert [path.name for path in tmp_path.iterdir()] == ["document"]


def test_a_document_that_cannot_be_verified_to_its_end_leaves_nothing(tmp_path: Path) -> None:
    sealed = container(3 * SEGMENT)
    altered = bytearray(sealed.data)
    altered[altered.index(sealed.payload) + 2 * SEGMENT + 500] ^= 1
    told: list[int] = []
    (tmp_path / "document").write_bytes(b"an earlier version")
    with pytest.raises(ReltoError):
        write(opened(sealed, bytes(altered)), tmp_path / "document", told)
    assert told
    assert (tmp_path / "document").read_bytes() == b"an earlier version"
    assert [path.name for path in tmp_path.iterdir()] == ["document"]
