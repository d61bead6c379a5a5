"""The portal speaks HTTP to what terminates its TLS: browsers are told HTTPS all the same, and its forms come back."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.test import RequestFactory
from pytest_django import Settings

from relto.web.security import SecurityHeaders
from relto.web.shell import portal_settings

PORTAL = "https://portal.ind.example"
TOKEN = "k" * 32


def _page(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("a page")


@pytest.fixture
def live(settings: Settings) -> dict[str, Any]:
    found = portal_settings(nation="IND", kind="live", portal_url=PORTAL)
    settings.ALLOWED_HOSTS = ["portal.ind.example"]
    for name in ("SECURE_HSTS_SECONDS", "CSRF_TRUSTED_ORIGINS", "CSRF_COOKIE_NAME"):
        setattr(settings, name, found[name])
    settings.CSRF_FAILURE_VIEW = "django.views.csrf.csrf_failure"
    return found


def _sent_from(origin: str, cookie: str) -> int:
    request = RequestFactory(SERVER_NAME="portal.ind.example").post(
        "/en/account/sign-in/", {"csrfmiddlewaretoken": TOKEN}, headers={"Origin": origin}
    )
    request.COOKIES[cookie] = TOKEN
    middleware = CsrfViewMiddleware(_page)
    middleware.process_request(request)
    refused = middleware.process_view(request, _page, (), {})
    return 200 if refused is None else refused.status_code


def test_a_form_of_the_portals_own_address_is_taken_and_one_of_another_is_not(live: dict[str, Any]) -> None:
    cookie = live["CSRF_COOKIE_NAME"]
    assert _sent_from(PORTAL, cookie) == 200
    assert _sent_from("https://evil.example", cookie) == 403
    assert _sent_from("https://portal.ind.example:8443", cookie) == 403


def test_its_port_is_left_out_where_browsers_leave_it_out() -> None:
    for given in (PORTAL, f"{PORTAL}:443", f"{PORTAL}/"):
        assert portal_settings(nation="IND", kind="live", portal_url=given)["CSRF_TRUSTED_ORIGINS"] == [PORTAL]


def test_every_answer_of_an_https_portal_says_https_for_a_year(live: dict[str, Any], settings: Settings) -> None:
    assert live
    ask = RequestFactory(SERVER_NAME="portal.ind.example")
    for request in (
        ask.get("/en/marks/"),
        ask.get("/static/relto/relto.css"),
        ask.get("/", SERVER_NAME="evil.example"),
    ):
        assert SecurityHeaders(_page)(request).headers["Strict-Transport-Security"] == (
            "max-age=31536000; includeSubDomains"
        )
    settings.SECURE_HSTS_SECONDS = 0
    assert "Strict-Transport-Security" not in SecurityHeaders(_page)(ask.get("/en/marks/")).headers


def test_cookies_of_an_https_portal_are_of_this_very_host(live: dict[str, Any]) -> None:
    plain = portal_settings(nation="IND", kind="training", portal_url="http://ind.localhost:8100")
    for name in ("SESSION_COOKIE", "CSRF_COOKIE"):
        assert live[f"{name}_NAME"].startswith("__Host-")
        assert live[f"{name}_SECURE"]
        assert live[f"{name}_HTTPONLY"]
        assert f"{name}_DOMAIN" not in live
        assert f"{name}_PATH" not in live  # without them Django sets no domain, and the path "/"
        assert not plain[f"{name}_NAME"].startswith("__Host-")  # a browser would not keep it without TLS


def test_nobody_is_shown_her_own_request(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]
    refused = SecurityHeaders(_page)(RequestFactory().trace("/en/marks/"))
    assert refused.status_code == 405
    assert refused.headers["Content-Type"] == "text/plain; charset=utf-8"
    policy = refused.headers["Content-Security-Policy"]
    assert all(part in policy for part in ("default-src 'none'", "object-src 'none'", "base-uri 'none'"))
