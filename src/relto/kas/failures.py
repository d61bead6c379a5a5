"""How a request fails, as Connect clients read it: JSON `{"code","message"}` whatever the codec (Connect protocol)."""

from __future__ import annotations

import json
from collections.abc import Mapping

from werkzeug import Response

from relto.base.errors import (
    Conflict,
    MalformedInput,
    Misconfigured,
    NotAuthenticated,
    NotAvailable,
    NotVerified,
    Refused,
    ReltoError,
    TooLarge,
    Unreachable,
)
from relto.services.proofs import Challenge, challenge_of, challenge_text

REFERENCE = "X-Relto-Reference"
CAUSE = "X-Relto-Cause"
STATUS: Mapping[str, int] = {
    "invalid_argument": 400,
    "unauthenticated": 401,
    "permission_denied": 403,
    "not_found": 404,
    "already_exists": 409,
    "aborted": 409,
    "resource_exhausted": 429,
    "internal": 500,
    "unknown": 500,
    "unimplemented": 501,
    "unavailable": 503,
}
_OF_ERRORS: tuple[tuple[type[ReltoError], str, str], ...] = (
    (NotAuthenticated, "unauthenticated", "unauthenticated"),
    (Refused, "permission_denied", "forbidden"),
    (TooLarge, "resource_exhausted", "too large"),
    (NotAvailable, "not_found", "not found"),
    (NotVerified, "invalid_argument", "bad request"),
    (MalformedInput, "invalid_argument", "invalid request body"),
    (Unreachable, "internal", "service unavailable"),
    (Conflict, "internal", "service unavailable"),
    (Misconfigured, "internal", "service unavailable"),
)


class RequestFailure(Exception):
    """The whole request fails with a Connect code and a fixed text; it never says anything about a secret."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        status: int | None = None,
        reference: str | None = None,
        proof: Challenge | None = None,
    ) -> None:
        """`code`: of STATUS; `status` where HTTP has a better one (415); `reference` of a refused decision.

        `proof`: why the caller's proof of her key does not hold, for the challenge.
        """
        super().__init__(code)
        self.code = code
        self.message = message
        self.status = status or STATUS[code]
        self.reference = reference
        self.proof = proof


def failure_of(error: ReltoError) -> RequestFailure:
    """The failure a client may see for an error: its kind, never its details."""
    for kind, code, message in _OF_ERRORS:
        if isinstance(error, kind):
            return RequestFailure(code, message, reference=getattr(error, "reference", None), proof=challenge_of(error))
    return RequestFailure("internal", "service unavailable")


def failure_response(failure: RequestFailure) -> Response:
    """The HTTP answer of a failure; the decision's reference travels in a header that stock clients ignore."""
    body = json.dumps({"code": failure.code, "message": failure.message}, separators=(",", ":"))
    response = Response(body, status=failure.status, content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    if failure.reference:
        response.headers[REFERENCE] = failure.reference
    if failure.status == STATUS["unauthenticated"]:
        if failure.proof is None:
            response.headers.add("WWW-Authenticate", 'Bearer realm="relto"')
        response.headers.add("WWW-Authenticate", challenge_text(failure.proof))
        if failure.proof is not None and failure.proof.nonce:
            response.headers["DPoP-Nonce"] = failure.proof.nonce
    return response
