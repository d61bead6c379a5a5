from __future__ import annotations

import base64

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks

from relto.services.sign_in_links import make_link
from relto.store.models import Account, LedgerEntry, Person, PortalSession
from tests.unit.web.portal import Portal

PASSWORD = "a long enough sentence"


def _account(portal: Portal, who: str) -> Account:
    account = Account(username=f"usa-{who}", person=Person.objects.get(id=portal.node.people[who]))
    account.set_password(PASSWORD)
    account.save()
    return account


def test_a_person_signs_in_with_code_and_password_and_out_again(
    portal: Portal, visitor: Client, caplog: pytest.LogCaptureFixture
) -> None:
    _account(portal, "engineer")
    wrong = visitor.post("/en/account/sign-in/", {"login": "usa-engineer", "password": "wrong"})
    assert [one.getMessage() for one in caplog.records if one.name.startswith("relto")] == ["sign_in.failed password"]
    assert wrong.status_code == 200
    page = wrong.content.decode()
    assert "The login code or the password is not right." in page
    assert 'value="usa-engineer"' in page
    answer = visitor.post("/en/account/sign-in/", {"login": "usa-engineer", "password": PASSWORD})
    assert answer.status_code == 302
    session = visitor.cookies["relto_usa_session"]
    assert session["httponly"]
    assert session["samesite"] == "Lax"
    assert visitor.get("/en/", follow=True).request["PATH_INFO"] == "/en/account/step-up/", (
        "a password alone is too little"
    )
    out = visitor.post("/en/account/sign-out/")
    assert out["Clear-Site-Data"] == '"cache", "storage"', "the browser forgets with the session"
    assert visitor.get("/en/account/").status_code == 302


def test_nobody_signs_up_and_a_suspended_person_is_out_at_once(portal: Portal, visitor: Client) -> None:
    answer = visitor.post("/en/account/sign-up/", {"username": "x", "password1": PASSWORD, "password2": PASSWORD})
    assert Account.objects.count() == 0
    assert answer.status_code == 200
    browser = portal.as_person("engineer")
    assert browser.get("/en/documents/").status_code == 200
    Person.objects.filter(id=portal.node.people["engineer"]).update(suspended_at=portal.node.clock.now())
    assert browser.get("/en/documents/").status_code == 302


def test_a_suspended_persons_session_is_over_on_the_pages_of_her_account_too(portal: Portal, visitor: Client) -> None:
    """So that she cannot make herself a passkey or a password for afterwards."""
    account = _account(portal, "engineer")
    visitor.post("/en/account/sign-in/", {"login": "usa-engineer", "password": PASSWORD})
    assert visitor.get("/en/account/password/").status_code == 200
    Person.objects.filter(id=account.person_id).update(suspended_at=portal.node.clock.now())
    other = "another long enough sentence"
    changed = {"oldpassword": PASSWORD, "password1": other, "password2": other}
    assert visitor.post("/en/account/password/", changed).status_code == 302
    account.refresh_from_db()
    assert account.check_password(PASSWORD)
    Person.objects.filter(id=account.person_id).update(suspended_at=None)
    assert visitor.get("/en/account/password/").status_code == 302


def test_a_sign_in_link_works_once_and_is_not_used_up_by_looking_at_it(portal: Portal, visitor: Client) -> None:
    path = make_link(portal.node.house, portal.node.actor("registrar"), portal.node.people["release_officer"])
    for _ in range(2):
        assert visitor.get(path).status_code == 200
    first = visitor.post(path)
    assert first.status_code == 302
    assert visitor.get(first["Location"], follow=True).request["PATH_INFO"] == "/en/desk/"
    assert visitor.get("/en/account/password/set/").status_code == 200, "so that she can sign in again later"
    second = Client()
    assert second.post(path).status_code == 401
    assert second.get("/en/desk/").status_code == 302


def test_an_authenticators_secret_is_stored_encrypted(portal: Portal) -> None:
    account = _account(portal, "engineer")
    secret = base64.b32encode(b"ten bytes!").decode()
    TOTP.activate(account, secret)
    stored = str(Authenticator.objects.get().data)
    assert secret not in stored
    assert Authenticator.objects.get().wrap().validate_code("000000") in (True, False)


def test_an_idle_session_is_over(portal: Portal) -> None:
    browser = portal.as_person("engineer")
    assert browser.get("/en/documents/").status_code == 200
    session = browser.session
    session["relto.last_seen"] -= 31 * 60
    session.save()
    assert browser.get("/en/documents/").status_code == 302


def test_a_changed_way_of_signing_in_leaves_an_entry_without_saying_what_it_is(
    portal: Portal, visitor: Client, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    _account(portal, "engineer")
    visitor.post("/en/account/sign-in/", {"login": "usa-engineer", "password": PASSWORD})
    other = "another long enough sentence"
    short = visitor.post("/en/account/password/", {"oldpassword": PASSWORD, "password1": "short", "password2": "short"})
    assert "govuk-error-message" in short.content.decode()
    answer = visitor.post("/en/account/password/", {"oldpassword": PASSWORD, "password1": other, "password2": other})
    assert answer.status_code == 302, answer.content.decode()
    activate = "/en/account/factors/totp/activate/"
    assert visitor.get(activate)["Location"].startswith("/en/account/confirm/"), "who changes it says who she is"
    visitor.post(f"/en/account/confirm/?next={activate}", {"password": other})
    page = visitor.get(activate).content.decode()
    secret = visitor.session["mfa.totp.secret"]
    assert secret in page
    assert "default-src 'none'" in visitor.get("/en/account/factors/")["Content-Security-Policy"]
    code = format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))
    with django_capture_on_commit_callbacks(execute=True):
        added = visitor.post(activate, {"code": code})
    assert added.status_code == 302, added.content.decode()
    entries = LedgerEntry.objects.filter(event="credential:issued", actor=portal.node.people["engineer"])
    assert {entry.details["kind"] for entry in entries} >= {"password", "totp"}
    assert all(b"sentence" not in bytes(entry.leaf) for entry in entries)


def test_a_sign_in_in_a_browser_that_is_new_to_her_is_told_from_one_that_she_used_before(
    portal: Portal, visitor: Client
) -> None:
    _account(portal, "engineer")
    _account(portal, "colleague")

    def enters(browser: Client, who: str) -> bool:
        browser.post("/en/account/sign-in/", {"login": f"usa-{who}", "password": PASSWORD})
        browser.post("/en/account/sign-out/")
        return PortalSession.objects.order_by("-id").filter(in_new_browser=True).count() > 0

    seen = []
    for browser, who in ((visitor, "engineer"), (visitor, "engineer"), (visitor, "colleague"), (Client(), "engineer")):
        PortalSession.objects.all().delete()
        seen.append(enters(browser, who))
    assert seen == [True, False, True, True]
    cookie = visitor.cookies["relto_usa_known"]
    assert cookie["httponly"]
    PortalSession.objects.all().delete()
    other = Client()
    other.cookies["relto_usa_known"] = cookie.value.replace(".", "x", 1)
    assert enters(other, "engineer"), "a mark that this node did not sign is none"


def test_what_was_refused_to_somebody_who_is_signed_in_is_a_line_of_the_log_and_to_a_stranger_none(
    portal: Portal, visitor: Client, caplog: pytest.LogCaptureFixture
) -> None:
    assert portal.as_person("engineer").get("/en/people/").status_code == 404
    assert [one for one in caplog.messages if one.startswith("access.")] == ["access.refused 404 GET people"]
    caplog.clear()
    visitor.get("/en/nothing/")
    assert [one for one in caplog.messages if one.startswith("access.")] == []
