"""The awaiting driver: carries a verb's steps out without ever blocking the event loop (asyncio or trio, over anyio).

Computing and file work run in threads, one piece at a time, so that a cancelled verb stops after the piece at hand;
what is sealed while it is sent goes through a bounded queue; `progress` is called in the event loop. A cancelled verb
is told so by its driver and removes what it had begun.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator
from contextlib import aclosing
from types import TracebackType
from typing import Any, Self

import anyio
import anyio.abc
import anyio.to_thread
import httpx

from relto.adapters.loopback_transport import AsyncLoopbackNamesTransport
from relto.client.blocking import CHUNK, TIMEOUT, Gathered, length_of, options, reaching
from relto.client.session import Session
from relto.client.steps import Download, Reply, Request, Send, Step, Steps, T, Upload, Work

_PIECES_AHEAD = 4


class AwaitingDriver:
    """Carries out steps, one after the other. Tasks of one event loop may share it."""

    def __init__(self, portal_url: str, client_id: str, client_secret: str) -> None:
        """`portal_url`: the own node's origin; the credential was issued by the own registrar."""
        self.session = Session(portal_url, client_id, client_secret)
        transport = AsyncLoopbackNamesTransport(retries=1)
        self._http = httpx.AsyncClient(transport=transport, timeout=TIMEOUT, follow_redirects=False)
        self._renewing = anyio.Lock()

    async def __aenter__(self) -> Self:
        """The client itself."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close its connections."""
        await self._http.aclose()

    async def aclose(self) -> None:
        """Close its connections."""
        await self._http.aclose()

    async def perform(self, steps: Steps[T]) -> T:
        """Carry out every step; what the verb returns. What a step raises is thrown into the verb first."""
        try:
            step = next(steps)
            while True:
                try:
                    outcome = await self._take(step)
                except BaseException as error:  # noqa: BLE001  the verb cleans up and raises what it makes of it
                    step = steps.throw(error)
                else:
                    step = steps.send(outcome)
        except StopIteration as end:
            value: T = end.value
            return value

    async def _take(self, step: Step) -> object:
        match step:
            case Send(request):
                return await self._exchange(request)
            case Upload():
                return await self._upload(step)
            case Download():
                reply = await self._download(step)
                return await self._download(step) if reply.challenged else reply
            case Work():
                return await self._work(step)

    async def _exchange(self, request: Request) -> Reply:
        reply = await self._exchange_once(request)
        return await self._exchange_once(request) if reply.challenged else reply

    async def _exchange_once(self, request: Request, pieces: AsyncIterator[bytes] | None = None) -> Reply:
        await self._have_token(request)
        url, told, gathered = self.session.url(request), options(self.session, request), Gathered()
        if pieces is not None:
            told["content"] = pieces
        with reaching(url):
            async with self._http.stream(request.method, url, **told) as answer:
                async for chunk in answer.aiter_bytes(CHUNK):
                    gathered.add(chunk)
                return gathered.reply(self.session, request, answer)

    async def _upload(self, step: Upload) -> Reply:
        """Pieces are made ahead in a thread while earlier ones are on their way."""
        ahead = _Ahead(step.pieces)
        replies: list[Reply] = []
        failures: list[Exception] = []
        async with anyio.create_task_group() as group:
            group.start_soon(ahead.make)
            try:
                async with aclosing(ahead.taken(step)) as pieces:
                    replies.append(await self._exchange_once(step.request, pieces))
            except Exception as error:  # noqa: BLE001  raised below as itself, not as a group of one
                failures.append(error)
            group.cancel_scope.cancel()
        for failure in failures:
            raise failure
        return replies[0]

    async def _download(self, step: Download) -> Reply:
        await self._have_token(step.request)
        url, gathered, done = self.session.url(step.request), Gathered(), 0
        told = options(self.session, step.request)
        with reaching(url):
            async with self._http.stream(step.request.method, url, **told) as answer:
                if answer.is_error:
                    async for chunk in answer.aiter_bytes(CHUNK):
                        gathered.add(chunk)
                    return gathered.reply(self.session, step.request, answer)
                step.watch.total = length_of(answer)
                async for chunk in answer.aiter_raw(CHUNK):
                    await anyio.to_thread.run_sync(step.sink, chunk)
                    done += len(chunk)
                    step.watch.at(done)
                    step.watch.report()
                return gathered.reply(self.session, step.request, answer)

    async def _have_token(self, request: Request) -> None:
        if request.with_token and self.session.needs_token:
            async with self._renewing:
                if self.session.needs_token:
                    await self.perform(self.session.renew_token())

    @staticmethod
    async def _work(step: Work) -> object:
        try:
            while True:
                done, value = await anyio.to_thread.run_sync(_next_piece, step.pieces)
                if step.watch is not None:
                    step.watch.report()
                if done:
                    return value
        finally:
            step.pieces.close()


class _Ahead:
    """Pieces made in a thread, at most a few ahead of their taker."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._give, self._take = anyio.create_memory_object_stream[bytes](_PIECES_AHEAD)
        self._failure: Exception | None = None

    async def make(self) -> None:
        """Make every piece; what goes wrong is raised where they are taken."""
        with self._give:
            try:
                while (piece := await anyio.to_thread.run_sync(next, self._pieces, None)) is not None:
                    await self._give.send(piece)
            except Exception as error:  # noqa: BLE001  handed over
                self._failure = error

    async def taken(self, step: Upload) -> AsyncGenerator[bytes, None]:
        """The pieces. Raises what making them raised, so that a body that is not whole is never ended as if it were."""
        with self._take:
            async for piece in self._take:
                yield piece
                step.watch.report()
        if self._failure is not None:
            raise self._failure


def _next_piece(pieces: Generator[object, None, Any]) -> tuple[bool, Any]:
    try:
        next(pieces)
    except StopIteration as end:
        return True, end.value
    return False, None
