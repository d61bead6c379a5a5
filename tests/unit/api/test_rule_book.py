"""The rule book and decisions for programs: the same as on the pages, and no more than the caller may know."""

from __future__ import annotations

from relto.services.openings import record_obstacle
from relto.store.models import DecisionRecord
from tests.unit.api.door import Door
from tests.unit.services.stories import seal_item


def test_everybody_reads_the_rules_as_the_machine_runs_them(door: Door) -> None:
    book = door.call("engineer", "GET", "/rules", language="hi").json
    rules = {one["rule"]: one for one in book["rules"]}
    assert "context.channels.contains(context.channel)" in rules["R11-approved-channel"]["policy"]
    assert rules["R11-approved-channel"]["text_reviewed"] is False
    provisions = {one["id"]: one for one in book["provisions"]}
    assert provisions["GAP-IND-transfer"]["is_gap"] is True
    assert provisions["GAP-IND-transfer"]["requirement"] is None
    assert "R11-approved-channel" in provisions["ISA-33"]["cited_by"]
    restricted = [one for one in book["equivalents"] if (one["nation"], one["level"]) == ("IND", "RESTRICTED")]
    assert [(one["to_level"], one["handling"]) for one in restricted] == [(None, "as_confidential")]
    limits = {one["code"]: one["values"] for one in book["limits"]}
    assert limits["witness_late_limit"] == ["15"]
    assert "IND RESTRICTED hpqt:secp384r1-mlkem1024" in limits["minimum_wrapping_released"]
    assert door.call("engineer", "GET", "/rules?version=1").json["version"] == 1
    assert door.call("engineer", "GET", "/rules?version=9").status == 404
    assert door.call("engineer", "GET", f"/rules?version={2**70}").status == 400


def test_a_decision_is_told_as_on_its_page(door: Door) -> None:
    node = door.node
    item = seal_item(node)
    node.clock.forward(days=370)
    reference = record_obstacle(node.house, node.actor("engineer"), item.id)
    node.clock.forward(days=-370)
    asker = door.call("engineer", "GET", f"/decisions/{reference}").json
    assert (asker["view"], asker["permitted"], asker["remedies"]) == ("asker", False, [])
    assert all(not gate["facts"] and not gate["provisions"] for gate in asker["gates"])
    officer = door.call("security_officer", "GET", f"/decisions/{reference}").json
    assert officer["view"] == "officer"
    assert {one["remedy"] for one in officer["remedies"]} >= {"renew_personal_assurance"}
    for who in ("colleague", "release_officer", "co_chair"):
        hidden = door.call(who, "GET", f"/decisions/{reference}")
        unknown = door.call(who, "GET", "/decisions/dec_" + "a" * 24)
        assert (hidden.status, hidden.content) == (unknown.status, unknown.content)
    assert reference in [one["reference"] for one in door.call("inspector", "GET", "/decisions").json]
    assert door.call("colleague", "GET", "/decisions?refused_only=true").json == []
    again = door.call("inspector", "GET", f"/decisions/{reference}/as-of").json
    assert (again["same"], again["of_the_day"], again["changes"]) == (True, True, [])
    assert door.call("inspector", "GET", f"/decisions/{reference}/as-of?version=3").status == 404
    assert DecisionRecord.objects.count() == 1
