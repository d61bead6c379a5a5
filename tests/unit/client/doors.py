"""A door that answers as a node does, as far as a test needs it: real sockets, canned words."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

PIECE = b"c" * (1 << 16)
ME = {
    "person": "prs_1",
    "nation": "USA",
    "company": None,
    "facility": None,
    "roles": ["engineer"],
    "programmes": [],
    "clearance_level": "SECRET",
    "caveats": [],
    "valid_until": "2027-01-01T00:00:00Z",
}


def node_answer(url: str) -> str:
    """The answer of GET /node for a node whose portal, key service and relay are at one address."""
    addresses = dict.fromkeys(("portal_url", "key_service_url", "relay_url"), url)
    return json.dumps(
        {"nation": "USA", "kind": "training", "version": "0", "ledger_origin": "usa.localhost/ledger", **addresses}
    )


@dataclass
class Door:
    """What was asked, and how it answers. `container`: pieces announced; `given`: pieces really sent."""

    url: str = ""
    asked: list[str] = field(default_factory=list)
    me: dict[str, Any] = field(default_factory=lambda: dict(ME))
    status: int = 200
    container: int = 64
    given: int = 64
    go_on: threading.Event = field(default_factory=threading.Event)
    whole_bodies: list[bytes] = field(default_factory=list)


class Answering(BaseHTTPRequestHandler):
    """One connection to the self.door."""

    door: ClassVar[Door]
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.door.asked.append(f"GET {self.path}")
        if self.path == "/api/v1/node":
            self._say(200, node_answer(self.door.url))
        elif self.path.endswith("/container") and self.door.status < 400:
            self._give_container()
        else:
            refused = {"code": "refused.role", "field": "role", "expected": "engineer"}
            self._say(self.door.status, json.dumps(self.door.me if self.door.status < 400 else refused))

    def do_POST(self) -> None:
        self.door.asked.append(f"POST {self.path}")
        self.rfile.read(int(self.headers["Content-Length"]))
        self._say(200, json.dumps({"access_token": "t", "expires_in": 600}))

    def do_PUT(self) -> None:
        self.door.asked.append(f"PUT {self.path}")
        body = bytearray()
        while size := int(self.rfile.readline().strip() or b"-1", 16):
            if size < 0:
                self.close_connection = True
                return
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        self.door.whole_bodies.append(bytes(body))
        self._say(200, json.dumps(self.door.me))

    def _give_container(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(self.door.container * len(PIECE)))
        self.end_headers()
        for number in range(self.door.given):
            if number == self.door.container // 2:
                self.door.go_on.wait(10)
            try:
                self.wfile.write(PIECE)
            except OSError:
                break
        self.close_connection = True

    def _say(self, status: int, text: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@contextmanager
def opened_door() -> Iterator[Door]:
    """A door, open while it is used. After half of a container it waits until `go_on` is set."""
    door = Door()
    door.go_on.set()

    server = ThreadingHTTPServer(("127.0.0.1", 0), type("AtThisDoor", (Answering,), {"door": door}))
    server.daemon_threads = False
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    door.url = f"http://usa.localhost:{server.server_port}"
    try:
        yield door
    finally:
        door.go_on.set()
        server.shutdown()
        thread.join()
        server.server_close()
