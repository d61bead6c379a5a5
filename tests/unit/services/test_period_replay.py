"""A period's decisions made again: equal by the rules of their day, and told what a proposal would have changed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from relto.base.errors import MalformedInput, Refused
from relto.services import bundles
from relto.services.period_replay import replay_period
from relto.store.models import DecisionRecord, LedgerEntry
from tests.support.houses import PROGRAMME, START, Node, agreement
from tests.support.peer_simulator import Peer
from tests.unit.services.stories import ask_release, authorise, decide_case, seal_item
from tests.unit.services.test_overlays import SUSPENDED, overlay, submit
from tests.unit.services.test_rule_impact import changed

DAY = timedelta(days=1)


@pytest.fixture
def at_work(usa: Node, india: Peer) -> Node:
    """One release refused for want of authorisations, then permitted."""
    india.vouch(usa.house, "reader")
    case = ask_release(usa, india, seal_item(usa))
    with pytest.raises(Refused):
        decide_case(usa, case)
    usa.clock.forward(minutes=1)
    authorise(usa)
    decide_case(usa, case)
    return usa


def test_every_decision_of_the_period_is_as_it_was(at_work: Node) -> None:
    entries = LedgerEntry.objects.count()
    found = replay_period(at_work.house, at_work.actor("inspector"), start=START, end=START + DAY)
    assert (found.replayed, found.differ, found.no_bundle, found.changed, found.cursor) == (2, 0, 0, (), "")
    assert [(one.action, one.replayed) for one in found.by_action] == [("release", 2)]
    assert replay_period(at_work.house, at_work.actor("inspector"), start=START - DAY, end=START).replayed == 0
    assert LedgerEntry.objects.count() == entries


def test_an_altered_record_is_found_and_named(at_work: Node) -> None:
    row = DecisionRecord.objects.get(permitted=True)
    row.facts = {**row.facts, "channel": "pigeon"}
    row.save()
    other = DecisionRecord.objects.get(permitted=False)
    other.decision = {**other.decision, "bundle_digest": "0" * 64}
    other.save()
    found = replay_period(at_work.house, at_work.actor("inspector"), start=START, end=START + DAY)
    assert found.differ == 2
    told = {one.reference: one.change for one in found.changed or ()}
    assert told == {row.id: "refused", other.id: "none"}


def test_a_proposal_says_what_it_would_have_changed_delayed_or_prevented(at_work: Node) -> None:
    house, officer = at_work.house, at_work.actor("release_officer")
    frees = changed("R02-disclosure-authorised", "true")
    found = replay_period(house, officer, start=START, end=START + DAY, proposal=frees)
    assert (found.refused, found.permitted, found.other_reasons) == (0, 0, 1)
    ((one),) = found.changed or ()
    assert (one.frees, one.stops, one.action) == (("R02-disclosure-authorised",), (), "release")
    delays = changed("R11-approved-channel", "false")
    found = replay_period(house, officer, start=START, end=START + DAY, proposal=delays)
    assert (found.refused, found.delayed, found.prevented) == (1, 1, 0)
    prevents = changed("R16-equivalent-exists", "false")
    found = replay_period(house, officer, start=START, end=START + DAY, proposal=prevents)
    assert (found.refused, found.delayed, found.prevented) == (1, 0, 1)
    assert found.version_proposed == 2


def test_a_period_goes_on_where_it_ended_and_in_processes_of_its_own(
    at_work: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    house, inspector = at_work.house, at_work.actor("inspector")
    first = replay_period(house, inspector, start=START, end=START + DAY, most=1)
    assert first.replayed == 1
    assert first.cursor
    second = replay_period(house, inspector, start=START, end=START + DAY, cursor=first.cursor)
    assert (second.replayed, second.cursor) == (1, "")
    monkeypatch.setattr("relto.services.period_replay.HERE", 0)
    monkeypatch.setattr("relto.services.period_replay.CHUNK", 1)
    told: list[int] = []
    apart = replay_period(house, inspector, start=START, end=START + DAY, progress=told.append)
    assert (apart.replayed, apart.differ, told) == (2, 0, [1, 2])


def test_a_co_chair_reads_counts_and_nobody_else_replays(at_work: Node) -> None:
    period: dict[str, Any] = {"start": START, "end": START + DAY}
    found = replay_period(at_work.house, at_work.actor("co_chair"), **period)
    assert (found.replayed, found.changed) == (2, None)
    for who in ("engineer", "security_officer", "registrar", "operator"):
        with pytest.raises(Refused):
            replay_period(at_work.house, at_work.actor(who), **period)
    with pytest.raises(MalformedInput):
        replay_period(at_work.house, at_work.actor("inspector"), start=START, end=START - DAY)
    with pytest.raises(MalformedInput):
        replay_period(at_work.house, at_work.actor("inspector"), **period, cursor="yesterday")


@pytest.fixture
def overlaid(usa: Node, india: Peer) -> Node:
    """A release under no overlay permitted, then one refused while its programme is suspended, then a third permitted.

    The third was made under an overlay that suspends another action, and is for version 1 of the agreement alone.
    """
    india.vouch(usa.house, "reader")
    authorise(usa)
    decide_case(usa, ask_release(usa, india, seal_item(usa)))
    case = ask_release(usa, india, seal_item(usa))
    usa.clock.forward(minutes=1)
    submit(usa, overlay(programmes=[PROGRAMME]))
    with pytest.raises(Refused):
        decide_case(usa, case)
    usa.clock.forward(minutes=1)
    submit(usa, overlay(2, actions=["accept"], to_version=1))
    decide_case(usa, case)
    return usa


@pytest.mark.proves
def test_decisions_under_an_overlay_are_made_again_under_it(overlaid: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    cited = [(one.decision.get("overlay") or {}).get("version") for one in DecisionRecord.objects.order_by("at")]
    assert cited == [None, 1, 2]
    submit(overlaid, overlay(3))
    bundles.submit_bundle(overlaid.house, overlaid.actor("co_chair"), agreement(2, start=START))
    period: dict[str, Any] = {"start": START, "end": START + DAY}
    here = replay_period(overlaid.house, overlaid.actor("inspector"), **period)
    assert (here.replayed, here.differ, here.no_bundle, here.not_comparable) == (3, 0, 0, 0)
    monkeypatch.setattr("relto.services.period_replay.HERE", 0)
    monkeypatch.setattr("relto.services.period_replay.CHUNK", 1)
    assert replay_period(overlaid.house, overlaid.actor("inspector"), **period) == here


def test_a_draft_is_asked_with_the_overlay_of_the_day_or_not_compared(overlaid: Node) -> None:
    frees = changed("R02-disclosure-authorised", "true")
    period: dict[str, Any] = {"start": START, "end": START + DAY, "proposal": frees}
    found = replay_period(overlaid.house, overlaid.actor("inspector"), **period)
    assert (found.replayed, found.differ, found.permitted) == (2, 0, 0), "what was suspended stays suspended"
    assert (found.not_comparable, found.no_bundle) == (1, 0), "the second overlay is not for the draft's version"
    stricter = changed("R11-approved-channel", "false")
    found = replay_period(overlaid.house, overlaid.actor("inspector"), **period | {"proposal": stricter})
    assert {one.stops for one in found.changed or ()} == {("R11-approved-channel",)}
    assert (found.refused, found.other_reasons, found.not_comparable) == (1, 1, 1)


def test_an_overlay_that_is_not_here_is_counted_and_an_altered_one_found(overlaid: Node) -> None:
    refused, permitted = DecisionRecord.objects.order_by("at")[1:3]
    for row, other in ((refused, permitted.decision["overlay"]), (permitted, {**permitted.decision["overlay"]})):
        row.decision = {**row.decision, "overlay": other}
    permitted.decision["overlay"]["digest"] = "0" * 64
    refused.save()
    permitted.save()
    found = replay_period(overlaid.house, overlaid.actor("inspector"), start=START, end=START + DAY)
    assert (found.replayed, found.differ, found.no_bundle, found.not_comparable) == (2, 1, 1, 0)
    ((one),) = found.changed or ()
    assert (one.reference, one.change, one.frees) == (refused.id, "permitted", (SUSPENDED,))
