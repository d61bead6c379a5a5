"""Where the portal's process answers: the REST API under /api/, everything else the pages."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path

from relto.api.urls import api
from relto.web.urls import handler400, handler403, handler404, handler500

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


def _healthy(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", _healthy),
    path("api/v1/", api.urls),
    path("", include("relto.web.urls")),
]
