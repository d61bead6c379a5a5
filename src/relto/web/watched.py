"""Which page a request was for, told to whoever watches: the template of its path, never the path.

The middleware is there only where somebody watches (relto.node.telemetry). What it leaves in the WSGI environment is
one of `routes()`, a list that the code makes and nobody outside can lengthen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, URLResolver, get_resolver

from relto.web.language import LanguagePrefix

ROUTE: Final = "relto.route"
DOOR: Final = "relto.door"
STATIC: Final = "static/{file}"
_LANGUAGE: Final = "{language}/"
_API: Final = "api/"


class RouteForWatchers:
    """Middleware: leaves the route and the door of an answered request in its WSGI environment."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, and say as what."""
        try:
            return self.get_response(request)
        finally:
            route = route_of(request)
            request.META[ROUTE] = route
            request.META[DOOR] = "api" if route.startswith(_API) else "portal"


def route_of(request: HttpRequest) -> str:
    """The template of the path; "" when none matched."""
    match = request.resolver_match
    if match is None:
        return STATIC if request.path_info.startswith(str(settings.STATIC_URL)) else ""
    for language, _ in settings.LANGUAGES:
        if match.route.startswith(f"{language}/"):
            return _LANGUAGE + match.route.removeprefix(f"{language}/")
    return match.route


def routes() -> frozenset[str]:
    """Every route that an answer of the portal can have."""
    return frozenset(_below(get_resolver(), "")) | {STATIC}


def _below(resolver: URLResolver, before: str) -> Iterator[str]:
    for one in resolver.url_patterns:
        own = _LANGUAGE if isinstance(one.pattern, LanguagePrefix) else str(one.pattern)
        route = before + (own.removeprefix("^") if before else own)
        if isinstance(one, URLPattern):
            yield route
        else:
            yield from _below(one, route)
