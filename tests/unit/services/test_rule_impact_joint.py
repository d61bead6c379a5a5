"""A joint item is weighed pair by pair, with the very facts of an opening at the node that sealed it."""

from __future__ import annotations

import pytest

from relto.services import openings
from relto.services.rule_impact import weigh_draft
from tests.support.houses import IND, USA
from tests.unit.services.test_joint_items import Side, _sent, side  # noqa: F401  the fixture
from tests.unit.services.test_rule_impact import changed


def test_who_would_open_a_joint_item_that_waits_for_its_other_owner(
    side: Side,  # noqa: F811  the fixture
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    item, _, _ = _sent(side)
    node = side.node
    assert not openings.may_open(node.house, node.actor("engineer"), item.id).permitted
    draft = changed("R22-release-accepted", "true")
    found = weigh_draft(node.house, node.actor("inspector"), draft)
    assert (found.permitted_before, found.pairs_gained, found.pairs_lost) == (0, 1, 0)
    assert (found.judged.joint_pairs_asked, found.judged.joint_left_out, found.items) == (1, 0, 1)
    assert [row["person"] for row in found.people_rows or ()] == [node.people["engineer"]]
    assert [row["item"] for row in found.item_rows or ()] == [item.id]
    assert [(row["nation"], row["gained"]) for row in found.by_level] == [(str(side.own), 1)]
    assert side.own in (USA, IND)
    monkeypatch.setattr("relto.services.rule_impact.MOST_JOINT", 0)
    bounded = weigh_draft(node.house, node.actor("inspector"), draft)
    assert (bounded.pairs_gained, bounded.judged.joint_left_out, bounded.judged.complete) == (0, 1, False)
