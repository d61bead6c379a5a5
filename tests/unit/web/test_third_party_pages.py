"""Passing an item on to a third party, as people of the holder and of the originator see it."""

from __future__ import annotations

from relto.services.third_party import third_party_request
from relto.store.models import RegisterEntry, ThirdPartyRequest
from tests.unit.services import third_parties as stories
from tests.unit.web.portal import Portal
from tests.unit.web.scenes import PARTNER, REASON, fields_wrong, gaps_of, scene_of, sent_case

ASKED = {
    "nation": "fra",
    "recipient": stories.FRENCH,
    "purpose": stories.PURPOSE,
    "valid_from": "2026-11-22",
    "valid_until": "2026-12-22",
}


def test_a_company_asks_its_authority_sends_it_on_and_the_consented_item_is_passed_on(portal: Portal) -> None:
    scene = scene_of(portal)
    item = stories.held_item(scene)
    stories.authorise(scene)
    asker, officer = portal.as_person("security_officer"), portal.as_person("release_officer")
    ask = f"/en/documents/{item.id}/third-party/"
    assert ask in asker.get(f"/en/documents/{item.id}/").content.decode()
    assert portal.as_person("engineer").get(ask).status_code == 404
    wrong = asker.post(ask, {**ASKED, "valid_until": "2026-10-01", "recipient": ""})
    assert wrong.status_code == 422
    assert fields_wrong(wrong.content.decode()) == ["recipient", "valid_until"]
    assert stories.PURPOSE in wrong.content.decode()
    own = asker.post(ask, {**ASKED, "nation": "USA"})
    assert own.status_code == 422
    assert fields_wrong(own.content.decode()) == ["nation"]
    made = asker.post(ask, ASKED)
    assert made.status_code == 302
    path = made["Location"].split("?")[0]
    assert b'name="reason"' not in asker.get(path).content
    assert path in officer.get("/en/desk/").content.decode()
    page = officer.get(path).content.decode()
    assert " checked" not in page
    assert officer.post(path, {"reason": REASON}).status_code == 422
    assert officer.post(path, {"outcome": "forward", "reason": REASON}).status_code == 302
    row = ThirdPartyRequest.objects.get()
    assert row.state == "forwarded"
    assert b'name="reason"' not in officer.get(path).content
    detail = third_party_request(portal.node.house, scene.officer(), row.id)
    assert stories.tell(scene, stories.answer(scene, detail)) == ""
    passing = officer.get(path).content.decode()
    assert "Pass it on under the consent" in passing
    gaps = gaps_of(passing)
    left = officer.post(path, {"reason": REASON, "accepts": gaps[1:]})
    assert left.status_code == 422
    done = officer.post(path, {"reason": REASON, "accepts": gaps})
    assert done.status_code == 302
    assert RegisterEntry.objects.filter(direction="retransferred", counterpart=stories.FRENCH).count() == 1
    assert 'id="receipt"' in officer.get(done["Location"]).content.decode()
    assert "passed on" in asker.get("/en/third-party/").content.decode()
    assert portal.as_person("registrar").get(path).status_code == 404
    assert officer.get("/en/third-party/tpr_nothing/").status_code == 404


def test_an_authority_declines_a_request(portal: Portal) -> None:
    scene = scene_of(portal)
    request = stories.ask(scene, stories.held_item(scene))
    officer = portal.as_person("release_officer")
    done = officer.post(f"/en/third-party/{request.id}/", {"outcome": "decline", "reason": REASON})
    assert done.status_code == 302
    told = portal.as_person("security_officer").get(f"/hi/third-party/{request.id}/").content.decode()
    assert "2. आगे नहीं भेजा गया" in told
    assert REASON in told


def test_an_originators_authority_consents_to_fewer_days_and_withdraws(portal: Portal) -> None:
    item = sent_case(portal, label={"level": "SECRET", "audience": ["USA", "IND", "FRA"]}).item
    scene = stories.Scene(portal.node, portal.node.house.partners[PARTNER])  # type: ignore[arg-type]
    row = stories.received(scene, item)  # type: ignore[arg-type]
    officer = portal.as_person("release_officer")
    path = f"/en/third-party/{row.id}/"
    page = officer.get(path).content.decode()
    assert item.title in page
    wide = {"outcome": "consent", "reason": REASON, "valid_until": "2027-11-22"}
    wrong = officer.post(path, wide)
    assert wrong.status_code == 422
    assert fields_wrong(wrong.content.decode()) == ["valid_until"]
    assert "2027-11-22" in wrong.content.decode()
    assert ThirdPartyRequest.objects.get().state == "forwarded"
    narrow = {"outcome": "consent", "reason": REASON, "valid_from": "2026-11-22", "valid_until": "2026-11-30"}
    assert officer.post(path, narrow).status_code == 302
    row.refresh_from_db()
    assert row.granted_from == row.valid_from, "the first day is the one asked for"
    assert str(row.granted_until)[:10] == "2026-11-30"
    seen = officer.get(path).content.decode()
    assert "narrower than asked" in seen
    withdraw = f"{path}withdraw/"
    assert withdraw in seen
    assert "stays passed on" in officer.get(withdraw).content.decode()
    assert portal.as_person("security_officer").get(withdraw).status_code == 404
    assert fields_wrong(officer.post(withdraw, {}).content.decode()) == ["reason"]
    assert officer.post(withdraw, {"reason": REASON}).status_code == 302
    assert "The originator withdrew its consent." in officer.get(path).content.decode()
    assert officer.get(withdraw).status_code == 404
