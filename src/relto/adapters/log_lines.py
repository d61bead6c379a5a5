"""How a line of a process's log reads, the same in every process of a node.

`2026-11-23T09:08:06.123Z WARNING relto.kas request.broken KeyError`: the instant in UTC (RFC 3339), the level, who says
it, and what. One record is one line, whatever a library put into it.
"""

from __future__ import annotations

import logging
import time
from typing import Any, Final

_NAME: Final = "relto.adapters.log_lines.LogLines"


class LogLines(logging.Formatter):
    """Writes records so."""

    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def __init__(self) -> None:
        """The form is the same everywhere, so nothing can be set."""
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line; an end of line within it becomes ` | `, other control characters spaces."""
        lines = " | ".join(super().format(record).splitlines())
        return "".join(letter if letter.isprintable() else " " for letter in lines)


def formatters() -> dict[str, Any]:
    """The `formatters` of a logging configuration: one, named `lines`."""
    return {"lines": {"()": _NAME}}


def process_logging() -> dict[str, Any]:
    """What a process of a node that is not the portal logs, and how: warnings and worse, to its standard error."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": formatters(),
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
    }


def server_logging() -> dict[str, Any]:
    """What the portal's web server says of itself; it logs no requests."""
    handler = {"class": "logging.StreamHandler", "formatter": "lines"}
    return {
        "formatters": formatters(),
        "handlers": {"console": handler},
        "loggers": {"_granian": {"handlers": ["console"], "level": "INFO", "propagate": False}},
    }
