"""A draft is weighed on what the node really holds: who gains, who loses, which open cases change their gates."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from relto.base.errors import Refused, ReltoError
from relto.procedures.actors import Role
from relto.rules.builtin import package_data
from relto.rules.bundle import read_rules
from relto.services import openings, rule_impact
from relto.services.node_holdings import node_holdings
from relto.services.rule_impact import weigh_draft
from relto.store.models import LedgerEntry
from tests.support.houses import USA, Node, drafted, vouch
from tests.support.peer_simulator import Peer
from tests.unit.services.stories import accept, arrived, ask_release, authorise, seal_item

MEMBER, CHANNEL = "R12-programme-member", "R11-approved-channel"


def changed(rule: str, holds: str) -> bytes:
    gates = json.loads(package_data("gates.json"))
    for gate in gates["gates"]:
        if gate["rule"] == rule:
            gate["holds"] = holds
    return drafted(2, gates=gates)


def opens(node: Node) -> int:
    """How many pairs an opening is permitted of, asked one by one."""
    asked = 0
    for who in ("engineer", "colleague", "security_officer"):
        actor = node.actor(who)
        for item in node_holdings(
            node.house, read_rules(drafted()), node.actor("inspector"), node.clock.now()
        ).items.values():
            with suppress(ReltoError):  # an item that she does not see
                asked += openings.may_open(node.house, actor, item).permitted
    return asked


def test_who_loses_what_on_the_own_holdings(usa: Node) -> None:
    seal_item(usa)
    item = seal_item(usa)
    before = LedgerEntry.objects.count()
    found = weigh_draft(usa.house, usa.actor("release_officer"), changed(MEMBER, "false"))
    assert found.permitted_before == opens(usa) == 4
    assert (found.permitted_after, found.pairs_lost, found.people_losing, found.items_losing) == (0, 4, 2, 2)
    assert (found.version_in_force, found.version_proposed, found.items, found.people) == (1, 2, 2, 3)
    assert {row["person"] for row in found.people_rows or ()} == {
        usa.people[one] for one in ("engineer", "security_officer")
    }
    assert item.id in {row["item"] for row in found.item_rows or ()}
    assert [(row["nation"], row["lost"]) for row in found.by_level] == [("USA", 4)]
    assert found.judged.complete
    assert LedgerEntry.objects.count() == before


def test_what_was_received_is_weighed_as_it_would_be_opened(ind: Node, america: Peer) -> None:
    accept(ind, arrived(ind, america)[0])
    waiting, _ = arrived(ind, america)
    seal_item(ind)
    draft = changed("R16-equivalent-exists", "resource.owners.contains(principal.nation)")
    found = weigh_draft(ind.house, ind.actor("inspector"), draft)
    assert found.permitted_before == opens(ind)
    assert (found.pairs_lost, found.pairs_gained, found.items_losing) == (1, 0, 1)
    assert [row["person"] for row in found.people_rows or ()] == [ind.people["engineer"]]
    assert (found.cases.open, found.cases.stopped) == (1, 1)
    (case,) = found.case_rows or ()
    assert (case.kind, case.case, case.stops, case.change) == (
        "arrival",
        waiting.id,
        ("R16-equivalent-exists",),
        "stopped",
    )


def test_a_waiting_release_says_what_would_stop_or_free_it(usa: Node, india: Peer) -> None:
    india.vouch(usa.house, "reader")
    case = ask_release(usa, india, seal_item(usa))
    officer = usa.actor("release_officer")
    found = weigh_draft(usa.house, officer, changed("R02-disclosure-authorised", "true"))
    (row,) = found.case_rows or ()
    assert (row.case, row.frees, row.change) == (case.id, ("R02-disclosure-authorised",), "freed")
    authorise(usa)
    assert weigh_draft(usa.house, officer, changed("R02-disclosure-authorised", "true")).cases.freed == 0


def test_a_second_draft_finds_what_was_worked_out_and_a_change_is_seen(usa: Node) -> None:
    seal_item(usa)
    officer = usa.actor("inspector")
    first = weigh_draft(usa.house, officer, drafted(2))
    usa.clock.forward(minutes=5)
    stages: list[str] = []
    second = weigh_draft(
        usa.house, officer, changed(MEMBER, "false"), progress=lambda stage, _done, _of: stages.append(stage)
    )
    assert (first.pairs_lost, second.pairs_lost, second.at) == (0, 2, first.at)
    assert "classes" not in stages
    seal_item(usa)
    third = weigh_draft(usa.house, officer, changed(MEMBER, "false"))
    assert (third.pairs_lost, third.items) == (4, 2)
    usa.clock.forward(minutes=11)
    assert weigh_draft(usa.house, officer, drafted(2)).at == first.at + timedelta(minutes=16)


def test_a_co_chair_reads_counts_and_nobody_else_weighs(usa: Node) -> None:
    seal_item(usa)
    found = weigh_draft(usa.house, usa.actor("co_chair"), changed(MEMBER, "false"))
    assert found.pairs_lost == 2
    told: Any = (found.people_rows, found.item_rows, found.case_rows)
    assert told == (None, None, None)
    text = repr(found)
    assert usa.people["engineer"] not in text
    assert "itm_" not in text
    for who in ("engineer", "security_officer", "registrar", "operator"):
        with pytest.raises(Refused):
            weigh_draft(usa.house, usa.actor(who), drafted(2))


def test_the_own_engineer_is_weighed_with_what_the_partner_was_told(ind: Node, america: Peer) -> None:
    accept(ind, arrived(ind, america)[0])
    vouch(ind, USA, "engineer")
    found = weigh_draft(ind.house, ind.actor("release_officer"), changed("R10-personal-status-fresh", "false"))
    assert found.pairs_lost == found.permitted_before == opens(ind)
    assert Role.RELEASE_OFFICER in rule_impact.LISTERS
