"""The register's pages: what do we hold, where; a movement; a count; and the chain of custody with its gaps."""

from __future__ import annotations

import json
import re

import pytest
from django.test import Client

from relto.services import copies, inventories, release_sending
from relto.store.models import Inventory, ItemCopy, LedgerEntry
from tests.support.houses import FACILITY, USA
from tests.unit.services import stories
from tests.unit.services.test_registers import record, strong_room, take
from tests.unit.web.portal import LANGUAGES, Portal
from tests.unit.web.scenes import fields_wrong, scene_of, sent_case

SAFE = "Vault 2, safe 4"
KEPT = {"facility": FACILITY[USA], "custodian": "security_officer", "location": SAFE}


def opened(browser: Client, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    page: str = answer.content.decode()
    assert "style=" not in page
    assert "<script" not in page
    return page


def sent(browser: Client, path: str, **form: str) -> str:
    answer = browser.post(path, form)
    assert answer.status_code == 302, re.findall(r'error-summary__list">(.*?)</ul>', answer.content.decode())
    return str(answer["Location"])


def test_a_copy_is_recorded_moved_and_counted_on_its_pages(portal: Portal) -> None:
    node = portal.node
    room = strong_room(node)
    item = portal.seal()
    officer = portal.as_person("security_officer")
    assert "Every copy on record has its place." in opened(officer, "/en/company/register/")
    missing = officer.post(f"/en/company/register/items/{item.id}/record/", {})
    assert missing.status_code == 422
    assert fields_wrong(missing.content.decode()) == ["form", "facility", "custodian"]
    place = sent(officer, f"/en/company/register/items/{item.id}/record/", form="physical", number="4", **KEPT)
    page = opened(officer, place)
    copy = ItemCopy.objects.get()
    assert SAFE in page
    assert "Recorded: A copy was put on record." in page
    assert "Hull" not in page
    step = f"/en/company/register/copies/{copy.id}"
    sent(officer, f"{step}/dispatch/", facility=room, medium="courier", reference="CC-1")
    assert "1 copy needs you." in opened(officer, "/en/company/register/")
    assert officer.get(f"{step}/destroy/").status_code == 404
    sent(officer, f"{step}/arrive/", custodian=node.people["second"], location="Strong room")
    wrong = officer.post(f"{step}/destroy/", {"method": "burning", "done_on": "2030-01-01"})
    assert fields_wrong(wrong.content.decode()) == ["done_on"]
    counted = sent(officer, "/en/company/inventories/", level="-", as_of="2026-11-22")
    inventory = Inventory.objects.get()
    assert f"/company/inventories/{inventory.id}/" in counted
    here = f"/en/company/inventories/{inventory.id}/"
    assert "1 of 1 copies are still to be looked for." in opened(officer, here)
    sent(officer, here, does="not_found", copy=copy.id)
    assert officer.post(here, {"does": "extra", "note": ""}).status_code == 422
    sent(officer, here, does="extra", note="a loose sheet")
    sent(officer, here, does="sign")
    assert "1 of 1 copies were not found." in opened(portal.as_person("inspector"), here)
    assert "A suspected loss is recorded" in opened(officer, f"{step}/")
    told = opened(officer, f"/en/custody/{item.id}/")
    assert "1 thing is expected and not seen." in told
    assert "relto-chart__dot--missing" in told


def test_two_persons_sign_a_destruction_each_on_her_own_page(portal: Portal) -> None:
    node = portal.node
    item = portal.seal()
    copy = record(node, item.id)
    step = f"/en/company/register/copies/{copy.id}"
    officer, engineer = portal.as_person("security_officer"), portal.as_person("engineer")
    day = {"method": "shredding", "done_on": "2026-11-22"}
    assert engineer.get(f"{step}/").status_code == 404
    sent(officer, f"{step}/destroy/", witness=node.people["engineer"], **day)
    assert officer.get(f"{step}/witness/").status_code == 404
    assert "your signature is the second one" in opened(engineer, "/en/documents/")
    assert "You sign that this copy was destroyed before you." in opened(engineer, f"{step}/witness/")
    place = sent(engineer, f"{step}/witness/")
    assert "A copy was destroyed" in opened(engineer, place)
    assert engineer.get(f"{step}/").status_code == 404
    assert "The chain has no gap" in opened(officer, f"/en/custody/{item.id}/{copy.id}/")


def test_copies_that_were_made_and_translations_are_recorded_with_what_the_rules_ask(portal: Portal) -> None:
    node = portal.node
    item, other = portal.seal(), portal.seal()
    officer = portal.as_person("security_officer")
    form = f"/en/company/register/items/{item.id}/reproduce/"
    assert "No rule loaded" in opened(officer, form)
    made = {"form": "working_paper", "count": "2", "numbers": "4, 5", "source": "-", "authority": "PSI-4", **KEPT}
    wrong = officer.post(form, made | {"numbers": "four", "reason": "two benches"})
    assert fields_wrong(wrong.content.decode()) == ["numbers"]
    page = opened(officer, sent(officer, form, reason="two benches", **made))
    assert "handled as a document from" in page
    assert "32 CFR 117.15(e)(3)(iv)" in page
    form = f"/en/company/register/items/{item.id}/translate/"
    page = opened(officer, sent(officer, form, derived=other.id, language="hi", translator=node.people["engineer"]))
    assert other.id in page
    assert officer.get(f"/en/company/register/items/{item.id}/sell/").status_code == 404


def test_the_chain_of_a_sent_document_shows_receipts_and_says_what_it_does_not_show(portal: Portal) -> None:
    case = sent_case(portal)
    inspector = portal.as_person("inspector")
    page = opened(inspector, f"/en/custody/{case.item_id}/")
    assert "custody receipt" in page
    assert "What happened inside the other nation." in page
    assert "No rule loaded" in page
    assert "Signature holds" in page
    answer = inspector.get(f"/en/custody/{case.item_id}/chain.json")
    chain = json.loads(answer.content)
    assert (chain["type"], chain["version"]) == ("relto/custody-chain", 1)
    assert "acceptance:receipted" in {link["event"]["kind"] for link in chain["links"]}
    assert "Hull" not in answer.content.decode() + page
    sheet = re.search(r'href="(/en/print/custody/[^"]+\.css)" media="print"', page)
    assert sheet
    assert "SECRET" in inspector.get(sheet[1]).content.decode()


def test_a_receipt_that_is_late_is_a_hollow_dot_with_its_day_and_the_limit(portal: Portal) -> None:
    node, peer = portal.node, scene_of(portal).peer
    peer.vouch(node.house, "reader")
    stories.authorise(node)
    case = stories.ask_release(node, peer, stories.seal_item(node))
    stories.decide_case(node, case)
    assert release_sending.prepare_release(node.house, case.id)
    node.clock.forward(days=52)
    page = opened(portal.as_person("inspector"), f"/en/custody/{case.item.id}/")
    assert "day 52 of 45" in page
    assert "relto-verdict--fails" in page
    assert page.count("relto-chart__dot--missing") == 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_of_the_register_are_there_for_its_readers_and_unknown_to_others(portal: Portal, language: str) -> None:
    item = portal.seal()
    copy = record(portal.node, item.id)
    officer = portal.node.actor("security_officer")
    inventory = inventories.open_inventory(portal.node.house, officer, as_of=portal.node.house.now())
    pages = (
        "company/register/",
        f"company/register/items/{item.id}/",
        f"company/register/copies/{copy.id}/",
        "company/inventories/",
        f"company/inventories/{inventory.id}/",
        f"custody/{item.id}/",
        f"custody/{item.id}/{copy.id}/",
    )
    for who in ("security_officer", "inspector"):
        for path in pages:
            opened(portal.as_person(who), f"/{language}/{path}")
    for who in ("engineer", "operator"):
        for path in pages:
            assert portal.as_person(who).get(f"/{language}/{path}").status_code == 404, (who, path)
    assert portal.as_person("inspector").post(f"/{language}/{pages[4]}", {"does": "sign"}).status_code == 200
    assert Inventory.objects.get().signed_at is None


def test_what_was_changed_behind_the_ledgers_back_is_said_on_the_page(portal: Portal) -> None:
    item = portal.seal()
    copy = record(portal.node, item.id)
    take(portal.node, copy.id, "hand_over", custodian="engineer", location="Room 9")
    entry = copies.one_copy(portal.node.house, portal.node.actor("inspector"), copy.id).events[-1].entry
    LedgerEntry.objects.filter(entry=entry).update(salt=bytes(32))
    page = opened(portal.as_person("inspector"), f"/en/custody/{item.id}/{copy.id}/")
    assert "Does not hold" in page
    assert "what is stored is not what was signed" in page
