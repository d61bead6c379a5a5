"""`relto waiting` and `relto search` at a node that answers."""

from __future__ import annotations

import pytest

from relto.base.errors import MalformedInput
from tests.support.houses import PROGRAMME
from tests.support.peer_simulator import Peer
from tests.unit.cli.desk import Desk
from tests.unit.services import stories


def test_what_waits_and_what_is_found_are_said_to_each_in_her_own_scope(desk: Desk) -> None:
    node = desk.door.node
    peer = Peer(stories.other_nation(node), node.house.nation)
    node.house.partners[peer.nation] = peer  # type: ignore[index]
    peer.vouch(node.house, "reader")
    case = stories.ask_release(node, peer, stories.seal_item(node))
    (row,) = desk.asks("release_officer", "waiting")["mine"]
    assert (row["kind"], row["number"], row["step"]) == ("case", case.number, "decide")
    said = desk.types("release_officer", "waiting")
    assert "Decide the release" in said
    assert case.number in said
    assert desk.types("engineer", "waiting") == "Nothing waits for you.\n"
    followed = desk.types("security_officer", "--language", "hi", "waiting")
    assert "दूसरों की प्रतीक्षा" in followed
    assert case.number in followed
    missing = desk.types("engineer", "share", case.item.id, case.facility)
    assert "Disclosure authorisation: There is no disclosure authorisation" in missing
    stories.authorise(node)
    assert desk.types("engineer", "share", case.item.id, case.facility).startswith("No blocking rule was found.")
    found = desk.asks("release_officer", "search", case.number)
    assert found["exact"]["id"] == case.id
    assert case.number in desk.types("release_officer", "search", PROGRAMME)
    assert desk.types("stranger", "search", case.number) == "Nothing was found among what you may see.\n"
    with pytest.raises(MalformedInput):
        desk.types("engineer", "search", "x")
