"""A collector of OpenTelemetry, as small as one can be: takes OTLP over HTTP (protobuf) and keeps what came."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from opentelemetry.proto.trace.v1.trace_pb2 import Span


@dataclass
class Collected:
    """What a collector was sent: `bodies` as they came, `address` where it listens."""

    address: str
    metrics: list[ExportMetricsServiceRequest] = field(default_factory=list)
    traces: list[ExportTraceServiceRequest] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    def spans(self) -> list[Span]:
        """All spans."""
        return [
            span
            for one in self.traces
            for resource in one.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def named(self) -> dict[str, Metric]:
        """The newest state of each metric, by name."""
        return {
            metric.name: metric
            for one in self.metrics
            for resource in one.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
        }

    def attributes(self) -> set[tuple[str, str]]:
        """Every attribute of every point and span: key and value."""
        found: set[tuple[str, str]] = set()
        for metric in self.named().values():
            data = getattr(metric, metric.WhichOneof("data") or "gauge")
            found |= {(one.key, one.value.string_value) for point in data.data_points for one in point.attributes}
        for span in self.spans():
            found |= {(one.key, one.value.string_value) for one in span.attributes}
        return found


@contextmanager
def collector() -> Iterator[Collected]:
    """A collector on a free port of this machine."""

    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            kept.bodies.append(body)
            if self.path == "/v1/metrics":
                kept.metrics.append(ExportMetricsServiceRequest.FromString(body))
            elif self.path == "/v1/traces":
                kept.traces.append(ExportTraceServiceRequest.FromString(body))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing is printed."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Taking)
    kept = Collected(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield kept
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
