"""The settings of watching a node: where its metrics and traces go, and how its log reads; nowhere by default.

Read from the table `telemetry` of node.toml; each is refused by name. What a collector learns is in
docs/how-to/watch-a-node.md: codes and counts, and they go encrypted or stay on this machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from relto.adapters.log_lines import FORMS, Form
from relto.base.errors import Misconfigured

SETTINGS: Final = (
    "otlp_endpoint",
    "otlp_authority_file",
    "seconds",
    "sampled",
    "prometheus_port",
    "log_form",
)
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_SECONDS: Final = range(5, 601)
_DEFAULT_SECONDS: Final = 60
_LOWEST_PORT: Final = 1024
_HIGHEST_PORT: Final = 65500


@dataclass(frozen=True, slots=True)
class TelemetrySettings:
    """What is told to whom; by default nothing to nobody, and the log in words.

    `otlp_endpoint`: origin of an OpenTelemetry collector (OTLP over HTTP), "" none; `otlp_authority_file`: PEM
    certificates to trust instead of the usual ones; `seconds`: between two exports; `sampled`: the part of the requests
    that is traced, 0 to 1; `prometheus_port`: the first of the scrape ports on loopback, 0 none.
    """

    otlp_endpoint: str = ""
    otlp_authority_file: str = ""
    seconds: int = _DEFAULT_SECONDS
    sampled: float = 0.0
    prometheus_port: int = 0
    log_form: Form = "lines"

    @property
    def on(self) -> bool:
        """True when somebody watches."""
        return bool(self.otlp_endpoint or self.prometheus_port)


def read_telemetry(given: object) -> TelemetrySettings:
    """The settings; what is left out takes its default. Raises Misconfigured naming the setting."""
    if not isinstance(given, dict):
        raise Misconfigured("telemetry", field="telemetry", expected="a table with " + ", ".join(SETTINGS))
    unknown = sorted(set(given) - set(SETTINGS))
    if unknown:
        raise Misconfigured("setting", field=f"telemetry.{unknown[0]}", expected=", ".join(SETTINGS))
    read = TelemetrySettings(
        otlp_endpoint=_endpoint(given.get("otlp_endpoint", "")),
        otlp_authority_file=_text(given, "otlp_authority_file"),
        seconds=_number(given, "seconds", _DEFAULT_SECONDS, _SECONDS),
        sampled=_part(given.get("sampled", 0.0)),
        prometheus_port=_number(given, "prometheus_port", 0, range(_LOWEST_PORT, _HIGHEST_PORT + 1)),
        log_form=_form(given.get("log_form", "lines")),
    )
    if read.sampled and not read.otlp_endpoint:
        raise _wrong("sampled", "no traces without otlp_endpoint: nobody would be told of them")
    return read


def _endpoint(given: object) -> str:
    """An https origin, or http on this machine."""
    if given == "":
        return ""
    expected = "https://host:port without a path, or http on 127.0.0.1"
    try:
        parts = urlsplit(given) if isinstance(given, str) else None
        port_is_sound = parts is not None and parts.port != 0
    except ValueError:
        parts, port_is_sound = None, False
    if parts is None or not port_is_sound or not parts.hostname:
        raise _wrong("otlp_endpoint", expected)
    if parts.path not in {"", "/"} or parts.query or parts.fragment or parts.username:
        raise _wrong("otlp_endpoint", expected)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise _wrong("otlp_endpoint", expected)
    return str(given).rstrip("/")


def _text(given: Mapping[str, object], name: str) -> str:
    value = given.get(name, "")
    if not isinstance(value, str):
        raise _wrong(name, "a text")
    return value


def _number(given: Mapping[str, object], name: str, default: int, allowed: range) -> int:
    value = given.get(name, default)
    if name not in given:
        return default
    if not isinstance(value, int) or isinstance(value, bool) or value not in allowed:
        raise _wrong(name, f"{allowed.start} to {allowed.stop - 1}")
    return value


def _part(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise _wrong("sampled", "0 to 1, such as 0.05")
    return float(value)


def _form(value: object) -> Form:
    for form in FORMS:
        if value == form:
            return form
    raise _wrong("log_form", " or ".join(FORMS))


def _wrong(name: str, expected: str) -> Misconfigured:
    return Misconfigured("telemetry", field=f"telemetry.{name}", expected=expected)
