"""A passkey in a real browser: Chromium's own virtual authenticator makes it, signs in with it, and is copied."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

from playwright.sync_api import Browser, CDPSession, Page
from pytest_django.live_server_helper import LiveServer

from relto.services import sign_in_links
from relto.store.models import Account, PortalSession
from tests.support.chromium import needs_chromium
from tests.unit.web.portal import Portal

pytestmark = needs_chromium
_AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def _authenticator(page: Page) -> tuple[CDPSession, str]:
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    return tools, str(tools.send("WebAuthn.addVirtualAuthenticator", {"options": _AUTHENTICATOR})["authenticatorId"])


def _sign_in(page: Page, address: str) -> Any:
    """Press the button; what was sent, and the page that came."""
    page.context.clear_cookies()
    page.goto(f"{address}/en/account/sign-in/")
    with page.expect_navigation(), page.expect_request(lambda one: one.method == "POST") as sent:
        page.click("#passkey_login")
    return sent.value


def test_a_passkey_is_made_signs_in_and_neither_its_word_nor_its_copy_does_so_again(
    portal: Portal, live_server: LiveServer, chromium: Browser
) -> None:
    context = chromium.new_context()
    context.set_default_timeout(20_000)
    page, node = context.new_page(), portal.node
    tools, authenticator = _authenticator(page)
    link = sign_in_links.issue_link(node.house, node.actor("registrar"), node.people["release_officer"])
    page.goto(f"{live_server.url}{link.path}")
    page.click("main button[type=submit]")
    page.goto(f"{live_server.url}/en/account/factors/webauthn/add/")
    page.check("[name=passwordless]")
    with page.expect_navigation():
        page.click("#mfa_webauthn_add")
    kept = tools.send("WebAuthn.getCredentials", {"authenticatorId": authenticator})["credentials"]
    assert [one["rpId"] for one in kept] == ["localhost"]

    sent = _sign_in(page, live_server.url)
    assert page.url.startswith(f"{live_server.url}/en/desk/"), page.url
    account = Account.objects.get(person_id=node.people["release_officer"])
    assert PortalSession.objects.filter(account=account, how="passkey").count() == 1

    # The very same word again, in a browser that is not signed in, under a question of its own.
    page.context.clear_cookies()
    page.goto(f"{live_server.url}/en/account/sign-in/")
    word = parse_qs(sent.post_data)["credential"][0]
    with page.expect_navigation():
        page.evaluate(
            """word => { document.getElementById("mfa_credential").value = word;
                         document.getElementById("mfa_login").submit(); }""",
            word,
        )
    assert "/account/sign-in/" in page.url, page.url

    # A copy of the authenticator, as it was when it was made, in another's hands.
    tools.send("WebAuthn.clearCredentials", {"authenticatorId": authenticator})
    tools.send("WebAuthn.addCredential", {"authenticatorId": authenticator, "credential": kept[0]})
    _sign_in(page, live_server.url)
    assert "/account/sign-in/" in page.url, page.url
    context.close()
