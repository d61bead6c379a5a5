"""Capability 3 (domain.md section 9): visit request builder and tracker, with working-day clocks.

Through the services on two nodes, from the security officer's draft to the record of who came.
"""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import pypdfium2
import pytest

from relto.base.errors import Refused
from relto.base.nations import Nation
from relto.services import dossiers
from relto.services.dossiers import StepStopped, papers
from relto.services.dossiers.jobs import tend_dossiers
from relto.store.models import LedgerEntry, OutboxMessage
from tests.support.houses import FACILITY, IND, PROGRAMME, START, USA
from tests.support.two_houses import OTHER, TwoHouses

pytestmark = pytest.mark.django_db
BOTH_WAYS = pytest.mark.parametrize("asker", [USA, IND])
SCOPE = "The drawings of the housing and nothing of the seeker"


def day(number: int) -> str:
    """So many days after the story begins."""
    return str((START + timedelta(days=number)).date())


def request(two: TwoHouses, asker: Nation, **changes: Any) -> dict[str, Any]:
    people = two.nodes[asker].people
    usual: dict[str, Any] = {
        "request_type": "new",
        "kind": "one_time",
        "host_nation": OTHER[asker],
        "information_type": "confidential_or_above",
        "requesting_facility": FACILITY[asker],
        "security_officer": people["security_officer"],
        "first_day": day(70),
        "last_day": day(74),
        "initiative": "commercial",
        "pertains_to": "programme",
        "programme": PROGRAMME,
        "subject": "Design review of the shared housing",
        "highest_level": f"{asker}:CONFIDENTIAL",
        "sites": [{"facility": FACILITY[OTHER[asker]], "person_visited": "THE LEAD OF TESTS"}],
        "visitors": [visitor(two, asker)],
    }
    return usual | changes


def visitor(two: TwoHouses, asker: Nation, who: str = "engineer") -> dict[str, Any]:
    return {
        "person": two.nodes[asker].people[who],
        "name": f"NAME OF {who.upper()}",
        "birth_date": "1984-03-12",
        "citizenship": asker,
        "clearance": f"{asker}:SECRET",
    }


def forwarded(two: TwoHouses, asker: Nation, **changes: Any) -> str:
    view = two.begin(asker, "security_officer", "visit", request(two, asker, **changes))
    two.take(asker, "security_officer", view.number, "submit")
    agreed = {"emergency_agreed": True} if changes.get("kind") == "emergency" else {}
    two.told(asker, "release_officer", view.number, "forward", answers={"certified": True, **agreed})
    return view.number


def approved(two: TwoHouses, asker: Nation, **changes: Any) -> str:
    number, host = forwarded(two, asker, **changes), OTHER[asker]
    level = {"level_for_host": f"{asker}:CONFIDENTIAL"}
    two.told(host, "registrar", number, "ask_host", answers=level)
    two.told(host, "security_officer", number, "host_reply", answers={"concurs": True, "control_plan": "in_place"})
    approval = {"approval_reference": "A-17", "level": f"{asker}:CONFIDENTIAL", "scope": SCOPE}
    two.told(host, "release_officer", number, "approve", answers=approval)
    return number


def amend(two: TwoHouses, asker: Nation, number: str, **changes: Any) -> dossiers.DossierView:
    before = two.detail(asker, "security_officer", number).answers
    answers = {**before, "request_type": "amendment", "amends": number, **changes}
    return two.begin(asker, "security_officer", "visit", answers)


@BOTH_WAYS
def test_amending_to_an_earlier_date_or_an_emergency_visit_is_refused_and_a_name_change_is_accepted(
    two: TwoHouses, asker: Nation
) -> None:
    """Amending to an earlier date, or amending an emergency visit, is refused citing 117.19(e)(2)(vii); a name change
    is accepted."""
    number = approved(two, asker)
    earlier = amend(two, asker, number, first_day=day(65))
    with pytest.raises(StepStopped) as refused:
        two.take(asker, "security_officer", earlier.number, "submit")
    assert cited(two, asker, refused.value, "visit.amends_earlier") >= {"32 CFR 117.19(e)(2)(vii)"}

    emergency = approved(
        two,
        asker,
        kind="emergency",
        emergency_reason="The test stand failed on Friday",
        government_contact="THE HOST OFFICE",
        first_day=day(3),
        last_day=day(4),
    )
    later = amend(two, asker, emergency, last_day=day(5))
    with pytest.raises(StepStopped) as refused:
        two.take(asker, "security_officer", later.number, "submit")
    assert cited(two, asker, refused.value, "visit.amends_emergency") >= {"32 CFR 117.19(e)(2)(vii)"}

    other_name = amend(two, asker, number, visitors=[visitor(two, asker, "security_officer")])
    two.take(asker, "security_officer", other_name.number, "submit")
    two.told(asker, "release_officer", other_name.number, "forward", answers={"certified": True})
    assert two.state(OTHER[asker], other_name.number) == "forwarded"
    assert two.detail(OTHER[asker], "registrar", other_name.number).view.parent == number


def cited(two: TwoHouses, nation: Nation, stopped: StepStopped, code: str) -> set[str | None]:
    """The citations of the provisions under this finding."""
    from relto.services import active_bundle  # noqa: PLC0415

    with two.at(nation) as node:
        provisions = active_bundle.active(node.house, node.house.now()).provisions
    found = next(one for one in stopped.weighed if one.finding.code == code)
    assert found.stops
    return {provisions[rule].citation for rule in found.finding.rules}


@BOTH_WAYS
def test_a_visit_from_the_draft_to_the_record_on_both_nodes(two: TwoHouses, asker: Nation) -> None:
    number, host = approved(two, asker), OTHER[asker]
    assert (two.state(asker, number), two.state(host, number)) == ("approved", "approved")
    two.forward(days=70)
    arrival = {
        "site": FACILITY[host],
        "arrived_on": day(70),
        "came": [{"person": two.nodes[asker].people["engineer"], "identity_checked": True}],
    }
    two.told(host, "security_officer", number, "arrive", answers=arrival)
    assert two.state(asker, number) == "active"
    departure = {
        "left_on": day(70),
        "classified_access": True,
        "level_given": f"{asker}:CONFIDENTIAL",
        "custody": "none",
        "asked_beyond": False,
    }
    two.told(host, "security_officer", number, "leave", answers=departure)
    for nation in (asker, host):
        steps = two.detail(nation, "registrar", number).steps
        assert [one.step for one in steps if one.side == "answering"][-3:] == ["approve", "arrive", "leave"]
        assert all(one.entry for one in steps)
    two.forward(days=6)
    for nation in (host, asker):
        with two.at(nation) as node:
            tend_dossiers(node.house)
    two.deliver()
    assert (two.state(asker, number), two.state(host, number)) == ("expired", "expired")
    if host == USA:
        with pytest.raises(StepStopped) as kept:
            two.take(host, "security_officer", number, "release_record")
        assert [one.finding.rules for one in kept.value.weighed if one.stops] == [("LIM-06",)]
    else:
        two.told(host, "security_officer", number, "release_record")
        assert two.state(asker, number) == "record_released", "no rule loaded: a person decides"


@BOTH_WAYS
def test_the_visitors_side_learns_the_outcome_only_and_no_name_crosses_the_border(
    two: TwoHouses, asker: Nation
) -> None:
    """ISA-44: the host does not tell the visitor the scope or limits of authorised access; names stay at home."""
    number, host = approved(two, asker), OTHER[asker]
    seen = two.detail(asker, "security_officer", number)
    answered = {one.step: dict(one.answers) for one in seen.steps if one.side == "answering"}
    assert answered == {"ask_host": {}, "host_reply": {}, "approve": {"approval_reference": "A-17"}}
    at_host = two.detail(host, "security_officer", number)
    assert next(one for one in at_host.steps if one.step == "approve").answers["scope"] == SCOPE
    assert set(at_host.answers["visitors"][0]) == {"person", "citizenship", "clearance"}
    for nation in (asker, host):
        with two.at(nation):
            messages = [told(bytes(row)) for row in OutboxMessage.objects.values_list("envelope", flat=True)]
            entries = [json.dumps(row, default=str) for row in LedgerEntry.objects.values()]
        assert any(number in one for one in messages)
        every = (*messages, *entries)
        assert not [one for one in every if "NAME OF ENGINEER" in one or "LEAD OF TESTS" in one or SCOPE in one]


def told(envelope: bytes) -> str:
    """What a message says, as text."""
    return base64.b64decode(json.loads(envelope)["payload"]).decode()


def test_one_form_gives_a_packet_for_each_site_and_the_facility_is_told_what_the_visitors_are_not(
    two: TwoHouses,
) -> None:
    """MIS-12: one request for several sites within one country; ISA-44: scope and limits stay on the host's side."""
    sites = [{"facility": FACILITY[IND], "person_visited": "THE LEAD OF TESTS"}, {"facility": "IND-F099"}]
    number = approved(two, USA, sites=sites)
    pages = read(two.do(USA, "security_officer", papers.paper, number, "packet"))
    whole = " ".join(pages)
    assert "Packet 1 / 2" in whole
    assert "Packet 2 / 2" in whole
    first = " ".join(page for page in pages if "Packet 1 / 2" in page)
    assert FACILITY[IND] in first
    assert "IND-F099" not in first
    assert "NAME OF ENGINEER" in whole
    outcome = " ".join(read(two.do(USA, "security_officer", papers.paper, number, "outcome", "both")))
    assert "A-17" in outcome
    assert SCOPE not in outcome
    notice = " ".join(read(two.do(IND, "security_officer", papers.paper, number, "host_notice")))
    assert SCOPE in notice
    assert "Do not tell the visitors the scope or the limits" in notice
    assert "NAME OF ENGINEER" not in notice


def read(made: papers.PaperFile) -> list[str]:
    """The pages of a paper as text, without the places where words may break."""
    pages = [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(made.content)]
    return [" ".join(page.replace("\u200b", "").split()) for page in pages]


def test_the_request_is_mended_before_it_is_sent_and_returned_by_the_own_authority(two: TwoHouses) -> None:
    view = two.begin(USA, "security_officer", "visit", request(two, USA, last_day=day(60)))
    with pytest.raises(StepStopped) as stopped:
        two.take(USA, "security_officer", view.number, "submit")
    assert [one.finding.code for one in stopped.value.weighed if one.stops] == ["visit.dates_order"]
    two.write(USA, "security_officer", view.number, request(two, USA))
    two.take(USA, "security_officer", view.number, "submit")
    two.take(USA, "registrar", view.number, "return", reason="the subject says too little")
    assert two.detail(USA, "security_officer", view.number).may_write
    two.take(USA, "security_officer", view.number, "submit")
    assert two.state(USA, view.number) == "submitted"


def test_a_question_goes_back_and_the_answer_comes(two: TwoHouses) -> None:
    number = forwarded(two, IND)
    two.told(USA, "registrar", number, "query", answers={"question": "Which stand?"})
    assert two.state(IND, number) == "queried"
    two.told(IND, "release_officer", number, "answer", answers={"reply": "The second one"})
    answer = two.detail(USA, "registrar", number).steps[-1]
    assert (two.state(USA, number), answer.answers["reply"]) == ("forwarded", "The second one")


def test_a_cancellation_wins_over_an_approval_under_way(two: TwoHouses) -> None:
    asker, host = IND, USA
    number = forwarded(two, asker)
    two.told(host, "registrar", number, "ask_host", answers={"level_for_host": f"{asker}:CONFIDENTIAL"})
    two.told(host, "security_officer", number, "host_reply", answers={"concurs": True, "control_plan": "in_place"})
    two.take(asker, "security_officer", number, "cancel", reason="the review moved")
    approval = {"approval_reference": "A-18", "level": f"{asker}:CONFIDENTIAL", "scope": SCOPE}
    two.take(host, "release_officer", number, "approve", answers=approval)
    two.deliver()
    assert (two.state(asker, number), two.state(host, number)) == ("cancelled", "cancelled")


def test_a_denied_visitor_may_come_to_what_is_public(two: TwoHouses) -> None:
    asker, host = IND, USA
    number = forwarded(two, asker)
    two.told(host, "release_officer", number, "deny", answers={"why": "no purpose was shown"})
    assert two.state(asker, number) == "denied"
    two.forward(days=71)
    came = {"came_on": day(71), "public_only": True}
    detail = two.take(host, "security_officer", number, "receive_public", answers=came)
    assert (detail.view.state, detail.steps[-1].step) == ("denied", "receive_public")


def test_an_american_facility_is_asked_before_a_visit_is_approved(two: TwoHouses) -> None:
    number = forwarded(two, IND)
    approval = {"approval_reference": "A-19", "level": "IND:CONFIDENTIAL", "scope": SCOPE}
    with pytest.raises(StepStopped) as stopped:
        two.take(USA, "release_officer", number, "approve", answers=approval)
    assert [one.finding.rules for one in stopped.value.weighed if one.stops] == [("USR-93",)]


def test_nobody_is_approved_whose_own_authority_gives_no_assurance(two: TwoHouses) -> None:
    number = forwarded(two, IND, visitors=[visitor(two, IND, "colleague")])
    two.told(USA, "registrar", number, "ask_host", answers={"level_for_host": "IND:CONFIDENTIAL"})
    two.told(USA, "security_officer", number, "host_reply", answers={"concurs": True, "control_plan": "in_place"})
    approval = {"approval_reference": "A-20", "level": "IND:CONFIDENTIAL", "scope": SCOPE}
    with pytest.raises(StepStopped) as stopped:
        two.take(USA, "release_officer", number, "approve", answers=approval)
    assert "visit.assurance_missing" in {one.finding.code for one in stopped.value.weighed}


def test_each_coming_under_a_recurring_approval_is_announced(two: TwoHouses) -> None:
    number = approved(two, IND, kind="recurring", last_day=day(130))
    coming = [{"person": two.nodes[IND].people["engineer"]}]
    notice = {"site": FACILITY[USA], "arriving_on": day(75), "leaving_on": day(76), "coming": coming}
    two.forward(days=73)
    with pytest.raises(StepStopped, match="notice"):
        two.take(IND, "security_officer", number, "announce", answers=notice)
    later = notice | {"arriving_on": day(86), "leaving_on": day(87)}
    two.told(IND, "security_officer", number, "announce", answers=later)
    two.forward(days=13)
    arrival = {"site": FACILITY[USA], "arrived_on": day(86), "came": [{**coming[0], "identity_checked": True}]}
    assert two.take(USA, "security_officer", number, "arrive", answers=arrival).view.state == "active"


def test_what_waits_for_whom_stands_in_each_queue_with_the_gap_where_no_rule_is_loaded(two: TwoHouses) -> None:
    number = forwarded(two, USA)
    waiting = [row for row in two.do(IND, "release_officer", dossiers.queue) if row.view.number == number]
    assert len(waiting) == 1
    due = two.detail(IND, "release_officer", number).view.due
    assert {(one.clock, one.gap) for one in due} == {("host_authority", True)}
    assert two.detail(USA, "release_officer", number).view.waits_on == ("partner",)

    with pytest.raises(Refused, match="side"):
        two.take(USA, "release_officer", number, "deny", answers={"why": "x"})
