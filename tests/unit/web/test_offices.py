"""The registrar's, the co-chair's and the security officer's pages: words given and taken back, rules, refusals."""

from __future__ import annotations

import re

from django.core.files.uploadedfile import SimpleUploadedFile

from relto.services import bundles
from relto.store.models import Assurance, Authorisation, LedgerEntry
from tests.support.houses import FACILITY, IND, PROGRAMME, USA
from tests.unit.web.portal import Portal
from tests.unit.web.scenes import fields_wrong


def test_a_registrar_vouches_confirms_and_takes_her_word_back_after_reading_what_stops(portal: Portal) -> None:
    registrar = portal.as_person("registrar")
    page = registrar.get("/en/assurances/").content.decode()
    assert not re.search(r"<input[^>]* checked", page)
    empty = registrar.post("/en/assurances/", {"valid_until": "2026-13-45"})
    assert empty.status_code == 422
    assert 'href="#field-valid_until"' in empty.content.decode()
    form = {"subject": f"facility {FACILITY[USA]}", "recipient": "IND", "valid_until": "2027-06-30"}
    given = registrar.post("/en/assurances/", form)
    assert given.status_code == 302
    assert 'id="receipt"' in registrar.get(given["Location"]).content.decode()
    row = Assurance.objects.get(direction="given")
    assert row.subject == FACILITY[USA]
    assert registrar.post(f"/hi/assurances/{row.id}/renew/").status_code == 302
    consequence = registrar.get(f"/en/assurances/{row.id}/revoke/").content.decode()
    assert "Nobody at this facility can open" in consequence
    assert Assurance.objects.get().status == "valid", "looking changes nothing"
    assert registrar.post(f"/en/assurances/{row.id}/revoke/").status_code == 302
    assert Assurance.objects.get().status == "revoked"
    assert registrar.get(f"/en/assurances/{row.id}/revoke/").status_code == 404
    assert portal.as_person("engineer").post(f"/en/assurances/{row.id}/revoke/").status_code == 404


def test_a_co_chair_reads_the_rules_and_a_bundle_that_does_not_hold_changes_nothing(portal: Portal) -> None:
    co_chair = portal.as_person("co_chair")
    page = co_chair.get("/hi/rules/").content.decode()
    assert "R13-listed-with-reason" in page
    assert co_chair.post("/en/rules/", {}).status_code == 422
    wrong = co_chair.post("/en/rules/", {"bundle": SimpleUploadedFile("b.json", b"{}")})
    assert wrong.status_code == 422
    assert 'href="#field-bundle"' in wrong.content.decode()
    assert LedgerEntry.objects.filter(event="bundle:refused").exists()
    held = bundles.active_bundle_file(portal.node.house, portal.node.actor("co_chair"))
    again = co_chair.post("/en/rules/", {"bundle": SimpleUploadedFile("b.json", held)})
    assert again.status_code == 422, "the version that is already followed"
    assert portal.as_person("registrar").post("/en/rules/", {}).status_code == 404


def test_a_security_officer_finds_her_companys_refusals_and_nobody_elses(portal: Portal) -> None:
    officer = portal.as_person("security_officer")
    assert "No refusal waits for you." in officer.get("/en/company/").content.decode()
    item = portal.seal()
    portal.partner_vouches()
    case = portal.ask(item)
    decision = {"outcome": "release", "reason": "It should be.", "accepts": ["facility_assurance", "equivalence"]}
    gates = ["disclosure_authorisation", "export_authorisation"]
    decision["accepts"] = [*decision["accepts"], *gates]
    assert portal.as_person("release_officer").post(f"/en/cases/{case}/", decision).status_code == 403
    listed = officer.get("/en/company/").content.decode()
    found = re.search(r'href="(/en/company/refusals/dec_\w+/)"', listed)
    assert found
    assert "Disclosure authorisation" in listed
    reasons = officer.get(found[1])
    assert reasons.status_code == 200
    assert FACILITY[IND] in reasons.content.decode()
    assert "dec_" not in portal.as_person("engineer").get("/en/documents/").content.decode()


def test_a_registrar_and_a_security_officer_each_record_the_authorisation_that_is_theirs(portal: Portal) -> None:
    item = portal.seal()
    whole = {
        "reference": "NDP-2026-7",
        "nation": "ind",
        "programme": PROGRAMME,
        "valid_from": "2026-01-01",
        "valid_until": "2027-06-30",
    }
    for who, kind in (("registrar", "disclosure"), ("security_officer", "export")):
        browser = portal.as_person(who)
        assert "/en/authorisations/record/" in browser.get("/en/authorisations/").content.decode()
        page = browser.get("/en/authorisations/record/").content.decode()
        assert " checked" not in page
        for changes, wrong_field in (
            ({"reference": ""}, "reference"),
            ({"nation": "USA"}, "nation"),
            ({"nation": "QQQ"}, "nation"),
            ({"programme": ""}, "programme"),
            ({"programme": "-"}, "item"),
            ({"programme": "-", "item": "itm_nothing"}, "item"),
            ({"item": item.id}, "item"),
            ({"valid_until": "2025-01-01"}, "valid_until"),
        ):
            answer = browser.post("/en/authorisations/record/", whole | changes)
            assert answer.status_code == 422, changes
            assert fields_wrong(answer.content.decode()) == [wrong_field], changes
        assert not Authorisation.objects.filter(kind=kind).exists()
        made = browser.post("/en/authorisations/record/", whole)
        assert made.status_code == 302
        assert 'id="receipt"' in browser.get(made["Location"]).content.decode()
        row = Authorisation.objects.get(kind=kind)
        assert (row.nation, row.programme, row.item, row.reference) == ("IND", PROGRAMME, "", "NDP-2026-7")
        assert (row.valid_from.isoformat(), row.valid_until.isoformat()) == (
            "2026-01-01T00:00:00+00:00",
            "2027-06-30T23:59:59+00:00",
        )
        one = browser.post("/hi/authorisations/record/", whole | {"programme": "-", "item": item.id})
        assert one.status_code == 302
        assert Authorisation.objects.filter(kind=kind, item=item.id, programme="").count() == 1
    assert portal.as_person("engineer").get("/en/authorisations/record/").status_code == 404
