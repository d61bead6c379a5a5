"""A proxy on this machine that takes every name under `.localhost` to 127.0.0.1 and no other name anywhere.

Stock clients ask the system's resolver for `usa.localhost`, and many resolvers answer nothing; a person would have the
node's real name. The bytes are handed on unread but for the first line.
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
        asked = urlsplit(target.decode("ascii"))
        if asked.scheme != "http" or not is_loopback_name(asked.hostname or ""):
            client.sendall(b"HTTP/1.1 502 Only names under localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            return
        path = f"{asked.path or '/'}{'?' if asked.query else ''}{asked.query}".encode("ascii")
        with socket.create_connection((LOOPBACK, asked.port or 80), timeout=_SECONDS) as node:
            # One request for each connection, so that the next one to another node comes through here again.
            node.sendall(b" ".join((method, path, version)) + b"\r\nConnection: close\r\n" + rest)
            onward = threading.Thread(target=_pump, args=(client, node), daemon=True)
            onward.start()
            _pump(node, client)


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(65536):
            target.sendall(piece)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True


@contextmanager
def loopback_proxy() -> Iterator[dict[str, str]]:
    """Run the proxy; the environment that makes a client use it."""
    with _Server((LOOPBACK, 0), _Request) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
        thread.start()
        address = f"http://{LOOPBACK}:{server.server_address[1]}"
        yield {"http_proxy": address, "HTTP_PROXY": address, "all_proxy": address, "no_proxy": "", "NO_PROXY": ""}
        server.shutdown()
        thread.join()
