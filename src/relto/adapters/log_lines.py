"""How a line of a process's log reads, the same in every process of a node: as words in fixed places, or as JSON.

`2026-11-23T09:08:06.123Z WARNING relto.kas request.broken KeyError`: the instant in UTC (RFC 3339), the level, who says
it, and what, which begins with its code. As JSON the same is an object of `at`, `level`, `process`, `from`, `code`,
`says`, and `request` where it belongs to one. One record is one line, whatever a library put into it; an exception
leaves its kind and the places it came through, never its text, which could hold what somebody sent (promise 1).
"""

from __future__ import annotations

import json
import logging
import os
import re
import time
import traceback
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Form = Literal["lines", "json"]
FORMS: Final[tuple[Form, ...]] = ("lines", "json")
LIBRARY: Final = "library"
REQUEST: Final = "X-Relto-Request"
"""The header of an answer with a status of 500 or more: by it the operator finds the request's lines."""
_NAME: Final = "relto.adapters.log_lines.LogLines"
_CODE: Final = re.compile(r"([a-z][a-z_]*(?:\.[a-z][a-z_]*)+)(?:\s|\Z)")
_OURS: Final = ("relto", "django.request", "django.security")
"""Whose lines we write: ours, and what relto.web.logs leaves of Django's."""
_FRAMES: Final = 6
_FAULT: Final = "5"


class Reference:
    """The name of one request in the log: random, made when it is first asked for."""

    __slots__ = ("_text",)

    def __init__(self) -> None:
        """No name yet: most requests leave no line."""
        self._text = ""

    def __str__(self) -> str:
        """Its 16 hexadecimal digits."""
        if not self._text:
            self._text = os.urandom(8).hex()
        return self._text


_request: ContextVar[Reference | None] = ContextVar("request", default=None)


class LogLines(logging.Formatter):
    """Writes records so."""

    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def __init__(self, process: str = "", form: Form = "lines") -> None:
        """`process`: which of a node's processes writes."""
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")
        self._process = process
        self._as_json = form == "json"

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line; an end of line within it becomes ` | `, other control characters spaces."""
        if self._as_json:
            return json.dumps(self._members(record), ensure_ascii=False, separators=(",", ":"))
        request = _request.get()
        return _one_line(super().format(record)) + (f" request {request}" if request is not None else "")

    def formatException(self, ei: Any) -> str:  # noqa: N802  logging's name
        """The kind of the exception and where it came through; not its text."""
        return places_of(ei[1])

    def _members(self, record: logging.LogRecord) -> dict[str, str]:
        says = record.getMessage()
        if record.exc_info and record.exc_info[1] is not None:
            says += f" {self.formatException(record.exc_info)}"
        members = {
            "at": self.formatTime(record),
            "level": record.levelname,
            "process": self._process,
            "from": record.name,
            "code": code_of(record),
            "says": _one_line(says),
        }
        request = _request.get()
        return members if request is None else {**members, "request": str(request)}


def code_of(record: logging.LogRecord) -> str:
    """The code that a line of ours begins with, from its template; `library` for any other."""
    found = _CODE.match(record.msg) if isinstance(record.msg, str) and record.name.startswith(_OURS) else None
    return found[1] if found else LIBRARY


def with_request(application: WSGIApplication) -> WSGIApplication:
    """The same door, whose lines name the request that they belong to; who meets a fault is told that name."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        reference = Reference()
        _request.set(reference)

        def naming(status: str, headers: list[tuple[str, str]], *problem: Any) -> Callable[[bytes], object]:
            if status.startswith(_FAULT):
                headers = [*headers, (REQUEST, str(reference))]
            return start_response(status, headers, *problem)

        return application(environ, naming)

    return answer


def formatters(process: str = "", form: Form = "lines") -> dict[str, Any]:
    """The `formatters` of a logging configuration: one, named `lines`."""
    return {"lines": {"()": _NAME, "process": process, "form": form}}


def process_logging(process: str = "", form: Form = "lines") -> dict[str, Any]:
    """What a process of a node that is not the portal logs, and how: warnings and worse, to its standard error."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": formatters(process, form),
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
    }


def server_logging(process: str = "portal", form: Form = "lines") -> dict[str, Any]:
    """What the portal's web server says of itself; it logs no requests."""
    handler = {"class": "logging.StreamHandler", "formatter": "lines"}
    return {
        "formatters": formatters(process, form),
        "handlers": {"console": handler},
        "loggers": {"_granian": {"handlers": ["console"], "level": "INFO", "propagate": False}},
    }


def _one_line(text: str) -> str:
    lines = " | ".join(text.splitlines())
    return "".join(letter if letter.isprintable() else " " for letter in lines)


def places_of(error: BaseException) -> str:
    """The kind of an exception and the places that it came through, innermost first; not its text."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    places = " < ".join(f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in reversed(frames))
    return f"{type(error).__name__} at {places}"
