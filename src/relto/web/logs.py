"""What the portal may log: which page failed, with which kind of error, where; never an address, a form or a value.

A path can hold a sign-in link, an exception's text can hold what somebody wrote (promise 1).
"""

from __future__ import annotations

import logging
from typing import Any, Final

from relto.adapters.log_lines import Form, formatters, places_of


class WithoutContent(logging.Filter):
    """Leaves of a record about a request its status and the name of its page, of an exception its kind and place."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record; it is always kept."""
        match = getattr(getattr(record, "request", None), "resolver_match", None)
        status = getattr(record, "status_code", "")
        record.msg, record.args = (
            "page.failed %s status %s",
            (match.url_name if match is not None else "unknown", status),
        )
        if record.exc_info and record.exc_info[1] is not None:
            record.msg += f" {places_of(record.exc_info[1])}"
        record.exc_info, record.exc_text = None, None
        return True


def logging_settings(form: Form = "lines") -> dict[str, Any]:
    """Django's LOGGING for the portal."""
    return {**_LOGGING, "formatters": formatters("portal", form)}


_LOGGING: Final[dict[str, Any]] = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"without_content": {"()": "relto.web.logs.WithoutContent"}},
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "lines"},
        "requests": {"class": "logging.StreamHandler", "formatter": "lines", "filters": ["without_content"]},
    },
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        # What is not there and what is refused is no fault of the node.
        "django.request": {"handlers": ["requests"], "level": "ERROR", "propagate": False},
        "django.security": {"handlers": ["requests"], "level": "ERROR", "propagate": False},
        "django.server": {"handlers": [], "propagate": False},
    },
}
