"""A live node follows what its bundle or the authorities confirmed, and nothing that rests on less."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from relto.base.errors import Refused
from relto.rules.builtin import package_data
from relto.rules.bundle import read_rules
from relto.rules.confirmations import rule_texts, sign_confirmation
from relto.rules.training import seed_provisions
from relto.services import active_bundle, authority_statements, bundles, organisation, role_changes
from tests.support.agreements import authority, draft, place, signed_by
from tests.support.houses import IND, NATIONS, START, USA, Node, make_house

pytestmark = [pytest.mark.django_db, pytest.mark.proves]
OPEN = {"IND-18": (IND,), "GSO-01": NATIONS}
"""What the bundle leaves unconfirmed, and whose word it takes."""


@pytest.fixture
def chair(tmp_path: Path) -> Node:
    """A live node whose co-chair has come, and no agreement yet."""
    node = make_house(tmp_path, USA)
    node.house = replace(node.house, kind="live")
    first = organisation.bootstrap(node.house, operator_name="First operator", registrar_name="First registrar")
    node.people["registrar"] = first.registrar
    view = organisation.add_person(node.house, node.actor("registrar"), name="A co-chair")
    node.people |= {"co_chair": view.pseudonym, "operator": first.operator}
    asked = role_changes.ask_change(
        node.house, node.actor("registrar"), person=view.pseudonym, role="co_chair", does="grant"
    )
    role_changes.confirm_change(node.house, node.actor("operator"), change=asked.change)
    return node


def well_founded() -> bytes:
    """A draft without gaps: every rule is confirmed but those that rest on `OPEN`."""
    records: list[dict[str, Any]] = []
    for record in seed_provisions():
        known = {**record, "evidence": "read", "basis": "direct", "requirement": "as agreed", "confirmed": True}
        loose = record["id"] in OPEN or record["nation"] == "bilateral"
        records.append({**known, "confirmed": False} if loose else known)
    gates = json.loads(package_data("gates.json"))
    left_out = {one["id"] for one in records if one["nation"] == "bilateral"} - OPEN.keys()
    for gate in gates["gates"]:
        gate["provisions"] = [one for one in gate["provisions"] if one not in left_out]
    return draft(1, provisions=records, gates=gates)


def test_the_authorities_confirm_what_they_read_and_then_the_live_node_follows_it(chair: Node) -> None:
    unsigned = well_founded()
    file = signed_by(unsigned, *(authority(nation) for nation in NATIONS))
    with pytest.raises(Refused) as refused:
        bundles.submit_bundle(chair.house, chair.actor("co_chair"), file)
    assert refused.value.full_code == "refused.bundle.unconfirmed"

    read = read_rules(unsigned)
    texts = rule_texts(read.texts, read.provisions, read.policies)
    for subject, nations in OPEN.items():
        (text,) = texts["provision", subject]
        for nation in nations:
            given = {"bundle_digest": "0" * 64, "citation": "paragraph 4", "at": START}
            statement = sign_confirmation(text, authority(nation), nation=nation, **given)  # type: ignore[arg-type]
            told = authority_statements.submit_statement(chair.house, chair.actor("co_chair"), statement)
            assert not told.counts, "no bundle carries it yet"

    assert place(chair, file).unconfirmed_count() == (0, 24)
    active_bundle._opened.clear()
    assert active_bundle.active(chair.house).unconfirmed_rules() == ()
    counted = authority_statements.statements(chair.house, chair.actor("co_chair"))
    assert [one.counts for one in counted] == [True, True, True]
