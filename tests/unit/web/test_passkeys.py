"""Passkeys and codes: made, shown, and refused when they are replayed, of another address, or may be a copy's."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.core.cache import cache
from django.test import Client

from relto.store.models import Account, Person
from tests.support.soft_passkey import SoftPasskey
from tests.unit.web.portal import Portal, signed_in

ADD, LOGIN = "/en/account/factors/webauthn/add/", "/en/account/factors/webauthn/login/"
AGAIN = "/en/account/factors/webauthn/reauthenticate/"
HERE = "http://usa.localhost"


def _options(page: str) -> dict[str, Any]:
    found = re.search(r'<script id="js_data" type="application/json">(.*?)</script>', page)
    assert found, page
    return dict(json.loads(found[1]))


@pytest.fixture
def account(portal: Portal) -> Account:
    person = Person.objects.get(id=portal.node.people["release_officer"])
    made = Account(id=1000, username="officer", person=person)  # its number has letters in base 36
    made.set_unusable_password()
    made.save()
    return made


@pytest.fixture
def passkey(account: Account) -> SoftPasskey:
    """Registered on the page."""
    made = SoftPasskey("testserver", HERE)
    browser = signed_in(account)
    options = _options(browser.get(ADD).content.decode())["creation_options"]
    answer = browser.post(ADD, {"name": "my key", "passwordless": "on", "credential": made.made(options)})
    assert answer.status_code == 302, answer.content.decode()
    return made


def _asked(browser: Client) -> dict[str, Any]:
    answer = browser.get(LOGIN, HTTP_X_REQUESTED_WITH="XMLHttpRequest")
    return dict(answer.json()["request_options"])


def _is_in(browser: Client) -> bool:
    return bool(browser.get("/en/desk/").status_code == 200)


def _tries(browser: Client, passkey: SoftPasskey, **lies: Any) -> bool:
    browser.post(LOGIN, {"credential": passkey.shown(_asked(browser), **lies)})
    cache.clear()  # ten tries a minute are another story
    return _is_in(browser)


def test_a_passkey_signs_in_alone_and_confirms_a_decision(account: Account, passkey: SoftPasskey) -> None:
    browser = Client()
    assert _tries(browser, passkey)
    assert browser.session["account_authentication_methods"][-1]["type"] == "webauthn"
    weak = signed_in(account, "password")
    assert not _is_in(weak)
    options = _options(weak.get(AGAIN).content.decode())["request_options"]
    assert weak.post(AGAIN, {"credential": passkey.shown(options)}).status_code == 302
    assert _is_in(weak)


def test_what_a_passkey_said_once_is_taken_once_and_only_where_it_was_asked(passkey: SoftPasskey) -> None:
    browser = Client()
    said = passkey.shown(_asked(browser))
    assert browser.post(LOGIN, {"credential": said}).status_code == 302
    assert _is_in(browser)
    browser.post("/en/account/sign-out/")
    browser.post(LOGIN, {"credential": said})
    assert not _is_in(browser), "the question is gone"
    _asked(browser)
    browser.post(LOGIN, {"credential": said})
    assert not _is_in(browser), "a new question has another answer"
    other = Client()
    mine = passkey.shown(_asked(browser))
    _asked(other)
    other.post(LOGIN, {"credential": mine})
    assert not _is_in(other), "asked in another browser"


LIES: tuple[dict[str, Any], ...] = (
    {"rp_id": "ind.localhost"},
    {"origin": "http://ind.localhost"},
    {"origin": "https://usa.localhost"},
    {"origin": "http://usa.localhost:8201"},
    {"origin": "http://evil.usa.localhost"},
    {"cross_origin": True},
    {"challenge": "AAAA"},
    {"count": 0},
)


def test_a_word_for_another_address_or_question_signs_nobody_in(
    passkey: SoftPasskey, caplog: pytest.LogCaptureFixture
) -> None:
    browser = Client()
    assert _tries(browser, passkey), "it counts from now on"
    browser.post("/en/account/sign-out/")
    for lies in LIES:
        caplog.clear()
        assert not _tries(browser, passkey, **lies), lies
        assert any(one.startswith("sign_in.failed webauthn") for one in caplog.messages), lies
    assert _tries(browser, passkey)


def test_a_copy_of_an_authenticator_is_refused_when_its_counter_falls_behind(
    account: Account, passkey: SoftPasskey, caplog: pytest.LogCaptureFixture
) -> None:
    copy = SoftPasskey("testserver", HERE, passkey.user, passkey.count, passkey.credential, passkey.key)
    assert _tries(Client(), passkey)
    assert _tries(Client(), passkey)
    assert not _tries(Client(), copy)
    assert "sign_in.failed webauthn counter" in caplog.messages
    weak = signed_in(account, "password")
    options = _options(weak.get(AGAIN).content.decode())["request_options"]
    copy.count = 0
    weak.post(AGAIN, {"credential": copy.shown(options)})
    assert not _is_in(weak), "nor does it confirm anything"


def test_an_authenticator_that_does_not_count_is_taken_at_its_word(passkey: SoftPasskey) -> None:
    """Passkeys that are kept in step between devices always say nought (Web Authentication Level 2, 6.1.1)."""
    assert _tries(Client(), passkey, count=0)
    assert _tries(Client(), passkey, count=0)


def test_a_passkey_that_was_made_at_another_address_is_not_added(account: Account) -> None:
    browser = signed_in(account)
    for number, lies in enumerate(({"rp_id": "ind.localhost"}, {"origin": "http://ind.localhost"}, {"challenge": "x"})):
        options = _options(browser.get(ADD).content.decode())["creation_options"]
        made = SoftPasskey("testserver", HERE).made(options, **lies)
        browser.post(ADD, {"name": f"key {number}", "credential": made})
    browser.post(ADD, {"name": "no form at all", "credential": '{"id": 1}'})
    assert Authenticator.objects.count() == 0


def test_a_code_of_an_authenticator_app_serves_once_in_whichever_process(account: Account) -> None:
    account.set_password("a long enough sentence")
    account.save()
    secret = totp.generate_totp_secret()
    totp.TOTP.activate(account, secret)
    code = totp.format_hotp_value(totp.hotp_value(secret, next(totp.yield_hotp_counters_from_time())))

    def enters() -> bool:
        browser = Client()
        browser.post("/en/account/sign-in/", {"login": "officer", "password": "a long enough sentence"})
        browser.post("/en/account/factors/authenticate/", {"code": code})
        return _is_in(browser)

    assert enters()
    cache.clear()  # another process remembers nothing of what this one keeps in memory
    assert not enters()
    weak = signed_in(account, "password")
    cache.clear()
    weak.post("/en/account/factors/reauthenticate/", {"code": code})
    assert not _is_in(weak), "nor does it confirm anything"
