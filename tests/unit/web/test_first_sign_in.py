"""The first sign-in on a node without sign-in links: login code and first password, from the registrar's hand."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

from django.test import Client
from pytest_django import Settings

from relto.services.accounts import AccountOpened, open_account
from tests.unit.web.portal import Portal

SIGN_IN = "/en/account/sign-in/"


def _opened(portal: Portal) -> AccountOpened:
    node = portal.node
    return open_account(node.house, node.actor("registrar"), person=node.people["engineer"])


def _signs_in(browser: Client, opened: AccountOpened) -> bool:
    answer = browser.post(SIGN_IN, {"login": opened.username, "password": opened.first_password})
    return answer.status_code == 302 and browser.get("/en/account/").status_code == 200


def test_she_signs_in_with_it_on_a_live_node_and_sets_her_own(portal: Portal, settings: Settings) -> None:
    portal.node.house = dataclasses.replace(portal.node.house, kind="live")
    settings.RELTO_HOUSE = portal.node.house
    opened, browser, own = _opened(portal), Client(), "a sentence of her very own"
    assert _signs_in(browser, opened)
    change = {"oldpassword": opened.first_password, "password1": own, "password2": own}
    assert browser.post("/en/account/password/", change).status_code == 302
    assert browser.get("/en/documents/")["Location"] == "/en/account/step-up/", "a password alone opens nothing"
    assert "Add a passkey or an authenticator app first" in browser.get("/en/account/step-up/").content.decode()
    assert not _signs_in(Client(), opened)


def test_a_new_first_password_ends_every_session_of_hers_and_nobody_elses(portal: Portal) -> None:
    first, browsers, officer = _opened(portal), [Client(), Client()], portal.as_person("release_officer")
    assert all(_signs_in(browser, first) for browser in browsers)
    second = _opened(portal)
    assert [browser.get("/en/account/").status_code for browser in browsers] == [302, 302]
    assert officer.get("/en/desk/").status_code == 200
    assert not _signs_in(Client(), first)
    assert _signs_in(Client(), second)


def test_a_first_password_ends_by_itself_and_one_of_her_own_does_not(portal: Portal) -> None:
    opened, browser, own = _opened(portal), Client(), "a sentence of her very own"
    portal.node.clock.moment = opened.until - timedelta(minutes=1)
    assert _signs_in(Client(), opened)
    portal.node.clock.moment = opened.until
    answer = Client().post(SIGN_IN, {"login": opened.username, "password": opened.first_password})
    assert "The login code or the password is not right." in answer.content.decode(), "it is not even said that it was"
    again = _opened(portal)
    assert _signs_in(browser, again)
    change = {"oldpassword": again.first_password, "password1": own, "password2": own}
    assert browser.post("/en/account/password/", change).status_code == 302
    portal.node.clock.moment = again.until + timedelta(days=1)
    assert Client().post(SIGN_IN, {"login": again.username, "password": own}).status_code == 302
