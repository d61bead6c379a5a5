"""Signing in at the nation's own provider: it says who she is, once, to this node, and makes nobody."""

from __future__ import annotations

import base64
import hmac
import html
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from django.test import Client
from joserfc import jwt
from joserfc.jwk import ECKey
from pytest_django import Settings

from relto.adapters.openid_provider import OpenIdProvider, ProviderSettings
from relto.base.errors import Conflict, Refused
from relto.services import sign_in_bindings, suspensions
from relto.services.sign_in_bindings import code_of
from relto.store.models import Account, Person, PortalSession, SignInBinding
from tests.support.openid_provider import CLIENT_ID, SECRET, Provider, running
from tests.unit.web.portal import Portal, signed_in

BEGIN, BACK = "/en/account/provider/", "/provider/callback"
SUBJECT = "9b1c-pairwise"


@pytest.fixture
def provider(portal: Portal, settings: Settings) -> Iterator[Provider]:
    with running(portal.node.clock.now) as found:
        own = ProviderSettings(found.issuer, CLIENT_ID, SECRET, plain_on_loopback=True)
        settings.RELTO_IDENTITY_PROVIDER = OpenIdProvider(own)
        yield found


def _bind(portal: Portal, provider: Provider, who: str = "engineer") -> None:
    code = code_of("oidc", provider.issuer, SUBJECT)
    registrar = portal.node.actor("registrar")
    sign_in_bindings.bind(portal.node.house, registrar, person=portal.node.people[who], kind="oidc", code=code)


def _address(browser: Client, **written: str) -> str:
    """Where her press of the button leads."""
    return str(browser.post(BEGIN, written)["Refresh"]).removeprefix("0;url=")


def _comes_back(browser: Client, provider: Provider, subject: str = SUBJECT, **written: str) -> Any:
    address = _address(browser, **written)
    return browser.get(BACK, provider.agree(address, subject))


def _is_in(browser: Client) -> bool:
    return bool(browser.get("/en/documents/").status_code == 200)


def test_she_is_bound_once_by_the_registrar_and_then_signs_in(
    portal: Portal, provider: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    browser = Client()
    refused = _comes_back(browser, provider)
    assert refused.status_code == 401
    assert "sign_in.failed oidc unknown" in caplog.messages
    page = refused.content.decode()
    assert "Nobody signs up here" in page
    assert SUBJECT not in page
    told = re.search(r"who-[a-z2-7]{52}", page)
    assert told
    path = f"/en/people/person/{portal.node.people['engineer']}/sign-in/"
    registrar = portal.as_person("registrar")
    answer = registrar.post(path, {"what": "bind", "kind": "oidc", "code": told[0]})
    assert answer.status_code == 302, answer.content.decode()
    account = Account.objects.get(person_id=portal.node.people["engineer"])
    assert not account.has_usable_password()
    assert _comes_back(browser, provider)["Location"] == "/en/"
    assert _is_in(browser)
    assert PortalSession.objects.get(account=account).how == "oidc"
    assert "an access token" not in json.dumps(dict(browser.session.items()))
    binding = SignInBinding.objects.get()
    assert registrar.post(path, {"what": "end", "binding": binding.id}).status_code == 302
    assert _comes_back(Client(), provider).status_code == 401


def test_the_word_of_the_provider_confirms_a_decision_when_it_is_fresh(portal: Portal, provider: Provider) -> None:
    _bind(portal, provider, "release_officer")
    account = Account.objects.get(person_id=portal.node.people["release_officer"])
    browser = signed_in(account, "password")
    assert browser.get("/en/desk/")["Location"] == "/en/account/step-up/"
    assert "Confirm at the nation" in browser.get("/en/account/step-up/").content.decode()
    assert "max_age=0" in _address(browser, confirm="1")
    provider.change = lambda claims: claims.update(auth_time=claims["iat"] - 3600)
    assert _comes_back(browser, provider, confirm="1").status_code == 401, "she was not asked again"
    provider.change = lambda _: None
    assert _comes_back(browser, provider, confirm="1")["Location"] == "/en/account/step-up/"
    assert browser.get("/en/desk/").status_code == 200


def test_a_sign_in_at_the_provider_begins_with_her_own_press_of_a_button(portal: Portal, provider: Provider) -> None:
    _bind(portal, provider)
    browser = Client(enforce_csrf_checks=True)
    assert browser.get(BEGIN).status_code == 405, "an address alone begins nothing"
    assert browser.post(BEGIN).status_code == 403, "nor does another site's form"
    form = browser.get("/en/account/sign-in/?next=/en/documents/").content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)
    assert token
    assert f'action="{BEGIN}"' in form
    asked = browser.post(BEGIN, {"csrfmiddlewaretoken": token[1], "next": "/en/documents/"})
    assert asked.status_code == 200
    address = asked["Refresh"].removeprefix("0;url=")
    assert address.startswith(provider.issuer)
    assert f'href="{html.escape(address)}"' in asked.content.decode(), "for a browser that does not go by itself"
    assert browser.get(BACK, provider.agree(address, SUBJECT))["Location"] == "/en/documents/"


def test_nobody_is_confirmed_by_another_persons_sign_in(portal: Portal, provider: Provider) -> None:
    _bind(portal, provider, "engineer")
    browser = portal.as_person("release_officer")
    answer = _comes_back(browser, provider, confirm="1")
    assert "The provider named somebody else" in answer.content.decode()


def test_an_answer_is_taken_once_and_only_in_the_browser_that_asked(portal: Portal, provider: Provider) -> None:
    _bind(portal, provider)
    browser = Client()
    answer = provider.agree(_address(browser), SUBJECT)
    assert Client().get(BACK, answer).status_code == 401
    assert browser.get(BACK, answer).status_code == 302
    assert "used, or belongs to another browser" in browser.get(BACK, answer).content.decode()
    mine = provider.agree(_address(browser), SUBJECT)
    for name, changed in (("state", "another"), ("iss", "https://idp.example"), ("code", "another")):
        browser.post(BEGIN)
        assert browser.get(BACK, mine | {name: changed}).status_code == 401
    browser.post(BEGIN)
    assert browser.get(BACK, {"error": "access_denied", "state": "x"}).status_code == 401


def _unsigned(claims: dict[str, Any]) -> str:
    parts = [{"alg": "none"}, claims]
    return ".".join(base64.urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=").decode() for one in parts) + "."


def _by_the_public_key(provider: Provider, claims: dict[str, Any]) -> str:
    """HS256 with the public key as the secret: what a verifier believes that takes the algorithm from the token."""
    parts = [{"alg": "HS256", "kid": "one"}, claims]
    signed = ".".join(base64.urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=").decode() for one in parts)
    tag = hmac.digest(provider.key.as_pem(private=False), signed.encode(), "sha256")
    return f"{signed}.{base64.urlsafe_b64encode(tag).rstrip(b'=').decode()}"


def _alter(altered: dict[str, Any], claims: dict[str, Any]) -> None:
    claims.update(altered)


WRONG: dict[str, Any] = {
    "expired": lambda now: {"exp": now - 31},
    "issued in the future": lambda now: {"iat": now + 31},
    "issued long ago": lambda now: {"iat": now - 601},
    "for another client": lambda _: {"aud": "relto-ind"},
    "for several, of which another is authorised": lambda _: {"aud": [CLIENT_ID, "x"], "azp": "x"},
    "for several, without saying which": lambda _: {"aud": [CLIENT_ID, "x"]},
    "of another nation's provider": lambda _: {"iss": "https://idp.ind.example"},
    "of another request": lambda _: {"nonce": "another"},
    "beside another access token": lambda _: {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
    "without an end": lambda _: {"exp": None},
    "about nobody": lambda _: {"sub": ""},
    "about several": lambda _: {"sub": [SUBJECT]},
}


def test_a_token_that_is_wrong_in_one_thing_signs_nobody_in(portal: Portal, provider: Provider) -> None:
    _bind(portal, provider)
    now = int(portal.node.clock.now().timestamp())
    browser = Client()
    for what, changes in WRONG.items():
        provider.change = partial(_alter, changes(now))
        assert _comes_back(browser, provider).status_code == 401, what
    provider.change = lambda _: None
    stranger = ECKey.generate_key("P-256", {"kid": "one"})
    for what, sign in {
        "unsigned": _unsigned,
        "signed by the public key": lambda claims: _by_the_public_key(provider, claims),
        "signed by a stranger": lambda claims: jwt.encode({"alg": "ES256", "kid": "one"}, claims, stranger),
        "by a key nobody knows": lambda claims: jwt.encode({"alg": "ES256", "kid": "two"}, claims, stranger),
        "longer than a token is": lambda claims: jwt.encode(
            {"alg": "ES256"}, claims | {"x": "x" * 20000}, provider.key
        ),
        "no token": lambda _: "a.b.c",
    }.items():
        provider.sign = sign
        assert _comes_back(browser, provider).status_code == 401, what
    provider.sign = None
    assert not _is_in(browser)
    assert _comes_back(browser, provider).status_code == 302


def test_the_key_set_is_read_again_for_a_new_key_but_not_for_every_token(portal: Portal, provider: Provider) -> None:
    _bind(portal, provider)
    assert _comes_back(Client(), provider).status_code == 302
    before = provider.asked.count("/jwks")
    provider.sign = lambda claims: jwt.encode({"alg": "ES256", "kid": "made up"}, claims, provider.key)
    for _ in range(5):
        _comes_back(Client(), provider)
    assert provider.asked.count("/jwks") - before <= 1
    assert provider.asked.count("/.well-known/openid-configuration") == 1


def test_what_the_authority_demands_of_a_sign_in_is_demanded(
    portal: Portal, provider: Provider, settings: Settings
) -> None:
    _bind(portal, provider)
    own = settings.RELTO_IDENTITY_PROVIDER.settings
    settings.RELTO_IDENTITY_PROVIDER = OpenIdProvider(replace(own, amr=("hwk", "user")))
    assert _comes_back(Client(), provider).status_code == 401
    provider.change = lambda claims: claims.update(amr=["user", "hwk"])
    assert _comes_back(Client(), provider).status_code == 302
    settings.RELTO_IDENTITY_PROVIDER = OpenIdProvider(replace(own, acr=("high",)))
    assert _comes_back(Client(), provider).status_code == 401
    provider.change = lambda claims: claims.update(acr="high")
    assert _comes_back(Client(), provider).status_code == 302


def test_the_claim_may_hold_the_login_code_and_a_code_that_nobody_has_makes_nobody(
    portal: Portal, provider: Provider, settings: Settings
) -> None:
    own = replace(settings.RELTO_IDENTITY_PROVIDER.settings, claim="preferred_username", login_codes=True)
    settings.RELTO_IDENTITY_PROVIDER = OpenIdProvider(own)
    person = Person.objects.get(id=portal.node.people["engineer"])
    Account.objects.create(username="usa-f014-engineer-abcd", person=person)
    provider.change = lambda claims: claims.update(preferred_username="usa-f014-engineer-wxyz")
    assert _comes_back(Client(), provider).status_code == 401
    assert Account.objects.count() == 1
    provider.change = lambda claims: claims.update(preferred_username="usa-f014-engineer-abcd")
    assert _comes_back(Client(), provider).status_code == 302


def test_a_suspended_person_is_not_let_in_by_the_provider(portal: Portal, provider: Provider) -> None:
    _bind(portal, provider)
    person = portal.node.people["engineer"]
    registrar = portal.node.actor("registrar")
    suspensions.suspend(portal.node.house, registrar, kind="person", subject=person, reason="lost her badge")
    assert _comes_back(Client(), provider).status_code == 401


@pytest.mark.parametrize(
    "metadata", [{"issuer": "https://elsewhere.example"}, {"token_endpoint": "http://idp.example/t"}]
)
def test_a_provider_that_speaks_for_another_is_not_used(provider: Provider, metadata: dict[str, str]) -> None:
    provider.discovery = metadata
    answer = Client().post(BEGIN)
    assert answer.status_code == 503
    assert "does not answer" in answer.content.decode()


def test_without_a_provider_or_with_one_that_is_down_a_page_says_so(portal: Portal, settings: Settings) -> None:
    assert Client().post(BEGIN).status_code == 404
    assert "own provider" not in Client().get("/en/account/sign-in/").content.decode()
    settings.RELTO_IDENTITY_PROVIDER = OpenIdProvider(
        ProviderSettings("http://127.0.0.1:9", CLIENT_ID, SECRET, plain_on_loopback=True)
    )
    answer = Client().post(BEGIN)
    assert answer.status_code == 503
    assert "sign in with a passkey" in answer.content.decode()
    assert "own provider" in Client().get("/en/account/sign-in/").content.decode()
    assert portal


def test_what_is_bound_belongs_to_one_person_and_nobody_binds_her_own(portal: Portal, provider: Provider) -> None:
    _bind(portal, provider)
    with pytest.raises(Conflict):
        _bind(portal, provider, "colleague")
    with pytest.raises(Refused):
        _bind(portal, provider, "registrar")
    with pytest.raises(Refused):
        sign_in_bindings.bindings_of(portal.node.house, portal.node.actor("engineer"), person="prs_x")
