"""Metrics and traces of one process, by OpenTelemetry: exported by OTLP over HTTP, scraped by Prometheus, or both.

Promises: an attribute is one of `telemetry_names`, whoever calls; nothing is read from the environment (a resource, a
header or a proxy that somebody set there could carry what must not leave); no exemplar and no exception's text is kept;
the scrape port answers on loopback alone. A collector that does not answer costs a bounded queue, never a request.
The libraries are the extra `telemetry`; a process whose operator asked for nothing never imports this module.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from wsgiref.simple_server import WSGIServer

import requests
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk.metrics import AlwaysOffExemplarFilter, MeterProvider
from opentelemetry.sdk.metrics.export import MetricReader, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import Link, Span, SpanContext, SpanKind, Tracer, get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from prometheus_client import CollectorRegistry, start_http_server

from relto.adapters.telemetry_names import INSTRUMENTS, Vocabulary
from relto.base.errors import Misconfigured

LOOPBACK: Final = "127.0.0.1"
EVERY_PORTS: Final = 4
"""How far the scrape ports of two processes of one kind lie apart: one for each kind of process."""
MOST_OF_A_KIND: Final = 16
_PORTS: Final = 65536
_EXPORT_SECONDS: Final = 10.0
_ON_THE_WAY: Final = 2048
_MOST_ATTRIBUTES: Final = 8
_PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")
_TRACE_CONTEXT: Final = TraceContextTextMapPropagator()
_SPAN_KEYS: Final = ("door", "route", "status", "verb", "partner", "call", "outcome")
Attributes = Mapping[str, str]
Told = tuple[str, float, Attributes]
"""(instrument, value, attributes) of a gauge."""


@dataclass(frozen=True, slots=True)
class Export:
    """Where to: the collector's address (OTLP over HTTP, without path; "" none) and what authority proves it.

    `port`: first scrape port of this kind of process, 0 none; `sampled`: the part of the requests that is traced;
    `seconds`: between two exports of the metrics.
    """

    endpoint: str = ""
    authority_file: str = ""
    port: int = 0
    sampled: float = 0.0
    seconds: float = 60.0


@dataclass(slots=True)
class OpenTelemetry:
    """What one process tells. Made by `begin`; safe in all of its threads."""

    vocabulary: Vocabulary
    port: int
    """The scrape port that this process took; 0 when it has none."""
    _meters: MeterProvider
    _tracer: Tracer | None
    _tracers: TracerProvider | None
    _server: WSGIServer | None
    _instruments: dict[str, Any] = field(default_factory=dict)
    _gauges: dict[str, list[Observation]] = field(default_factory=dict)
    _followed: dict[str, list[tuple[Callable[[], float], dict[str, str]]]] = field(default_factory=dict)

    @classmethod
    def begin(cls, process: str, nation: str, vocabulary: Vocabulary, export: Export) -> OpenTelemetry:
        """Start telling. `process`: the kind. Raises Misconfigured("port_taken") when every scrape port is taken."""
        for name in [name for name in os.environ if name.startswith("OTEL_")]:
            del os.environ[name]
        # A collector that is away is told once an export, not at each of its tries.
        logging.getLogger("opentelemetry").setLevel(logging.ERROR)
        registry = CollectorRegistry(auto_describe=False)
        readers: list[MetricReader] = []
        port, server = 0, None
        if export.port:
            readers.append(
                PrometheusMetricReader(disable_target_info=True, scope_info_enabled=False, registry=registry)
            )
            port, server = _scraped(registry, export.port)
        resource = Resource(
            {
                "service.name": "relto",
                "service.namespace": nation,
                "service.instance.id": f"{nation}-{process}-{port or os.getpid()}",
                "relto.process": process,
            }
        )
        tracers = None
        if export.endpoint:
            exporter = OTLPMetricExporter(
                f"{export.endpoint}/v1/metrics", session=_session(export), timeout=_EXPORT_SECONDS
            )
            readers.append(PeriodicExportingMetricReader(exporter, export_interval_millis=export.seconds * 1000))
            tracers = _tracers(resource, export) if export.sampled else None
        meters = MeterProvider(readers, resource, exemplar_filter=AlwaysOffExemplarFilter(), shutdown_on_exit=False)
        tracer = tracers.get_tracer("relto") if tracers is not None else None
        made = cls(vocabulary, port, meters, tracer, tracers, server)
        made._make_instruments()
        return made

    def _make_instruments(self) -> None:
        meter = self._meters.get_meter("relto")
        for one in INSTRUMENTS.values():
            if one.kind == "counter":
                made: Any = meter.create_counter(one.name, one.unit, one.means)
            elif one.kind == "histogram":
                made = meter.create_histogram(
                    one.name, one.unit, one.means, explicit_bucket_boundaries_advisory=one.bounds
                )
            else:
                made = meter.create_observable_gauge(one.name, [self._reader_of(one.name)], one.unit, one.means)
            self._instruments[one.name] = made
        began = time.time()
        self.follow("relto.process.start", lambda: began)
        self.follow("relto.process.memory", _memory)

    def _reader_of(self, name: str) -> Any:
        def read(_options: CallbackOptions) -> Sequence[Observation]:
            followed = [Observation(value(), dict(attributes)) for value, attributes in self._followed.get(name, ())]
            return [*followed, *self._gauges.get(name, ())]

        return read

    def count(self, instrument: str, **attributes: str) -> None:
        """One more."""
        self._instruments[instrument].add(1, self.vocabulary.bound(instrument, attributes))

    def record(self, instrument: str, value: float, **attributes: str) -> None:
        """One measurement of a histogram."""
        self._instruments[instrument].record(value, self.vocabulary.bound(instrument, attributes))

    def state(self, told: Sequence[Told]) -> None:
        """The gauges as they stand now; each instrument that is named takes these values and no older ones."""
        found: dict[str, list[Observation]] = {}
        for name, value, attributes in told:
            bound = self.vocabulary.bound(name, attributes)
            found.setdefault(name, []).append(Observation(value, dict(bound)))
        self._gauges.update(found)

    def follow(self, instrument: str, value: Callable[[], float], **attributes: str) -> None:
        """A gauge that is read whenever it is told."""
        self._followed.setdefault(instrument, []).append((value, self.vocabulary.bound(instrument, attributes)))

    def decided(self, action: str, *, permitted: bool, gates: Sequence[str]) -> None:
        """See `relto.ports.telemetry`."""
        self.count("relto.shares", action=action, outcome="permitted" if permitted else "refused")
        for gate in dict.fromkeys(gates):
            self.count("relto.gates.refused", action=action, gate=gate)

    @contextmanager
    def span(
        self, name: str, kind: SpanKind = SpanKind.INTERNAL, *, parent: Context | None = None, **attributes: str
    ) -> Iterator[Span | None]:
        """A span around what is done within; None where nothing is traced. No exception leaves its text in it."""
        if self._tracer is None:
            yield None
            return
        with self._tracer.start_as_current_span(
            name,
            context=parent,
            kind=kind,
            attributes=self._named(attributes),
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            yield span

    def flushed(self, began: float, links: Sequence[SpanContext]) -> None:
        """A span of a transaction that ends now, begun at `began` (POSIX seconds), linked to the steps within."""
        if self._tracer is not None:
            self._tracer.start_span(
                "committer.flush",
                context=Context(),
                start_time=int(began * 1e9),
                links=[Link(one) for one in links if one.is_valid],
            ).end()

    def finish(self, span: Span | None, **attributes: str) -> None:
        """Add what is known only at the end."""
        if span is not None:
            for key, value in self._named(attributes).items():
                span.set_attribute(key, value)

    def _named(self, attributes: Attributes) -> dict[str, str]:
        unknown = set(attributes) - set(_SPAN_KEYS)
        if unknown:
            raise KeyError(*sorted(unknown))
        return {f"relto.{key}": self.vocabulary.value(key, value) for key, value in attributes.items()}

    def close(self) -> None:
        """Tell what was not told yet, and end."""
        self._meters.shutdown()
        if self._tracers is not None:
            self._tracers.shutdown()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()


def traced_from(traceparent: str) -> Context:
    """The trace that an inside caller belongs to (W3C Trace Context, `traceparent` alone); none for what is malformed.

    `tracestate` is left out: it is free text.
    """
    return _TRACE_CONTEXT.extract({"traceparent": traceparent}, Context())


def traceparent() -> str:
    """The present trace for an inside caller's header; "" outside of any."""
    carrier: dict[str, str] = {}
    _TRACE_CONTEXT.inject(carrier)
    return carrier.get("traceparent", "")


def present_trace() -> SpanContext:
    """The span that runs in this thread."""
    return get_current_span().get_span_context()


def _session(export: Export) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    if export.authority_file:
        session.verify = export.authority_file
    return session


def _tracers(resource: Resource, export: Export) -> TracerProvider:
    tracers = TracerProvider(
        # A caller inside who traces decides for us too; one outside is never asked (see telemetry_doors).
        ParentBased(TraceIdRatioBased(export.sampled)),
        resource,
        shutdown_on_exit=False,
        span_limits=SpanLimits(max_span_attributes=_MOST_ATTRIBUTES, max_events=0),
    )
    exporter = OTLPSpanExporter(f"{export.endpoint}/v1/traces", session=_session(export), timeout=_EXPORT_SECONDS)
    tracers.add_span_processor(BatchSpanProcessor(exporter, max_queue_size=_ON_THE_WAY))
    return tracers


def _scraped(registry: CollectorRegistry, first: int) -> tuple[int, WSGIServer]:
    """Answer scrapes at the first free port of this kind of process; the threads end with the process."""
    for port in range(first, min(first + EVERY_PORTS * MOST_OF_A_KIND, _PORTS), EVERY_PORTS):
        try:
            server, _ = start_http_server(port, LOOPBACK, registry)
        except OSError:
            continue
        return port, server
    raise Misconfigured("port_taken", field="telemetry.prometheus_port", found=first, expected="a port that is free")


def _memory() -> int:
    """Bytes of memory that the process holds (proc(5), statm: resident pages)."""
    with open("/proc/self/statm", "rb") as file:  # noqa: PTH123  read at each scrape, by one call
        return int(file.read().split()[1]) * _PAGE_BYTES
