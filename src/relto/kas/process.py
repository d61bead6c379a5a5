"""The process: three listeners over one key ring, each a bounded pool of threads (cheroot).

Bounds: threads, waiting connections, seconds for a slow client, header and body sizes. The inner listener takes
loopback addresses only. Listeners answer only after all have been bound.
"""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from cheroot import wsgi
from cheroot.ssl.builtin import BuiltinSSLAdapter

from relto.base.errors import Misconfigured
from relto.kas.bodies import PUBLIC_BODY_LIMIT
from relto.kas.doors import Door, Unauthenticated, WsgiApplication, key_service_door, relay_door
from relto.kas.inner import inner_door
from relto.sealing.manifest import MAX_MANIFEST
from relto.services.house import House
from relto.services.service_keys import KeyRing
from relto.services.share_release import OwnKeyService

DoorName = Literal["key_service", "relay", "inner"]
Around = Callable[[DoorName, WsgiApplication], WsgiApplication]
_log = logging.getLogger("relto.kas")
_LOOPBACK = "127.0.0.1"
_MAX_HEADERS = 64 * 1024
_THREADS = 16
_WAITING_CONNECTIONS = 128
_WAITING_REQUESTS = 512
_KEPT_CONNECTIONS = 256  # idle ones; they hold no thread, and a TLS handshake costs more than a release
_SLOW_CLIENT_SECONDS = 20
_SHUTDOWN_SECONDS = 5
_BODY_LIMITS: Mapping[DoorName, int] = {
    "key_service": PUBLIC_BODY_LIMIT,
    "relay": PUBLIC_BODY_LIMIT,
    "inner": MAX_MANIFEST + PUBLIC_BODY_LIMIT,
}


@dataclass(frozen=True, slots=True)
class KasApp:
    """The three doors as WSGI applications."""

    key_service: WsgiApplication
    relay: WsgiApplication
    inner: WsgiApplication


@dataclass(frozen=True, slots=True)
class KasListeners:
    """Where the doors listen: one address, three ports (0 takes a free one); the inner one on loopback in any case.

    `certificate`, `private_key`: PEM files for the two outer doors, where no TLS terminator stands before them.
    """

    bind: str
    key_service: int
    relay: int
    inner: int
    certificate: Path | None = None
    private_key: Path | None = None


def create_kas_app(house: House, keyring: KeyRing, inner_secret: str) -> KasApp:
    """The doors of one node's key service process."""
    unauthenticated = Unauthenticated()
    own = house.key_service if isinstance(house.key_service, OwnKeyService) else OwnKeyService(keyring)
    own.attend(house)
    house.proofs.begin(house.now())
    return KasApp(
        key_service=key_service_door(house, keyring, unauthenticated),
        relay=relay_door(house, unauthenticated),
        inner=inner_door(own, inner_secret, unauthenticated),
    )


def paths_of(application: WsgiApplication) -> frozenset[str]:
    """The paths of a door's routes."""
    return application.paths if isinstance(application, Door) else frozenset()


class _Server(wsgi.Server):
    """The HTTP server, with a log of its own."""

    def error_log(self, msg: str = "", level: int = logging.INFO, traceback: bool = False) -> None:  # noqa: FBT001, FBT002  cheroot's signature
        """What the server reports, without the text and the stack: both could hold what a client sent."""
        del msg
        _log.log(level, "http.trouble %s", "broken" if traceback else "connection")


class KasServer:
    """The running listeners of a process."""

    def __init__(self, app: KasApp, listeners: KasListeners, *, threads: int = _THREADS) -> None:
        """`threads`: of each door. Raises Misconfigured for a certificate without its key."""
        if (listeners.certificate is None) != (listeners.private_key is None):
            expected = "a certificate and its private key, or neither"
            raise Misconfigured("certificate", field="certificate", expected=expected)
        self._servers: dict[DoorName, _Server] = {
            "key_service": _server("key_service", app.key_service, listeners, threads),
            "relay": _server("relay", app.relay, listeners, threads),
            "inner": _server("inner", app.inner, listeners, threads),
        }
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Bind all listeners, then answer. Raises Misconfigured("port") when one cannot be bound; then none listens."""
        bound: list[_Server] = []
        for door, server in self._servers.items():
            try:
                server.prepare()
            except OSError as error:
                for other in bound:
                    other.stop()
                raise Misconfigured("port", field=f"ports.{door}", expected="a free port of this machine") from error
            bound.append(server)
        for door, server in self._servers.items():
            thread = threading.Thread(target=server.serve, name=f"kas-{door}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def port(self, door: DoorName) -> int:
        """The port that a door really has."""
        return int(self._servers[door].bind_addr[1])

    def stop(self) -> None:
        """Finish what is being answered and close."""
        for server in self._servers.values():
            server.stop()
        for thread in self._threads:
            thread.join()


def serve_kas(
    house: House, keyring: KeyRing, listeners: KasListeners, inner_secret: str, around: Around | None = None
) -> None:
    """Serve until SIGTERM or SIGINT: the main function of the key service's process. Raises Misconfigured.

    `around`: what is laid around each door.
    """
    app = create_kas_app(house, keyring, inner_secret)
    if around is not None:
        app = KasApp(*(around(door, getattr(app, door)) for door in get_args(DoorName)))
    server = KasServer(app, listeners)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    server.start()
    stopping.wait()
    server.stop()


def _server(door: DoorName, app: WsgiApplication, listeners: KasListeners, threads: int) -> _Server:
    host = _LOOPBACK if door == "inner" else listeners.bind
    server = _Server(
        (host, getattr(listeners, door)),
        app,
        numthreads=threads,
        server_name="relto",
        request_queue_size=_WAITING_CONNECTIONS,
        timeout=_SLOW_CLIENT_SECONDS,
        accepted_queue_size=_WAITING_REQUESTS,
        shutdown_timeout=_SHUTDOWN_SECONDS,
    )
    server.keep_alive_conn_limit = _KEPT_CONNECTIONS
    server.max_request_header_size = _MAX_HEADERS
    server.max_request_body_size = _BODY_LIMITS[door]
    if door != "inner" and listeners.certificate is not None:
        server.ssl_adapter = BuiltinSSLAdapter(str(listeners.certificate), str(listeners.private_key))
    return server
