"""What waits for whom and until when: queues of both nodes, due instants by the bundle, steps of the node's own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from relto.base.nations import Nation
from relto.rules.training import seed_provisions
from relto.services import dossiers
from relto.services.dossiers.jobs import tend_dossiers
from relto.store.models import DossierDue, LedgerEntry
from tests.support.agreements import place, version_of
from tests.support.houses import IND, USA
from tests.support.two_houses import OTHER, TwoHouses
from tests.unit.services.dossiers.test_between_two_nodes import SAMPLE, answers, approve, submitted

pytestmark = pytest.mark.django_db


def queue(two: TwoHouses, nation: Nation, who: str) -> list[tuple[str, str, tuple[str, ...]]]:
    rows = two.do(nation, who, dossiers.queue, procedure=SAMPLE)
    return [(row.view.number, row.where, row.steps) for row in rows]


def tend(two: TwoHouses, nation: Nation) -> int:
    with two.at(nation) as node:
        return tend_dossiers(node.house)


def dues(two: TwoHouses, nation: Nation, number: str) -> dict[tuple[str, str], Any]:
    found = two.detail(nation, "registrar", number).view.due
    return {(one.clock, one.nation): one for one in found}


def test_a_dossier_waits_for_one_after_the_other(two: TwoHouses) -> None:
    view = two.begin(USA, "security_officer", SAMPLE, answers(two, USA))
    number = view.number
    assert queue(two, USA, "security_officer") == [(number, "here", ("endorse",))]
    assert queue(two, USA, "registrar") == []
    two.take(USA, "security_officer", number, "endorse")
    assert queue(two, USA, "registrar") == [(number, "here", ("submit",))]
    two.wires[USA].cut = True
    two.told(USA, "registrar", number, "submit")
    (there,) = two.do(USA, "security_officer", dossiers.queue, procedure=SAMPLE)
    assert (there.where, there.receipt, there.since) == ("partner", "waiting", two.nodes[USA].clock.now())
    two.wires[USA].cut = False
    two.forward(minutes=10)
    two.deliver()
    (there,) = two.do(USA, "security_officer", dossiers.queue, procedure=SAMPLE)
    assert there.receipt == "receipted"
    assert queue(two, IND, "registrar") == [(number, "here", ("approve", "deny"))]
    two.take(IND, "registrar", number, "approve", answers={"remark": "welcome"})
    assert queue(two, IND, "registrar") == [(number, "here", ("deny",))]
    (row,) = two.do(IND, "release_officer", dossiers.queue, procedure=SAMPLE)
    assert (row.steps, row.to_sign) == (("approve",), ("approve",))


@pytest.mark.parametrize("asker", [USA, IND])
def test_due_instants_are_each_nations_own_and_a_gap_is_shown(two: TwoHouses, asker: Nation) -> None:
    number = submitted(two, asker, begins="2027-03-01")
    for nation in (asker, OTHER[asker]):
        found = dues(two, nation, number)
        notice = found["notice", "IND"]
        assert notice.at == datetime(2027, 1, 18, 18, 29, 59, tzinfo=UTC)  # six weeks before
        assert (notice.provision, notice.confirmed, notice.overdue) == ("IND-31", False, False)
        assert (found["notice", "USA"].gap, found["notice", "USA"].at) == (True, None)
        assert found["answer", OTHER[asker]].gap
    two.forward(days=60)
    assert dues(two, asker, number)["notice", "IND"].overdue
    (waiting,) = two.do(OTHER[asker], "registrar", dossiers.queue, procedure=SAMPLE)
    assert waiting.due is not None
    assert waiting.due.overdue
    (date,) = two.do(OTHER[asker], "registrar", dossiers.due_dates)
    assert (date.view.number, date.due.clock) == (number, "notice")


def test_the_most_urgent_stands_first(two: TwoHouses) -> None:
    late = two.begin(USA, "security_officer", SAMPLE, answers(two, USA, begins="2027-05-01", ends="2027-05-02"))
    none = two.begin(USA, "security_officer", SAMPLE, {"partner": "IND"})
    soon = two.begin(USA, "security_officer", SAMPLE, answers(two, USA, begins="2027-02-01"))
    rows = queue(two, USA, "security_officer")
    assert [number for number, _, _ in rows] == [soon.number, late.number, none.number]


def test_a_parameter_that_changes_in_the_bundle_changes_the_due_instant(two: TwoHouses) -> None:
    number = submitted(two, USA, begins="2027-03-01")
    records = [dict(record) for record in seed_provisions()]
    rule = next(record for record in records if record["id"] == "IND-31")
    rule["parameters"] = {"lead_time": {"value": 2, "unit": "week"}}
    gone = [record for record in records if record["id"] != "LIM-08"]
    with two.at(IND) as node:
        place(node, version_of(2, provisions=gone))
        assert tend_dossiers(node.house) == 1
        assert tend_dossiers(node.house) == 0
    assert dues(two, IND, number)["notice", "IND"].at == datetime(2027, 2, 15, 18, 29, 59, tzinfo=UTC)
    assert dues(two, USA, number)["notice", "IND"].at == datetime(2027, 1, 18, 18, 29, 59, tzinfo=UTC)


def test_the_node_takes_its_own_step_when_the_day_has_passed(two: TwoHouses) -> None:
    number = submitted(two, USA, begins="2026-12-01", ends="2026-12-03")
    approve(two, IND, number)
    two.deliver()
    assert tend(two, USA) == 0  # looked at once, and not due
    assert tend(two, USA) == 0
    with two.at(USA):
        looks = list(DossierDue.objects.filter(clock="").order_by("at").values_list("at", flat=True))
        assert looks[-1] == datetime(2026, 12, 4, 5, tzinfo=UTC)
    two.forward(days=13)
    assert tend(two, USA) == 1
    two.deliver()
    assert two.state(USA, number) == two.state(IND, number) == "expired"
    step = two.detail(USA, "registrar", number).steps[-1]
    assert (step.step, step.by, step.role) == ("expire", "USA", "")
    with two.at(USA):
        assert LedgerEntry.objects.get(entry=step.entry).actor == "USA"
        assert not DossierDue.objects.exists()
    assert queue(two, USA, "security_officer") == []


def test_an_ended_dossier_has_no_clock(two: TwoHouses) -> None:
    number = submitted(two, USA)
    two.told(USA, "security_officer", number, "withdraw", reason="not needed")
    for nation in (USA, IND):
        assert dues(two, nation, number) == {}
        view = two.detail(nation, "registrar", number).view
        assert (view.is_open, view.waits_on, view.ended) == (False, (), view.changed)


def test_an_expired_agreement_stops_what_is_told_but_no_withdrawal(two: TwoHouses) -> None:
    number = submitted(two, USA)
    later = two.begin(USA, "security_officer", SAMPLE, answers(two, USA))
    two.take(USA, "security_officer", later.number, "endorse")
    two.nodes[USA].clock.moment += timedelta(days=400)
    with pytest.raises(Exception, match="no_agreement"):
        two.take(USA, "registrar", later.number, "submit")
    assert two.take(USA, "security_officer", number, "withdraw", reason="over").view.state == "withdrawn"
