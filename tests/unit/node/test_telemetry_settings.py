"""Nobody is told anything of a node unless its operator says whom, and then encrypted or on this machine only."""

from __future__ import annotations

from typing import Any

import pytest

from relto.base.errors import Misconfigured
from relto.node.telemetry_settings import TelemetrySettings, read_telemetry


def test_by_default_nobody_watches() -> None:
    found = read_telemetry({})
    assert found == TelemetrySettings()
    assert not found.on


def test_what_is_set_is_taken() -> None:
    given: dict[str, Any] = {
        "otlp_endpoint": "https://collector.ind.example:4318/",
        "otlp_authority_file": "/etc/relto/collector.pem",
        "seconds": 15,
        "sampled": 0.05,
        "prometheus_port": 9470,
        "log_form": "json",
    }
    found = read_telemetry(given)
    assert found == TelemetrySettings(**{**given, "otlp_endpoint": "https://collector.ind.example:4318"})
    assert found.on


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:4318", "http://localhost:4318", "http://[::1]:4318"])
def test_a_collector_on_this_machine_needs_no_tls(endpoint: str) -> None:
    assert read_telemetry({"otlp_endpoint": endpoint}).otlp_endpoint == endpoint


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("otlp_endpoint", "http://collector.example:4318"),
        ("otlp_endpoint", "https://user@collector.example"),
        ("otlp_endpoint", "https://collector.example/v1/traces"),
        ("otlp_endpoint", "https://:4318"),
        ("otlp_endpoint", "https://collector.example:0"),
        ("otlp_endpoint", "https://collector.example:x"),
        ("otlp_endpoint", 7),
        ("otlp_authority_file", 7),
        ("seconds", 4),
        ("seconds", True),
        ("sampled", 1.5),
        ("sampled", True),
        ("sampled", "all"),
        ("sampled", 0.5),
        ("prometheus_port", 80),
        ("prometheus_port", 65535),
        ("prometheus_port", 0),
        ("log_form", "xml"),
        ("headers", "x"),
    ],
)
def test_what_does_not_hold_is_refused_by_name(name: str, value: object) -> None:
    with pytest.raises(Misconfigured) as found:
        read_telemetry({name: value})
    assert found.value.field == f"telemetry.{name}"


def test_a_table_is_needed() -> None:
    with pytest.raises(Misconfigured):
        read_telemetry("on")
