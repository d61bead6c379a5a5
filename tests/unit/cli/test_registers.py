"""The control register at the terminal: copies, movements, inventories, and the chain of custody."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from relto.base.errors import Conflict, MalformedInput, NotAvailable, Refused
from relto.base.instants import instant_text
from tests.support.houses import FACILITY, USA, add_company
from tests.unit.cli.desk import Desk
from tests.unit.services.stories import seal_item
from tests.unit.services.test_registers import strong_room

OFFICER, SAFE = "security_officer", "Room 7, safe 2"


def test_a_copy_is_recorded_moved_counted_and_destroyed_and_its_chain_says_so(desk: Desk, tmp_path: Path) -> None:
    node = desk.door.node
    item, room = seal_item(node), strong_room(node)
    kept = ("--facility", FACILITY[USA], "--custodian", OFFICER)
    with pytest.raises(Refused):
        desk.types("release_officer", "register", "copy", item.id, "--form", "physical", *kept)
    said = desk.types(
        OFFICER, "register", "copy", item.id, "--form", "physical", *kept, "--location", SAFE, "--number", "1"
    )
    copy = said.split()[0]
    assert "On paper, Held" in said
    assert SAFE in said
    assert desk.asks("inspector", "register", "line", "USA-C014-2026-000001")["step"] == "record"
    with pytest.raises(NotAvailable):
        desk.types("inspector", "register", "line", "USA-C014-2026-000009")
    desk.types(OFFICER, "register", "move", copy, "--to", room, "--medium", "courier", "--reference", "CC-1")
    assert "the arrival of the copy" in desk.types("inspector", "custody", item.id)
    desk.types(OFFICER, "register", "arrive", copy, "--custodian", OFFICER, "--location", "Strong room")
    desk.types(OFFICER, "register", "move", copy, "--custodian", OFFICER, "--location", "Drawer 4")
    as_of = instant_text(node.clock.now())
    opened = desk.asks(OFFICER, "register", "inventory", "open", "--as-of", as_of)
    with pytest.raises(Conflict):
        desk.types(OFFICER, "register", "inventory", "sign", opened["id"])
    desk.types(OFFICER, "register", "inventory", "check", opened["id"], "not_found", "--copy", copy)
    desk.types(OFFICER, "register", "inventory", "check", opened["id"], "extra", "--note", "a loose sheet")
    result = tmp_path / "result.json"
    signed = desk.types(OFFICER, "register", "inventory", "sign", opened["id"], "--output", str(result))
    assert "missing: 1" in signed
    assert "Extra: on no register" in signed
    assert json.loads(result.read_text())["payloadType"]
    assert "signed" in desk.types("inspector", "register", "inventory", "list")
    assert opened["id"] in desk.types("inspector", "register", "inventory", "show", opened["id"])
    desk.types(OFFICER, "register", "found", copy, "--custodian", OFFICER, "--location", SAFE)
    desk.types(OFFICER, "register", "lost", copy, "--reason", "drawer open")
    assert "day 0 (No rule loaded)" in desk.types("inspector", "custody", item.id)
    desk.types(OFFICER, "register", "found", copy, "--custodian", OFFICER, "--location", SAFE)
    second = node.people["engineer"]
    day = ("--method", "shredding", "--on", "2026-11-22")
    desk.types(OFFICER, "register", "destroy", copy, *day, "--witness", second)
    assert "second signature" in desk.types("inspector", "register", "show", copy)
    assert "state.copy" not in desk.types("engineer", "register", "witness", copy)
    paper = tmp_path / "certificate.json"
    desk.types("inspector", "register", "certificate", copy, "--output", str(paper))
    assert json.loads(paper.read_text())["payloadType"]
    chain = desk.asks("inspector", "custody", item.id, "--copy", copy)
    assert chain["unbroken"]
    assert chain["links"][-1]["event"]["kind"] == "copy:destroyed"
    assert "no gap" in desk.types("inspector", "custody", item.id, "--copy", copy)
    assert "Destroyed" in desk.types("inspector", "register", "holdings")
    add_company(node, "USA-C097", "USA-F097")
    with pytest.raises(NotAvailable):
        desk.types("other_security_officer", "custody", item.id)


def test_copies_and_translations_of_an_item_stand_with_the_rules_that_ask_for_them(desk: Desk) -> None:
    node = desk.door.node
    item, derived = seal_item(node), seal_item(node)
    made = ("--form", "working_paper", "--count", "2", "--authority", "PSI-4", "--reason", "two benches")
    kept = ("--facility", FACILITY[USA], "--custodian", "engineer", "--location", SAFE)
    said = desk.types(OFFICER, "register", "reproduce", item.id, *made, *kept, "--number", "1", "--number", "2")
    assert said.count("Working paper: Held") == 2
    with pytest.raises(MalformedInput):
        desk.types(OFFICER, "register", "reproduce", item.id, *made, *kept, "--number", "3")
    with pytest.raises(MalformedInput, match="register_translator"):
        desk.types(OFFICER, "register", "translate", item.id, derived.id, "--into", "hi", "--translator", "nobody")
    by = ("--into", "hi", "--translator", node.people["engineer"])
    assert "(hi)" in desk.types(OFFICER, "register", "translate", item.id, derived.id, *by)
    shown = desk.types("inspector", "register", "item", item.id)
    assert (
        "When a working paper becomes a document: after 180 days (32 CFR 117.15(e)(3)(iv); 32 CFR 2001.24(d))" in shown
    )
    assert "Who signs a destruction: No rule loaded" in shown
    copy = desk.asks("inspector", "register", "item", item.id)["copies"][0]["id"]
    back = ("--recipient", "USA-DSA", "--on", "2026-11-22")
    assert "Returned" in desk.types(OFFICER, "register", "return", copy, *back)
