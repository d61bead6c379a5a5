"""The witness as a process.

What the command calls. Few threads, bounded requests, stops cleanly on SIGTERM and SIGINT.
"""

from __future__ import annotations

import signal
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from cheroot import wsgi

from relto.base.errors import Misconfigured
from relto.ledger.witnessing import LARGEST_REQUEST_BYTES
from relto.witness.door import WitnessDoor, create_app
from relto.witness.folder import WitnessIdentity, init_witness, read_identity, trust_log

__all__ = ["WitnessIdentity", "WitnessServer", "init_witness", "read_identity", "serve_witness", "trust_log"]

THREADS = 4
WAITING_REQUESTS = 64
SECONDS_PER_REQUEST = 10
LARGEST_HEADER_BYTES = 16 * 1024


class WitnessServer:
    """The HTTP server of one witness. `port` 0 takes a free one; `port` tells which after construction."""

    def __init__(self, folder: Path, host: str, port: int, now: Callable[[], float] = time.time) -> None:
        """Bind the address. Raises Misconfigured when it is taken or the folder holds no sound witness."""
        _demand_free(host, port)
        self._door: WitnessDoor = create_app(folder, now)
        self._server = wsgi.Server(
            (host, port),
            self._door,
            numthreads=THREADS,
            max=THREADS,
            request_queue_size=WAITING_REQUESTS,
            accepted_queue_size=WAITING_REQUESTS,
            timeout=SECONDS_PER_REQUEST,
            server_name="relto-witness",
        )
        self._server.max_request_body_size = LARGEST_REQUEST_BYTES
        self._server.max_request_header_size = LARGEST_HEADER_BYTES
        try:
            self._server.prepare()
        except OSError as error:
            self._door.close()
            raise _address_taken(port) from error
        self.port: int = self._server.bind_addr[1]

    def serve(self) -> None:
        """Answer until `stop`."""
        try:
            self._server.serve()
        finally:
            self._server.stop()
            self._door.close()

    def stop(self) -> None:
        """Stop answering; may be called from another thread or a signal handler."""
        # Stopping waits for the serving thread, so a handler running in that very thread must not do it itself.
        threading.Thread(target=self._server.stop, daemon=True).start()


def _address_taken(port: int) -> Misconfigured:
    return Misconfigured("witness.address", field="port", found=port, expected="an address that is free")


def _demand_free(host: str, port: int) -> None:
    """Refuse a taken address before anything is opened."""
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise _address_taken(port) from error


def serve_witness(folder: Path, host: str, port: int, now: Callable[[], float] = time.time) -> None:
    """Serve until SIGTERM or SIGINT; `now`: POSIX seconds. Call it from the main thread. Raises Misconfigured."""
    server = WitnessServer(folder, host, port, now)

    def stop(_number: int, _frame: FrameType | None) -> None:
        server.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    server.serve()
