"""`relto decisions replay` at a node that answers: an inspector sees whether a decision still comes out alike."""

from __future__ import annotations

import dataclasses
import io

import pytest

from relto.base.errors import NotAvailable, Refused
from relto.sealing.archive import open_archive
from relto.sealing.manifest import parse_manifest
from relto.services import items, openings
from relto.store.models import DecisionRecord
from tests.support.houses import USA, nationhood
from tests.unit.cli.desk import Desk
from tests.unit.services.stories import seal_item


def _refused_opening(desk: Desk) -> str:
    """The reference of a colleague's refused opening: she is not of the programme."""
    # Sealed for the address that the node's key service knows itself by, not for the test's one port.
    desks = desk.door.node
    node = dataclasses.replace(desks, house=dataclasses.replace(desks.house, urls=nationhood(USA).urls))
    item = seal_item(node)
    container = b"".join(items.container(node.house, node.actor("engineer"), item.id).chunks)
    manifest = parse_manifest(open_archive(io.BytesIO(container)).manifest)
    with pytest.raises(Refused) as refused:
        openings.open_at_home(
            node.house,
            node.actor("colleague"),
            policy_uuid=item.uuid,
            policy_text=manifest.policy_text,
            key_access=manifest.key_access[0],
        )
    return str(refused.value.reference)


def test_an_inspector_has_a_decision_made_once_more(desk: Desk) -> None:
    reference = _refused_opening(desk)
    replay = ("decisions", "replay", reference)
    found = desk.asks("inspector", *replay)
    assert (found["reference"], found["same"], found["permitted"]) == (reference, True, False)
    assert found["bundle_version"] == DecisionRecord.objects.get(id=reference).bundle_version
    said = desk.types("inspector", *replay)
    assert said.startswith("The answer is the one on record.\nFrom its own facts and bundle, it is refused.\n")
    assert f"bundle_version: {found['bundle_version']}\n" in said
    assert desk.types("inspector", "--language", "hi", *replay).startswith("उत्तर वही है")
    record = DecisionRecord.objects.get(id=reference)
    record.facts = {**record.facts, "channel": "pigeon"}
    record.save()
    assert desk.types("inspector", *replay).startswith("The answer is not the one on record.\n")
    with pytest.raises(Refused):
        desk.types("colleague", *replay)
    with pytest.raises(NotAvailable) as unknown:
        desk.types("inspector", "decisions", "replay", "dec_" + "a" * 24)
    assert unknown.value.full_code == "not_available.decision"
