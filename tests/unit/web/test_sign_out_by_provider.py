"""Signing out at the nation's own provider ends what it began here: by its signed word alone, which serves once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from joserfc import jwt
from joserfc.jwk import ECKey
from pytest_django import Settings

from relto.adapters.openid_provider import OpenIdProvider, ProviderSettings
from relto.services import sign_in_bindings
from relto.services.sign_in_bindings import code_of
from relto.store.models import LedgerEntry, PortalSession
from tests.support.openid_provider import CLIENT_ID, SECRET, Provider, running
from tests.unit.web.portal import Portal

BEGIN, BACK, OUT = "/en/account/provider/", "/provider/callback", "/provider/sign-out"
SUBJECT = "9b1c-pairwise"


@pytest.fixture
def provider(portal: Portal, settings: Settings) -> Iterator[Provider]:
    with running(portal.node.clock.now) as found:
        own = ProviderSettings(found.issuer, CLIENT_ID, SECRET, plain_on_loopback=True)
        settings.RELTO_IDENTITY_PROVIDER = OpenIdProvider(own)
        registrar, engineer = portal.node.actor("registrar"), portal.node.people["engineer"]
        code = code_of("oidc", found.issuer, SUBJECT)
        sign_in_bindings.bind(portal.node.house, registrar, person=engineer, kind="oidc", code=code)
        yield found


def _enters(provider: Provider, session: str) -> Client:
    """A browser in which she signed in at the provider, in that session there."""
    browser, provider.session = Client(), session
    address = str(browser.post(BEGIN)["Refresh"]).removeprefix("0;url=")
    assert browser.get(BACK, provider.agree(address, SUBJECT)).status_code == 302
    assert _is_in(browser)
    return browser


def _is_in(browser: Client) -> bool:
    return bool(browser.get("/en/documents/").status_code == 200)


def _says(token: str) -> int:
    """The provider's own call: it has no cookie and no form's token."""
    return int(Client(enforce_csrf_checks=True).post(OUT, {"logout_token": token}).status_code)


def test_a_session_that_ended_there_ends_here_and_no_other_one(portal: Portal, provider: Provider) -> None:
    first, second, officer = _enters(provider, "one"), _enters(provider, "two"), portal.as_person("release_officer")
    assert _says(provider.logout_token(sid="one", sub=SUBJECT)) == 200
    assert (_is_in(first), _is_in(second)) == (False, True)
    third = _enters(provider, "three")
    assert _says(provider.logout_token(sub=SUBJECT)) == 200, "without a session: all of hers"
    assert (_is_in(second), _is_in(third)) == (False, False)
    assert officer.get("/en/desk/").status_code == 200
    entries = LedgerEntry.objects.filter(event="session:ended", subject=portal.node.people["engineer"])
    assert [(one.actor, one.details["sessions"]) for one in entries.order_by("serial")] == [("USA", 1), ("USA", 2)]
    kept = PortalSession.objects.values_list("provider_subject", "provider_session")
    assert not any(SUBJECT in text or text in {"one", "two"} for row in kept for text in row)


def test_a_word_that_is_wrong_in_one_thing_or_was_said_before_ends_nothing(portal: Portal, provider: Provider) -> None:
    browser = _enters(provider, "one")
    now = int(portal.node.clock.now().timestamp())
    stranger = ECKey.generate_key("P-256", {"kid": "one"})
    event = "http://schemas.openid.net/event/backchannel-logout"
    wrong: dict[str, dict[str, Any]] = {
        "of another issuer": {"iss": "https://idp.ind.example"},
        "for another client": {"aud": "relto-ind"},
        "for several": {"aud": [CLIENT_ID, "x"]},
        "old": {"iat": now - 200},
        "expired": {"exp": now - 31},
        "of the future": {"iat": now + 31},
        "without an instant": {"iat": None},
        "without an identifier": {"jti": None},
        "without the event": {"events": {}},
        "with an event that is no object": {"events": {event: "yes"}},
        "that could be an ID token": {"nonce": "n"},
        "about nobody": {"sid": None},
    }
    for what, changes in wrong.items():
        assert _says(provider.logout_token(**{"sid": "one", **changes})) == 400, what
    assert _says(provider.logout_token({"typ": "at+jwt"}, sid="one")) == 400, "of another type"
    assert _says("") == _says("a.b.c") == _says("x" * 20_000) == 400
    unknown = jwt.encode({"alg": "ES256", "kid": "one"}, {"iss": provider.issuer}, stranger)
    assert _says(unknown) == 400, "signed by a stranger"
    assert _is_in(browser)
    for_another = provider.logout_token(sid="one", sub="somebody else")
    assert _says(for_another) == 200
    assert _is_in(browser), "nobody of ours is meant"
    token = provider.logout_token(sid="one")
    assert _says(token) == 200
    assert not _is_in(browser)
    again = _enters(provider, "one")
    assert _says(token) == 400, "said before"
    assert _is_in(again)


def test_without_a_provider_there_is_no_such_address(portal: Portal) -> None:
    assert _says("a.b.c") == 404
    assert Client().get(OUT).status_code == 405
    assert portal
