"""Capability 5 (domain.md section 9): the incident workflow, from a suspicion to what the partner learns of it.

Through the services on two nodes: the plant reports to its own authority, the authority to the originator's.
"""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import pytest

from relto.base.errors import NotAvailable, Refused
from relto.base.instants import instant_text
from relto.base.nations import Nation
from relto.services import arrivals, dossiers
from relto.services.dossiers import StepStopped
from relto.store.models import LedgerEntry, OutboxMessage, Person, ReleaseCase
from tests.support.crossed_releases import released
from tests.support.houses import FACILITY, IND, PROGRAMME, START, USA
from tests.support.two_houses import OTHER, TwoHouses

pytestmark = pytest.mark.django_db
BOTH_WAYS = pytest.mark.parametrize("plant", [USA, IND])
WEAKNESS = "The combination of container 7 was written under the desk."
CIRCUMSTANCES = "At the yearly count container 7 stood open; one numbered copy was not in it."
TOLD = {"circumstances": "A numbered copy is missing from its container.", "measures": "The room is closed."}
FINDINGS = {
    "circumstances": "A numbered copy was missing from its container for at most two days.",
    "findings": "It was found in the next room; a compromise is unlikely.",
    "probability": "unlikely",
    "measures": "Containers are counted each evening.",
}
OUTCOME = {"probability": "possible", "grounds": "The room was not locked."}
INITIAL = {"reported_to": "The own authority", "contained": "The room is closed."}


def report(two: TwoHouses, plant: Nation, **changes: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {
        "kind": "loss",
        "noticed": instant_text(START - timedelta(hours=1)),
        "source": "person",
        "happened_from": str((START - timedelta(days=2)).date()),
        "facility": FACILITY[plant],
        "programme": PROGRAMME,
        "holds_partner_information": True,
        "partner": OTHER[plant],
        "partner_facility": FACILITY[OTHER[plant]],
        "partner_items": [{"reference": "REL-2026-0007", "level": f"{OTHER[plant]}:SECRET", "copies": 1}],
        "circumstances": CIRCUMSTANCES,
        "vulnerability": WEAKNESS,
        "persons": [{"person": two.nodes[plant].people["colleague"], "part": "had_access"}],
    }
    return usual | changes


def final(**changes: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {
        "facts": "It was left in the next room.",
        "probability": "unlikely",
        "responsibility": "nobody",
        "reasons": "The rule was not known.",
        "actions": [{"action": "Count each evening", "due": str((START + timedelta(days=30)).date())}],
    }
    return usual | changes


def inquired(two: TwoHouses, plant: Nation, **changes: Any) -> str:
    """The number of an incident that the plant has confirmed."""
    number = two.begin(plant, "security_officer", "incident", report(two, plant, **changes)).number
    two.take(plant, "security_officer", number, "start_inquiry")
    two.take(plant, "security_officer", number, "confirm", answers=OUTCOME)
    return number


def everything_sent(two: TwoHouses, nation: Nation) -> str:
    """What the node sent about dossiers, as the partner's machine reads it."""
    with two.at(nation):
        rows = OutboxMessage.objects.filter(kind="dossier-step")
        return " ".join(json.dumps(json.loads(base64.b64decode(_payload(bytes(row.envelope))))) for row in rows)


def _payload(envelope: bytes) -> str:
    return str(json.loads(envelope)["payload"])


@BOTH_WAYS
def test_the_partners_copy_leaves_the_vulnerability_out(two: TwoHouses, plant: Nation) -> None:
    """Loss of IND-origin SECRET at a US plant gives an internal report with the vulnerability and a partner copy
    without it (2001.48(b)), plus the DTSA line if cyber and FGI."""
    originator = OTHER[plant]
    number = inquired(two, plant)
    two.take(plant, "security_officer", number, "report_initial", answers=INITIAL)
    two.take(plant, "security_officer", number, "report_final", answers=final())
    with pytest.raises(NotAvailable):
        two.detail(originator, "release_officer", number)
    two.told(plant, "release_officer", number, "notify_partner", answers=FINDINGS)

    here = two.detail(plant, "security_officer", number)
    assert here.answers["vulnerability"] == WEAKNESS
    assert {"initial_report", "final_report", "partner_notice"} == set(here.papers)

    there = two.detail(originator, "release_officer", number)
    assert there.view.state == here.view.state == "partner_notified"
    assert there.papers == ("partner_notice",)
    assert set(there.answers) == {
        "kind",
        "noticed",
        "happened_from",
        "facility",
        "programme",
        "holds_partner_information",
        "partner",
        "partner_facility",
        "partner_items",
    }
    assert there.steps[-1].answers == FINDINGS
    sent = everything_sent(two, plant)
    for hidden in (WEAKNESS, CIRCUMSTANCES, two.nodes[plant].people["colleague"], "had_access"):
        assert hidden not in sent

    two.told(
        originator,
        "release_officer",
        number,
        "acknowledge",
        answers={"damage": "limited", "findings": "The copy was of an old issue."},
    )
    back = two.detail(plant, "release_officer", number)
    assert (back.view.state, back.steps[-1].answers["damage"]) == ("acknowledged", "limited")


def test_the_originators_company_sees_what_concerns_it_and_another_one_nothing(two: TwoHouses) -> None:
    plant = IND
    number = inquired(two, plant)
    two.told(plant, "release_officer", number, "tell_originator", answers=TOLD)
    assert two.detail(OTHER[plant], "security_officer", number).steps[-1].answers == TOLD
    unnamed = inquired(two, plant, partner_facility=None)
    two.told(plant, "release_officer", unnamed, "tell_originator", answers=TOLD)
    with pytest.raises(NotAvailable):
        two.detail(OTHER[plant], "security_officer", unnamed)
    assert two.detail(OTHER[plant], "registrar", unnamed).view.company == ""


@BOTH_WAYS
def test_the_originator_is_told_as_soon_as_there_is_a_suspicion_and_follows_the_case(
    two: TwoHouses, plant: Nation
) -> None:
    originator = OTHER[plant]
    number = two.begin(plant, "security_officer", "incident", report(two, plant)).number
    two.told(plant, "release_officer", number, "tell_originator", answers=TOLD)
    assert two.state(originator, number) == two.state(plant, number) == "suspected"
    waiting = two.do(originator, "release_officer", dossiers.queue)
    assert [(one.view.number, one.steps) for one in waiting] == [(number, ("acknowledge_notice",))]
    assert two.detail(plant, "security_officer", number).view.waits_on == ("inspector", "security_officer")
    # The originator's acknowledgement crosses the plant's next step; neither is lost.
    two.take(originator, "release_officer", number, "acknowledge_notice", answers={"asked": "Which issue is it?"})
    two.take(plant, "security_officer", number, "start_inquiry")
    two.deliver()
    assert two.state(originator, number) == two.state(plant, number) == "inquiry"
    for nation in (plant, originator):
        detail = two.detail(nation, "release_officer", number)
        assert {one.step for one in detail.steps} == {"tell_originator", "acknowledge_notice", "start_inquiry"}
        assert not [one for one in detail.steps if one.overtaken]
    with pytest.raises(StepStopped) as stopped:
        two.take(plant, "security_officer", number, "find_unfounded", answers={"grounds": "It was found."})
    assert "incident.partner_waits_for_reason" in {one.finding.code for one in stopped.value.weighed}
    why = {"grounds": "It was found.", "told_partner": "It was in its container all the time."}
    two.told(plant, "security_officer", number, "find_unfounded", answers=why)
    there = two.detail(originator, "release_officer", number)
    assert there.view.state == "unfounded"
    assert there.steps[-1].answers == {"told_partner": why["told_partner"]}


def test_a_text_that_would_carry_the_vulnerability_over_is_stopped_and_nothing_leaves(two: TwoHouses) -> None:
    plant = USA
    number = inquired(two, plant)
    with pytest.raises(StepStopped) as stopped:
        two.take(
            plant,
            "release_officer",
            number,
            "tell_originator",
            answers={"circumstances": f"A copy is missing. {WEAKNESS}"},
        )
    assert {one.finding.code for one in stopped.value.weighed if one.stops} == {"incident.vulnerability_told"}
    with pytest.raises(StepStopped):
        two.take(
            plant,
            "release_officer",
            number,
            "tell_originator",
            answers={"circumstances": "It was last signed out by Name of colleague."},
        )
    two.deliver()
    assert everything_sent(two, plant) == ""


def test_a_cyber_incident_with_foreign_information_asks_for_the_dtsa_line_on_the_us_node_only(two: TwoHouses) -> None:
    cyber = {"kind": "cyber", "classified_system": True, "technique": "A stolen token.", "sample_isolated": False}
    number = inquired(two, USA, **cyber)
    with pytest.raises(StepStopped) as stopped:
        two.take(USA, "security_officer", number, "report_initial", answers=INITIAL)
    (missing,) = [one for one in stopped.value.weighed if one.stops]
    assert (missing.finding.code, missing.finding.rules) == (
        "incident.technology_security_not_told",
        ("USR-03",),
    )
    line = INITIAL | {"technology_security": instant_text(START)}
    done = two.take(USA, "security_officer", number, "report_initial", answers=line)
    assert done.steps[-1].answers["technology_security"] == instant_text(START)
    indian = inquired(two, IND, **cyber)
    assert two.take(IND, "security_officer", indian, "report_initial", answers=INITIAL).view.state == "initial"


def test_one_event_opens_both_nations_clocks_and_a_missing_rule_is_a_gap(two: TwoHouses) -> None:
    """A cyber incident: each nation's own hours, shown as unconfirmed; for a loss no rule gives an hour."""
    plant = IND
    cyber = {"kind": "cyber", "classified_system": True, "technique": "A stolen token.", "sample_isolated": False}
    view = two.begin(plant, "security_officer", "incident", report(two, plant, **cyber))
    due = {one.nation: one for one in two.detail(plant, "security_officer", view.number).view.due if not one.gap}
    noticed = START - timedelta(hours=1)
    assert {nation: (one.at, one.provision, one.confirmed) for nation, one in due.items()} == {
        "USA": (noticed + timedelta(hours=72), "LIM-33.USA", False),
        "IND": (noticed + timedelta(hours=6), "LIM-33.IND", False),
    }
    two.forward(hours=7)
    late = two.detail(plant, "security_officer", view.number).view.due
    assert {one.nation for one in late if one.overdue} == {"IND"}
    loss = two.begin(plant, "security_officer", "incident", report(two, plant))
    gaps = two.detail(plant, "security_officer", loss.number).view.due
    assert {(one.clock, one.nation, one.at) for one in gaps} == {
        (clock, str(nation), None) for clock in ("initial_report", "partner_notice") for nation in (USA, IND)
    }


def test_containment_is_one_action_or_nothing(two: TwoHouses) -> None:
    """The named people are suspended and the named releases withdrawn in one step, each with its own entry."""
    plant = USA
    case = released(two, plant)
    number = inquired(two, plant)
    person = two.nodes[plant].people["colleague"]
    whole = {
        "people": [{"person": person}],
        "releases": [{"release": case}],
        "reason": "Until the inquiry ends",
    }
    with pytest.raises(NotAvailable):
        two.take(
            plant,
            "release_officer",
            number,
            "contain",
            answers=whole | {"releases": [{"release": case}, {"release": "REL-2026-0099"}]},
        )
    assert not suspended(two, plant, person), "a part of it is nothing of it"
    with pytest.raises(Refused):
        two.take(plant, "registrar", number, "contain", answers=whole)
    assert not suspended(two, plant, person)
    with two.at(plant):
        before = LedgerEntry.objects.count()
    two.told(plant, "release_officer", number, "contain", answers=whole)
    assert suspended(two, plant, person)
    with two.at(plant):
        events = [one.event for one in LedgerEntry.objects.order_by("serial")][before:]
    assert {"person:suspended", "release:withdrawn", "dossier:step_taken"} <= set(events)
    with two.at(plant):
        assert ReleaseCase.objects.get(number=case).state == "withdrawn"
    arrived = two.do(OTHER[plant], "release_officer", arrivals.arrivals)
    assert [one.state for one in arrived] == ["withdrawn"]
    again = two.take(plant, "release_officer", number, "contain", answers=whole)
    assert [one.step for one in again.steps].count("contain") == 2, "what is contained already stays so"


def test_an_incident_is_closed_when_the_partner_answered_and_each_action_is_done(two: TwoHouses) -> None:
    plant = IND
    number = inquired(two, plant)
    two.take(plant, "security_officer", number, "report_initial", answers=INITIAL)
    two.take(plant, "security_officer", number, "report_final", answers=final())
    lessons = {"lessons": "Count in the evening.", "lessons_for_partner": "A count each evening finds it sooner."}
    with pytest.raises(StepStopped) as stopped:
        two.take(plant, "release_officer", number, "close", answers=lessons)
    assert {one.finding.code for one in stopped.value.weighed} >= {"incident.partner_waits_for_findings"}
    two.told(plant, "release_officer", number, "notify_partner", answers=FINDINGS)
    two.told(OTHER[plant], "release_officer", number, "acknowledge", answers={"damage": "none"})
    with pytest.raises(StepStopped) as open_ones:
        two.take(plant, "release_officer", number, "close", answers=lessons)
    assert {one.finding.code for one in open_ones.value.weighed} == {"incident.actions_open"}
    finished = {"action": 1, "done": str(START.date()), "evidence": "Sheet of the first evening"}
    two.take(plant, "security_officer", number, "finish_action", answers=finished)
    two.told(plant, "release_officer", number, "close", answers=lessons)
    there = two.detail(OTHER[plant], "release_officer", number)
    assert (there.view.state, there.steps[-1].answers) == (
        "closed",
        {"lessons_for_partner": lessons["lessons_for_partner"]},
    )


def suspended(two: TwoHouses, nation: Nation, person: str) -> bool:
    with two.at(nation):
        return Person.objects.get(id=person).suspended_at is not None
