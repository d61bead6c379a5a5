"""A line of a log says when in UTC, how grave, who and what, and is one line; so in every process of a node."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Callable, Iterable
from contextvars import copy_context
from pathlib import Path
from typing import Any

import pytest

import relto
from relto.adapters.log_lines import REQUEST, LogLines, code_of, process_logging, server_logging, with_request
from relto.adapters.telemetry_names import EVENTS
from relto.web.logs import logging_settings

_CALL = re.compile(
    r"_?(?:LOG|log|logger)\.(?:log|info|warning|error|exception)\(\s*(?:[^\"]*?,\s*)?\"([^\"]*)\"", re.DOTALL
)


def _record(message: str, *given: object, name: str = "relto.kas", problem: Any = None) -> logging.LogRecord:
    record = logging.LogRecord(name, logging.WARNING, "x.py", 1, message, given, problem)
    record.created, record.msecs = 0.25, 250.0
    return record


def test_a_record_becomes_one_line_with_its_time_in_utc() -> None:
    line = LogLines().format(_record("request.broken %s", "A\nB\x1b[2J"))
    assert line == "1970-01-01T00:00:00.250Z WARNING relto.kas request.broken A | B [2J"


def test_as_json_the_same_stands_under_names() -> None:
    line = LogLines("key_service", "json").format(_record("request.broken %s", 'A\n"B"'))
    assert "\n" not in line
    assert json.loads(line) == {
        "at": "1970-01-01T00:00:00.250Z",
        "level": "WARNING",
        "process": "key_service",
        "from": "relto.kas",
        "code": "request.broken",
        "says": 'request.broken A | "B"',
    }


@pytest.mark.parametrize("form", ["lines", "json"])
def test_an_exception_leaves_its_kind_and_its_places_never_its_text(form: Any) -> None:
    try:
        int("CANARY hull drawing")
    except ValueError:
        line = LogLines("link", form).format(_record("link.fault", problem=sys.exc_info()))
    assert "CANARY" not in line
    assert "ValueError at test_log_lines.py:" in line


def _told_by(door: Any) -> dict[str, str]:
    told: dict[str, str] = {}

    def start(_status: str, headers: list[tuple[str, str]], *_: Any) -> Callable[[bytes], object]:
        told.update(headers)
        return lambda _: None

    copy_context().run(with_request(door), {}, start)
    return told


def test_a_fault_is_found_in_the_log_by_the_name_its_asker_was_told() -> None:
    said: list[str] = []

    def door(_environ: Any, start_response: Callable[..., Any]) -> Iterable[bytes]:
        said.append(LogLines().format(_record("request.broken %s", "KeyError")))
        start_response("500 Internal Server Error", [("X", "y")])
        return [b""]

    reference = _told_by(door)[REQUEST]
    assert said[0].endswith(f"request {reference}")


def test_who_met_no_fault_is_told_no_name() -> None:
    def door(_environ: Any, start_response: Callable[..., Any]) -> Iterable[bytes]:
        start_response("403 Forbidden", [])
        return [b""]

    assert not _told_by(door)


def test_every_line_that_we_write_begins_with_a_code_of_the_list() -> None:
    written = {
        (file.name, text)
        for file in Path(relto.__path__[0]).rglob("*.py")
        for text in _CALL.findall(file.read_text("utf-8"))
    }
    codes = {text: code_of(_record(text)) for _, text in written}
    assert len(codes) > 25
    assert set(codes.values()) <= EVENTS, {text for text, code in codes.items() if code not in EVENTS}


def test_a_line_of_a_library_has_no_code_of_ours() -> None:
    assert code_of(_record("request.broken", name="urllib3")) == "library"


@pytest.mark.parametrize("given", [process_logging("link"), server_logging(), logging_settings()])
def test_every_process_writes_its_lines_so(given: dict[str, Any]) -> None:
    assert {one["formatter"] for one in given["handlers"].values()} == {"lines"}
    made = given["formatters"]["lines"]
    assert made["()"] == f"{LogLines.__module__}.{LogLines.__qualname__}"
    assert made["process"]
    assert made["form"] == "lines"
