"""Where the portal's process answers: the REST API under /api/, everything else the pages."""

from __future__ import annotations

from functools import cache

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path

from relto.api.urls import api
from relto.services.readiness import Readiness
from relto.web.surroundings import house
from relto.web.urls import handler400, handler403, handler404, handler500

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


def _healthy(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


@cache
def _readiness() -> Readiness:
    return Readiness(house().standing, must_act=False)


def _ready(_request: HttpRequest) -> HttpResponse:
    status, state = _readiness().answer()
    return HttpResponse(f"{state}\n", status=status, content_type="text/plain; charset=utf-8")


urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", _healthy),
    path("readyz", _ready),
    path("api/v1/", api.urls),
    path("", include("relto.web.urls")),
]
