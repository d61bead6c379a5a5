"""What each role may read of the rule book, of decisions, of proofs and of impacts; and looking changes nothing."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from relto.node.draft_changes import changed_equivalence
from relto.rules.builtin import package_data
from relto.services.openings import record_obstacle
from relto.store.models import AgreementBundle, DecisionRecord, LedgerEntry
from relto.web import rule_book as shown
from tests.support.houses import PROGRAMME, START, add_company, drafted, opened
from tests.unit.services.test_overlays import SUSPENDED, overlay, submit
from tests.unit.web.portal import Portal
from tests.unit.web.scenes import fields_wrong, second_version

UNKNOWN = "dec_" + "a" * 24
WIDENED = changed_equivalence(["IND:RESTRICTED=USA:CONFIDENTIAL"], START - timedelta(days=1))


def _draft(data: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("draft.bundle", data)


def _body(page: str) -> str:
    """What a page says, without its frame and what changes from one request to the next."""
    text = page.split('<main class="relto-main"')[1].split("</main>", maxsplit=1)[0]
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", text)


def test_the_rule_book_says_what_is_known_of_each_side_and_narrows_to_what_is_asked(portal: Portal) -> None:
    engineer = portal.as_person("engineer")
    whole = engineer.get("/en/rules/").content.decode()
    assert "24 of 24 rules are unconfirmed." in whole
    assert "Where do the two sides stand, topic by topic?" in whole
    assert 'name="bundle"' not in whole, "only a co-chair submits"
    assert "rules/proof/" not in whole
    assert "No equivalent: has no level there" in whole
    assert "15 minutes" in whole
    chosen = engineer.get("/en/rules/?topic=disclosure&nation=IND&unconfirmed=1").content.decode()
    assert "GAP-IND-disclosure" in chosen
    assert "/rules/USR-07/" not in chosen
    assert "No rule loaded" in chosen
    assert re.search(r"Shown: \d+ of 24 rules, 1 of \d+ provisions", chosen)
    found = engineer.get("/hi/rules/", {"q": "प्रतिष्ठान"}).content.decode()
    assert "R04-facility-level" in found
    assert "R11-approved-channel" not in found
    nothing = engineer.get("/en/rules/", {"q": "<no such words>"}).content.decode()
    assert "Nothing in the rule book is like that." in nothing
    assert "<no such words>" not in nothing
    assert engineer.get("/en/rules/?topic=invented").content.decode().count("Where do the two sides stand") == 1
    assert engineer.get("/en/rules/?version=1").status_code == 200
    for version in ("2", "x", "-1", "9" * 30):
        assert engineer.get(f"/en/rules/?version={version}").status_code == 404


def test_an_entry_shows_both_nations_and_the_very_text_that_the_machine_runs(portal: Portal) -> None:
    browser = portal.as_person("security_officer")
    rule = browser.get("/en/rules/R11-approved-channel/").content.decode()
    assert "@id(&quot;R11-approved-channel&quot;)" in rule
    assert "context.channels.contains(context.channel)" in rule
    assert "ISA-33" in rule
    assert "GAP-IND-transfer" in rule
    assert "it crosses the border" in rule
    provision = browser.get("/en/rules/ISA-33/").content.decode()
    assert "32 CFR 117.19(d)(1)(i)" in provision
    assert "R11-approved-channel" in provision
    gap = browser.get("/hi/rules/GAP-IND-transfer/").content.decode()
    assert "नियम दर्ज नहीं" in gap
    assert browser.get("/en/rules/R99-nothing/").status_code == 404


def _refused(portal: Portal) -> tuple[str, str]:
    """A refused release and a refused opening on record."""
    held = portal.seal()
    portal.partner_vouches()
    case = portal.ask(portal.seal())
    accepts = ["facility_assurance", "equivalence", "disclosure_authorisation", "export_authorisation"]
    form = {"outcome": "release", "reason": "It should be.", "accepts": accepts}
    assert portal.as_person("release_officer").post(f"/en/cases/{case}/", form).status_code == 403
    node = portal.node
    node.clock.forward(days=370)
    opening = record_obstacle(node.house, node.actor("engineer"), held.id)
    node.clock.forward(days=-370)
    return DecisionRecord.objects.get(action="release").id, opening


def test_a_decision_is_told_to_each_as_much_as_she_may_know_and_to_others_not_at_all(portal: Portal) -> None:
    release, opening = _refused(portal)
    before = LedgerEntry.objects.count()
    officer = portal.as_person("security_officer").get(f"/en/decisions/{release}/").content.decode()
    assert "R02-disclosure-authorised" in officer
    assert "Tried on these facts: its rule holds then; still missing: R03-export-authorised." in officer
    assert "With all of it together the answer is yes." in officer
    assert "USR-07" in officer
    asker = portal.as_person("engineer").get(f"/en/decisions/{opening}/").content.decode()
    assert "R09-personal-assurance-valid" in asker
    for hidden in ("USR-36", "Digest of the facts", "Tried on these facts", "assured until"):
        assert hidden not in asker
    assert "Decide it once more" not in officer
    assert "Decide it once more" in portal.as_person("inspector").get(f"/en/decisions/{opening}/").content.decode()
    add_company(portal.node, "USA-C099", "USA-F099")
    for who, reference in (
        ("engineer", release),
        ("colleague", opening),
        ("registrar", release),
        ("co_chair", opening),
        ("release_officer", opening),
        ("operator", release),
    ):
        browser = portal.as_person(who)
        forbidden, unknown = (browser.get(f"/en/decisions/{one}/") for one in (reference, UNKNOWN))
        assert forbidden.status_code == unknown.status_code == 404
        assert _body(forbidden.content.decode()) == _body(unknown.content.decode()), (who, "unknown looks forbidden")
        assert len(forbidden.content) == len(unknown.content) - len(UNKNOWN) + len(reference)
    assert LedgerEntry.objects.count() == before + 2, "the company above; reading leaves nothing"


def test_a_list_of_decisions_leads_its_readers_to_each(portal: Portal) -> None:
    release, opening = _refused(portal)
    listed = portal.as_person("inspector").get("/en/decisions/?refused=1").content.decode()
    assert f"/en/decisions/{release}/" in listed
    assert f"/en/decisions/{opening}/" in listed
    mine = portal.as_person("release_officer").get("/hi/decisions/").content.decode()
    assert release in mine
    assert opening not in mine


def test_an_inspector_has_a_decision_made_once_more_and_nobody_else_does(portal: Portal) -> None:
    release, _ = _refused(portal)
    inspector = portal.as_person("inspector")
    same = inspector.get(f"/en/decisions/{release}/as-of/").content.decode()
    assert "By the rules of its day, version 1: the same answer, gate by gate." in same
    assert inspector.get(f"/en/decisions/{release}/as-of/?version=1").status_code == 200
    assert inspector.get(f"/en/decisions/{release}/as-of/?version=2").status_code == 404
    second_version(portal)
    other = inspector.get(f"/en/decisions/{release}/as-of/?version=2").content.decode()
    assert "By version 2: the same answer, gate by gate." in other
    assert "was not in force" not in other
    row = DecisionRecord.objects.get(id=release)
    row.facts = {**row.facts, "channel": "pigeon"}
    row.save()
    altered = inspector.get(f"/en/decisions/{release}/as-of/").content.decode()
    assert "NOT the same" in altered
    assert "R11-approved-channel" in altered
    for who in ("release_officer", "security_officer", "co_chair"):
        assert portal.as_person(who).get(f"/en/decisions/{release}/as-of/").status_code == 404


@pytest.fixture
def co_chair(portal: Portal) -> Client:
    return portal.as_person("co_chair")


def test_a_failed_proof_tells_one_story_and_names_the_consent_that_it_would_need(co_chair: Client) -> None:
    stored = AgreementBundle.objects.count()
    page = co_chair.post("/en/rules/proof/", {"draft": _draft(drafted(2, equivalence=WIDENED))}).content.decode()
    assert "Not proven: it would permit what an originator" in page
    assert "It weakens neither nation." in page
    assert "R16-equivalent-exists" in page
    assert "IND:RESTRICTED" in page
    last = [claim for claim in re.findall(r"<b>([^<]+\.)</b>", page) if claim.startswith(("It ", "Each "))]
    assert last[-1] == "It rests on the rules as entered."
    assert "z3" not in page
    assert "cvc5" not in page
    assert AgreementBundle.objects.count() == stored


def test_a_proven_draft_shows_four_lines_and_its_file_names_the_solvers(co_chair: Client) -> None:
    data = drafted(2)
    page = co_chair.post("/hi/rules/proof/", {"draft": _draft(data)}).content.decode()
    assert "प्रमाणित:" in page
    assert page.count("relto-icon--holds") >= 4
    answer = co_chair.post("/en/rules/proof/", {"draft": _draft(data), "file": "1"})
    assert answer["Content-Type"] == "application/json"
    proof = json.loads(answer.content)
    assert proof["proved"] is True
    assert set(proof["solvers"]) == {"z3", "cvc5"}


def test_what_is_no_draft_is_named_at_its_field_and_a_version_without_proof_says_so(co_chair: Client) -> None:
    for path in ("rules/proof/", "rules/impact/"):
        for form in ({}, {"draft": _draft(b"{}")}, {"draft": _draft(b"\x00" * 100)}):
            answer = co_chair.post(f"/en/{path}", form)
            assert answer.status_code == 422
            assert fields_wrong(answer.content.decode()) == ["draft"]
    old = co_chair.get("/en/rules/proof/?version=1")
    assert "was accepted before proofs were demanded" in old.content.decode()
    for version in ("2", "x", "1" * 12):
        assert co_chair.get(f"/en/rules/proof/?version={version}").status_code == 404


def test_an_engineer_hands_in_no_draft(portal: Portal) -> None:
    for path in ("rules/proof/", "rules/impact/"):
        engineer = portal.as_person("engineer")
        assert engineer.post(f"/en/{path}", {"draft": _draft(drafted(2))}).status_code == 404


def test_the_impact_tells_counts_to_a_co_chair_and_lists_to_an_inspector(portal: Portal, co_chair: Client) -> None:
    item = portal.seal()
    engineer = portal.node.people["engineer"]
    draft = drafted(2, gates=_nobody_opens())
    counts = co_chair.post("/en/rules/impact/", {"draft": _draft(draft)}).content.decode()
    assert re.search(r"Pairs with a yes: [1-9]\d* today, 0 under the draft\.", counts)
    assert "You read counts." in counts
    assert engineer not in counts
    assert item.id not in counts
    assert "<svg" in counts
    inspector = portal.as_person("inspector")
    lists = inspector.post("/en/rules/impact/", {"draft": _draft(draft)}).content.decode()
    assert engineer in lists
    assert item.id in lists
    answer = inspector.post("/hi/rules/impact/", {"draft": _draft(draft), "file": "1"})
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert {"table": "person", "name": engineer, "nation": "", "gained": "0", "lost": "1", "rules": ""} in rows
    told = co_chair.post("/en/rules/impact/", {"draft": _draft(draft), "file": "1"}).content.decode()
    assert engineer not in told
    same = co_chair.post("/en/rules/impact/", {"draft": _draft(drafted(2))}).content.decode()
    assert "Nothing: nobody here gains or loses a document" in same


def _nobody_opens() -> dict[str, object]:
    gates: dict[str, object] = json.loads(package_data("gates.json"))
    listed = gates["gates"]
    assert isinstance(listed, list)
    for gate in listed:
        if gate["rule"] == "R13-listed-with-reason":
            gate["holds"] = f"({gate['holds']}) && !resource.exportControlled"
    return gates


def test_the_history_says_which_version_was_in_force_when_and_what_it_changed(portal: Portal) -> None:
    engineer = portal.as_person("engineer")
    first = engineer.get("/en/rules/history/").content.decode()
    assert "nothing before it" in first
    assert "Nothing: there is no version before it" in engineer.get("/en/rules/history/1/").content.decode()
    assert engineer.get("/en/rules/history/2/").status_code == 404
    second_version(portal)
    listed = engineer.get("/hi/rules/history/").content.decode()
    assert "/hi/rules/history/2/" in listed
    changed = engineer.get("/en/rules/history/2/").content.decode()
    assert "<del>15</del><ins>30</ins>" in changed
    assert "15 minutes" in engineer.get("/en/rules/?version=1").content.decode()
    assert "30 minutes" in engineer.get("/en/rules/").content.decode()
    assert "not in force; version 2 is" in engineer.get("/en/rules/?version=1").content.decode()


def test_a_national_overlay_is_named_where_people_read_rules_and_decisions(portal: Portal) -> None:
    node = portal.node
    engineer, inspector = portal.as_person("engineer"), portal.as_person("inspector")
    assert "overlay" not in engineer.get("/en/rules/").content.decode()
    stricter = "R15-releasable-to"
    own = "resource.audience.contains(principal.nation) && resource.registered"
    submit(node, overlay(programmes=[PROGRAMME], status_max_age="1 hour", rules=[f"{stricter}={own}"]))
    later = node.clock.now() + timedelta(days=3)
    submit(
        node, overlay(2, effective_from=later, ends=later + timedelta(days=1), actions=["accept"], reason="an audit")
    )
    release, _ = _refused(portal)

    whole = engineer.get("/en/rules/").content.decode()
    for said in ("IND-USA</span>, version 1, overlay 1 · in force", "a review of the programme", "an audit", "1 hours"):
        assert said in whole
    assert "United States: its authority alone" in whole
    assert whole.count("until another takes its place") == 1
    assert "to come" in whole
    assert "Acceptance" in whole
    assert "National overlay 1 is on it." in whole, "at the foot of every page"
    assert "राष्ट्रीय ओवरले 1 लागू है" in engineer.get("/hi/documents/").content.decode()
    for path in re.findall(r'href="(/en/rules/[^"]+overlay=[^"]+)"', whole):
        assert engineer.get(path.replace("&amp;", "&")).status_code == 200, path

    added = engineer.get(f"/en/rules/{SUSPENDED}/?version=1").content.decode()
    assert "it added this rule." in added
    assert "signed alone" in added
    assert "Without the overlay" not in added
    other = engineer.get(f"/en/rules/{stricter}/").content.decode()
    assert "it put a stricter condition into this rule." in other
    assert "Without the overlay" in other
    signed = engineer.get(f"/en/rules/{stricter}/?version=1").content.decode()
    assert "The text stands in the bundle that both authorities signed." in signed
    assert f"/en/rules/{stricter}/?version=1&amp;overlay=1" in signed
    assert engineer.get("/en/rules/OVERLAY-USA-1/?version=1").status_code == 200
    bare = engineer.get("/en/rules/?version=1").content.decode()
    assert "another overlay is in force with it, or none" in bare
    for asked in ("version=1&overlay=3", "version=1&overlay=x"):
        assert engineer.get(f"/en/rules/?{asked}").status_code == 404
    assert engineer.get("/en/rules/N9-nothing/").status_code == 404

    told = portal.as_person("security_officer").get(f"/en/decisions/{release}/").content.decode()
    assert "version 1, overlay 1" in told
    assert "/en/rules/?version=1&amp;overlay=1" in told
    assert f"/en/rules/{SUSPENDED}/" in told
    assert "version 1, overlay 1" in inspector.get("/en/decisions/").content.decode()
    again = inspector.get(f"/en/decisions/{release}/as-of/").content.decode()
    assert "By the rules of its day, version 1, overlay 1: the same answer, gate by gate." in again
    hindi = inspector.get(f"/hi/decisions/{release}/as-of/").content.decode()
    assert "1, ओवरले 1" in hindi
    node.clock.forward(days=3, hours=1)
    assert "overlay 2 · in force" in engineer.get("/en/rules/").content.decode()
    assert "no longer in force" in engineer.get(f"/en/rules/{SUSPENDED}/?version=1").content.decode()


def test_a_long_rule_book_goes_page_by_page_and_what_is_elsewhere_is_no_gap(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shown, "PAGE", 20)
    browser = portal.as_person("engineer")
    found: list[str] = []
    number = 1
    while True:
        text = browser.get(f"/en/rules/?topic=visit&page={number}").content.decode()
        found += re.findall(r'<h3 class="relto-provision__title"><a class="govuk-link" href="/en/rules/([^/]+)/', text)
        if f"page={number + 1}" not in text:
            break
        number += 1
    assert number > 1
    assert sorted(found) == sorted(one.id for one in opened().provisions.values() if one.topic == "visit")
    only_indian = browser.get("/en/rules/?topic=visit&nation=IND").content.decode()
    assert "Of this topic, not shown here:" in only_indian
    assert browser.get("/en/rules/?all=1&page=99999999").status_code == 200
