"""How access ends, as people see it: a release withdrawn, what was held disposed of, somebody suspended."""

from __future__ import annotations

from relto.services.assurances import give_assurance
from relto.store.models import Arrival, Authorisation, Facility, LedgerEntry, Person, ReleaseCase
from tests.support.houses import FACILITY, START, USA, YEAR
from tests.unit.web.portal import Portal
from tests.unit.web.scenes import PARTNER, REASON, fields_wrong, received, scene_of, sent_case


def test_a_release_officer_reads_what_a_withdrawal_does_and_does_not_then_withdraws(portal: Portal) -> None:
    case = sent_case(portal)
    officer = portal.as_person("release_officer")
    page = officer.get(f"/en/cases/{case.id}/").content.decode()
    assert "Live" in page
    path = f"/en/cases/{case.id}/withdraw/"
    assert path in page
    told = officer.get(path).content.decode()
    assert "nobody opens it any more" in told
    assert "It recalls nothing that was opened already" in told
    assert ReleaseCase.objects.get().state == "accepted", "looking changes nothing"
    empty = officer.post(path, {"reason": " "})
    assert empty.status_code == 422
    assert fields_wrong(empty.content.decode()) == ["reason"]
    long = officer.post(path, {"reason": "x" * 5000})
    assert long.status_code == 422
    assert "x" * 5000 in long.content.decode(), "what was written is kept"
    done = officer.post(path, {"reason": REASON})
    assert done.status_code == 302
    seen = officer.get(done["Location"]).content.decode()
    assert 'id="receipt"' in seen
    assert "Withdrawn on " in seen
    assert REASON in seen
    assert path not in seen
    assert officer.get(path).status_code == 404
    assert "वापस लिया गया" in officer.get(f"/hi/cases/{case.id}/").content.decode()


def test_nobody_else_withdraws_a_release(portal: Portal) -> None:
    case = sent_case(portal)
    for who in ("security_officer", "engineer", "registrar"):
        answer = portal.as_person(who).post(f"/en/cases/{case.id}/withdraw/", {"reason": REASON})
        assert answer.status_code == 404, who
    assert "/withdraw/" not in portal.as_person("security_officer").get(f"/en/cases/{case.id}/").content.decode()
    assert ReleaseCase.objects.get().state == "accepted"


def test_of_a_transferred_release_a_withdrawal_is_said_to_be_a_notice(portal: Portal) -> None:
    case = sent_case(portal, "transferred")
    officer = portal.as_person("release_officer")
    for path in (f"cases/{case.id}/", f"cases/{case.id}/withdraw/", "desk/queue/"):
        assert "Transferred" in officer.get(f"/en/{path}").content.decode(), path
    told = officer.get(f"/en/cases/{case.id}/withdraw/").content.decode()
    assert "asked to destroy or return" in told
    assert "It does not stop openings until the notice arrives" in told
    assert "nobody opens it any more" not in told


def test_a_security_officer_records_what_was_done_with_what_was_withdrawn(portal: Portal) -> None:
    scene = scene_of(portal)
    row, sent = received(portal, scene.peer, "transferred")
    officer = portal.as_person("security_officer")
    path = f"/en/arrivals/{row.id}/"
    assert b'name="outcome"' not in officer.get(path).content
    withdrawal = scene.peer.withdrawal(sent)
    assert scene.peer.code_of(scene.peer.send(portal.node.house, "withdrawal", withdrawal)) == ""
    assert path in officer.get("/en/company/").content.decode()
    page = officer.get(path).content.decode()
    assert "Nobody opens it here any more" in page
    assert " checked" not in page
    wrong = officer.post(path, {"outcome": "sold", "reason": "before a witness"})
    assert wrong.status_code == 422
    assert fields_wrong(wrong.content.decode()) == ["outcome"]
    assert "before a witness" in wrong.content.decode()
    engineer = portal.as_person("engineer")
    assert engineer.get(path).status_code == 404
    assert "does not open" not in engineer.get("/en/documents/").content.decode()
    done = officer.post(path, {"outcome": "destroyed", "reason": "before a witness"})
    assert done.status_code == 302
    assert "Destroyed" in officer.get(done["Location"]).content.decode()
    assert Arrival.objects.get().disposition == "destroyed"
    assert path not in officer.get("/en/company/").content.decode()
    assert b'name="outcome"' not in portal.as_person("release_officer").get(path).content


def test_a_withdrawn_document_says_so_to_its_reader_who_asks_with_one_button(portal: Portal) -> None:
    scene = scene_of(portal)
    row, sent = received(portal, scene.peer)
    engineer = portal.as_person("engineer")
    path = f"/en/documents/{row.item_id}/"
    assert "No blocking rule was found" in engineer.get(path).content.decode()
    assert "Withdrawn by" not in engineer.get("/en/documents/").content.decode()
    nothing = engineer.post(f"{path}ask/")
    assert nothing["Location"] == path, "nothing is missing, so nothing is recorded"
    withdrawal = scene.peer.withdrawal(sent)
    assert scene.peer.code_of(scene.peer.send(portal.node.house, "withdrawal", withdrawal)) == ""
    page = engineer.get(path).content.decode()
    assert "There is no release in force for this item." in page
    assert "Withdrawn by its originator" in page
    assert "Withdrawn by its originator" in engineer.get("/en/documents/").content.decode()
    assert "इसके मूल राष्ट्र ने इसे वापस लिया" in engineer.get("/hi/documents/").content.decode()


def test_what_the_own_side_can_supply_is_asked_for_with_one_button(portal: Portal) -> None:
    row, _ = received(portal, scene_of(portal).peer)
    colleague = portal.as_person("colleague")
    path = f"/en/documents/{row.item_id}/"
    page = colleague.get(path)
    assert page.status_code == 403
    assert f'action="{path}ask/"' in page.content.decode()
    assert row.item.title not in page.content.decode()
    asked = colleague.post(f"{path}ask/")
    assert asked.status_code == 302
    told = colleague.get(asked["Location"]).content.decode()
    assert "Your security officer has it" in told
    reference = asked["Location"].split("/")[-2]
    officer = portal.as_person("security_officer")
    assert reference in officer.get("/en/company/").content.decode()
    assert (
        "Your security officer has it" not in officer.get(f"/en/company/refusals/{reference}/?asked").content.decode()
    )
    assert officer.get(f"/en/company/refusals/{reference}/").status_code == 200
    assert portal.as_person("registrar").post(f"{path}ask/").status_code == 404
    assert colleague.post("/en/documents/itm_nothing/ask/").status_code == 404
    assert colleague.get(f"{path}ask/").status_code == 405


def test_a_registrar_sees_what_a_suspension_cuts_before_and_after_it(portal: Portal) -> None:
    row, _ = received(portal, scene_of(portal).peer)
    registrar = portal.as_person("registrar")
    path = f"/en/people/facility/{FACILITY[USA]}/"
    assert path in registrar.get("/en/people/").content.decode()
    before = registrar.get(path).content.decode()
    assert before.index(row.number) < before.index("Suspend at once</h2>")
    assert portal.node.people["engineer"] in before
    assert Facility.objects.get().suspended_at is None
    stale = registrar.post(path, {"reason": REASON, "does": "reinstate"})
    assert stale["Location"] == path, "the page was older than the facility's standing"
    empty = registrar.post(path, {"does": "suspend"})
    assert empty.status_code == 422
    done = registrar.post(path, {"reason": REASON, "does": "suspend"})
    assert done.status_code == 302
    after = registrar.get(done["Location"]).content.decode()
    assert 'id="receipt"' in after
    assert row.number in after
    assert "Suspended since" in after
    assert after.count(portal.node.people["engineer"]) >= 2, "among the people, and among the suspended assurances"
    listed = registrar.get("/en/assurances/").content.decode()
    assert listed.count("See the suspension") == 2
    assert portal.as_person("engineer").get("/en/documents/").status_code == 200
    missing = portal.as_person("engineer").get(f"/en/documents/{row.item_id}/").content.decode()
    assert "assurance has ended or is suspended" in missing
    lifted = registrar.post(path, {"reason": "All is well.", "does": "reinstate"})
    assert lifted.status_code == 302
    assert Facility.objects.get().suspended_at is None
    assert "See the suspension" not in registrar.get("/hi/assurances/").content.decode()


def test_a_suspended_person_is_out_and_a_registrar_cannot_suspend_herself(portal: Portal) -> None:
    scene_of(portal)
    registrar, engineer = portal.as_person("registrar"), portal.as_person("engineer")
    path = f"/en/people/person/{portal.node.people['engineer']}/"
    assert "Name of engineer" in registrar.get(path).content.decode()
    assert engineer.get("/en/documents/").status_code == 200
    assert registrar.post(path, {"reason": REASON, "does": "suspend"}).status_code == 302
    assert engineer.get("/en/documents/").status_code == 302
    assert portal.node.people["engineer"] in registrar.get(path).content.decode()
    own = f"/en/people/person/{portal.node.people['registrar']}/"
    assert "This is you." in registrar.get(own).content.decode()
    assert registrar.post(own, {"reason": REASON, "does": "suspend"}).status_code in {403, 404}
    assert Person.objects.get(id=portal.node.people["registrar"]).suspended_at is None
    for wrong in ("facility/USA-F999", "person/prs_nobody", "company/USA-C014"):
        assert registrar.get(f"/en/people/{wrong}/").status_code == 404
    assert portal.as_person("security_officer").get(path).status_code == 404


def test_withdrawing_an_authorisation_lists_what_it_no_longer_covers(portal: Portal) -> None:
    case = sent_case(portal)
    disclosure = Authorisation.objects.get(kind="disclosure")
    export = Authorisation.objects.get(kind="export")
    registrar, officer = portal.as_person("registrar"), portal.as_person("security_officer")
    listed = registrar.get("/en/authorisations/").content.decode()
    assert f"/en/authorisations/{disclosure.id}/withdraw/" in listed
    assert f"/en/authorisations/{export.id}/withdraw/" not in listed
    own = officer.get("/en/authorisations/").content.decode()
    assert f"/en/authorisations/{export.id}/withdraw/" in own
    assert disclosure.reference not in own
    path = f"/en/authorisations/{disclosure.id}/withdraw/"
    assert officer.get(path).status_code == 404
    assert registrar.get(f"/en/authorisations/{export.id}/withdraw/").status_code == 404
    assert "recalls nothing" in registrar.get(path).content.decode()
    assert fields_wrong(registrar.post(path, {}).content.decode()) == ["reason"]
    assert case.number in registrar.get(path).content.decode(), "what would be cut stands above the button"
    done = registrar.post(path, {"reason": REASON})
    assert done.status_code == 302
    for _again in range(2):
        after = registrar.get(done["Location"]).content.decode()
        assert case.number in after
        assert "The authorisation was withdrawn on" in after
        assert REASON in after
        assert 'id="receipt"' in after
    assert f"/en/authorisations/{disclosure.id}/" in registrar.get("/en/authorisations/").content.decode()
    assert officer.get(f"/en/authorisations/{disclosure.id}/").status_code == 404
    assert case.number in officer.get(f"/hi/authorisations/{export.id}/").content.decode(), (
        "the licence alone covers it"
    )
    assert Authorisation.objects.get(kind="disclosure").withdrawn_at is not None
    assert registrar.post(path, {"reason": REASON}).status_code == 404
    assert "Withdrawn" in registrar.get("/en/authorisations/").content.decode()


def test_a_partners_suspended_word_leads_to_the_cases_that_it_closes(portal: Portal) -> None:
    case = sent_case(portal)
    peer = portal.node.house.partners[PARTNER]
    portal.node.clock.forward(minutes=5)
    given = peer.vouch(portal.node.house, status="suspended")  # type: ignore[attr-defined]
    word = given[FACILITY[PARTNER]]
    officer = portal.as_person("release_officer")
    path = f"/en/assurances/{word}/affected/"
    assert path in officer.get("/en/desk/queue/").content.decode()
    told = officer.get(path).content.decode()
    assert f"/en/cases/{case.id}/" in told
    assert "suspended its word" in told
    registrar = portal.as_person("registrar")
    assert path in registrar.get("/en/assurances/").content.decode()
    assert f"/en/cases/{case.id}/" not in registrar.get(path).content.decode(), "she has no page of it"
    assert portal.as_person("security_officer").get(path).status_code == 404
    assert officer.get("/en/assurances/asr_nothing/affected/").status_code == 404


def test_a_suspended_subject_is_not_offered_for_an_assurance(portal: Portal) -> None:
    scene_of(portal)
    give_assurance(
        portal.node.house,
        portal.node.actor("registrar"),
        subject_kind="facility",
        subject=FACILITY[USA],
        recipient=PARTNER,
        valid_until=START + YEAR / 3,
    )
    registrar = portal.as_person("registrar")
    assert "superseded" in registrar.get("/en/assurances/").content.decode()
    path = f"/en/people/facility/{FACILITY[USA]}/"
    registrar.post(path, {"reason": REASON, "does": "suspend"})
    assert f'value="facility {FACILITY[USA]}"' not in registrar.get("/en/assurances/").content.decode()
    assert LedgerEntry.objects.filter(event="facility:suspended").count() == 1
