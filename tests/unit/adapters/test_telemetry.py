"""What a watcher is told: numbers and spans by codes of closed lists, to a real collector and a real scrape."""

from __future__ import annotations

import logging
import socket
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from typing import Any, cast

import pytest
from opentelemetry.trace import format_trace_id
from prometheus_client.parser import text_string_to_metric_families

from relto.adapters.telemetry import EVERY_PORTS, Export, OpenTelemetry, traceparent
from relto.adapters.telemetry_doors import (
    CountedLines,
    WatchedCommitter,
    WatchedDoor,
    WatchedPartner,
    WatchedRound,
    path_or_route,
    watch_flushes,
)
from relto.adapters.telemetry_names import INSTRUMENTS, OTHER, Vocabulary
from relto.ports.partners import LinkAnswer, PartnerLink
from relto.services import payloads
from relto.store.committer import GroupCommitter
from tests.support.collector import Collected, collector

CANARY = "CANARY-hull-drawing"
BEARER = "ab" * 32


@pytest.fixture
def kept() -> Iterator[Collected]:
    with collector() as found:
        yield found


@pytest.fixture
def told(kept: Collected) -> Iterator[OpenTelemetry]:
    export = Export(endpoint=kept.address, sampled=1.0, seconds=600)
    telemetry = OpenTelemetry.begin("link", "IND", Vocabulary(route=["/v2/rewrap"], gate=["caveats"]), export)
    yield telemetry
    telemetry.close()


def _ask(door: Any, path: str = "/v2/rewrap", **environ: str) -> str:
    lines: list[str] = []

    def start(status: str, _headers: list[tuple[str, str]], *_: Any) -> Callable[[bytes], object]:
        lines.append(status)
        return lambda _: None

    list(door({"PATH_INFO": path, **environ}, start))
    return lines[0]


def _door(
    told: OpenTelemetry, inside: Callable[[], None] = lambda: None, status: str = "200 OK", name: str = "relay"
) -> Any:
    def application(_environ: Any, start_response: Any) -> Iterable[bytes]:
        inside()
        start_response(status, [])
        return [b""]

    bearer = BEARER if name == "inner" else ""
    return WatchedDoor(application, told, name, path_or_route(["/v2/rewrap"]), inner_bearer=bearer)


def _points(kept: Collected, name: str) -> dict[tuple[str, ...], float]:
    metric = kept.named()[name]
    data = getattr(metric, metric.WhichOneof("data") or "gauge")
    return {
        tuple(one.value.string_value for one in sorted(point.attributes, key=lambda one: one.key)): getattr(
            point, "as_int", 0
        )
        or getattr(point, "as_double", 0)
        or getattr(point, "count", 0)
        for point in data.data_points
    }


def test_a_request_is_counted_timed_and_traced_by_its_route_and_never_by_its_path(
    told: OpenTelemetry, kept: Collected
) -> None:
    _ask(_door(told))
    _ask(_door(told), path=f"/documents/{CANARY}")
    _ask(_door(told, status="500 Internal Server Error"))
    told.close()
    assert _points(kept, "relto.requests") == {
        ("relay", "/v2/rewrap", "2xx"): 1,
        ("relay", OTHER, "2xx"): 1,
        ("relay", "/v2/rewrap", "5xx"): 1,
    }
    assert _points(kept, "relto.request.duration") == {("relay", "/v2/rewrap"): 2, ("relay", OTHER): 1}
    assert sorted(span.name for span in kept.spans()) == ["request"] * 3
    assert all(CANARY.encode() not in body for body in kept.bodies)


def test_a_door_that_breaks_is_told_of_without_what_broke_it(told: OpenTelemetry, kept: Collected) -> None:
    def breaks() -> None:
        raise ValueError(CANARY)

    with pytest.raises(ValueError, match=CANARY):
        _ask(_door(told, breaks))
    told.close()
    assert _points(kept, "relto.requests") == {("relay", "/v2/rewrap", OTHER): 1}
    assert all(CANARY.encode() not in body for body in kept.bodies)


def test_a_stranger_chooses_no_trace_and_an_inside_caller_continues_hers(told: OpenTelemetry, kept: Collected) -> None:
    seen: list[str] = []
    given = f"00-{'12' * 16}-{'34' * 8}-01"
    for name, bearer in (("key_service", BEARER), ("relay", ""), ("inner", "cd" * 32), ("inner", BEARER)):
        door = _door(told, lambda: seen.append(traceparent()), name=name)
        _ask(door, HTTP_TRACEPARENT=given, HTTP_TRACESTATE=f"x={CANARY}", HTTP_AUTHORIZATION=f"Bearer {bearer}")
    told.close()
    assert [one.split("-")[1] == "12" * 16 for one in seen] == [False, False, False, True]
    assert {format_trace_id(int.from_bytes(span.trace_id)) for span in kept.spans()} >= {"12" * 16}
    assert all(CANARY.encode() not in body for body in kept.bodies)


@pytest.mark.django_db(transaction=True)
def test_a_verb_s_step_and_the_transaction_that_made_it_durable_are_told(told: OpenTelemetry, kept: Collected) -> None:
    group = GroupCommitter(flushed=watch_flushes(told))

    def step() -> int:
        return 7

    step.__module__, step.__qualname__ = payloads.__name__, "sweep.<locals>.step"
    assert WatchedCommitter(group, told).run(step) == 7
    group.close()
    told.close()
    spans = {span.name: span for span in kept.spans()}
    assert {one.key: one.value.string_value for one in spans["verb"].attributes} == {
        "relto.verb": "payloads.sweep",
        "relto.outcome": "done",
    }
    assert spans["committer.flush"].links[0].span_id == spans["verb"].span_id
    assert _points(kept, "relto.flush.steps") == {(): 1}
    assert _points(kept, "relto.steps") == {("done",): 1}


class _Partner:
    """The way to a partner that answers everything alike."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    def request_share(self, envelope: bytes) -> LinkAnswer:
        self.sent.append(traceparent())
        return LinkAnswer(200, envelope)


def test_a_call_to_the_partner_is_told_at_home_alone(told: OpenTelemetry, kept: Collected) -> None:
    told.vocabulary = Vocabulary(partner=["USA"])
    WatchedPartner(cast("PartnerLink", _Partner()), told, "USA").request_share(b"{}")
    told.close()
    assert _points(kept, "relto.partner.calls") == {("request_share", "done", "USA"): 1}
    assert [span.name for span in kept.spans()] == ["partner"]


def test_a_decision_tells_its_gates_and_not_who_asked(told: OpenTelemetry, kept: Collected) -> None:
    told.decided("open", permitted=False, gates=["caveats", "caveats", CANARY])
    told.decided("open", permitted=True, gates=[])
    told.close()
    assert _points(kept, "relto.shares") == {("open", "refused"): 1, ("open", "permitted"): 1}
    assert _points(kept, "relto.gates.refused") == {("open", "caveats"): 1, ("open", OTHER): 1}


def test_the_log_s_lines_are_counted_by_code(told: OpenTelemetry, kept: Collected) -> None:
    log = logging.getLogger("relto.web.sign_in")
    handler = CountedLines(told)
    log.addHandler(handler)
    try:
        log.warning("sign_in.failed password")
        log.warning("sign_in.failed oidc %s", CANARY)
        log.warning("%s", CANARY)
        log.info("sign_in.failed password")
    finally:
        log.removeHandler(handler)
    told.close()
    assert _points(kept, "relto.log.lines") == {("sign_in.failed", "WARNING"): 2, (OTHER, "WARNING"): 1}


def test_a_round_of_the_worker_tells_what_it_did_and_when_it_last_came_through(
    told: OpenTelemetry, kept: Collected
) -> None:
    results: Iterator[Any] = iter([1, 0, OSError()])

    def round_() -> int:
        found = next(results)
        if isinstance(found, OSError):
            raise OSError("disk")
        return int(found)

    watched = WatchedRound("deliver", round_, told)
    watched()
    watched()
    with pytest.raises(OSError, match="disk"):
        watched()
    told.close()
    assert _points(kept, "relto.rounds") == {("done", "deliver"): 1, ("failed", "deliver"): 1}
    assert list(_points(kept, "relto.round.age")) == [("deliver",)]


def test_an_attribute_has_a_key_and_a_value_of_the_lists_whoever_calls(told: OpenTelemetry, kept: Collected) -> None:
    for one in INSTRUMENTS.values():
        given = dict.fromkeys(one.attributes, CANARY)
        if one.kind == "counter":
            told.count(one.name, **given)
        elif one.kind == "histogram":
            told.record(one.name, 1.0, **given)
        else:
            told.state([(one.name, 1.0, given)])
    with told.span("verb", verb=CANARY, door=CANARY, route=CANARY):
        pass
    with pytest.raises(KeyError), told.span("verb", title=CANARY):
        pass
    with pytest.raises(KeyError):
        told.count("relto.requests", door="portal")
    told.close()
    assert {value for _, value in kept.attributes()} == {OTHER}
    assert {key for key, _ in kept.attributes()} <= {
        *(key for one in INSTRUMENTS.values() for key in one.attributes),
        "relto.verb",
        "relto.door",
        "relto.route",
    }
    assert set(kept.named()) == set(INSTRUMENTS)
    assert all(CANARY.encode() not in body for body in kept.bodies)


def test_nothing_of_the_environment_leaves(monkeypatch: pytest.MonkeyPatch, kept: Collected) -> None:
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", f"user={CANARY}")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", f"x={CANARY}")
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    export = Export(endpoint=kept.address, sampled=1.0, seconds=600)
    telemetry = OpenTelemetry.begin("portal", "IND", Vocabulary(), export)
    telemetry.decided("open", permitted=True, gates=[])
    telemetry.close()
    assert kept.bodies
    assert all(CANARY.encode() not in body for body in kept.bodies)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_prometheus_reads_the_same_numbers_under_the_names_of_the_table() -> None:
    first = _free_port()
    export = Export(port=first)
    one = OpenTelemetry.begin("portal", "IND", Vocabulary(route=["/v2/rewrap"]), export)
    another = OpenTelemetry.begin("portal", "IND", Vocabulary(), export)
    try:
        assert one.port == first
        assert (another.port - first) % EVERY_PORTS == 0
        assert another.port != first
        _ask(_door(one))
        for made in INSTRUMENTS.values():
            given = dict.fromkeys(made.attributes, OTHER)
            if made.kind == "counter":
                one.count(made.name, **given)
            elif made.kind == "histogram":
                one.record(made.name, 1.0, **given)
            else:
                one.state([(made.name, 1.0, given)])
        with urllib.request.urlopen(f"http://127.0.0.1:{one.port}/metrics", timeout=5) as answer:
            text = answer.read().decode()
    finally:
        one.close()
        another.close()
    samples = {sample.name for family in text_string_to_metric_families(text) for sample in family.samples}
    expected = {made.prometheus + ("_count" if made.kind == "histogram" else "") for made in INSTRUMENTS.values()}
    assert expected <= samples
    assert 'relto_requests_total{door="relay",route="/v2/rewrap",status="2xx"} 1.0' in text
