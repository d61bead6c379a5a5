"""The front of a door: requests as granian hands them over (RSGI), answers as the door's application gives them.

Bounds, kept before a door sees anything: bytes of a body, seconds that a client takes to send it, requests that are
under way. A body is read by the event loop and never by a thread, so a slow client holds nothing but its connection.
Requests are then answered by a bounded pool of threads; answers that are ready together wake the loop once.
"""

from __future__ import annotations

import asyncio
import io
import json
import queue
import sys
import threading
from collections import deque
from collections.abc import Iterable
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from relto.kas.bodies import WHOLE_BODY
from relto.kas.doors import WsgiApplication

SLOW_CLIENT_SECONDS = 20.0
MOST_UNDER_WAY = 512
_Answer = tuple[int, list[tuple[str, str]], bytes]
_Asked = tuple[dict[str, Any], "asyncio.Future[_Answer]"]
_BROKEN = 500


class Scope(Protocol):
    """A request's head, of RSGI."""

    proto: str
    http_version: str
    method: str
    path: str
    query_string: str
    client: str

    @property
    def headers(self) -> Any:
        """`items()` gives every header field as (name in lower case, value), repeated ones each."""
        ...


class Exchange(Protocol):
    """A request's body and the way back, of RSGI."""

    def __aiter__(self) -> Any:
        """The body in pieces."""
        ...

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        """Answer."""
        ...


class Front:
    """One door behind granian. Threads start with the first request and end with the process."""

    def __init__(self, application: WsgiApplication, *, origin: str, body_limit: int, threads: int) -> None:
        """`origin`: the address at which it listens; `body_limit`: bytes; `threads`: that answer at once."""
        self._application = application
        self._limit = body_limit
        parts = urlsplit(origin)
        self._environ: dict[str, Any] = {
            "SCRIPT_NAME": "",
            "SERVER_NAME": parts.hostname or "",
            "SERVER_PORT": str(parts.port or 0),
            "wsgi.url_scheme": parts.scheme,
            "wsgi.version": (1, 0),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        self._waiting: queue.SimpleQueue[_Asked | None] = queue.SimpleQueue()
        self._threads = [threading.Thread(target=self._work, name="door", daemon=True) for _ in range(threads)]
        self._started = False
        self._under_way = 0
        self._ready: deque[tuple[asyncio.Future[_Answer], _Answer]] = deque()
        self._told = False
        self._loop: asyncio.AbstractEventLoop

    async def __rsgi__(self, scope: Scope, exchange: Exchange) -> None:
        """Answer one request."""
        if self._under_way >= MOST_UNDER_WAY:
            exchange.response_bytes(*_refusal(503, "unavailable", "too many requests"))
            return
        self._under_way += 1
        try:
            environ = self._environ_of(scope)
            refused = await self._read_body(environ, exchange)
            if refused is not None:
                exchange.response_bytes(*refused)
                return
            if not self._started:
                self._start()
            future = self._loop.create_future()
            self._waiting.put((environ, future))
            exchange.response_bytes(*await future)
        finally:
            self._under_way -= 1

    def _start(self) -> None:
        self._started = True
        self._loop = asyncio.get_running_loop()
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """End the threads, once they have answered what waits."""
        if self._started:
            for _ in self._threads:
                self._waiting.put(None)
            for thread in self._threads:
                thread.join()

    def _environ_of(self, scope: Scope) -> dict[str, Any]:
        """The WSGI environment (PEP 3333); several header fields of one name are one, joined by commas (RFC 9110)."""
        path = unquote(scope.path, "latin-1") if "%" in scope.path else scope.path
        environ: dict[str, Any] = {
            **self._environ,
            "REQUEST_METHOD": scope.method,
            "PATH_INFO": path,
            "QUERY_STRING": scope.query_string,
            "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
            "REMOTE_ADDR": scope.client.rpartition(":")[0],
        }
        for name, value in scope.headers.items():
            key = _KEYS.get(name) or "HTTP_" + name.upper().replace("-", "_")
            environ[key] = value if key not in environ else f"{environ[key]},{value}"
        return environ

    async def _read_body(self, environ: dict[str, Any], exchange: Exchange) -> _Answer | None:
        """Put the body into the environment; an answer when it is too large, too slow or not whole."""
        stated = environ.get("CONTENT_LENGTH", "")
        if not stated and "HTTP_TRANSFER_ENCODING" not in environ:
            environ["wsgi.input"] = io.BytesIO()
            return None
        if stated.isdigit() and int(stated) > self._limit:
            return _refusal(413, "resource_exhausted", "request body too large")
        pieces: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(SLOW_CLIENT_SECONDS):
                async for piece in exchange:
                    size += len(piece)
                    if size > self._limit:
                        return _refusal(413, "resource_exhausted", "request body too large")
                    pieces.append(bytes(piece))
        except TimeoutError:
            return _refusal(408, "deadline_exceeded", "request body too slow")
        environ[WHOLE_BODY] = body = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        environ["wsgi.input"] = io.BytesIO(body)
        environ["CONTENT_LENGTH"] = str(size)
        environ.pop("HTTP_TRANSFER_ENCODING", None)
        return None

    def _work(self) -> None:
        while (asked := self._waiting.get()) is not None:
            environ, future = asked
            try:
                answer = answered(self._application, environ)
            except Exception:  # noqa: BLE001  the door answers every failure of its own; a caller is never left waiting
                answer = _refusal(_BROKEN, "internal", "service unavailable")
            self._ready.append((future, answer))
            if not self._told:
                self._told = True
                self._loop.call_soon_threadsafe(self._deliver)

    def _deliver(self) -> None:
        """In the loop: hand out what is ready. Whatever becomes ready from now on wakes it again."""
        self._told = False
        while self._ready:
            future, answer = self._ready.popleft()
            if not future.done():
                future.set_result(answer)


_KEYS = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}


def answered(application: WsgiApplication, environ: dict[str, Any]) -> _Answer:
    """The whole answer of a WSGI application."""
    told: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], _problem: Any = None) -> None:
        told[:] = [(status, headers)]

    found: Iterable[bytes] = application(environ, start_response)
    try:
        body = b"".join(found)
    finally:
        if hasattr(found, "close"):
            found.close()
    status, headers = told[0]
    return int(status[:3]), headers, body


def _refusal(status: int, code: str, message: str) -> _Answer:
    body = json.dumps({"code": code, "message": message}, separators=(",", ":")).encode("ascii")
    return status, [("Content-Type", "application/json"), ("Cache-Control", "no-store")], body
