"""Home by role, search, learning: each finds her next step, reads what changed, and finds nothing that is not hers."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from relto.adapters.glossary import terms
from relto.procedures.actors import Role
from relto.procedures.packs.registry import procedures
from relto.services.dossiers.changing import keep_edition
from relto.store.models import LedgerEntry, PortalLook, ReleaseCase
from tests.support.houses import FACILITY, IND
from tests.support.survey import register_survey
from tests.unit.services import stories
from tests.unit.web.portal import LANGUAGES, Portal
from tests.unit.web.scenes import gaps_of, scene_of
from tests.unit.web.test_dossier_pages import filled, submitted
from tests.unit.web.test_meeting_pages import planned, question

FIRST_PAGES = {
    "engineer": "/en/documents/",
    "security_officer": "/en/company/",
    "release_officer": "/en/desk/",
    "registrar": "/en/today/",
    "inspector": "/en/today/",
    "co_chair": "/en/today/",
    "operator": "/en/today/",
    "representative": "/en/today/",
}
TEACHING = {
    "registrar": "An assurance that is asked for",
    "inspector": "An inspection that is yours",
    "co_chair": "needs your nation",
    "operator": "A node that may not act",
    "representative": "A consignment to hand over",
}


def waiting_case(portal: Portal) -> ReleaseCase:
    peer = scene_of(portal).peer
    peer.vouch(portal.node.house, "reader")
    stories.authorise(portal.node)
    case = stories.ask_release(portal.node, peer, stories.seal_item(portal.node, title="Hull vibration report"))
    return ReleaseCase.objects.get(id=case.id)


def text_of(answer: Any) -> str:
    assert answer.status_code == 200, answer.status_code
    page: str = answer.content.decode()
    assert page.count("<h1") == 1
    assert "style=" not in page
    assert "<script" not in page
    return page


def test_everybody_comes_to_her_own_first_page_and_an_empty_one_teaches(portal: Portal) -> None:
    portal.node.add("representative", Role.GOVERNMENT_REPRESENTATIVE)
    for who, place in FIRST_PAGES.items():
        browser = portal.as_person(who)
        assert browser.get("/en/")["Location"] == place, who
        for language in LANGUAGES:
            page = text_of(browser.get(place.replace("/en/", f"/{language}/")))
            assert "relto-find" in page, who
            assert len(page) < 100_000, who
        if who in TEACHING:
            assert TEACHING[who] in text_of(browser.get(place)), who


def test_what_waits_is_told_with_its_reason_and_what_was_sent_with_its_turn(portal: Portal) -> None:
    officer, company = portal.as_person("release_officer"), portal.as_person("security_officer")
    text_of(officer.get("/en/desk/"))
    text_of(company.get("/en/company/"))
    portal.node.clock.forward(hours=26)
    case = waiting_case(portal)
    today = text_of(officer.get("/en/today/"))
    assert "Decide the release" in today
    assert "no other role can" in today
    assert f"/en/cases/{case.id}/" in today
    sent = text_of(company.get("/en/company/"))
    assert "1 waits on others" in sent
    assert case.number in sent
    assert "Release officer" in sent
    portal.node.clock.forward(hours=2)
    answer = officer.post(f"/en/cases/{case.id}/", {"outcome": "refuse", "reason": "Not now."})
    assert answer.status_code == 302
    changed = text_of(company.get("/en/company/"))
    assert "Changed since you were last here" in changed
    assert case.number in changed.partition("Changed since you were last here")[2]
    assert PortalLook.objects.count() == 2, "when she looked is kept for herself alone"


def test_search_leads_straight_to_a_number_and_says_the_same_of_unknown_and_foreign(portal: Portal) -> None:
    case = waiting_case(portal)
    officer, engineer = portal.as_person("release_officer"), portal.as_person("engineer")
    straight = officer.post("/en/search/", {"text": case.number})
    assert straight["Location"] == f"/en/cases/{case.id}/"
    rule = engineer.post("/hi/search/", {"text": "आश्वासन"})
    assert "/hi/rules/" in text_of(rule)
    assert "Hull vibration report" in text_of(engineer.post("/en/search/", {"text": "hull vibration"}))
    told = set()
    for sought in (case.number, "REL-2026-9999", case.id, "rel_" + "z" * 24):
        page = text_of(engineer.post("/en/search/", {"text": sought}))
        told.add(re.sub(r'csrfmiddlewaretoken" value="\w+"', "", page).replace(sought, "SOUGHT"))
    assert len(told) == 1
    short = officer.post("/en/search/", {"text": "x"})
    assert short.status_code == 422
    assert "Write 2 to 100 signs." in short.content.decode()
    assert "What you write is not kept" in text_of(officer.get("/en/search/"))


def test_the_ledger_shows_the_entry_that_search_found(portal: Portal) -> None:
    case = waiting_case(portal)
    entry = stories_entry(case)
    answer = portal.as_person("inspector").post("/en/search/", {"text": entry})
    assert answer["Location"] == f"/en/ledger/?entry={entry}"
    assert entry in text_of(portal.as_person("inspector").get(answer["Location"]))


def stories_entry(case: ReleaseCase) -> str:
    return LedgerEntry.objects.filter(subject=case.id).earliest("serial").entry


def test_may_i_share_this_names_what_is_missing_and_who_supplies_it(portal: Portal) -> None:
    case = waiting_case(portal)
    engineer = portal.as_person("engineer")
    form = text_of(engineer.get("/en/ask/"))
    assert " checked" not in form, "nothing is chosen for her"
    asked = {"item": case.item_id, "facility": FACILITY[IND]}
    assert "No blocking rule was found" in text_of(engineer.post("/en/ask/", asked))
    portal.node.clock.forward(hours=30)
    for language in LANGUAGES:
        page = engineer.post(f"/{language}/ask/", asked)
        assert FACILITY[IND] in text_of(page)
    missing = text_of(engineer.post("/en/ask/", asked))
    assert "things are missing" in missing
    assert "your own authority can ask it" in missing
    assert f"The assurance on facility {FACILITY[IND]} was not confirmed recently enough." in missing
    assert engineer.post("/en/ask/", {}).status_code == 422
    officer = text_of(portal.as_person("security_officer").post("/en/ask/", asked))
    assert f"/en/cases/{case.id}/" in officer
    requests = text_of(engineer.get("/en/requests/"))
    assert "You wait for nothing." in requests


def test_the_second_person_looks_at_each_point_before_she_signs(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    register_survey(monkeypatch)
    steps: Any = procedures()["survey"].steps
    monkeypatch.setitem(steps, "sign", replace(steps["sign"], final_check=True))
    row = submitted(portal, kind="repeated", times="3")
    path = f"/en/dossiers/{row.id}/step/sign/"
    first = portal.as_person("release_officer").post(path, {"do": "sign", "seen": "yes"})
    assert first.status_code == 302, first.content.decode()
    second = portal.as_person("registrar")
    page = text_of(second.get(path))
    values = re.findall(r'name="step/seen" type="checkbox" value="([^"]+)"( checked)?', page)
    assert values
    assert not any(ticked for _, ticked in values)
    refused = second.post(path, {"do": "sign"})
    assert refused.status_code == 422
    assert "and tick" in refused.content.decode()
    row.refresh_from_db()
    assert row.state == "submitted"
    done = second.post(path, {"do": "sign", "step/seen": [value for value, _ in values]})
    assert done.status_code == 302, done.content.decode()
    row.refresh_from_db()
    assert row.state == "asked"


def test_what_changed_in_a_request_stands_as_it_was_and_as_it_is(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    register_survey(monkeypatch)
    row = submitted(portal)
    officer = portal.as_person("release_officer")
    assert "What changed with" not in text_of(officer.get(f"/en/dossiers/{row.id}/"))
    step = row.steps.get()
    step.pk, step.position, step.step = None, 2, "submit"
    step.save()
    row.answers = {**row.answers, "purpose": "Measure the keel", "subjects": ["hull"]}
    row.save()
    keep_edition(row, 2, portal.node.clock.now())
    page = text_of(officer.get(f"/en/dossiers/{row.id}/"))
    assert "What changed with" in page
    assert re.search(r"<del[^>]*>Measure the hull</del>.*<ins[^>]*>Measure the keel</ins>", page)
    assert step.entry in page
    assert 'role="img"' in page, "and the way it took is drawn"
    assert filled()["purpose"] == "Measure the hull"


def test_the_glossary_has_both_languages_and_says_what_nobody_reviewed(portal: Portal) -> None:
    for language in LANGUAGES:
        page = text_of(Client().get(f"/{language}/glossary/"))
        assert page.count("relto-evidence--unconfirmed") >= sum(not one.reviewed for one in terms())
        for one in terms():
            assert f'id="{one.code}"' in page
    signed_in = text_of(portal.as_person("engineer").get("/en/glossary/"))
    assert "/en/rules/GSO-13/" in signed_in
    assert len({one.code for one in terms()}) == len(terms())
    for one in terms():
        assert one.term
        assert one.gloss
        assert one.hindi_term
        assert one.hindi_gloss
        assert one.provision or one.source, one.code


def test_the_tutorial_checks_off_what_the_node_recorded(portal: Portal, settings: Settings) -> None:
    case = waiting_case(portal)
    officer = portal.as_person("release_officer")
    assert "0 of 4 recorded" in text_of(officer.get("/en/tutorial/"))
    accepts = gaps_of(text_of(officer.get(f"/en/cases/{case.id}/")))
    officer.post(f"/en/cases/{case.id}/", {"outcome": "release", "reason": "Checked.", "accepts": accepts})
    assert "1 of 4 recorded" in text_of(officer.get("/en/tutorial/"))
    portal.node.add("representative", Role.GOVERNMENT_REPRESENTATIVE)
    for who in ("co_chair", "representative", "operator"):
        browser = portal.as_person(who)
        page = text_of(browser.get("/hi/tutorial/"))
        for place in set(re.findall(r'relto-gate__name"><a class="govuk-link" href="([^"]+)"', page)):
            assert browser.get(place).status_code == 200, (who, place)
    settings.RELTO_HOUSE = replace(portal.node.house, kind="live")
    assert officer.get("/en/tutorial/").status_code == 404


def test_a_co_chair_reads_what_the_working_group_needs_of_her_nation(portal: Portal) -> None:
    browser = portal.as_person("co_chair")
    assert "Nothing waits for you." in text_of(browser.get("/en/today/"))
    question(portal)
    meeting = planned(portal)
    owed = {"what_en": "Draft the joint text.", "owner": "USA", "role": "co_chair", "due": "2026-12-18"}
    assert browser.post(f"/en/meetings/{meeting}/actions/new/", owed).status_code == 302
    for language in LANGUAGES:
        page = text_of(browser.get(f"/{language}/today/"))
        assert "Draft the joint text." in page
        for place in set(re.findall(rf'href="(/{language}/(?:alignment|meetings)/[^"]+)"', page)):
            assert browser.get(place, follow=True).status_code == 200, place
    assert "a co-chair speaks for it" in text_of(browser.get("/en/today/"))
    assert "Friday 18 December 2026" in text_of(browser.get("/en/today/"))
