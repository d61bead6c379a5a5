"""The signed request token of a rewrap: a JWT whose claim `requestBody` is a JSON string (OpenTDF, rewrap).

What is checked: form, an asymmetric algorithm, a body, times with a minute of skew, and the signature against the key
that the caller proved (RFC 9449). With a bearer token there is no such key, and the protocol has none to verify with:
then the token is all that a caller proves, and it lives ten minutes. The session key of the answer comes from the same
request, so whoever replays a request token gains nothing without the matching private key.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from relto.base.canonical import Json, read_object
from relto.base.errors import ReltoError
from relto.base.instants import Instant
from relto.kas.failures import RequestFailure
from relto.services.proofs import ProvenKey, verify_signature

SKEW_SECONDS = 60
_PARTS = 3
_MAX_HEADER = 16 * 1024
_LATEST = 1e11  # the year 5138; not a number is not below it
_ALGORITHMS = frozenset(f"{family}{bits}" for family in ("RS", "PS", "ES") for bits in (256, 384, 512))


def read_request_token(token: str, now: Instant, key: ProvenKey | None = None) -> dict[str, Json]:
    """The unsigned rewrap request inside a token. Raises RequestFailure with the texts that clients match.

    `key`: what the caller proved to hold; the token must be signed by it.
    """
    parts = token.split(".")
    if len(parts) != _PARTS or not all(parts) or len(parts[0]) > _MAX_HEADER:
        raise _unreadable()
    header, claims = _part(parts[0]), _part(parts[1])
    _decode(parts[2])
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in _ALGORITHMS or "crit" in header:
        raise RequestFailure("unauthenticated", "unable to verify request token")
    _check_times(claims, now.timestamp())
    if key is not None and not verify_signature(token, key):
        raise RequestFailure("unauthenticated", "unable to verify request token")
    body = claims.get("requestBody")
    if body is None or body == "":
        raise RequestFailure("invalid_argument", "missing request body")
    if not isinstance(body, str):
        raise RequestFailure("invalid_argument", "invalid request body")
    try:
        return read_object(body, field="requestBody", max_bytes=len(body))
    except ReltoError as error:
        raise RequestFailure("invalid_argument", "invalid request body") from error


def _check_times(claims: dict[str, Any], moment: float) -> None:
    """`exp` must be there and ahead; `nbf` and `iat`, where given, must not be ahead (RFC 7519 section 4.1)."""
    expires = _numeric_date(claims.get("exp"))
    begins = [_numeric_date(claims[name]) for name in ("nbf", "iat") if claims.get(name) is not None]
    if moment >= expires + SKEW_SECONDS or any(start > moment + SKEW_SECONDS for start in begins):
        raise RequestFailure("unauthenticated", "unable to verify request token")


def _numeric_date(value: object) -> float:
    """Seconds since 1970; a fraction is allowed (RFC 7519 section 2)."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < _LATEST:
        raise RequestFailure("unauthenticated", "unable to verify request token")
    return float(value)


def _part(text: str) -> dict[str, Any]:
    try:
        value = json.loads(_decode(text))
    except (ValueError, RecursionError) as error:
        raise _unreadable() from error
    if not isinstance(value, dict):
        raise _unreadable()
    return value


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise _unreadable() from error


def _unreadable() -> RequestFailure:
    return RequestFailure("unauthenticated", "could not parse token")
