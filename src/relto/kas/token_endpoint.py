"""The token endpoint: the client_credentials grant (RFC 6749 sections 4.4, 5.1, 5.2), secret in the body or Basic.

With a proof of the client's own key the token is bound to it (RFC 9449 section 5); a proof that does not hold is
refused, never ignored, so that nobody takes a bearer token for a bound one.
"""

from __future__ import annotations

import base64
import binascii
import json
from urllib.parse import parse_qsl, unquote_plus

from werkzeug import Request, Response

from relto.base.errors import NotAuthenticated
from relto.kas.bodies import presented_by, read_body
from relto.services.house import House
from relto.services.proofs import challenge_of
from relto.services.service_keys import KeyRing
from relto.services.tokens import issue

GRANT = "client_credentials"
_MAX_FORM = 16 * 1024
_MAX_FIELDS = 32
_FORM = "application/x-www-form-urlencoded"


class OAuthFailure(Exception):
    """An error answer of the endpoint: `error` of RFC 6749 section 5.2."""

    def __init__(self, error: str, status: int = 400) -> None:
        """`status`: 400, or 401 when the client does not authenticate."""
        super().__init__(error)
        self.error = error
        self.status = status


def token_response(house: House, keyring: KeyRing, request: Request) -> Response:
    """Answer a token request. An unknown client and a wrong secret look the same."""
    try:
        client_id, client_secret = _read(request)
        presented = presented_by(request, house.urls.key_service) if "DPoP" in request.headers else None
        issued = issue(house, keyring, client_id=client_id, client_secret=client_secret, presented=presented)
    except OAuthFailure as failure:
        return _answer({"error": failure.error}, failure.status)
    except NotAuthenticated as error:
        refused = challenge_of(error)
        if refused is None:
            return _answer({"error": "invalid_client"}, 401)
        response = _answer({"error": refused.error}, 400)
        if refused.nonce:
            response.headers["DPoP-Nonce"] = refused.nonce
        return response
    told = {"access_token": issued.access_token, "token_type": issued.token_type}
    return _answer({**told, "expires_in": issued.expires_in}, 200)


def _answer(document: dict[str, str | int], status: int) -> Response:
    response = Response(json.dumps(document), status=status, content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    response.headers["Pragma"] = "no-cache"
    if status == 401:  # noqa: PLR2004  RFC 6749 section 5.2 speaks in numbers
        response.headers["WWW-Authenticate"] = 'Basic realm="relto"'
    return response


def _read(request: Request) -> tuple[str, str]:
    """Client identifier and secret, given in exactly one of the two ways. Raises OAuthFailure."""
    if request.mimetype != _FORM:
        raise OAuthFailure("invalid_request")
    try:
        text = read_body(request, _MAX_FORM).decode("utf-8")
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=_MAX_FIELDS, errors="strict")
    except ValueError as error:
        raise OAuthFailure("invalid_request") from error
    form = dict(pairs)
    if len(form) != len(pairs):
        raise OAuthFailure("invalid_request")
    if form.get("grant_type") != GRANT:
        raise OAuthFailure("unsupported_grant_type" if form.get("grant_type") else "invalid_request")
    header = request.headers.get("Authorization", "")
    if header:
        client_id, secret = _basic(header)
        named_again = form.get("client_id", client_id) != client_id
        if "client_secret" in form or named_again:
            raise OAuthFailure("invalid_request")
        return client_id, secret
    if not form.get("client_id") or not form.get("client_secret"):
        raise OAuthFailure("invalid_client", 401)
    return form["client_id"], form["client_secret"]


def _basic(header: str) -> tuple[str, str]:
    """The pair in a Basic header; each half is form-encoded inside (RFC 6749 section 2.3.1)."""
    scheme, _, encoded = header.partition(" ")
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode("utf-8")
    except (binascii.Error, ValueError) as error:
        raise OAuthFailure("invalid_client", 401) from error
    client_id, colon, secret = text.partition(":")
    if scheme.lower() != "basic" or not colon:
        raise OAuthFailure("invalid_client", 401)
    return unquote_plus(client_id), unquote_plus(secret)
