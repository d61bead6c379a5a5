"""A decision made once more: by the rules of its day the same, by another version what its rules make of it."""

from __future__ import annotations

import pytest

from relto.base.errors import NotAvailable, Refused
from relto.services.as_of import as_of
from relto.store.models import DecisionRecord
from tests.support.houses import Node
from tests.support.peer_simulator import Peer
from tests.unit.services.stories import ask_release, decide_case, seal_item


def test_by_the_rules_of_its_day_it_is_the_same_and_altered_facts_are_noticed(usa: Node, india: Peer) -> None:
    india.vouch(usa.house, "reader")
    with pytest.raises(Refused):
        decide_case(usa, ask_release(usa, india, seal_item(usa)))
    record = DecisionRecord.objects.get()
    usa.clock.forward(days=4000)
    found = as_of(usa.house, usa.actor("inspector"), record.id)
    assert (found.same, found.of_the_day, found.covers) == (True, True, True)
    assert (found.permitted_then, found.permitted_again, found.changes) == (False, False, ())
    assert [one.version for one in found.versions] == [found.day_version]
    record.facts = {**record.facts, "channel": "pigeon"}
    record.save()
    altered = as_of(usa.house, usa.actor("inspector"), record.id)
    assert not altered.same
    assert [(one.rule, one.then, one.again) for one in altered.changes] == [("R11-approved-channel", "holds", "fails")]


def test_only_an_inspector_asks_and_only_for_what_is_on_record(usa: Node, india: Peer) -> None:
    india.vouch(usa.house, "reader")
    with pytest.raises(Refused):
        decide_case(usa, ask_release(usa, india, seal_item(usa)))
    reference = DecisionRecord.objects.get().id
    for who in ("release_officer", "security_officer", "engineer", "co_chair"):
        with pytest.raises(Refused):
            as_of(usa.house, usa.actor(who), reference)
    for asked in ((reference, 9), ("dec_nothing", None)):
        with pytest.raises(NotAvailable):
            as_of(usa.house, usa.actor("inspector"), *asked)
