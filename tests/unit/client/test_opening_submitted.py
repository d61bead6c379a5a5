"""What a stock client sealed and somebody submitted carries its label in the policy only: relto's client opens it.

Only as an own item of the node, whose label says exactly what the key is bound to.
"""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from relto.base.errors import MalformedInput, NotVerified
from relto.cli.main import relto
from relto.client.node import NodeClient
from relto.client.sealing import ServiceKey
from relto.client.streaming import Span
from relto.sealing.archive import open_archive
from relto.sealing.keys import generate_service_key, load_private_key, public_key_of
from relto.sealing.manifest import parse_manifest
from relto.sealing.policy import read_policy
from relto.sealing.rewrap import build_rewrap_answer, parse_rewrap_request, permit_result
from relto.sealing.wrapping import unwrap_share, wrap_for_session
from tests.support.stock_containers import SECRET_FOR_BOTH, attribute_names, stock_container
from tests.unit.client.doors import node_answer

DOCUMENT = b"MARKINGS ARE FOR TRAINING PURPOSES ONLY"
ITEM = {
    "id": "itm_1",
    "title": "Hull vibration",
    "file_name": "hull.pdf",
    "media_type": "application/pdf",
    "originator": "USA",
    "held_as": "own",
    "company": "USA-C014",
    "programme": "MONSOON-LARK",
    "label": {},
    "banner": "SECRET//REL TO USA, IND",
    "export_controlled": True,
    "state": "registered",
    "plaintext_size": len(DOCUMENT),
    "registered_at": "2026-11-22T09:30:00Z",
    "control_number": "USA-2026-000001",
    "cases": [],
    "attributes": attribute_names(SECRET_FOR_BOTH),
}


@dataclass
class Node:
    """A node with one item and its container; it gives the share to whoever asks."""

    service_key: str = field(default_factory=lambda: generate_service_key("ec:secp256r1"))
    url: str = ""
    item: dict[str, Any] = field(default_factory=dict)
    container: bytes = b""
    parts: list[tuple[int, int]] = field(default_factory=list)
    """Which bytes of the container were asked for; a node that knows no ranges leaves it empty."""
    knows_ranges: bool = False

    def keep(self, document: bytes = DOCUMENT, **changes: Any) -> None:
        key = ServiceKey(self.url, "usa-1", public_key_of(self.service_key))
        self.container = stock_container(document, key)
        manifest = parse_manifest(open_archive(BytesIO(self.container)).manifest)
        self.item = {**ITEM, "uuid": read_policy(manifest.policy_text).uuid, **changes}

    def answer(self, path: str, body: bytes) -> bytes:
        match path:
            case "/api/v1/node":
                return node_answer(self.url).encode()
            case "/token":
                return b'{"access_token": "t", "expires_in": 600}'
            case "/api/v1/items/itm_1":
                return json.dumps({**self.item, "last_opening": None}).encode()
            case "/api/v1/items/itm_1/container":
                return self.container
            case _:
                return json.dumps(self.rewrapped(json.loads(body)["signedRequestToken"])).encode()

    def rewrapped(self, token: str) -> dict[str, Any]:
        claims = token.split(".")[1]
        claimed = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
        asked = parse_rewrap_request(json.loads(claimed["requestBody"]))
        (policy,) = asked.policies
        ((object_id, key_access),) = policy.key_access
        share = unwrap_share(key_access, load_private_key(self.service_key), policy.body)
        given = wrap_for_session(share, asked.client_public_key)
        results = [permit_result(object_id, given.wrapped)]
        return build_rewrap_answer(
            [(policy.id, results)], session_public_key=given.session_public_key_pem, version=asked.version
        )


@contextmanager
def served() -> Iterator[Node]:
    node = Node()

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = node.answer(self.path, self.rfile.read(int(self.headers.get("Content-Length", 0))))
            wanted = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
            if wanted and node.knows_ranges:
                start, end, size = int(wanted[1]), min(int(wanted[2]) + 1, len(body)), len(body)
                node.parts.append((start, end))
                body = body[start:end]
                self.send_response(206)
                self.send_header("Content-Range", f"bytes {start}-{end - 1}/{size}")
            else:
                self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815  named by http.server

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    thread = Thread(target=server.serve_forever)
    thread.start()
    node.url = f"http://usa.localhost:{server.server_port}"
    try:
        yield node
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_an_own_submitted_item_opens_when_its_label_is_what_its_key_is_bound_to(tmp_path: Path) -> None:
    with served() as node, NodeClient(node.url, "cli_1", "secret") as client:
        node.keep()
        opened = client.open_item("itm_1", tmp_path / "hull.pdf")
        assert (opened.path.read_bytes(), opened.label_xml, opened.services) == (DOCUMENT, None, 1)
        # The same container from anywhere else has no label that anybody vouches for.
        (tmp_path / "hull.tdf").write_bytes(node.container)
        with pytest.raises(NotVerified, match="label"):
            client.open_container(tmp_path / "hull.tdf", tmp_path / "again.pdf")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["hull.pdf", "hull.tdf"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"held_as": "received"}, "not_verified.label"),
        ({"uuid": "00000000-0000-4000-8000-000000000000"}, "not_verified.label_policy_mismatch"),
        ({"attributes": []}, "not_verified.label_policy_mismatch"),
        ({"attributes": attribute_names(SECRET_FOR_BOTH[:-1])}, "not_verified.label_policy_mismatch"),
        (
            {"attributes": attribute_names(["classification/value/usa-confidential", *SECRET_FOR_BOTH[1:]])},
            "not_verified.label_policy_mismatch",
        ),
    ],
    ids=["received", "another item", "no label", "other audience", "lower level"],
)
def test_nothing_else_opens_without_a_label_inside(tmp_path: Path, changes: dict[str, Any], code: str) -> None:
    with served() as node, NodeClient(node.url, "cli_1", "secret") as client:
        node.keep(**changes)
        with pytest.raises(NotVerified) as said:
            client.open_item("itm_1", tmp_path / "hull.pdf")
    assert said.value.full_code == code
    assert not list(tmp_path.iterdir())


def test_of_a_large_item_a_page_fetches_its_end_its_manifest_and_that_page() -> None:
    large = os.urandom(1 << 20) * 20
    with served() as node, NodeClient(node.url, "cli_1", "secret") as client:
        node.keep(large)
        node.knows_ranges = True
        page = BytesIO()
        found = client.stream_item("itm_1", page, Span(9_000_000, 9_004_096))
    assert page.getvalue() == large[9_000_000:9_004_096]
    assert (found.start, found.end, found.size) == (9_000_000, 9_004_096, len(large))
    assert len(node.parts) <= 4
    assert sum(end - start for start, end in node.parts) < 3 << 20, "one segment of two mebibytes, and the ends"


def test_an_item_goes_to_a_pipe_whole_or_a_page_of_it(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    profile = tmp_path / "profile.json"
    with served() as node, NodeClient(node.url, "cli_1", "secret") as client:
        node.keep()
        out = BytesIO()
        whole = client.stream_item("itm_1", out)
        assert (out.getvalue(), whole.start, whole.end, whole.size) == (DOCUMENT, 0, len(DOCUMENT), len(DOCUMENT))
        page = BytesIO()
        client.stream_item("itm_1", page, Span(4, 12))
        assert page.getvalue() == DOCUMENT[4:12]
        with pytest.raises(MalformedInput, match="range"):
            client.stream_item("itm_1", BytesIO(), Span(4, len(DOCUMENT) + 1))
        profile.write_text(json.dumps({"node": node.url, "client_id": "cli_1", "client_secret": "secret"}), "utf-8")
        profile.chmod(0o600)
        capfdbinary.readouterr()

        def command(*words: str) -> None:
            relto.main(["--profile", str(profile), "open", "itm_1", *words], standalone_mode=False)

        command("--output", "-")
        assert capfdbinary.readouterr().out == DOCUMENT
        command("--output", "-", "--range", "4-11")
        assert capfdbinary.readouterr().out == DOCUMENT[4:12]
        command("--output", str(tmp_path / "page"), "--range", "30-")
        with pytest.raises(MalformedInput, match="range"):
            command("--output", "-", "--range", "11-4x")
    assert (tmp_path / "page").read_bytes() == DOCUMENT[30:]
    assert (tmp_path / "page").stat().st_mode & 0o077 == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["page", "profile.json"]
