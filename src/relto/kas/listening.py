"""One port of the key service: granian's HTTP/1.1 server around a front (docs/adr/0022).

TLS, HTTP and slow headers are granian's, in Rust; several processes may listen at one port and the system shares the
connections out. A port that somebody else has is found out before.
"""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from granian.constants import HTTPModes, Interfaces, SSLProtocols
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.embed import Server

from relto.base.errors import Misconfigured
from relto.kas.front import MOST_UNDER_WAY, SLOW_CLIENT_SECONDS, Front

_MAX_HEADERS = 64 * 1024
_WAITING_CONNECTIONS = 128
_LISTENING_SECONDS = 10.0
_LOOK_SECONDS = 0.01
_SHUTDOWN_SECONDS = 5.0
_SILENT: dict[str, Any] = {"version": 1, "incremental": True, "handlers": {}, "loggers": {}}
"""It is given no place to write: what it would say could hold what a client sent."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where to listen; PEM files where this process ends TLS itself."""

    host: str
    port: int
    certificate: Path | None = None
    private_key: Path | None = None

    @property
    def origin(self) -> str:
        """The address in a URL."""
        return f"{'http' if self.certificate is None else 'https'}://{self.host}:{self.port}"


def free_port(host: str, port: int, *, field: str) -> int:
    """`port`, or a free one for 0. Raises Misconfigured("port") when anybody listens there, or nobody can."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
            trial.listen(1)
        except OSError as error:
            raise Misconfigured("port", field=field, expected="a free port of this machine") from error
        return int(trial.getsockname()[1])


class Listener:
    """A running server; made, started and stopped inside one event loop."""

    def __init__(self, place: Place, front: Front) -> None:
        """Nothing listens before `start`."""
        self._place = place
        self._server = Server(
            front,
            address=place.host,
            port=place.port,
            interface=Interfaces.RSGI,
            http=HTTPModes.http1,
            websockets=False,
            backlog=_WAITING_CONNECTIONS,
            backpressure=MOST_UNDER_WAY,
            http1_settings=HTTP1Settings(
                header_read_timeout=int(SLOW_CLIENT_SECONDS * 1000), max_buffer_size=_MAX_HEADERS
            ),
            log_enabled=False,
            log_level=LogLevels.critical,
            log_dictconfig=_SILENT,
            ssl_cert=place.certificate,
            ssl_key=place.private_key,
            ssl_protocol_min=SSLProtocols.tls12,
        )
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Return once it answers. Raises Misconfigured("port") when it does not come to it."""
        self._task = asyncio.get_running_loop().create_task(self._server.serve())
        loop = asyncio.get_running_loop()
        until = loop.time() + _LISTENING_SECONDS
        while loop.time() < until and not self._task.done():
            try:
                _, writer = await asyncio.open_connection(_reached(self._place.host), self._place.port)
            except OSError:
                await asyncio.sleep(_LOOK_SECONDS)
            else:
                writer.close()
                return
        raise Misconfigured("port", field="ports", found=self._place.port, expected="a free port of this machine")

    async def stop(self) -> None:
        """Finish what is being answered and close, within five seconds."""
        self._server.stop()  # type: ignore[no-untyped-call]  # granian leaves it untyped
        if self._task is not None:
            await asyncio.wait([self._task], timeout=_SHUTDOWN_SECONDS)


def _reached(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  compared, not bound
