"""A decision is taken by somebody who has just shown who she is; a password alone opens nothing; sessions end."""

from __future__ import annotations

import re
import time
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.test import Client
from django.urls import URLPattern, URLResolver
from pytest_django import Settings

from relto.services import credentials, organisation, suspensions
from relto.store.models import Account, ApiClient, LedgerEntry, Person, PersonalToken, PortalSession
from relto.web.step_up import DECIDES_NOTHING, decides
from relto.web.urls import urlpatterns
from tests.unit.web.portal import Portal, signed_in

STEP_UP = "/en/account/step-up/"
SECRET = "JBSWY3DPEHPK3PXP"


def _account(portal: Portal, who: str) -> Account:
    person = Person.objects.get(id=portal.node.people[who])
    return Account.objects.get_or_create(person=person, defaults={"username": who.replace("_", "-")})[0]


def _older(browser: Client, **by: float) -> None:
    """What was shown in this session is longer ago."""
    session = browser.session
    for shown in session["account_authentication_methods"]:
        shown["at"] -= timedelta(**by).total_seconds()
    session.save()


def _code() -> str:
    return str(format_hotp_value(hotp_value(SECRET, next(yield_hotp_counters_from_time()))))


def test_a_decision_waits_until_its_taker_has_shown_who_she_is_and_is_sent_by_herself(
    portal: Portal, caplog: pytest.LogCaptureFixture
) -> None:
    person = portal.node.people["colleague"]
    account = _account(portal, "registrar")
    TOTP.activate(account, SECRET)
    suspensions.suspend(
        portal.node.house, portal.node.actor("registrar"), kind="person", subject=person, reason="lost her badge"
    )
    browser = signed_in(account, "totp")
    _older(browser, minutes=16)
    path, written = f"/en/people/person/{person}/", {"does": "reinstate", "reason": "found it <again>"}
    answer = browser.post(path, written)
    assert answer["Location"] == STEP_UP
    assert Person.objects.get(id=person).suspended_at is not None
    page = browser.get(STEP_UP).content.decode()
    assert "Confirm with the authenticator app" in page
    assert "found it" not in page
    wrong = browser.post(f"/en/account/factors/reauthenticate/?next={STEP_UP}", {"code": "not a code"})
    assert wrong.status_code == 200
    assert "sign_in.failed totp" in caplog.messages, "as a code, without whose"
    before = browser.session.session_key
    confirmed = browser.post(f"/en/account/factors/reauthenticate/?next={STEP_UP}", {"code": _code()})
    assert confirmed["Location"] == STEP_UP
    assert browser.session.session_key != before, "who shows herself anew gets a new key"
    assert before is not None
    assert not browser.session.exists(before), "and the key of before opens nothing"
    page = browser.get(STEP_UP).content.decode()
    assert f'action="{path}"' in page
    kept = dict(re.findall(r'<input type="hidden" name="(does|reason)" value="([^"]*)">', page))
    assert kept == {"does": "reinstate", "reason": "found it &lt;again&gt;"}
    assert Person.objects.get(id=person).suspended_at is not None, "nothing is sent for her"
    assert browser.post(path, written).status_code == 302
    assert Person.objects.get(id=person).suspended_at is None
    entry = LedgerEntry.objects.get(event="person:reinstated")
    assert entry.details["authenticated"] == "totp"
    assert b"totp" not in bytes(entry.leaf)


def test_what_only_narrows_is_not_held_up(portal: Portal) -> None:
    browser = signed_in(_account(portal, "registrar"), "totp")
    _older(browser, minutes=60)
    person = portal.node.people["colleague"]
    browser.post(f"/en/people/person/{person}/", {"does": "suspend", "reason": "lost her badge"})
    assert Person.objects.get(id=person).suspended_at is not None


@pytest.mark.parametrize("how", ["password", "recovery_codes", "nothing known"])
def test_what_can_be_written_down_confirms_no_decision(portal: Portal, how: str) -> None:
    browser = signed_in(_account(portal, "registrar"), how)
    answer = browser.post("/en/authorisations/record/", {"reference": "DA-1"})
    assert answer["Location"] == STEP_UP


def test_a_sign_in_link_is_worth_nothing_on_a_live_node(portal: Portal, settings: Settings) -> None:
    browser = portal.as_person("engineer")
    assert browser.get("/en/documents/").status_code == 200
    settings.RELTO_KIND = "live"
    assert browser.get("/en/documents/")["Location"] == STEP_UP


def test_who_has_a_second_factor_changes_nothing_with_the_password(portal: Portal) -> None:
    account = _account(portal, "engineer")
    account.set_password("a long enough sentence")
    account.save()
    TOTP.activate(account, SECRET)
    browser = signed_in(account, "totp")
    away = "/en/account/factors/totp/deactivate/"
    assert browser.get(away, follow=True).request["PATH_INFO"] == "/en/account/factors/reauthenticate/"
    browser.post("/en/account/confirm/", {"password": "a long enough sentence"})
    browser.post(away)
    assert Authenticator.objects.filter(user_id=account.pk, type="totp").exists()


def test_whoever_only_looks_is_asked_for_nothing(portal: Portal) -> None:
    browser = signed_in(_account(portal, "co_chair"), "totp")
    _older(browser, minutes=16)
    asked: list[tuple[str, dict[str, str]]] = [
        ("/en/search/", {"text": "MONSOON-LARK"}),
        ("/en/rules/proof/", {}),
        ("/en/rules/impact/", {}),
        ("/en/alignment/exchange/", {"step": "weigh"}),
    ]
    for path, form in asked:
        assert browser.post(path, form).get("Location", "") != STEP_UP, path
    assert browser.post("/en/alignment/exchange/", {"step": "say"})["Location"] == STEP_UP


def _posting(patterns: list[URLPattern | URLResolver]) -> set[str]:
    found: set[str] = set()
    for one in patterns:
        if isinstance(one, URLResolver):
            found |= _posting(one.url_patterns)
        elif "POST" in getattr(one.callback, "methods", ()):
            found.add(str(one.name))
    return found


def test_every_page_that_takes_a_form_is_guarded_or_known_to_decide_nothing() -> None:
    posting = _posting(urlpatterns)
    signing = {"case", "arrival", "third_party_request", "withdraw_consent", "renew", "revoke", "record_authorisation"}
    signing |= {"withdraw_authorisation", "withdraw", "withdraw_joint", "member", "dossier_step", "subject"}
    assert signing <= {name for name in posting if decides(name, {})}
    assert DECIDES_NOTHING - posting <= {"sign_in_link"}, "names of pages that are gone"
    assert decides("a page that nobody has thought of yet", {})


def test_a_person_sees_her_sessions_and_ends_the_others(portal: Portal) -> None:
    here, there = portal.as_person("engineer"), portal.as_person("engineer")
    assert there.get("/en/documents/").status_code == 200
    page = here.get("/en/account/sessions/").content.decode()
    assert page.count("End<span") == 1
    assert "This one" in page
    assert here.post("/en/account/sessions/", {"what": "others"}).status_code == 302
    assert there.get("/en/documents/").status_code == 302
    assert here.get("/en/documents/").status_code == 200
    entry = LedgerEntry.objects.get(event="session:ended")
    assert entry.details == {"sessions": 1}


def test_nobody_ends_anothers_session_but_the_registrar(portal: Portal) -> None:
    engineer, officer = portal.as_person("engineer"), portal.as_person("release_officer")
    session = PortalSession.objects.get(account__person_id=portal.node.people["engineer"]).id
    assert officer.post("/en/account/sessions/", {"what": "one", "session": session}).status_code == 404
    assert engineer.get("/en/documents/").status_code == 200
    path = f"/en/people/person/{portal.node.people['engineer']}/"
    registrar = portal.as_person("registrar")
    assert "Where she is signed in" in registrar.get(path).content.decode()
    assert registrar.post(path, {"does": "end_sessions"}).status_code == 302
    assert engineer.get("/en/documents/").status_code == 302


def test_lifting_a_suspension_revives_no_session(portal: Portal) -> None:
    browser, registrar = portal.as_person("engineer"), portal.node.actor("registrar")
    said = {"kind": "person", "subject": portal.node.people["engineer"], "reason": "lost her badge"}
    suspensions.suspend(portal.node.house, registrar, **said)
    suspensions.reinstate(portal.node.house, registrar, **said)
    assert browser.get("/en/documents/").status_code == 302


def test_a_session_ends_after_its_longest_time_however_busy(portal: Portal) -> None:
    browser = portal.as_person("engineer")
    session = browser.session
    session["relto.begun"] = int(time.time()) - 8 * 3600 - 1
    session.save()
    assert browser.get("/en/documents/").status_code == 302


def test_the_end_of_an_unused_session_is_announced_without_a_script(portal: Portal) -> None:
    browser = portal.as_person("engineer")
    page = browser.get("/en/documents/").content.decode()
    assert "Signed out at 05:00, Washington" in page
    assert "In two minutes you are signed out" in page
    sheet = browser.get("/en/account/idle.css").content.decode()
    assert "step-end 1680s" in sheet
    assert "You stay signed in" in browser.get("/en/account/stay/").content.decode()


def test_a_personal_token_is_made_after_a_fresh_factor_shown_once_and_ended_at_any_time(portal: Portal) -> None:
    browser = signed_in(_account(portal, "engineer"), "totp")
    path, wanted = "/en/account/tokens/", {"what": "make", "label": "nightly", "scopes": ["me"], "days": "30"}
    _older(browser, minutes=16)
    assert browser.post(path, wanted)["Location"] == STEP_UP
    _older(browser, minutes=-16)
    assert browser.post(path, wanted | {"days": "400"}).status_code == 422
    made = browser.post(path, wanted)
    assert made.status_code == 200
    assert re.search(r"relto_pat_[A-Za-z0-9_-]{43}", made.content.decode())
    page = browser.get(path).content.decode()
    assert "relto_pat_" not in page
    assert "nightly" in page
    token = PersonalToken.objects.get()
    _older(browser, hours=2)
    assert browser.post(path, {"what": "end", "token": token.id}).status_code == 302
    assert PersonalToken.objects.get().revoked_at is not None


def test_a_role_of_the_authority_is_asked_by_one_and_confirmed_by_another_on_the_page(portal: Portal) -> None:
    registrar, chair = portal.as_person("registrar"), portal.as_person("co_chair")
    person = organisation.add_person(portal.node.house, portal.node.actor("registrar"), name="Somebody new").pseudonym
    path, asked = "/en/people/roles/", {"what": "ask", "person": person, "role": "inspector", "does": "grant"}
    assert registrar.post(path, asked).status_code == 302
    assert "Confirm<span" not in registrar.get(path).content.decode()
    page = chair.get(path).content.decode()
    found = re.search(r'name="change" value="(rch_\w+)"', page)
    assert found
    assert chair.post(path, {"what": "confirm", "change": found[1]}).status_code == 302
    assert "Confirmed" in chair.get(path).content.decode()
    assert LedgerEntry.objects.get(event="role:granted").details["authenticated"] == "training"
    assert portal.as_person("engineer").get(path).status_code == 404


def test_an_emergency_is_written_on_every_page_of_everybody(portal: Portal) -> None:
    operator, inspector = portal.as_person("operator"), portal.as_person("inspector")
    person = organisation.add_person(portal.node.house, portal.node.actor("registrar"), name="The deputy").pseudonym
    path = "/en/node/emergency/"
    wanted = {"person": person, "role": "release_officer", "reason": "the office is flooded", "hours": "2"}
    assert operator.post(path, {"what": "ask", **wanted}).status_code == 302
    page = inspector.get(path).content.decode()
    found = re.search(r'name="emergency" value="(emr_\w+)"', page)
    assert found
    assert "Emergency: somebody" not in page
    assert inspector.post(path, {"what": "confirm", "emergency": found[1]}).status_code == 302
    for browser in (Client(), portal.as_person("engineer"), inspector):
        page = browser.get("/en/marks/").content.decode()
        assert "Emergency: somebody holds this role" in page
        assert person not in page
    assert "flooded" not in portal.as_person("engineer").get("/en/node/").content.decode()
    assert portal.as_person("engineer").get(path).status_code == 404
    assert inspector.post(path, {"what": "end", "emergency": found[1]}).status_code == 302
    assert "Emergency: somebody" not in Client().get("/hi/marks/").content.decode()


def test_a_client_credential_is_seen_and_ended_by_its_holder_and_by_nobody_else(portal: Portal) -> None:
    node, page = portal.node, "/en/account/tokens/"
    made = credentials.issue_credential(node.house, node.actor("registrar"), person=node.people["engineer"], days=9)
    assert made.client_id not in portal.as_person("colleague").get(page).content.decode()
    form = {"what": "end_client", "client": made.client_id}
    assert portal.as_person("colleague").post(page, form).status_code == 404
    engineer = portal.as_person("engineer")
    assert made.client_id in engineer.get(page).content.decode()
    assert engineer.post(page, form).status_code == 302
    assert ApiClient.objects.get(client_id=made.client_id).revoked_at is not None
