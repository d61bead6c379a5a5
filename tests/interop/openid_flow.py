"""A person signs in at a provider that is not ours: its own pages, its own forms, a browser's cookies."""

from __future__ import annotations

import html
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx
from django.test import Client

from relto.services import sign_in_bindings
from tests.unit.web.portal import Portal

BEGIN, BACK = "/en/account/provider/", "/provider/callback"
_MOST_STEPS = 20
_PATIENCE = 20.0


@dataclass
class Visit:
    """One person's browser at the provider; `answers` are written into whatever form asks for them."""

    answers: dict[str, str]
    portal: str
    browser: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=60, trust_env=False))

    def sign_in(self, address: str) -> dict[str, str]:
        """Follow the provider's pages from the address it is asked at until it sends her back; what she brings back."""
        answer = self._send("GET", address)
        for _ in range(_MOST_STEPS):
            if answer.is_redirect:
                place = urljoin(str(answer.url), answer.headers["location"])
                if place.startswith(self.portal + BACK):
                    return {name: values[0] for name, values in parse_qs(urlsplit(place).query).items()}
                answer = self._send("GET", place)
            else:
                assert answer.status_code == 200, answer.text
                answer = self._submit(answer)
        raise AssertionError(answer.text)

    def sign_out(self, address: str) -> None:
        """Say on the provider's own page that she leaves."""
        page = self._send("GET", address)
        assert page.status_code == 200, page.text
        answer = self._submit(page, {"logout": "yes"})
        assert answer.status_code < 400, answer.text

    def _submit(self, page: httpx.Response, more: dict[str, str] | None = None) -> httpx.Response:
        form = re.search(r"<form[^>]*>.*?</form>", page.text, re.DOTALL)
        assert form, page.text
        action = re.search(r'<form[^>]*action="([^"]*)"', form[0])
        fields = {
            found["name"]: found.get("value", "")
            for found in (dict(re.findall(r'(\w+)="([^"]*)"', tag)) for tag in re.findall(r"<input[^>]*>", form[0]))
            if "name" in found
        }
        wanted = fields | {name: value for name, value in self.answers.items() if name in fields}
        place = urljoin(str(page.url), html.unescape(action[1])) if action else str(page.url)
        return self._send("POST", place, wanted | (more or {}))

    def _send(self, method: str, place: str, form: dict[str, str] | None = None) -> httpx.Response:
        """As a browser does, which counts this machine's own addresses as secure."""
        answer = self.browser.request(method, place, data=form)
        for cookie in self.browser.cookies.jar:
            cookie.secure = False
        return answer


@dataclass
class Heard:
    """Where the provider says that somebody signed out, in the portal's stead: its address, and the tokens it got."""

    address: str = ""
    tokens: list[str] = field(default_factory=list)

    def token(self) -> str:
        """The first one, which may take a moment to come."""
        until = time.monotonic() + _PATIENCE
        while not self.tokens:
            assert time.monotonic() < until, "the provider did not say that she signed out"
            time.sleep(0.1)
        return self.tokens[0]


@contextmanager
def hearing() -> Iterator[Heard]:
    """A listener on a free port of this machine."""
    heard = Heard()

    class Ear(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            heard.tokens += parse_qs(body)["logout_token"]
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing is logged."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Ear)
    heard.address = f"http://127.0.0.1:{server.server_address[1]}/provider/sign-out"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield heard
    finally:
        server.shutdown()
        server.server_close()


def story(portal: Portal, answers: dict[str, str], heard: Heard, way_out: str) -> None:
    """Refused, bound by the registrar, signed in; a decision is confirmed by showing herself there anew; she leaves.

    `way_out`: the address at the provider on which people sign out there.
    """
    visit = Visit(answers, portal.node.house.urls.portal)
    with visit.browser:
        browser = _story(portal, visit)
        visit.sign_out(way_out)
        token = heard.token()
    portal.node.clock.moment = datetime.now(UTC)
    assert Client().post("/provider/sign-out", {"logout_token": token[:-8] + "AAAAAAAA"}).status_code == 400
    assert browser.get("/en/desk/").status_code == 200
    answer = Client().post("/provider/sign-out", {"logout_token": token})
    assert answer.status_code == 200, answer.content.decode()
    assert browser.get("/en/desk/").status_code == 302, "out there, out here"
    assert Client().post("/provider/sign-out", {"logout_token": token}).status_code == 400, "it serves once"


def _address(browser: Client, **written: str) -> str:
    """Where the button of the portal leads."""
    return str(browser.post(BEGIN, written)["Refresh"]).removeprefix("0;url=")


def _story(portal: Portal, visit: Visit) -> Client:
    node, browser = portal.node, Client()
    node.clock.moment = datetime.now(UTC)
    refused = browser.get(BACK, visit.sign_in(_address(browser)))
    assert refused.status_code == 401
    told = re.search(r"who-[a-z2-7]{52}", refused.content.decode())
    assert told, refused.content.decode()
    person = node.people["release_officer"]
    sign_in_bindings.bind(node.house, node.actor("registrar"), person=person, kind="oidc", code=told[0])
    node.clock.moment = datetime.now(UTC)
    brought = visit.sign_in(_address(browser))
    signed_in = browser.get(BACK, brought)
    assert signed_in.status_code == 302, signed_in.content.decode()
    assert browser.get("/en/desk/").status_code == 200
    assert browser.get(BACK, brought).status_code == 401, "an answer is taken once"
    assert Client().get(BACK, visit.sign_in(_address(Client()))).status_code == 401
    node.clock.moment = datetime.now(UTC)
    confirmed = browser.get(BACK, visit.sign_in(_address(browser, confirm="1")))
    assert confirmed["Location"] == "/en/account/step-up/", confirmed.content.decode()
    shown: list[dict[str, Any]] = browser.session["account_authentication_methods"]
    assert [one["method"] for one in shown] == ["oidc", "oidc"]
    return browser
