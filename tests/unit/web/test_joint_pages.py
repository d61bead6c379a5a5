"""A jointly owned document on the pages: sealed with two manifests, released to both sides, agreed to by both."""

from __future__ import annotations

import re

from relto.services.openings import record_obstacle
from relto.store.models import Arrival, Item, ReleaseCase
from tests.support.houses import FACILITY, IND, USA
from tests.unit.services import stories
from tests.unit.web.portal import ASSURED, Portal, wrong
from tests.unit.web.scenes import (
    REASON,
    accepted_joint_arrival,
    fields_wrong,
    gaps_of,
    joint_arrival,
    received,
    scene_of,
)


def _seal(portal: Portal) -> Item:
    return portal.seal(owners="IND")


def test_whose_information_it_is_is_asked_and_both_owners_must_be_able_to_have_it(portal: Portal) -> None:
    engineer = portal.as_person("engineer")
    page = engineer.get("/en/seal/").content.decode()
    assert "Whose information is it?" in page
    assert not re.search(r"<input[^>]* checked", page)
    for changes, field in (({"owners": ""}, "owners"), ({"owners": "IND", "nations": ["USA"]}, "nations")):
        answer = engineer.post("/en/seal/", portal.form(**changes))
        assert answer.status_code == 422
        assert field in fields_wrong(answer.content.decode())
    assert Item.objects.count() == 0


def test_a_joint_document_is_registered_with_two_manifests_and_says_whom_it_waits_for(portal: Portal) -> None:
    item = _seal(portal)
    assert item.state == "registered"
    assert item.manifests.count() == 2
    page = portal.as_person("engineer").get(f"/en/documents/{item.id}/").content.decode()
    assert "Joint, live" in page
    assert "Its two owners do not both agree." in page
    assert "No blocking rule was found" not in page, "not even its author opens it before the other owner agrees"
    assert "Nobody has released this item yet." in page
    assert "period does not cover today" not in page, "what was never released has no period"
    assert "release it again" not in page
    assert "Live, joint" in portal.as_person("engineer").get("/en/documents/").content.decode()


def test_a_joint_release_names_readers_on_both_sides_and_shows_who_has_not_agreed(portal: Portal) -> None:
    item = _seal(portal)
    portal.partner_vouches()
    portal.authorise(item)
    officer = portal.as_person("security_officer")
    path = f"/en/documents/{item.id}/release/"
    page = officer.get(path).content.decode()
    assert 'name="mode"' not in page
    reader = portal.node.people["engineer"]
    asked = {
        "facility": FACILITY[IND],
        f"reader_{ASSURED}": "tests the hull",
        "home_facility": FACILITY[USA],
        "purpose": "Joint hull tests",
    }
    missing = officer.post(path, asked)
    assert missing.status_code == 422
    assert fields_wrong(missing.content.decode())[0].startswith("home_prs_")
    made = officer.post(path, {**asked, f"home_{reader}": "wrote it"})
    assert made.status_code == 302, wrong(made.content.decode())
    case = ReleaseCase.objects.get()
    assert case.readers.filter(side="home").get().pseudonym == reader
    seen = officer.get(f"/en/cases/{case.id}/").content.decode()
    assert "Both nations must agree" in seen
    assert seen.count("Has not agreed yet") == 2
    stories.decide_case(portal.node, case)  # type: ignore[arg-type]
    seen = officer.get(f"/en/documents/{item.id}/").content.decode()
    assert seen.count("Has not agreed yet") == 1
    assert "other owner has not agreed to it yet" in seen
    assert "the other owner&#x27;s authority" in seen, "who can supply it"
    assert "Your authority has not accepted this release." not in seen
    withdrawing = portal.as_person("release_officer").get(f"/en/cases/{case.id}/withdraw/").content.decode()
    assert "it closes for the readers of both nations" in withdrawing


def test_the_co_owner_accepts_under_two_lists_of_gates(portal: Portal) -> None:
    scene = scene_of(portal)
    arrival = joint_arrival(portal, scene.peer)
    officer = portal.as_person("release_officer")
    path = f"/en/arrivals/{arrival.id}/"
    desk = officer.get("/en/desk/").content.decode()
    assert "Gates of your own release" in desk
    assert "No blocking rule was found" not in desk, "the own release is not authorised yet"
    page = officer.get(path).content.decode()
    assert 'id="gates"' in page
    assert 'id="co-gates"' in page
    assert "Has not agreed yet" in page
    refused = officer.post(path, {"outcome": "accept", "reason": REASON, "accepts": gaps_of(page)})
    assert refused.status_code == 403, "the own nation has not authorised its release"
    scene.peer.vouch(portal.node.house, "reader")
    stories.authorise(portal.node)
    page = officer.get(path).content.decode()
    gaps = gaps_of(page)
    assert len(gaps) == len(set(gaps)), "a gate that stands in both lists is accepted once"
    left = officer.post(path, {"outcome": "accept", "reason": REASON, "accepts": gaps[1:]})
    assert left.status_code == 422
    assert officer.post(path, {"outcome": "accept", "reason": REASON, "accepts": gaps}).status_code == 302
    assert Arrival.objects.get().state == "accepted"
    assert "Has not agreed yet" not in officer.get(path).content.decode()
    held = portal.as_person("engineer").get("/en/documents/").content.decode()
    assert "joint" in held


def test_the_co_owner_reads_what_her_withdrawal_does_in_both_nations_then_withdraws(portal: Portal) -> None:
    arrival = accepted_joint_arrival(portal, scene_of(portal).peer)
    officer = portal.as_person("release_officer")
    seen, path = f"/en/arrivals/{arrival.id}/", f"/en/arrivals/{arrival.id}/withdraw/"
    assert path in officer.get(seen).content.decode()
    assert path not in portal.as_person("security_officer").get(seen).content.decode()
    told = officer.get(path).content.decode()
    assert "nobody of either nation opens it any more" in told
    assert "It recalls nothing that was opened already, in either nation" in told
    assert Arrival.objects.get().state == "accepted", "looking changes nothing"
    for who in ("security_officer", "engineer", "registrar"):
        assert portal.as_person(who).post(path, {"reason": REASON}).status_code == 404, who
    empty = officer.post(path, {"reason": " "})
    assert empty.status_code == 422
    assert fields_wrong(empty.content.decode()) == ["reason"]
    done = officer.post(path, {"reason": REASON})
    assert done.status_code == 302
    assert Arrival.objects.get().state == "withdrawn"
    page = officer.get(done["Location"]).content.decode()
    assert 'id="receipt"' in page
    assert "Withdrawn on " in page
    assert "the notice came on" not in page, "it was this nation, not the partner"
    assert REASON in page
    assert path not in page
    assert officer.get(path).status_code == 404
    company = portal.as_person("security_officer")
    assert seen not in company.get("/en/company/").content.decode(), "nobody asked that it is destroyed or returned"
    assert b'name="outcome"' not in company.get(seen).content
    reader = portal.as_person("engineer")
    assert "Withdrawn by one of its owners" in reader.get("/en/documents/").content.decode()
    held = reader.get(f"/en/documents/{arrival.item_id}/").content.decode()
    assert "One of its two owners withdrew it." in held
    assert "Its originator withdrew" not in held
    assert "दोनों में से किसी भी राष्ट्र" in officer.get(f"/hi/arrivals/{arrival.id}/").content.decode()


def test_a_release_of_one_owner_is_not_the_recipients_to_withdraw(portal: Portal) -> None:
    row, _ = received(portal, scene_of(portal).peer)
    officer = portal.as_person("release_officer")
    assert "/withdraw/" not in officer.get(f"/en/arrivals/{row.id}/").content.decode()
    assert officer.get(f"/en/arrivals/{row.id}/withdraw/").status_code == 404
    assert officer.post(f"/en/arrivals/{row.id}/withdraw/", {"reason": REASON}).status_code == 404


def test_of_an_unreleased_document_the_officer_reads_the_cause_and_finds_every_rule_beneath_it(portal: Portal) -> None:
    scene_of(portal)
    item = _seal(portal)
    reference = record_obstacle(portal.node.house, portal.node.actor("engineer"), item.id)
    page = portal.as_person("security_officer").get(f"/en/company/refusals/{reference}/").content.decode()
    assert page.count("This item has not been released yet.") == 1
    listed = portal.as_person("security_officer").get("/en/company/").content.decode()
    assert "R21-release-in-force" in listed
    assert "R18-release-period" not in listed
    assert "The release runs from" not in page
    assert "R18-release-period" in page, "nothing is hidden: it stands under its cause"
    asker = portal.as_person("engineer").get(f"/hi/company/refusals/{reference}/").content.decode()
    assert "इस मद का अभी विमोचन नहीं हुआ है।" in asker
    assert "R18-release-period" not in asker
