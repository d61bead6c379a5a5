"""What holds for every answer of the API: bound to the portal's host, never stored, never framed."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers

from relto.api.errors import error_answer, translated
from relto.api.surroundings import house
from relto.base.errors import MalformedInput, NotAvailable, ReltoError

View = Callable[..., HttpResponseBase]
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def bounded(view: View) -> View:
    """The view inside the boundary. No cookie authenticates here, so CSRF checks do not apply."""

    @functools.wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            _require_host(request)
            answer = view(request, *args, **kwargs)
            if isinstance(answer, HttpResponseNotAllowed):
                answer = _not_allowed(request, answer)
        except ReltoError as error:
            answer = error_answer(request, error)
        except Exception as error:  # noqa: BLE001  the last line: nothing of it may reach the caller or the log
            answer = error_answer(request, translated(error))
        for name, value in _HEADERS.items():
            answer[name] = value
        here = house()
        if here.proofs.nonce_required and "DPoP" in request.headers:
            answer["DPoP-Nonce"] = here.proofs.nonce(here.now())
        patch_vary_headers(answer, ["Accept-Language", "Authorization"])
        return answer

    guarded.csrf_exempt = True  # type: ignore[attr-defined]
    return guarded


def unknown_path(_request: HttpRequest) -> HttpResponseBase:
    """Every path that names no operation."""
    raise NotAvailable("path")


def _require_host(request: HttpRequest) -> None:
    parts = urlsplit(house().urls.portal)
    default = _DEFAULT_PORTS.get(parts.scheme, "")
    try:
        given = request.get_host().lower()
    except SuspiciousOperation:
        given = ""
    if given.removesuffix(default) != parts.netloc.lower().removesuffix(default):
        raise MalformedInput("host", field="Host", expected="the portal's own host")


def _not_allowed(request: HttpRequest, refused: HttpResponseBase) -> HttpResponseBase:
    allowed = str(refused.headers.get("Allow", ""))
    answer = error_answer(request, MalformedInput("method", field="method", expected=allowed))
    answer.status_code = refused.status_code
    answer["Allow"] = allowed
    return answer
