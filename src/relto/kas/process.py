"""The process: three listeners over one key ring, each a bounded pool of threads behind granian (docs/adr/0022).

Bounds: threads, waiting connections, seconds for a slow client, header and body sizes. The inner listener takes
loopback addresses only. Listeners answer only after all ports were found free.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from relto.base.errors import Misconfigured
from relto.kas.bodies import PUBLIC_BODY_LIMIT
from relto.kas.doors import Door, Unauthenticated, WsgiApplication, key_service_door, relay_door
from relto.kas.front import Front
from relto.kas.inner import inner_door
from relto.kas.listening import Listener, Place, free_port
from relto.sealing.manifest import MAX_MANIFEST
from relto.services.house import House
from relto.services.seen_proofs import SharedSeen
from relto.services.service_keys import KeyRing
from relto.services.share_release import OwnKeyService

DoorName = Literal["key_service", "relay", "inner"]
Around = Callable[[DoorName, WsgiApplication], WsgiApplication]
_LOOPBACK = "127.0.0.1"
_THREADS = 16
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
    `shared`: several processes listen there, and whoever started them found the ports free.
    """

    bind: str
    key_service: int
    relay: int
    inner: int
    certificate: Path | None = None
    private_key: Path | None = None
    shared: bool = False

    def place(self, door: DoorName, port: int) -> Place:
        """Where a door listens, when it has this port."""
        if door == "inner":
            return Place(_LOOPBACK, port)
        return Place(self.bind, port, self.certificate, self.private_key)

    def free_port(self, door: DoorName) -> int:
        """The port of a door. Raises Misconfigured("port") when it is not free; shared ones were looked at before."""
        port: int = getattr(self, door)
        host = _LOOPBACK if door == "inner" else self.bind
        return port if self.shared else free_port(host, port, field=f"ports.{door}")


def create_kas_app(house: House, keyring: KeyRing, inner_secret: str, *, shared: SharedSeen | None = None) -> KasApp:
    """The doors of one node's key service process. `shared`: where several processes count together."""
    unauthenticated = Unauthenticated(shared)
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


class KasServer:
    """The running listeners of a process: an event loop of its own for all of them, and threads for each door."""

    def __init__(self, app: KasApp, listeners: KasListeners, *, threads: int = _THREADS) -> None:
        """`threads`: of each door. Raises Misconfigured for a certificate without its key."""
        if (listeners.certificate is None) != (listeners.private_key is None):
            expected = "a certificate and its private key, or neither"
            raise Misconfigured("certificate", field="certificate", expected=expected)
        self._app = app
        self._listeners = listeners
        self._threads = threads
        self._ports: dict[DoorName, int] = {}
        self._loop: asyncio.AbstractEventLoop
        self._thread: threading.Thread
        self._running: list[tuple[Listener, Front]] = []

    def start(self) -> None:
        """Find all ports free, then answer. Raises Misconfigured("port") when one is not; then none listens."""
        doors: tuple[DoorName, ...] = get_args(DoorName)
        self._ports = {door: self._listeners.free_port(door) for door in doors}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="kas", daemon=True)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._open(doors), self._loop).result()

    async def _open(self, doors: Iterable[DoorName]) -> None:
        for door in doors:
            place = self._listeners.place(door, self._ports[door])
            front = Front(
                getattr(self._app, door), origin=place.origin, body_limit=_BODY_LIMITS[door], threads=self._threads
            )
            listener = Listener(place, front)
            self._running.append((listener, front))
            await listener.start()

    def port(self, door: DoorName) -> int:
        """The port that a door really has."""
        return self._ports[door]

    def stop(self) -> None:
        """Finish what is being answered and close."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        for _, front in self._running:
            front.close()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _close(self) -> None:
        await asyncio.gather(*(listener.stop() for listener, _ in self._running))


def serve_kas(
    house: House,
    keyring: KeyRing,
    listeners: KasListeners,
    inner_secret: str,
    around: Around | None = None,
    *,
    shared: SharedSeen | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT: the main function of the key service's process. Raises Misconfigured.

    `around`: what is laid around each door. `shared`: where several processes count together.
    """
    app = create_kas_app(house, keyring, inner_secret, shared=shared)
    if around is not None:
        app = KasApp(*(around(door, getattr(app, door)) for door in get_args(DoorName)))
    server = KasServer(app, listeners)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    server.start()
    stopping.wait()
    server.stop()
