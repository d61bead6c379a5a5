"""Capability 22 (domain.md section 9): reconstruct custody.

Accept: from an item id the full chain from creation over every receipt to a destruction certificate with two
signatories; a gap is reported as a gap.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from relto.services import copies
from relto.services.custody_chain import custody
from relto.signing.statements import read_statement
from tests.story.capabilities.test_01_control_register import cleared_for_top_secret
from tests.support.houses import FACILITY, IND, USA
from tests.support.two_releases import accepted, ask, send

pytestmark = pytest.mark.django_db
TOP = {"level": "TOP SECRET", "audience": ["USA", "IND"]}


def test_from_creation_over_every_receipt_to_a_certificate_of_two_and_a_gap_is_a_gap(db: None, tmp_path: Path) -> None:
    with cleared_for_top_secret(tmp_path) as two:
        item, case = ask(two, USA, label=TOP)
        two.wires[USA].cut = True
        send(two, USA, case)
        with two.at(USA) as node:
            waiting = custody(node.house, node.actor("inspector"), item.id)
            assert {gap.code for gap in waiting.gaps} == {"technical_receipt", "custody_receipt"}
        two.wires[USA].cut = False
        two.forward(minutes=30)
        two.deliver()
        accepted(two, IND)
        with two.at(USA) as node:
            house, officer = node.house, node.actor("security_officer")
            copy = copies.record_copy(
                house,
                officer,
                item.id,
                form="physical",
                facility=FACILITY[USA],
                location="Vault 2",
                custodian="security_officer",
                number=1,
            )
            given = {"method": "shredding", "done_on": "2026-11-22", "witness": node.people["engineer"]}
            copies.take_step(house, officer, copy.id, "destroy", given)
            half = custody(house, node.actor("inspector"), item.id)
            assert "second_signature" in {gap.code for gap in half.gaps}
            done = copies.take_step(house, node.actor("engineer"), copy.id, "witness", {})
            whole = custody(house, node.actor("inspector"), item.id)
            assert whole.unbroken
            kinds = [link.event.kind for link in whole.links]
            assert kinds[0] == "item:announced"
            assert {"transfer:receipted", "acceptance:receipted", "copy:destroyed"} <= set(kinds)
            certificate = read_statement(
                done.events[-1].details["certificate"].encode(),
                kind="destruction-certificate",
                versions=(1,),
                trusted=[house.node_key.public],
            )
            assert certificate.body["signatories"] == [officer.person, node.people["engineer"]]
