"""While a node may not act, every page says so, one page says why and what is lost, and nothing can be changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from django.test import Client
from pytest_django import Settings

from relto.base.canonical import Json
from relto.services.quarantine import LEDGER_BEHIND, SENT_LOST, Finding, quarantine_node
from relto.services.standing import ServedStanding
from relto.store.models import Item, LedgerCheck, LedgerEntry, NodeStart
from tests.unit.web.portal import Portal

MESSAGE = "msg_aaaaaaaaaaaaaaaaaaaaaaaa"


def _guard(portal: Portal, settings: Settings) -> None:
    house = replace(portal.node.house, standing=ServedStanding("sta_one"))
    settings.RELTO_HOUSE = house
    NodeStart.objects.create(start="sta_one", started_at=portal.node.clock.now(), waiting_for="unreachable.witness")


def test_a_node_that_has_not_compared_itself_says_so_on_every_page(portal: Portal, settings: Settings) -> None:
    engineer = portal.as_person("engineer")
    assert "relto-standing" not in engineer.get("/en/documents/").content.decode()
    _guard(portal, settings)
    for path in ("documents/", "seal/", "marks/", "documents/itm_nothing/"):
        assert "has not compared itself since" in engineer.get(f"/en/{path}").content.decode(), path
    assert "has not compared itself since" in Client().get("/en/account/sign-in/").content.decode()
    why = engineer.get("/en/node/").content.decode()
    assert "Not yet." in why
    assert "unreachable.witness" in why
    NodeStart.objects.update(compared_at=portal.node.clock.now())
    assert "relto-standing" not in engineer.get("/en/documents/").content.decode()
    assert "Yes. It has compared itself" in engineer.get("/en/node/").content.decode()


def test_a_node_in_quarantine_can_be_read_and_says_what_is_lost(portal: Portal, settings: Settings) -> None:
    _guard(portal, settings)
    messages: tuple[dict[str, Json], ...] = ({"sequence": 7, "kind": "release", "message": MESSAGE},)
    findings = [Finding(LEDGER_BEHIND, "own_witness", 40, 52), Finding(SENT_LOST, "IND", 7, 8, messages)]
    quarantine_node(portal.node.house, findings)
    operator = portal.as_person("operator")
    page = operator.get("/en/node/").content.decode()
    assert "in quarantine" in page
    assert "ends at 40 entries; the own witness has seen 52" in page
    assert MESSAGE in page
    assert "relto node recover" in page
    engineer = portal.as_person("engineer")
    told = engineer.get("/en/node/").content.decode()
    assert "ledger_behind" in told
    assert MESSAGE not in told, "which messages is for the officials"
    listed = engineer.get("/hi/documents/").content.decode()
    assert "यह नोड संगरोध में है।" in listed
    refused = engineer.post("/en/seal/", portal.form())
    assert refused.status_code == 503
    assert "quarantine" in refused.content.decode()
    assert Item.objects.count() == 0


def test_the_page_says_what_the_last_re_check_of_the_ledger_found(portal: Portal) -> None:
    operator = portal.as_person("operator")
    assert "re-check" not in operator.get("/en/node/").content.decode()
    at = portal.node.clock.now()
    row = LedgerCheck.objects.create(finished_at=at, size=42)
    page = operator.get("/en/node/").content.decode()
    assert "The last re-check of the whole ledger" in page
    assert "all is as it was recorded" in page
    row.counts, row.named = {"details_changed": 1}, [{"code": "details_changed", "place": "entry:17"}]
    row.save()
    page = operator.get("/en/node/").content.decode()
    assert "The details of an entry are not those that it fixed." in page
    assert "entry:17" in page
    engineer = portal.as_person("engineer").get("/hi/node/").content.decode()
    assert "entry:17" not in engineer
    assert "विवरण" in engineer


def test_the_operator_sees_which_alarms_stand_and_what_to_do_and_an_engineer_does_not(portal: Portal) -> None:
    LedgerEntry.objects.update(recorded_at=portal.node.clock.now() - timedelta(hours=1))
    page = portal.as_person("operator").get("/en/node/").content.decode()
    assert "witness is late" in page
    assert "checkpoint.not_cosigned" in page
    assert "साक्षी देर कर रहा है" in portal.as_person("operator").get("/hi/node/").content.decode()
    assert "witness is late" not in portal.as_person("engineer").get("/en/node/").content.decode()
