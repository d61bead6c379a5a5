"""The client proves its own key with every request, and carries the nonce that a node tells (RFC 9449)."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import anyio
import pytest

from relto.base.errors import NotAuthenticated
from relto.client import AsyncNodeClient, NodeClient
from relto.services.proofs import Presented, Proofs, challenge_of
from tests.unit.client.doors import ME, node_answer


class Judging(BaseHTTPRequestHandler):
    """A node that issues bound tokens and judges every proof by the node's own rules."""

    protocol_version = "HTTP/1.1"
    url: ClassVar[str] = ""
    proofs: ClassVar[Proofs] = Proofs()
    asked: ClassVar[list[str]] = []
    bound_to: ClassVar[str] = ""

    def do_GET(self) -> None:
        self.asked.append(self.path)
        if self.path == "/api/v1/node":
            self._say(200, node_answer(self.url))
        elif self._proves("DPoP bound"):
            self._say(200, json.dumps(ME))

    def do_POST(self) -> None:
        self.asked.append(self.path)
        self.rfile.read(int(self.headers["Content-Length"]))
        if self._proves(None):
            self._say(200, json.dumps({"access_token": "bound", "token_type": "DPoP", "expires_in": 600}))

    def _proves(self, authorisation: str | None) -> bool:
        now = datetime.now(UTC)
        presented = Presented("dpop", tuple(self.headers.get_all("DPoP", [])), self.command, self.url + self.path)
        token = "bound" if authorisation else None
        try:
            assert self.headers.get("Authorization") == (authorisation or self.headers.get("Authorization"))
            proven = self.proofs.check(presented, token=token, bound_to=self.bound_to if token else None, now=now)
            self.proofs.record(proven, now)
        except NotAuthenticated as error:
            told = challenge_of(error)
            self._say(400 if token is None else 401, json.dumps(error.as_dict()), told.nonce if told else "")
            return False
        if token is None:
            type(self).bound_to = proven.thumbprint
        return True

    def _say(self, status: int, body: str, nonce: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if nonce:
            self.send_header("DPoP-Nonce", nonce)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        """Nothing to the terminal."""


@pytest.fixture(params=[False, True], ids=["without nonces", "with nonces"])
def node(request: pytest.FixtureRequest) -> Iterator[type[Judging]]:
    class Judge(Judging):
        proofs = Proofs(nonce_required=request.param)
        asked: ClassVar[list[str]] = []

    kind: type[Judging] = Judge
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    kind.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield kind
    server.shutdown()
    server.server_close()
    thread.join()


def test_every_call_proves_the_key_that_the_token_is_bound_to(node: type[Judging]) -> None:
    with NodeClient(node.url, "cli_1", "secret") as client:
        assert [client.me().person for _ in range(3)] == ["prs_1"] * 3
    demanded = node.proofs.nonce_required
    # With nonces, one request is challenged and repeated, at the first door; the others carry what was told.
    assert node.asked.count("/token") == (2 if demanded else 1)
    assert node.asked.count("/api/v1/me") == 3


def test_an_awaiting_client_does_too(node: type[Judging]) -> None:
    async def play() -> str:
        async with AsyncNodeClient(node.url, "cli_1", "secret") as client:
            return (await client.me()).person

    assert anyio.run(play) == "prs_1"
