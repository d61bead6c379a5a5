"""Dossiers on their pages: a form that says what is wrong at the field, a step that two sign, a list by limits."""

from __future__ import annotations

import re
from typing import Any

import pytest

from relto.procedures.actors import Role
from relto.procedures.packs.registry import procedures
from relto.store.models import Dossier, LedgerEntry
from tests.support.survey import register_survey
from tests.unit.web.portal import LANGUAGES, Portal

PERSON = "prs_" + "s" * 24
PEOPLE = ("engineer", "security_officer", "release_officer", "registrar", "inspector", "co_chair")
NEW = "/en/dossiers/new/survey/"


@pytest.fixture(autouse=True)
def survey(monkeypatch: pytest.MonkeyPatch) -> None:
    register_survey(monkeypatch)


def filled(**changes: Any) -> dict[str, Any]:
    """A form as a browser sends it, all right."""
    return {
        "kind": "single",
        "partner": "IND",
        "purpose": "Measure the hull",
        "first_day": "2027-01-11",
        "last_day": "2027-01-15",
        "meets_at": "2027-01-11 09:00",
        "facility": "IND-F007",
        "escorted": "no",
        "subjects": ["hull", "sonar"],
        "surveyors/rows": "1",
        "surveyors/0/person": PERSON,
        "surveyors/0/name": "A. Surveyor",
        "surveyors/0/leads": "yes",
        **changes,
    }


def begun(portal: Portal, **changes: Any) -> Dossier:
    """Kept through the page."""
    answer = portal.as_person("security_officer").post(NEW, filled(do="keep", **changes))
    assert answer.status_code == 302, re.findall(r'error-summary__list">(.*?)</ul>', answer.content.decode())
    return Dossier.objects.get(id=answer["Location"].split("/")[3])


def submitted(portal: Portal, **changes: Any) -> Dossier:
    row = begun(portal, **changes)
    answer = portal.as_person("security_officer").post(f"/en/dossiers/{row.id}/step/submit/", {"do": "sign"})
    assert answer.status_code == 302, answer.content.decode()
    row.refresh_from_db()
    return row


def test_a_form_says_what_is_wrong_at_its_field_and_keeps_what_was_written(portal: Portal) -> None:
    officer = portal.as_person("security_officer")
    empty = officer.get(NEW).content.decode()
    assert " checked" not in empty
    assert " selected" not in empty
    assert 'name="surveyors/0/person"' in empty
    assert "Only if “How often?” is: Several times." in empty
    sent = filled(do="check", last_day="2027-01-01", escorted="", country="fra", purpose="Measure the hull twice")
    answer = officer.post(NEW, sent)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert page.index('href="#field-last_day"') < page.index('id="main"') + page.index("govuk-heading-l")
    assert "The last day is before 2027-01-01" not in page
    assert "The last day is before 2027-01-11, the first one." in page
    assert 'id="field-last_day-error"' in page
    assert "Measure the hull twice" in page
    assert 'value="2027-01-01"' in page
    assert "2 to mend, 1 to look at" in page
    assert "No rule loaded" in page
    assert "GAP-IND-disclosure" in page
    assert 'id="field-country-note"' in page
    assert 'id="field-country-error"' not in page
    assert page.index('value="check">Check again') < page.index('value="keep"')
    assert Dossier.objects.count() == 0
    entries = LedgerEntry.objects.count()
    right = officer.post(NEW, filled(do="check"))
    assert right.status_code == 200
    assert "Nothing was found that the check knows." in right.content.decode()
    assert LedgerEntry.objects.count() == entries


def test_an_unconfirmed_rule_warns_and_says_that_it_is_unconfirmed(portal: Portal) -> None:
    page = portal.as_person("security_officer").post(NEW, filled(do="check", kind="repeated", times="3"))
    assert page.status_code == 200
    text = page.content.decode()
    assert "0 to mend" not in text
    assert "1 to look at" in text
    assert 'relto-evidence--unconfirmed">Unconfirmed' in text


def test_rows_come_and_go_by_buttons_and_nothing_written_is_lost(portal: Portal) -> None:
    officer = portal.as_person("security_officer")
    more = officer.post(NEW, filled(do="add surveyors", purpose="Unsaved words"))
    assert more.status_code == 200
    page = more.content.decode()
    assert 'name="surveyors/1/person"' in page
    assert 'name="surveyors/rows" value="2"' in page
    assert "Unsaved words" in page
    assert "error-summary" not in page
    two = filled(**{"surveyors/rows": "2", "surveyors/1/person": "prs_second", "surveyors/1/name": "B. Second"})
    fewer = officer.post(NEW, {**two, "do": "remove surveyors/0"}).content.decode()
    assert "B. Second" in fewer
    assert "A. Surveyor" not in fewer
    assert 'name="surveyors/1/person"' not in fewer
    bounded = officer.post(NEW, filled(do="check", **{"surveyors/rows": "9999"})).content.decode()
    assert bounded.count("relto-row__number") == 30


def test_a_field_that_does_not_count_is_folded_and_says_why_when_it_is_filled(portal: Portal) -> None:
    officer = portal.as_person("security_officer")
    page = officer.post(NEW, filled(do="check")).content.decode()
    assert '<details class="govuk-details relto-folded"><summary' in page
    wrong = officer.post(NEW, filled(do="check", times="3")).content.decode()
    assert "This does not apply here, given what stands in How often?." in wrong
    assert 'id="field-times-error"' in wrong


def test_what_cannot_be_read_is_named_and_not_kept(portal: Portal) -> None:
    officer = portal.as_person("security_officer")
    answer = officer.post(NEW, filled(do="keep", first_day="soon"))
    assert answer.status_code == 422
    assert 'value="soon"' in answer.content.decode()
    assert 'href="#field-first_day"' in answer.content.decode()
    alone = officer.post(NEW, filled(do="keep", partner="FRA"))
    assert alone.status_code == 422
    assert "It was not done" in alone.content.decode()
    assert Dossier.objects.count() == 0


def test_a_draft_is_kept_written_on_and_told_with_its_limits(portal: Portal) -> None:
    officer = portal.as_person("security_officer")
    answer = officer.post(NEW, {"do": "keep", "partner": "IND", "first_day": "2027-01-11"})
    assert answer.status_code == 302
    row = Dossier.objects.get()
    assert row.answers == {"partner": "IND", "first_day": "2027-01-11"}
    page = officer.get(answer["Location"]).content.decode()
    assert "Recorded:" in page
    assert "It waits for you." in page
    assert "Notice before the first day" in page
    assert "Monday 4 January 2027; until then United States: 28 working days (Thanksgiving Day" in page
    assert "India: 30 working days" in page
    assert "32 CFR 117.19(e)(2)(vi)" in page
    assert "No rule loaded" in page
    written = officer.get(f"/en/dossiers/{row.id}/write/").content.decode()
    assert 'value="2027-01-11"' in written
    assert "to mend" in written
    kept = officer.post(f"/en/dossiers/{row.id}/write/", filled(do="keep"))
    assert kept.status_code == 302
    row.refresh_from_db()
    assert row.answers["meets_at"] == "2027-01-11T14:00:00Z"
    assert row.answers["subjects"] == ["hull", "sonar"]
    assert row.answers["surveyors"] == [{"person": PERSON, "name": "A. Surveyor", "leads": True}]
    again = officer.get(f"/en/dossiers/{row.id}/write/").content.decode()
    assert 'value="2027-01-11 09:00"' in again


def test_a_step_is_refused_with_its_findings_and_taken_when_they_are_mended(portal: Portal) -> None:
    officer = portal.as_person("security_officer")
    row = begun(portal, last_day="2027-01-01")
    path = f"/en/dossiers/{row.id}/step/submit/"
    assert "The last day is before" in officer.get(path).content.decode()
    refused = officer.post(path, {"do": "sign"})
    assert refused.status_code == 422
    assert "Last day: The last day is before 2027-01-11, the first one." in refused.content.decode()
    assert officer.post(f"/en/dossiers/{row.id}/write/", filled(do="keep")).status_code == 302
    done = officer.post(path, {"do": "sign"})
    assert done.status_code == 302
    assert 'id="receipt"' in officer.get(done["Location"]).content.decode()
    row.refresh_from_db()
    assert row.state == "submitted"
    assert officer.get(path).status_code == 404
    assert officer.get(f"/en/dossiers/{row.id}/write/").status_code == 404


def test_two_persons_sign_and_each_sees_the_checks_made_anew(portal: Portal) -> None:
    row = submitted(portal)
    path = f"/en/dossiers/{row.id}/step/sign/"
    first, second = portal.as_person("release_officer"), portal.as_person("registrar")
    page = first.get(path).content.decode()
    assert "2 different persons sign this step. You are the first." in page
    assert "error-message" not in page
    missing = first.post(path, {"do": "sign", "note": "Plan of 2026"})
    assert missing.status_code == 422
    assert "Plan of 2026" in missing.content.decode()
    assert 'href="#field-seen"' in missing.content.decode()
    assert first.post(path, {"do": "sign", "seen": "yes", "note": "Plan of 2026"}).status_code == 302
    row.refresh_from_db()
    assert row.state == "submitted"
    assert "A different person signs next." in first.get(f"/en/dossiers/{row.id}/").content.decode()
    assert first.get(path).status_code == 404
    page = second.get(path).content.decode()
    assert "You are the second person" in page
    assert "Plan of 2026" in page
    assert 'name="seen"' not in page
    assert second.post(path, {"do": "sign"}).status_code == 302
    row.refresh_from_db()
    assert row.state == "asked"
    told = portal.as_person("security_officer").get(f"/en/dossiers/{row.id}/").content.decode()
    assert "It waits on the other side: India." in told
    assert "What each side did, newest first" in told


def test_a_step_that_needs_a_reason_says_so_and_keeps_what_was_written(portal: Portal) -> None:
    row = submitted(portal)
    officer = portal.as_person("security_officer")
    path = f"/en/dossiers/{row.id}/step/withdraw/"
    refused = officer.post(path, {"do": "sign", "step/reason": "  "})
    assert refused.status_code == 422
    assert "It was not done" in refused.content.decode()
    long = officer.post(path, {"do": "sign", "step/reason": "x" * 5000})
    assert long.status_code == 422
    assert "x" * 5000 in long.content.decode()
    assert officer.post(path, {"do": "sign", "step/reason": "No longer needed"}).status_code == 302
    page = officer.get(f"/en/dossiers/{row.id}/").content.decode()
    assert "It is closed: nothing waits." in page
    assert "No longer needed" in page


def test_the_list_begins_with_what_waits_for_the_reader(portal: Portal) -> None:
    row = submitted(portal)
    mine = portal.as_person("release_officer").get("/en/dossiers/").content.decode()
    assert "It waits for you: the earliest limit first" in mine
    assert row.number in mine
    assert f"/en/dossiers/{row.id}/step/sign/" in mine
    others = portal.as_person("security_officer").get("/en/dossiers/").content.decode()
    assert "Nothing waits for you." in others
    assert row.number in others
    found = portal.as_person("security_officer").get("/en/dossiers/", {"number": row.number.lower()})
    assert found.status_code == 302
    assert found["Location"] == f"/en/dossiers/{row.id}/"
    by_procedure = portal.as_person("release_officer").get("/en/dossiers/?procedure=survey").content.decode()
    assert "It waits for you: the earliest limit first" in by_procedure
    assert '<option value="answered">answered</option>' in by_procedure
    none = portal.as_person("security_officer").get("/en/dossiers/", {"number": "SUR-1999-0001"}).content.decode()
    assert "No dossier of this number is visible to you." in none
    filtered = portal.as_person("security_officer").get("/en/dossiers/?procedure=survey&state=answered")
    assert "None is like this." in filtered.content.decode()
    assert portal.as_person("security_officer").get("/en/dossiers/?procedure=no").status_code == 200


def test_a_dossier_is_taken_away_as_signed_data(portal: Portal) -> None:
    row = begun(portal)
    officer = portal.as_person("security_officer")
    assert f"/en/dossiers/{row.id}/data.json" in officer.get(f"/en/dossiers/{row.id}/").content.decode()
    file = officer.get(f"/en/dossiers/{row.id}/data.json")
    assert file["Content-Disposition"] == f'attachment; filename="{row.number}.json"'
    assert row.number in file.content.decode()
    assert officer.get(f"/en/dossiers/{row.id}/papers/none.en.pdf").status_code == 404
    assert portal.as_person("engineer").get("/en/dossiers/dos_nothing/data.json").status_code == 404


def test_the_desk_lists_the_dossiers_that_wait_too(portal: Portal) -> None:
    officer = portal.as_person("release_officer")
    assert "waits for you" not in officer.get("/en/desk/").content.decode()
    row = submitted(portal)
    desk = officer.get("/en/desk/").content.decode()
    assert "1 waits for you" in desk
    assert row.number in desk
    assert "1 dossier waits for you too." in officer.get("/en/desk/queue/").content.decode()


def test_strangers_and_unknown_dossiers_meet_the_same_page(portal: Portal) -> None:
    row = begun(portal)
    engineer, operator = portal.as_person("engineer"), portal.as_person("operator")
    unknown = engineer.get("/en/dossiers/dos_nothing/")
    assert unknown.status_code == 404
    for path in (NEW, "/en/dossiers/new/nothing/", f"/en/dossiers/{row.id}/write/", f"/en/dossiers/{row.id}/step/x/"):
        assert engineer.get(path).status_code == 404, path
    assert operator.get(f"/en/dossiers/{row.id}/").status_code == 404
    assert operator.get("/en/dossiers/").status_code == 404


def test_each_role_reaches_its_dossiers_with_six_places_at_most(portal: Portal) -> None:
    portal.node.add("representative", Role.GOVERNMENT_REPRESENTATIVE)
    for who in (*PEOPLE, "representative"):
        page = portal.as_person(who).get("/en/dossiers/").content.decode()
        places = re.findall(r'govuk-service-navigation__link" href="/en/([a-z/-]+)/"', page)
        assert "dossiers" in places, who
        assert len(places) <= 6, who
    representative = portal.as_person("representative")
    assert representative.get("/en/")["Location"] == "/en/today/"
    for path in ("/en/register/", "/en/ledger/", "/en/dossiers/new/"):
        assert representative.get(path).status_code == 200, path


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_is_whole_in_both_languages(portal: Portal, language: str) -> None:
    row = submitted(portal)
    draft = begun(portal)
    pages = {
        "security_officer": ["dossiers/", "dossiers/new/", "dossiers/new/survey/", f"dossiers/{draft.id}/write/"],
        "release_officer": [f"dossiers/{row.id}/", f"dossiers/{row.id}/step/sign/"],
    }
    for who, paths in pages.items():
        browser = portal.as_person(who)
        for path in paths:
            answer = browser.get(f"/{language}/{path}")
            page = answer.content.decode()
            assert answer.status_code == 200, path
            assert page.count("<h1") == 1
            assert "style=" not in page
            assert "<script" not in page
            assert len(answer.content) < 100_000
            assert "form.survey" not in page
            if language == "hi":
                assert "सर्वेक्षण" in page


def test_every_procedure_has_its_form_on_a_page_in_both_languages(portal: Portal) -> None:
    browsers = {who: portal.as_person(who) for who in PEOPLE}
    for code, pack in procedures().items():
        who = next((one for one in PEOPLE if Role(one) in pack.begins), None)
        if who is None:
            continue
        for language in LANGUAGES:
            answer = browsers[who].get(f"/{language}/dossiers/new/{code}/")
            page = answer.content.decode()
            assert answer.status_code == 200, code
            assert " checked" not in page, code
            assert f"form.{pack.form.code}" not in page, code
            assert len(answer.content) < 300_000, code
        checked = browsers[who].post(f"/en/dossiers/new/{code}/", {"do": "check"})
        assert checked.status_code in {200, 422}, code


def test_a_form_of_many_rows_stays_light_and_is_sent_whole(portal: Portal) -> None:
    rows: dict[str, Any] = {"surveyors/rows": "30"}
    for number in range(30):
        rows |= {f"surveyors/{number}/person": PERSON, f"surveyors/{number}/name": f"Name {number}"}
        rows |= {f"surveyors/{number}/leads": "no"}
    answer = portal.as_person("security_officer").post(NEW, filled(do="check", **rows))
    assert answer.status_code in {200, 422}
    assert "Name 29" in answer.content.decode()
    assert len(answer.content) < 300_000
