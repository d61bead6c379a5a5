"""What is laid around a door, a committer, a link and the log, so that a process tells what they do.

Each wraps what it watches from outside, in the wiring: where nobody watches, nothing is wrapped and nothing costs.

A trace context of a caller (W3C `traceparent`) is believed at the inner door alone, from who shows the node's inner
secret. Anywhere else it would let a stranger choose which of her requests are traced, join them to others', and smuggle
a mark of her own into the authority's records. To the partner's node nothing is sent either: when and how often this
node works on a matter before it asks is its own affair (docs/explanation/threats.md).
"""

from __future__ import annotations

import hmac
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from opentelemetry.trace import SpanContext, SpanKind

from relto.adapters.log_lines import code_of
from relto.adapters.telemetry import OpenTelemetry, present_trace, traced_from
from relto.adapters.telemetry_names import OTHER
from relto.ports.partners import LinkAnswer, PartnerLink
from relto.ports.surroundings import Committer

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Result = TypeVar("Result")
ROUTE = "relto.route"
"""Where in the WSGI environment an application leaves the template of the path that it answered under."""


class WatchedDoor:
    """A WSGI application whose requests are counted, timed and traced by door, route template and class of status."""

    def __init__(
        self,
        application: WSGIApplication,
        telemetry: OpenTelemetry,
        door: str,
        route_of: Callable[[WSGIEnvironment], str],
        *,
        inner_bearer: str = "",
    ) -> None:
        """`route_of`: the template, asked after the answer; `inner_bearer`: whoever shows it is believed its trace."""
        self._application = application
        self._telemetry = telemetry
        self._door = door
        self._route_of = route_of
        self._bearer = f"Bearer {inner_bearer}".encode() if inner_bearer else b""

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        told = self._telemetry
        began, status = time.perf_counter(), OTHER

        def watching(line: str, headers: list[tuple[str, str]], *problem: Any) -> Any:
            nonlocal status
            status = f"{line[:1]}xx"
            return start_response(line, headers, *problem)

        with told.span("request", SpanKind.SERVER, parent=self._parent(environ), door=self._door) as span:
            try:
                return self._application(environ, watching)
            finally:
                route, door = self._route_of(environ), environ.get("relto.door", self._door)
                told.count("relto.requests", door=door, route=route, status=status)
                told.record("relto.request.duration", time.perf_counter() - began, door=door, route=route)
                told.finish(span, door=door, route=route, status=status)

    def _parent(self, environ: WSGIEnvironment) -> Any:
        given = environ.get("HTTP_AUTHORIZATION", "").encode("utf-8", "surrogateescape")
        if self._bearer and hmac.compare_digest(given, self._bearer):
            return traced_from(environ.get("HTTP_TRACEPARENT", ""))
        return traced_from("")


def path_or_route(known: Iterable[str]) -> Callable[[WSGIEnvironment], str]:
    """The route of an answered request: what its application left in `relto.route`, or a path that is in the list."""
    paths = frozenset(known)

    def route_of(environ: WSGIEnvironment) -> str:
        path = str(environ.get("PATH_INFO", ""))
        return str(environ.get(ROUTE) or (path if path in paths else OTHER))

    return route_of


class _Step:
    """A step on its way to the committer, with the span of the verb that waits for it."""

    def __init__(self, step: Callable[[], Any], span: SpanContext) -> None:
        self._step = step
        self.span = span

    def __call__(self) -> Any:
        return self._step()


class WatchedCommitter:
    """A committer whose steps are counted, and traced under the name of the function that made them."""

    def __init__(self, committer: Committer, telemetry: OpenTelemetry) -> None:
        """`committer`: whose `flushed` told this telemetry of, see `watch_flushes`."""
        self._committer = committer
        self._telemetry = telemetry

    def run(self, step: Callable[[], Result]) -> Result:
        """See Committer."""
        outcome = "failed"
        with self._telemetry.span("verb", verb=verb_of(step)) as span:
            try:
                result: Result = self._committer.run(_Step(step, present_trace()))
                outcome = "done"
            finally:
                self._telemetry.count("relto.steps", outcome=outcome)
                self._telemetry.finish(span, outcome=outcome)
        return result


def watch_flushes(telemetry: OpenTelemetry) -> Callable[[Sequence[Callable[[], Any]], float], None]:
    """What a GroupCommitter calls after each durable transaction: the steps within, and its seconds."""

    def flushed(steps: Sequence[Callable[[], Any]], seconds: float) -> None:
        telemetry.record("relto.flush.duration", seconds)
        telemetry.record("relto.flush.steps", len(steps))
        telemetry.flushed(time.time() - seconds, [step.span for step in steps if isinstance(step, _Step)])

    return flushed


def verb_of(step: Callable[[], Any]) -> str:
    """`module.function` of the service whose step it is, from the code itself; `other` for anything else."""
    module, name = getattr(step, "__module__", None), getattr(step, "__qualname__", "")
    if not isinstance(module, str) or not module.startswith("relto.services."):
        return OTHER
    return f"{module.removeprefix('relto.services.')}.{name.partition('.<locals>')[0]}"


class WatchedPartner:
    """The link to a partner, whose calls are counted, timed and traced; nothing of the trace goes to the partner."""

    def __init__(self, link: PartnerLink, telemetry: OpenTelemetry, partner: str) -> None:
        """`partner`: the nation."""
        self._link = link
        self._telemetry = telemetry
        self._partner = partner

    def send_message(self, envelope: bytes, *, payload_size: int = 0) -> LinkAnswer:
        """See PartnerLink."""
        return self._call("send_message", lambda: self._link.send_message(envelope, payload_size=payload_size))

    def payload_held(self, sha256: str) -> int:
        """See PartnerLink."""
        return self._call("payload_held", lambda: self._link.payload_held(sha256))

    def send_payload(self, sha256: str, size: int, offset: int, chunks: Iterator[bytes]) -> int:
        """See PartnerLink."""
        return self._call("send_payload", lambda: self._link.send_payload(sha256, size, offset, chunks))

    def request_share(self, envelope: bytes) -> LinkAnswer:
        """See PartnerLink."""
        return self._call("request_share", lambda: self._link.request_share(envelope))

    def add_checkpoint(self, body: bytes) -> tuple[int, bytes]:
        """See PartnerLink."""
        return self._call("add_checkpoint", lambda: self._link.add_checkpoint(body))

    def reconcile(self, envelope: bytes) -> LinkAnswer:
        """See PartnerLink."""
        return self._call("reconcile", lambda: self._link.reconcile(envelope))

    def _call(self, call: str, made: Callable[[], Result]) -> Result:
        told, began, outcome = self._telemetry, time.perf_counter(), "failed"
        with told.span("partner", SpanKind.CLIENT, partner=self._partner, call=call) as span:
            try:
                result = made()
                outcome = "done"
            finally:
                told.count("relto.partner.calls", partner=self._partner, call=call, outcome=outcome)
                told.record("relto.partner.call.duration", time.perf_counter() - began, call=call)
                told.finish(span, outcome=outcome)
        return result


def watched_partners(links: Mapping[Any, PartnerLink], telemetry: OpenTelemetry) -> dict[Any, PartnerLink]:
    """Each link, watched."""
    return {nation: WatchedPartner(link, telemetry, str(nation)) for nation, link in links.items()}


class WatchedRound:
    """A round of the worker, counted when it found work or failed; how long ago it came through is told as well."""

    def __init__(self, name: str, round_: Callable[[], int], telemetry: OpenTelemetry) -> None:
        """`name`: one of `telemetry_names.ROUNDS`."""
        self._name = name
        self._round = round_
        self._telemetry = telemetry
        self._last = time.monotonic()
        telemetry.follow("relto.round.age", lambda: time.monotonic() - self._last, round=name)

    def __call__(self) -> int:
        """The round."""
        outcome = "failed"
        try:
            done = self._round()
            self._last = time.monotonic()
            outcome = "done" if done else ""
        finally:
            if outcome:
                self._telemetry.count("relto.rounds", round=self._name, outcome=outcome)
        return done


class CountedLines(logging.Handler):
    """Counts the log's lines from warning on by their code; it sees no argument of theirs."""

    def __init__(self, telemetry: OpenTelemetry) -> None:
        """To be added to the root logger."""
        super().__init__(logging.WARNING)
        self._telemetry = telemetry

    def emit(self, record: logging.LogRecord) -> None:
        """One more."""
        self._telemetry.count("relto.log.lines", code=code_of(record), level=record.levelname)
