"""A draft weighed on the node, a period made again, and what would mend a refusal, from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from relto.base.errors import NotAvailable, Refused
from relto.services.openings import record_obstacle
from relto.store.models import Membership
from tests.unit.cli.desk import Desk
from tests.unit.services.stories import seal_item
from tests.unit.services.test_rule_impact import MEMBER, changed

PERIOD = ("--since", "2026-01-01T00:00:00Z", "--until", "2999-01-01T00:00:00Z")


def test_a_draft_is_weighed_replayed_and_mended_at_the_node(desk: Desk, tmp_path: Path) -> None:
    node = desk.door.node
    item = seal_item(node)
    reference = record_obstacle(node.house, node.actor("security_officer"), item.id)
    assert reference == ""
    node.add("newcomer", company="USA-C014", facility="USA-F014")
    draft = tmp_path / "draft.bundle"
    draft.write_bytes(changed(MEMBER, "false"))
    folder = tmp_path / "out"
    folder.mkdir()

    found = desk.asks("inspector", "rules", "impact", "--on-node", str(draft), "--export", str(folder))
    assert (found["pairs_lost"], found["people_losing"], found["cases"]["open"]) == (2, 2, 0)
    assert len((folder / "impact-node-people.csv").read_text().splitlines()) == 3
    assert (folder / "impact-node-levels.svg").read_text().startswith("<svg")
    said = desk.types("inspector", "--language", "hi", "rules", "impact", "--on-node", str(draft), "--list", "5")
    assert node.people["engineer"] in said
    counts = desk.asks("co_chair", "rules", "impact", "--on-node", str(draft))
    assert counts["people_rows"] is None
    with pytest.raises(Refused):
        desk.types("engineer", "rules", "impact", "--on-node", str(draft))

    colleague = record_refusal(desk, item.id)
    found = desk.asks("inspector", "decisions", "replay-period", *PERIOD)
    assert (found["replayed"], found["differ"], found["changed"]) == (1, 0, [])
    draft.write_bytes(changed(MEMBER, "true"))
    found = desk.asks("release_officer", "decisions", "replay-period", *PERIOD, "--draft", str(draft))
    assert [one["frees"] for one in found["changed"]] == [[MEMBER]]
    assert "1 refused for other reasons" in desk.types(
        "co_chair", "decisions", "replay-period", *PERIOD, "--draft", str(draft)
    )

    tried = desk.asks("security_officer", "rules", "what-if", "--reference", colleague)
    assert tried["enough"][0]["remedies"] == ["assign_to_programme", "list_with_reason"]
    shown = desk.types("security_officer", "rules", "decide", "--reference", colleague, "--explain")
    assert MEMBER in shown
    with pytest.raises(Refused):
        desk.types("colleague", "rules", "what-if", "--reference", colleague)
    with pytest.raises(NotAvailable):
        desk.types("release_officer", "rules", "what-if", "--reference", colleague)


def record_refusal(desk: Desk, item: str) -> str:
    """The security officer loses her assignment and is refused; the reference."""
    node = desk.door.node
    Membership.objects.filter(person_id=node.people["security_officer"]).delete()
    return record_obstacle(node.house, node.actor("security_officer"), item)
