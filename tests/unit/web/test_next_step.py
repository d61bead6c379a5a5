"""After a refusal the security officer finds the one step that is hers, or whom she asks; assigning and ending it."""

from __future__ import annotations

import re

from relto.services import suspensions
from relto.services.openings import record_obstacle
from relto.services.programmes import end_membership
from relto.store.models import Membership
from tests.support.houses import FACILITY, PROGRAMME, USA
from tests.unit.web.portal import Portal
from tests.unit.web.scenes import REASON, fields_wrong, received, scene_of

_STEP = re.compile(r'<section[^>]*aria-labelledby="step">.*?</section>', re.DOTALL)


def _step(portal: Portal, who: str, reference: str, language: str = "en") -> str:
    """What stands above the reasons of a refusal about the next step."""
    page = portal.as_person(who).get(f"/{language}/company/refusals/{reference}/").content.decode()
    found = _STEP.search(page)
    return found[0] if found else ""


def test_an_ended_assignment_is_given_again_from_the_page_of_the_refusal(portal: Portal) -> None:
    row, _ = received(portal, scene_of(portal).peer)
    engineer = portal.node.people["engineer"]
    end_membership(
        portal.node.house, portal.node.actor("registrar"), programme=PROGRAMME, person=engineer, reason="another post"
    )
    reference = record_obstacle(portal.node.house, portal.node.actor("engineer"), row.item_id)
    told = _step(portal, "security_officer", reference)
    path = f"/en/programmes/{PROGRAMME}/{engineer}/"
    assert told.count("<a ") == 1, "one button"
    assert f'href="{path}"' in told
    assert "आपका अगला कदम" in _step(portal, "security_officer", reference, "hi")
    assert _step(portal, "engineer", reference) == "", "what the asker reads has her own button"
    officer = portal.as_person("security_officer")
    assert "What begins if Name of engineer is assigned" in officer.get(path).content.decode()
    empty = officer.post(path, {"does": "assign"})
    assert (empty.status_code, fields_wrong(empty.content.decode())) == (422, ["reason"])
    done = officer.post(path, {"does": "assign", "reason": REASON})
    assert done.status_code == 302
    assert 'id="receipt"' in officer.get(done["Location"]).content.decode()
    assert record_obstacle(portal.node.house, portal.node.actor("engineer"), row.item_id) == ""
    assert "was mended since" in _step(portal, "security_officer", reference)


def test_an_assignment_is_ended_after_reading_what_stops(portal: Portal) -> None:
    engineer = portal.node.people["engineer"]
    path = f"/en/programmes/{PROGRAMME}/{engineer}/"
    for who in ("registrar", "security_officer"):
        browser = portal.as_person(who)
        assert path in browser.get("/en/programmes/").content.decode()
        told = browser.get(path).content.decode()
        assert "nothing of this programme opens for this person" in told
        assert "It recalls nothing that was opened already" in told
        assert Membership.objects.get(person_id=engineer).until is None, "looking changes nothing"
        stale = browser.post(path, {"does": "assign", "reason": REASON})
        assert stale["Location"] == path, "the page was older than her assignment"
        done = browser.post(path, {"does": "end", "reason": REASON})
        assert done.status_code == 302
        assert 'id="receipt"' in browser.get(done["Location"]).content.decode()
        assert Membership.objects.get(person_id=engineer).until is not None
        assert "Not assigned" in browser.get("/en/programmes/").content.decode()
        assert browser.post(path, {"does": "assign", "reason": REASON}).status_code == 302
    registrar = portal.as_person("registrar")
    for wrong in (f"NO-SUCH/{engineer}", f"{PROGRAMME}/prs_nobody", f"{PROGRAMME}/{portal.node.people['registrar']}"):
        assert registrar.get(f"/en/programmes/{wrong}/").status_code == 404, wrong
        assert registrar.post(f"/en/programmes/{wrong}/", {"does": "end", "reason": REASON}).status_code == 404, wrong
    for who in ("engineer", "release_officer", "inspector"):
        assert portal.as_person(who).get("/en/programmes/").status_code == 404
        assert portal.as_person(who).post(path, {"does": "end", "reason": REASON}).status_code == 404
    assert Membership.objects.get(person_id=engineer).until is None


def test_what_is_not_hers_names_whom_she_asks(portal: Portal) -> None:
    row, _ = received(portal, scene_of(portal).peer)
    colleague = portal.node.people["colleague"]
    neither = record_obstacle(portal.node.house, portal.node.actor("colleague"), row.item_id)
    assert "Beside it 1 other gate does not hold" in _step(portal, "security_officer", neither)
    path = f"/en/programmes/{PROGRAMME}/{colleague}/"
    assert portal.as_person("security_officer").post(path, {"does": "assign", "reason": REASON}).status_code == 302
    not_listed = record_obstacle(portal.node.house, portal.node.actor("colleague"), row.item_id)
    told = _step(portal, "security_officer", not_listed)
    assert "<a " not in told
    assert "which names the readers of a release" in told
    registrar = portal.node.actor("registrar")
    suspensions.suspend(portal.node.house, registrar, kind="facility", subject=FACILITY[USA], reason=REASON)
    suspended = record_obstacle(portal.node.house, portal.node.actor("engineer"), row.item_id)
    told = _step(portal, "security_officer", suspended)
    assert "None of it is yours to mend." in told
    assert "the registrar of your own authority" in told


def test_of_a_joint_document_that_was_never_released_she_asks_for_its_release(portal: Portal) -> None:
    item = portal.seal(owners="IND")
    reference = record_obstacle(portal.node.house, portal.node.actor("engineer"), item.id)
    assert f'href="/en/documents/{item.id}/release/"' in _step(portal, "security_officer", reference)
