"""The blocking driver: carries a verb's steps out in the caller's own thread, over httpx."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpx

from relto.adapters.loopback_transport import LoopbackNamesTransport
from relto.base.errors import TooLarge, Unreachable
from relto.client.session import ANSWER_LIMIT, Session
from relto.client.steps import Download, Reply, Request, Send, Step, Steps, T, Upload, Work

CHUNK = 1 << 20
TIMEOUT = httpx.Timeout(60.0, connect=5.0)
UNAUTHORISED = 401


@contextmanager
def reaching(url: str) -> Iterator[None]:
    """Around an exchange: no answer becomes Unreachable, naming where it was asked for."""
    try:
        yield
    except httpx.RequestError as error:
        found = urlsplit(url).netloc
        raise Unreachable("node", field="node", found=found, expected="a node that answers there") from error


def options(session: Session, request: Request) -> dict[str, Any]:
    """What httpx is told of a request, its body left out when that is made while it is sent."""
    told: dict[str, Any] = {"headers": session.headers(request), "json": request.json, "data": request.form}
    if request.content is not None:
        told["content"] = request.content
    if request.basic is not None:
        told["auth"] = request.basic
    return told


class Gathered:
    """An answer's bytes, bounded."""

    def __init__(self) -> None:
        self._held = bytearray()

    def add(self, chunk: bytes) -> None:
        """More of it. Raises TooLarge."""
        self._held += chunk
        if len(self._held) > ANSWER_LIMIT:
            raise TooLarge("answer", field="answer", expected=f"at most {ANSWER_LIMIT} bytes")

    def reply(self, session: Session, request: Request, answer: httpx.Response) -> Reply:
        """The whole of it; a token that was not taken is forgotten, unless only a nonce was missing."""
        challenged = session.is_challenged(request, answer.status_code, answer.headers.get("DPoP-Nonce"))
        if answer.status_code == UNAUTHORISED and request.with_token and not challenged:
            session.forget_token()
        return Reply(answer.status_code, bytes(self._held), challenged, answer.headers.get("Content-Range", ""))


def length_of(answer: httpx.Response) -> int | None:
    """The announced size of a body."""
    length = answer.headers.get("Content-Length", "")
    return int(length) if length.isascii() and length.isdigit() else None


class BlockingDriver:
    """Carries out steps, one after the other. Threads may share it."""

    def __init__(
        self, portal_url: str, client_id: str, client_secret: str, ahead: Callable[[], float] | None = None
    ) -> None:
        """`portal_url`: the own node's origin; the credential was issued by the own registrar.

        `ahead`: of a training node in a rehearsal alone, by how many seconds its time is ahead of this machine's.
        """
        if ahead is None:
            self.session = Session(portal_url, client_id, client_secret)
        else:
            clock, now = (lambda: time.monotonic() + ahead()), (lambda: time.time() + ahead())
            self.session = Session(portal_url, client_id, client_secret, clock, now)
        self._http = httpx.Client(transport=LoopbackNamesTransport(retries=1), timeout=TIMEOUT, follow_redirects=False)
        self._renewing = threading.Lock()

    def __enter__(self) -> Self:
        """The client itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close its connections."""
        self._http.close()

    def close(self) -> None:
        """Close its connections."""
        self._http.close()

    def perform(self, steps: Steps[T]) -> T:
        """Carry out every step; what the verb returns. What a step raises is thrown into the verb first."""
        try:
            step = next(steps)
            while True:
                try:
                    outcome = self._take(step)
                except BaseException as error:  # noqa: BLE001  the verb cleans up and raises what it makes of it
                    step = steps.throw(error)
                else:
                    step = steps.send(outcome)
        except StopIteration as end:
            value: T = end.value
            return value

    def _take(self, step: Step) -> object:
        match step:
            case Send(request):
                return self._exchange(request)
            case Upload():
                return self._exchange_once(step.request, self._pieces(step))
            case Download():
                reply = self._download(step)
                return self._download(step) if reply.challenged else reply
            case Work():
                return self._work(step)

    def _exchange(self, request: Request) -> Reply:
        reply = self._exchange_once(request)
        return self._exchange_once(request) if reply.challenged else reply

    def _exchange_once(self, request: Request, pieces: Iterator[bytes] | None = None) -> Reply:
        self._have_token(request)
        url, told, gathered = self.session.url(request), options(self.session, request), Gathered()
        if pieces is not None:
            told["content"] = pieces
        with reaching(url), self._http.stream(request.method, url, **told) as answer:
            for chunk in answer.iter_bytes(CHUNK):
                gathered.add(chunk)
            return gathered.reply(self.session, request, answer)

    @staticmethod
    def _pieces(step: Upload) -> Iterator[bytes]:
        for piece in step.pieces:
            yield piece
            step.watch.report()

    def _download(self, step: Download) -> Reply:
        self._have_token(step.request)
        url, gathered, done = self.session.url(step.request), Gathered(), 0
        with (
            reaching(url),
            self._http.stream(step.request.method, url, **options(self.session, step.request)) as answer,
        ):
            if not answer.is_error:
                step.watch.total = length_of(answer)
            for chunk in answer.iter_bytes(CHUNK) if answer.is_error else answer.iter_raw(CHUNK):
                if answer.is_error:
                    gathered.add(chunk)
                    continue
                step.sink(chunk)
                done += len(chunk)
                step.watch.at(done)
                step.watch.report()
            return gathered.reply(self.session, step.request, answer)

    def _have_token(self, request: Request) -> None:
        if request.with_token and self.session.needs_token:
            with self._renewing:
                if self.session.needs_token:
                    self.perform(self.session.renew_token())

    @staticmethod
    def _work(step: Work) -> object:
        pieces: Generator[object, None, Any] = step.pieces
        while True:
            try:
                next(pieces)
            except StopIteration as end:
                return end.value
            finally:
                if step.watch is not None:
                    step.watch.report()
