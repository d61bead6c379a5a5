"""The header `X-Rewrap-Additional-Context`: which obligations a client can fulfil (OpenTDF, obligations).

No rule of this node names an obligation yet, so the list changes nothing; a malformed header is refused as clients
expect.
"""

from __future__ import annotations

from werkzeug import Request

from relto.base.canonical import read_object
from relto.base.errors import ReltoError
from relto.kas.failures import RequestFailure
from relto.sealing.encoding import read_any_base64

HEADER = "X-Rewrap-Additional-Context"
_MAX_CONTEXT = 32 * 1024


def check_additional_context(request: Request) -> None:
    """Raises RequestFailure invalid_argument when the header is there and is not base64 of a JSON object."""
    written = request.headers.get(HEADER)
    if not written:
        return
    try:
        context = read_object(read_any_base64(written, field=HEADER, max_bytes=_MAX_CONTEXT), field=HEADER)
    except ReltoError as error:
        raise RequestFailure("invalid_argument", "invalid additional context") from error
    obligations = context.get("obligations")
    if obligations is not None and not isinstance(obligations, dict):
        raise RequestFailure("invalid_argument", "invalid additional context")
