"""A line of a log says when in UTC, how grave, who and what, and is one line; so in every process of a node."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from relto.adapters.log_lines import LogLines, process_logging, server_logging
from relto.web.logs import logging_settings


def test_a_record_becomes_one_line_with_its_time_in_utc() -> None:
    record = logging.LogRecord("relto.kas", logging.WARNING, "x.py", 1, "request.broken %s", ("A\nB\x1b[2J",), None)
    record.created, record.msecs = 0.25, 250.0
    assert LogLines().format(record) == "1970-01-01T00:00:00.250Z WARNING relto.kas request.broken A | B [2J"


@pytest.mark.parametrize("given", [process_logging(), server_logging(), logging_settings()])
def test_every_process_writes_its_lines_so(given: dict[str, Any]) -> None:
    assert {one["formatter"] for one in given["handlers"].values()} == {"lines"}
    assert given["formatters"] == {"lines": {"()": f"{LogLines.__module__}.{LogLines.__qualname__}"}}
