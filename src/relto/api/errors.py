"""Errors as answers: code, field, found, expected, details, and a sentence in the caller's language.

Nothing of an unexpected failure reaches the caller, and only its kind and place reach the log: messages of foreign
exceptions may hold what was sent (promise 1).
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from ninja.errors import AuthenticationError, HttpError, ValidationError

from relto.adapters.words import error_sentence
from relto.api.surroundings import language_of
from relto.base.errors import MalformedInput, NotAuthenticated, NotAvailable, OutOfRange, ReltoError, TooLarge
from relto.services.proofs import challenge_of, challenge_text

if TYPE_CHECKING:
    from ninja import NinjaAPI

_LOG = logging.getLogger("relto.api")
_LOCATIONS = frozenset({"body", "path", "query", "form", "header"})
_TOO_LONG = frozenset({"string_too_long", "too_long"})
_SERVER_ERRORS = 500
_EXPECTED = {
    "missing": "a value",
    "extra_forbidden": "no such member",
    "string_type": "a text",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "list_type": "a list",
    "model_type": "an object",
    "model_attributes_type": "an object",
    "dict_type": "an object",
}


def error_answer(request: HttpRequest, error: ReltoError) -> HttpResponse:
    """The answer for one of relto's own errors."""
    content: dict[str, object] = {**error.as_dict(), "message": error_sentence(error, language_of(request))}
    if error.findings:
        content["findings"] = list(error.findings)
    answer = JsonResponse(content, status=error.http_status, json_dumps_params={"ensure_ascii": False})
    if isinstance(error, OutOfRange):
        answer["Content-Range"] = f"bytes */{error.found}"
    if isinstance(error, NotAuthenticated):
        refused = challenge_of(error)
        told = challenge_text(refused)
        answer["WWW-Authenticate"] = told if refused is not None else f'Bearer realm="relto", {told}'
        if refused is not None and refused.nonce:
            answer["DPoP-Nonce"] = refused.nonce
    return answer


def install_error_answers(api: NinjaAPI) -> None:
    """Every failure of every operation is answered in the one form."""
    kinds = (ReltoError, ValidationError, HttpError, AuthenticationError, Http404, SuspiciousOperation, Exception)
    for kind in kinds:
        api.add_exception_handler(kind, lambda request, error: error_answer(request, translated(error)))


def translated(error: Exception | type[Exception]) -> ReltoError:
    """A foreign exception as one of relto's errors; an unexpected one is `internal` and leaves its place in the log."""
    if isinstance(error, HttpError) and isinstance(error.__cause__, ReltoError | RequestDataTooBig):
        error = error.__cause__
    if isinstance(error, ReltoError):
        return error
    if isinstance(error, ValidationError):
        return _malformed(error)
    if isinstance(error, HttpError) and error.status_code >= _SERVER_ERRORS:
        return ReltoError()
    for kind, answer in _KNOWN:
        if isinstance(error, kind):
            return answer()
    if isinstance(error, BaseException):
        _record(error)
    return ReltoError()


_KNOWN: tuple[tuple[type[Exception], Callable[[], ReltoError]], ...] = (
    (
        AuthenticationError,
        lambda: NotAuthenticated("token", field="Authorization", expected="Bearer and a token of this node"),
    ),
    (RequestDataTooBig, lambda: TooLarge("body", field="body", expected="a body of the documented size")),
    (HttpError, lambda: MalformedInput("body", field="body", expected="a JSON object")),
    (Http404, lambda: NotAvailable("path")),
    (SuspiciousOperation, lambda: MalformedInput("request", field="request", expected="a request as documented")),
)


def _record(error: BaseException) -> None:
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    places = [f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in reversed(frames)]
    _LOG.error("api.unexpected %s at %s", type(error).__name__, " < ".join(places))


def _malformed(error: ValidationError) -> MalformedInput:
    """The first member that is not as the schema says, by its path; its value is not repeated (it may be a title)."""
    first = error.errors[0] if error.errors else {}
    place = [str(part) for part in first.get("loc", ())]
    if place and place[0] in _LOCATIONS:
        # The second part is the name of the operation's argument, which is no word of the caller's.
        place = place[2:] if place[0] == "body" else place[1:]
    # Where a value may take one of several forms, pydantic names the form in brackets; that is no member either.
    named = [part for part in place if "[" not in part]
    one_of_forms = len(named) < len(place)
    place = named
    kind = str(first.get("type", ""))
    field = ".".join(place) or "body"
    expected = _EXPECTED.get(kind) or str(first.get("msg", "another value"))[:200].lower()
    if one_of_forms:
        expected = "one of its documented forms"
    return (TooLarge if kind in _TOO_LONG else MalformedInput)("member", field=field, expected=expected)
