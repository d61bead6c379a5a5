"""A proxy on this machine that takes every name under `.localhost` to 127.0.0.1 and no other name anywhere.

Stock clients ask the system's resolver for `usa.localhost`, and many resolvers answer nothing; a person would have the
node's real name. The bytes are handed on unread but for the head; whoever wants to know how clients prove who they are
gets the scheme of each request's Authorization, without the token.
"""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import cast
from urllib.parse import urlsplit

from relto.adapters.http_addresses import LOOPBACK, is_loopback_name

_HEAD_LIMIT = 64 * 1024
_SECONDS = 60.0
_NOT_HERE = b"HTTP/1.1 502 Only names under localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class _Request(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        client = cast("socket.socket", self.request)
        client.settimeout(_SECONDS)
        head = b""
        while b"\r\n\r\n" not in head and len(head) < _HEAD_LIMIT:
            piece = client.recv(65536)
            if not piece:
                return
            head += piece
        first, _, rest = head.partition(b"\r\n")
        method, target, version = first.split(b" ")
        if method == b"CONNECT":
            self._tunnel(client, target.decode("ascii"))
            return
        asked = urlsplit(target.decode("ascii"))
        if asked.scheme != "http" or not is_loopback_name(asked.hostname or ""):
            client.sendall(_NOT_HERE)
            return
        path = f"{asked.path or '/'}{'?' if asked.query else ''}{asked.query}".encode("ascii")
        cast("_Server", self.server).seen.append((asked.path, _scheme(head)))
        with socket.create_connection((LOOPBACK, asked.port or 80), timeout=_SECONDS) as node:
            # One request for each connection, so that the next one to another node comes through here again.
            node.sendall(b" ".join((method, path, version)) + b"\r\nConnection: close\r\n" + rest)
            _both_ways(client, node)

    def _tunnel(self, client: socket.socket, target: str) -> None:
        """TLS passes through unread, to the same names only."""
        asked = urlsplit(f"//{target}")
        if not is_loopback_name(asked.hostname or "") or asked.port is None:
            client.sendall(_NOT_HERE)
            return
        with socket.create_connection((LOOPBACK, asked.port), timeout=_SECONDS) as node:
            client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            _both_ways(client, node)


def _both_ways(client: socket.socket, node: socket.socket) -> None:
    onward = threading.Thread(target=_pump, args=(client, node), daemon=True)
    onward.start()
    _pump(node, client)


def _scheme(head: bytes) -> str:
    """The scheme of the credential, "" for none; "dpop" only where a proof comes with it."""
    lines = dict(line.lower().partition(b":")[::2] for line in head.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:])
    scheme = lines.get(b"authorization", b"").strip().partition(b" ")[0].decode("ascii")
    return "" if scheme == "dpop" and b"dpop" not in lines else scheme


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(65536):
            target.sendall(piece)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, seen: list[tuple[str, str]]) -> None:
        super().__init__((LOOPBACK, 0), _Request)
        self.seen = seen


@contextmanager
def loopback_proxy(seen: list[tuple[str, str]] | None = None) -> Iterator[dict[str, str]]:
    """Run the proxy; the environment that makes a client use it. `seen` gets path and scheme of each request."""
    with _Server([] if seen is None else seen) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
        thread.start()
        address = f"http://{LOOPBACK}:{server.server_address[1]}"
        names = ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy")
        yield dict.fromkeys(names, address) | {"no_proxy": "", "NO_PROXY": ""}
        server.shutdown()
        thread.join()
