"""A decision can be made once more, years later, with the rules and the facts of its day (promise 9)."""

from __future__ import annotations

import pytest

from relto.base.errors import NotAvailable, Refused
from relto.services import release_sending, replays
from relto.store.models import Assurance, DecisionRecord
from tests.support.houses import START, Node
from tests.support.peer_simulator import Peer
from tests.unit.services.stories import ask_release, authorise, decide_case, released, seal_item


def test_permitted_and_refused_decisions_replay_alike_whatever_holds_now(usa: Node, india: Peer) -> None:
    india.vouch(usa.house, "reader")
    case = ask_release(usa, india, seal_item(usa))
    with pytest.raises(Refused):
        decide_case(usa, case)
    authorise(usa)
    decide_case(usa, case)
    assert release_sending.cases_to_prepare() == [case.id]
    Assurance.objects.update(status="revoked")
    usa.clock.forward(days=4000)
    records = DecisionRecord.objects.order_by("permitted")
    assert [record.permitted for record in records] == [False, True]
    for record in records:
        done = replays.replay(usa.house, usa.actor("inspector"), record.id)
        assert (done.same, done.permitted) == (True, record.permitted)


def test_altered_facts_no_longer_give_the_same_answer(usa: Node, india: Peer) -> None:
    india.vouch(usa.house, "reader")
    released(usa, india)
    record = DecisionRecord.objects.get()
    record.facts = {**record.facts, "channel": "pigeon"}
    record.save()
    done = replays.replay(usa.house, usa.actor("inspector"), record.id)
    assert (done.same, done.permitted) == (False, False)


def test_only_an_inspector_replays(usa: Node) -> None:
    with pytest.raises(Refused):
        replays.replay(usa.house, usa.actor("release_officer"), "dec_any")
    with pytest.raises(NotAvailable):
        replays.replay(usa.house, usa.actor("inspector"), "dec_any")
    assert usa.clock.now() == START
