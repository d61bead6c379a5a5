"""The pages in a real browser: no violation that axe-core finds, nothing wider than a telephone, in both languages."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from axe_core_python.selenium import Axe
from django.test import Client
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from relto.adapters.log_files import FolderLogFiles
from relto.services import inventories
from relto.services.openings import record_obstacle
from relto.services.quarantine import LEDGER_BEHIND, SENT_LOST, Finding, quarantine_node
from relto.store.models import Authorisation, Item
from tests.support.chromium import needs_chromium, start_chromium
from tests.support.houses import FACILITY, PROGRAMME, USA
from tests.unit.services import third_parties
from tests.unit.services.test_registers import record, strong_room, take
from tests.unit.web.portal import Portal, open_portal
from tests.unit.web.scenes import PARTNER, accepted_joint_arrival, joint_arrival, received, scene_of, sent_case

pytestmark = needs_chromium
_WIDTHS = (1280, 390)
_PATIENCE = 30
_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
_PICTURES = os.environ.get("RELTO_PICTURES", "")


@pytest.fixture(scope="module")
def browser() -> Iterator[webdriver.Chrome]:
    driver = start_chromium()
    yield driver
    driver.quit()


@pytest.fixture
def portal(transactional_db: None, tmp_path: Path, settings: Settings) -> Portal:
    made = open_portal(tmp_path, USA)
    settings.RELTO_HOUSE = made.node.house
    settings.RELTO_LOG_FILES = FolderLogFiles(tmp_path / "log")
    settings.ROOT_URLCONF = "tests.support.portal_urls"
    settings.ALLOWED_HOSTS = ["testserver", "localhost"]
    return made


def _enter(browser: webdriver.Chrome, live_server: LiveServer, client: Client) -> None:
    browser.get(f"{live_server.url}/en/marks/")
    browser.delete_all_cookies()
    for morsel in client.cookies.values():
        browser.add_cookie({"name": morsel.key, "value": morsel.value, "path": "/"})


def _look(browser: webdriver.Chrome, live_server: LiveServer, name: str, path: str, *, axed: bool) -> list[str]:
    """What is wrong with a page: on a telephone always, at full width where axe looks at it too."""
    wrong = []
    for width in _WIDTHS if axed or _PICTURES else _WIDTHS[1:]:
        # A window of headless chromium is never narrower than 500; what a telephone shows is set apart from it.
        metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        browser.get(f"{live_server.url}{path}")
        wide = browser.execute_script("return document.documentElement.scrollWidth")
        if wide > width:
            wrong.append(f"{name} at {width}: {wide} wide")
        if _PICTURES:
            height = browser.execute_script("return document.documentElement.scrollHeight")
            metrics["height"] = min(int(height), 6000)
            browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
            language = path.split("/")[1]
            browser.save_screenshot(str(Path(_PICTURES) / f"{name}-{language}-{width}.png"))
        if axed and width == _WIDTHS[0]:
            found = Axe().run(browser, options=_RULES)
            wrong += [f"{name} {path}: {one['id']}: {one['nodes'][0]['html'][:200]}" for one in found["violations"]]
    return wrong


def test_every_main_page_is_accessible_and_fits_a_telephone(
    browser: webdriver.Chrome, live_server: LiveServer, portal: Portal
) -> None:
    item = portal.seal()
    other = portal.seal()
    portal.partner_vouches()
    portal.authorise(item)
    case = portal.ask(item)
    seen = {
        "engineer": {"documents": "documents/", "document": f"documents/{item.id}/", "seal": "seal/"}
        | {"requests": "requests/", "share": "ask/", "glossary": "glossary/", "tutorial": "tutorial/"},
        "security_officer": {"company": "company/", "ask": f"documents/{other.id}/release/", "account": "account/"},
        "release_officer": {"desk": "desk/", "queue": "desk/queue/", "case": f"cases/{case}/", "unknown": "cases/x/"}
        | {"search": "search/", "today": "today/"},
        "registrar": {"assurances": "assurances/", "register": "register/"},
        "co_chair": {"rules": "rules/"},
        "inspector": {
            "ledger": "ledger/",
            "recoveries": "recoveries/",
            "reconcile": "reconcile/MONSOON-LARK/",
            "marks": "marks/",
            "verify": "verify/",
            "factors": "account/factors/",
        },
    }
    wrong = _look_at(browser, live_server, portal, seen)
    browser.delete_all_cookies()
    wrong += _look(browser, live_server, "sign-in", "/hi/account/sign-in/", axed=True)
    assert wrong == []


def _look_at(
    browser: webdriver.Chrome, live_server: LiveServer, portal: Portal, seen: Mapping[str, Mapping[str, str]]
) -> list[str]:
    wrong = []
    for who, pages in seen.items():
        _enter(browser, live_server, portal.as_person(who))
        for number, (name, path) in enumerate(pages.items()):
            for language in ("en", "hi"):
                # Each page once: the two languages differ in words, not in structure.
                axed = bool(_PICTURES) or (number % 2 == 0) == (language == "en")
                wrong += _look(browser, live_server, name, f"/{language}/{path}", axed=axed)
    return wrong


def test_pages_of_endings_owners_and_third_parties_are_accessible_too(
    browser: webdriver.Chrome, live_server: LiveServer, portal: Portal
) -> None:
    # The partner asks whether an own document may go further; its word on a facility is suspended afterwards.
    case = sent_case(portal, label={"level": "SECRET", "audience": ["USA", "IND", "FRA"]})
    peer = portal.node.house.partners[PARTNER]
    scene = third_parties.Scene(portal.node, peer)  # type: ignore[arg-type]
    asked = third_parties.received(scene, case.item)  # type: ignore[arg-type]
    authorisation = Authorisation.objects.get(kind="disclosure")
    # Our company holds three documents of the partner: one to pass on, one withdrawn, one that both own and that waits.
    held = third_parties.held_item(scene)
    third_parties.authorise(scene)
    ours = third_parties.forwarded(scene, held)
    third_parties.tell(scene, third_parties.answer(scene, ours))
    gone, sent = received(portal, scene.peer, "transferred")
    scene.peer.send(portal.node.house, "withdrawal", scene.peer.withdrawal(sent))
    joint = joint_arrival(portal, scene.peer)
    own = portal.seal(owners="IND")
    portal.node.clock.forward(minutes=5)
    word = scene.peer.vouch(portal.node.house, status="suspended")[FACILITY[PARTNER]]
    colleague = portal.node.people["colleague"]
    portal.as_person("registrar").post(f"/en/people/person/{colleague}/", {"does": "suspend", "reason": "Her request."})
    seen = {
        "release_officer": {
            "desk-third": "desk/",
            "queue-closed": "desk/queue/",
            "case-sent": f"cases/{case.id}/",
            "withdraw": f"cases/{case.id}/withdraw/",
            "arrival-joint": f"arrivals/{joint.id}/",
            "third-list": "third-party/",
            "third-answer": f"third-party/{asked.id}/",
            "third-pass-on": f"third-party/{ours.id}/",
            "affected": f"assurances/{word}/affected/",
        },
        "security_officer": {
            "company-due": "company/",
            "arrival-gone": f"arrivals/{gone.id}/",
            "third-ask": f"documents/{held.id}/third-party/",
            "joint-release": f"documents/{own.id}/release/",
        },
        "engineer": {
            "document-gone": f"documents/{gone.item_id}/",
            "document-joint": f"documents/{own.id}/",
            "documents-all": "documents/",
            "node-ready": "node/",
        },
        "registrar": {
            "people": "people/",
            "suspend": f"people/facility/{FACILITY[USA]}/",
            "suspended": f"people/person/{colleague}/",
            "words": "assurances/",
            "authorisations": "authorisations/",
            "authorisation": f"authorisations/{authorisation.id}/withdraw/",
        },
    }
    wrong = _look_at(browser, live_server, portal, seen)
    lost = [Finding(LEDGER_BEHIND, "own_witness", 40, 52), Finding(SENT_LOST, PARTNER, 7, 9)]
    quarantine_node(portal.node.house, lost)
    _enter(browser, live_server, portal.as_person("operator"))
    wrong += _look(browser, live_server, "quarantine", "/en/node/", axed=True)
    wrong += _look(browser, live_server, "quarantine", "/hi/node/", axed=False)
    assert wrong == []


def test_pages_of_steps_that_an_officer_takes_herself_are_accessible_too(
    browser: webdriver.Chrome, live_server: LiveServer, portal: Portal
) -> None:
    scene = scene_of(portal)
    house, people = portal.node.house, portal.node.people
    held, _ = received(portal, scene.peer)
    gone, sent = received(portal, scene.peer)
    scene.peer.send(house, "withdrawal", scene.peer.withdrawal(sent))
    joint = accepted_joint_arrival(portal, scene.peer)
    unreleased = portal.seal(owners="IND")
    hers = record_obstacle(house, portal.node.actor("colleague"), held.item_id)
    another = record_obstacle(house, portal.node.actor("engineer"), gone.item_id)
    first = record_obstacle(house, portal.node.actor("engineer"), unreleased.id)
    disclosure = Authorisation.objects.get(kind="disclosure")
    kept = f"programmes/{PROGRAMME}/{people['engineer']}/"
    seen = {
        "release_officer": {"arrival-ours": f"arrivals/{joint.id}/", "withdraw-ours": f"arrivals/{joint.id}/withdraw/"},
        "engineer": {"documents-withdrawn": "documents/", "document-unreleased": f"documents/{unreleased.id}/"},
        "security_officer": {
            "company-links": "company/",
            "refusal-step": f"company/refusals/{hers}/",
            "refusal-ask": f"company/refusals/{another}/",
            "refusal-unreleased": f"company/refusals/{first}/",
            "record-export": "authorisations/record/",
            "assign": f"programmes/{PROGRAMME}/{people['colleague']}/",
        },
        "registrar": {
            "record-disclosure": "authorisations/record/",
            "authorisation-stands": f"authorisations/{disclosure.id}/",
            "programmes": "programmes/",
            "end": kept,
        },
    }
    wrong = _look_at(browser, live_server, portal, seen)
    portal.as_person("registrar").post(f"/en/authorisations/{disclosure.id}/withdraw/", {"reason": "It ended."})
    portal.as_person("release_officer").post(f"/en/arrivals/{joint.id}/withdraw/", {"reason": "It ended."})
    ended = {
        "registrar": {"authorisation-withdrawn": f"authorisations/{disclosure.id}/", "listed": "authorisations/"},
        "release_officer": {"arrival-withdrawn": f"arrivals/{joint.id}/"},
    }
    wrong += _look_at(browser, live_server, portal, ended)
    assert wrong == []


def test_pages_of_the_register_and_of_custody_are_accessible_too(
    browser: webdriver.Chrome, live_server: LiveServer, portal: Portal
) -> None:
    node = portal.node
    strong_room(node)
    case = sent_case(portal)
    other = portal.seal()
    named = record(node, case.item_id, number=1)
    record(node, case.item_id, form="working_paper", location="")
    lost = record(node, other.id)
    take(node, lost.id, "suspect", reason="The drawer was empty.")
    waiting = record(node, other.id)
    day = {"method": "shredding", "done_on": "2026-11-20"}
    take(node, waiting.id, "destroy", witness=node.people["engineer"], **day)
    counted = inventories.open_inventory(node.house, node.actor("security_officer"), as_of=node.house.now())
    ended = record(node, other.id)
    take(node, ended.id, "destroy", method="burning", done_on="2026-11-20")
    signed = inventories.open_inventory(
        node.house, node.actor("security_officer"), as_of=node.house.now(), level="CONFIDENTIAL"
    )
    inventories.check_copy(node.house, node.actor("security_officer"), signed.id, result="extra", note="a loose sheet")
    inventories.sign_inventory(node.house, node.actor("security_officer"), signed.id)
    item, copies = f"company/register/items/{case.item_id}/", "company/register/copies/"
    seen = {
        "security_officer": {
            "holdings": "company/register/",
            "register-item": item,
            "register-reproduce": f"{item}reproduce/",
            "register-copy": f"{copies}{named.id}/",
            "register-destroy": f"{copies}{named.id}/destroy/",
            "inventory": f"company/inventories/{counted.id}/",
            "inventory-signed": f"company/inventories/{signed.id}/",
            "register-destroyed": f"{copies}{ended.id}/",
        },
        "engineer": {"register-witness": f"{copies}{waiting.id}/witness/"},
        "inspector": {
            "custody": f"custody/{case.item_id}/",
            "custody-copy": f"custody/{other.id}/{lost.id}/",
        },
    }
    assert _look_at(browser, live_server, portal, seen) == []


def test_a_large_document_shows_how_far_it_has_come_and_what_was_wrong_stays_written(
    browser: webdriver.Chrome, live_server: LiveServer, portal: Portal, tmp_path: Path
) -> None:
    _enter(browser, live_server, portal.as_person("engineer"))
    document = tmp_path / "large.bin"
    with document.open("wb") as file:
        file.truncate(24 * 1024 * 1024)
    browser.get(f"{live_server.url}/en/seal/")
    browser.execute_script(
        "window.said = [];"
        "const words = document.getElementById('progress-words');"
        "new MutationObserver(() => window.said.push(words.textContent)).observe(words, {childList: true});"
    )
    browser.find_element(By.NAME, "title").send_keys("A large document")
    browser.find_element(By.NAME, "document").send_keys(str(document))
    browser.find_element(By.CSS_SELECTOR, "#seal button[type=submit]").click()
    waiting = WebDriverWait(browser, _PATIENCE)
    summary = waiting.until(lambda driver: driver.find_elements(By.CSS_SELECTOR, ".govuk-error-summary"))
    assert browser.switch_to.active_element == summary[0]
    # A fast machine may send it all before the browser speaks of it for the first time.
    *underway, arrived = browser.execute_script("return window.said")
    assert all("of 25" in said and "MB sent" in said for said in underway)
    assert "All of it arrived." in arrived
    assert browser.find_element(By.NAME, "title").get_attribute("value") == "A large document"
    for selector in (
        "[name=programme]",
        "[name=owners][value=own]",
        "[name=level][value=SECRET]",
        "[name=audience][value=only]",
        "[name=nations][value=USA]",
        "[name=export_controlled][value=no]",
    ):
        browser.find_element(By.CSS_SELECTOR, selector).click()
    browser.find_element(By.NAME, "review_by").send_keys("2036-11-22")
    browser.find_element(By.NAME, "document").send_keys(str(document))
    browser.find_element(By.CSS_SELECTOR, "#seal button[type=submit]").click()
    waiting.until(lambda driver: "/documents/" in driver.current_url and "entry=ent_" in driver.current_url)
    assert Item.objects.get().plaintext_size == document.stat().st_size
