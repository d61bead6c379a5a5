"""A person signs in at a provider that is not ours: its own pages, its own forms, a browser's cookies."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx
from django.test import Client

from relto.services import sign_in_bindings
from tests.unit.web.portal import Portal

BEGIN, BACK = "/en/account/provider/", "/provider/callback"
_MOST_STEPS = 20


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

    def _submit(self, page: httpx.Response) -> httpx.Response:
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
        return self._send("POST", place, wanted)

    def _send(self, method: str, place: str, form: dict[str, str] | None = None) -> httpx.Response:
        """As a browser does, which counts this machine's own addresses as secure."""
        answer = self.browser.request(method, place, data=form)
        for cookie in self.browser.cookies.jar:
            cookie.secure = False
        return answer


def story(portal: Portal, answers: dict[str, str]) -> None:
    """Refused, bound by the registrar, signed in; then a decision is confirmed by showing herself there anew."""
    visit = Visit(answers, portal.node.house.urls.portal)
    with visit.browser:
        _story(portal, visit)


def _address(browser: Client, **written: str) -> str:
    """Where the button of the portal leads."""
    return str(browser.post(BEGIN, written)["Refresh"]).removeprefix("0;url=")


def _story(portal: Portal, visit: Visit) -> None:
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
