"""What a request brings: its body, bounded as sent and as inflated (some clients gzip every request), and its token."""

from __future__ import annotations

import zlib

from werkzeug import Request
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from relto.kas.failures import RequestFailure
from relto.services.proofs import Presented

WHOLE_BODY = "relto.body"
"""Where in the WSGI environment the front of a door leaves a body that it read whole."""
PUBLIC_BODY_LIMIT = 2 * 1024 * 1024
_SCHEMES = ("bearer", "dpop")
_GZIP_WINDOW = 31  # zlib: 15 bits of window, and a gzip header
_TOO_LARGE = 413


def read_body(request: Request, limit: int = PUBLIC_BODY_LIMIT) -> bytes:
    """The body, inflated when it says gzip. Raises RequestFailure over `limit` bytes, sent or inflated."""
    data = request.environ.get(WHOLE_BODY)
    if data is None:
        request.max_content_length = limit
        try:
            data = request.get_data(cache=False)
        except RequestEntityTooLarge as error:
            raise _too_large() from error
        except ClientDisconnected as error:
            raise RequestFailure("invalid_argument", "incomplete request body") from error
    elif len(data) > limit:
        raise _too_large()
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding == "gzip":
        return _inflate(data, limit)
    if encoding not in ("identity", ""):
        raise RequestFailure("unimplemented", "content encoding not supported", status=415)
    return data


def _inflate(data: bytes, limit: int) -> bytes:
    stream = zlib.decompressobj(_GZIP_WINDOW)
    try:
        inflated = stream.decompress(data, limit + 1)
    except zlib.error as error:
        raise RequestFailure("invalid_argument", "invalid request body") from error
    if len(inflated) > limit or stream.unconsumed_tail:
        raise _too_large()
    if not stream.eof or stream.unused_data:
        raise RequestFailure("invalid_argument", "invalid request body")
    return inflated


def _too_large() -> RequestFailure:
    return RequestFailure("resource_exhausted", "request body too large", status=_TOO_LARGE)


def token_of(request: Request) -> tuple[str, str]:
    """Scheme in lower case and token (RFC 6750 section 2.1, RFC 9449 section 7.1); "" when there is none of either."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return (scheme.lower(), token.strip()) if scheme.lower() in _SCHEMES else ("", "")


def bearer_of(request: Request) -> str:
    """The bearer token of a request, "" when there is none or another scheme."""
    scheme, token = token_of(request)
    return token if scheme == "bearer" else ""


def presented_by(request: Request, origin: str) -> Presented:
    """What the request brings to prove its caller's key, at the configured origin of its door.

    Several header fields arrive as one, joined by commas, which no proof contains: so they count as several.
    Key service and relay judge by one memory, so a proof that names the path alone serves once at either.
    """
    proofs = tuple(request.headers.get("DPoP", "").split(",")) if "DPoP" in request.headers else ()
    address = f"{origin.rstrip('/')}{request.path}"
    return Presented(token_of(request)[0], proofs, request.method, address, path_suffices=True)
