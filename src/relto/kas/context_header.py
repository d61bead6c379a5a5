"""The header `X-Rewrap-Additional-Context`: which obligations a client can fulfil (OpenTDF, obligations).

A rule of an agreement bundle names no obligation: a decision permits or refuses, and nothing is left to the client. So
none is ever required, every result says so with an empty list, and what a client could fulfil changes nothing. A header
that is not in order is refused all the same, as clients expect.
"""

from __future__ import annotations

from werkzeug import Request

from relto.base.canonical import read_object
from relto.base.errors import ReltoError
from relto.kas.failures import RequestFailure
from relto.sealing.encoding import read_any_base64

HEADER = "X-Rewrap-Additional-Context"
MAX_OBLIGATIONS = 250
_MAX_CONTEXT = 32 * 1024
_MAX_NAME = 2048


def check_additional_context(request: Request) -> None:
    """Raises RequestFailure invalid_argument unless the header is absent or base64 of a JSON object as documented."""
    written = request.headers.get(HEADER)
    if not written:
        return
    try:
        context = read_object(read_any_base64(written, field=HEADER, max_bytes=_MAX_CONTEXT), field=HEADER)
    except ReltoError as error:
        raise _invalid() from error
    obligations = context.get("obligations")
    if obligations is None:
        return
    if not isinstance(obligations, dict):
        raise _invalid()
    names = obligations.get("fulfillableFQNs") or []
    if not isinstance(names, list) or len(names) > MAX_OBLIGATIONS:
        raise _invalid()
    if not all(isinstance(name, str) and len(name) <= _MAX_NAME for name in names):
        raise _invalid()


def _invalid() -> RequestFailure:
    return RequestFailure("invalid_argument", "invalid additional context")
