"""Capability 6 (domain.md section 9): assurance exchange, request and signed reply between the two authorities.

Through the services on two nodes, from the firm's question to the gates that decide by the answer.
"""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

import pytest

from relto.base.nations import Nation
from relto.services import assurances, dossiers
from relto.services.assurances import AssuranceView
from relto.services.dossiers import StepStopped
from relto.store.models import Assurance, Facility, LedgerEntry, OutboxMessage
from tests.story.capabilities.test_03_visits import request as visit_request
from tests.support import crossing_forms
from tests.support.form_corpus.hand_carriage import request as carriage
from tests.support.houses import FACILITY, IND, PROGRAMME, START, USA
from tests.support.two_houses import OTHER, TwoHouses

pytestmark = pytest.mark.django_db
BOTH_WAYS = pytest.mark.parametrize("asker", [USA, IND])
RANDOM = Random(6)  # noqa: S311  invents forms


def day(number: int) -> str:
    """So many days after the story begins."""
    return str((START + timedelta(days=number)).date())


def sheet(asker: Nation, **changes: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {
        "partner": OTHER[asker],
        "reference": "FIS 26/4",
        "answer_by": day(30),
        "facility": FACILITY[OTHER[asker]],
        "own_facility": FACILITY[asker],
        "reason": "pre_contract",
        "programme": PROGRAMME,
        "level": f"{OTHER[asker]}:SECRET",
        "hold": True,
        "hold_level": f"{OTHER[asker]}:SECRET",
        "generate": False,
        "process": False,
    }
    return usual | changes


def asked(two: TwoHouses, asker: Nation, procedure_code: str, answers: dict[str, Any]) -> str:
    """The firm asks its own authority, which asks the other's."""
    number = two.begin(asker, "security_officer", procedure_code, answers).number
    two.take(asker, "security_officer", number, "request")
    two.told(asker, "release_officer", number, "send")
    assert two.state(OTHER[asker], number) == "sent"
    return number


def answered(two: TwoHouses, asker: Nation, number: str, answers: dict[str, Any]) -> None:
    """Two people of the answering authority sign; the state changes with the second."""
    host = OTHER[asker]
    two.told(host, "registrar", number, "answer_held", answers=answers)
    assert two.state(host, number) == "sent"
    two.told(host, "release_officer", number, "answer_held")


def newest(two: TwoHouses, nation: Nation, subject: str) -> AssuranceView:
    every = two.do(nation, "registrar", assurances.list_assurances)
    return next(one for one in every if one.subject == subject and one.direction == "received" and one.governs)


def without_storage(two: TwoHouses, nation: Nation) -> dict[str, Any]:
    """The register of this nation: cleared to SECRET, nothing may be kept there; and the answer that says so."""
    with two.at(nation):
        Facility.objects.filter(code=FACILITY[nation]).update(safeguarding_level="")
    return {
        "held_level": f"{nation}:SECRET",
        "storage": False,
        "systems": False,
        "valid_until": day(90),
        "conditions": ["meetings_only"],
    }


@BOTH_WAYS
def test_cleared_to_secret_without_storage_attends_meetings_and_receives_nothing(two: TwoHouses, asker: Nation) -> None:
    """Reply "FCL SECRET, no storage" lets the firm attend meetings at SECRET and blocks any physical transfer to it."""
    host = OTHER[asker]
    number = asked(two, asker, "facility_assurance", sheet(asker))
    answered(two, asker, number, without_storage(two, host))
    assert two.state(asker, number) == "held"
    held = newest(two, asker, FACILITY[host])
    assert (held.level, held.safeguarding_level, held.status) == ("SECRET", "", "valid")
    assert held.valid_until.date().isoformat() in {day(90), day(91)}

    meeting = visit_request(two, host, highest_level=f"{host}:SECRET")
    visit = two.begin(host, "security_officer", "visit", meeting).number
    two.take(host, "security_officer", visit, "submit")
    two.told(host, "release_officer", visit, "forward", answers={"certified": True})
    two.told(asker, "registrar", visit, "ask_host", answers={"level_for_host": f"{host}:SECRET"})
    two.told(asker, "security_officer", visit, "host_reply", answers={"concurs": True, "control_plan": "in_place"})
    approval = {"approval_reference": "A-6", "level": f"{host}:SECRET", "scope": "The test results"}
    two.told(asker, "release_officer", visit, "approve", answers=approval)
    assert two.state(host, visit) == "approved"

    form = carriage(RANDOM, asker).answers
    checked = two.do(asker, "security_officer", dossiers.check_form, "hand_carriage", form)
    blocked = {one.finding.code for one in checked if one.stops}
    assert "hand_carriage.recipient_no_storage" in blocked
    for other in ("transfer", "freight"):
        found = two.do(asker, "security_officer", dossiers.check_form, other, crossing_forms.parties(RANDOM, asker))
        assert f"{other}.recipient_no_storage" in {one.finding.code for one in found if one.stops}


@pytest.mark.parametrize("asker", [IND])
def test_an_answer_is_the_registers_signed_by_two_and_never_a_file(two: TwoHouses, asker: Nation) -> None:
    """What crosses is a code, levels, dates and conditions; a claim beyond the register is stopped."""
    host = OTHER[asker]
    number = asked(two, asker, "facility_assurance", sheet(asker))
    honest = without_storage(two, host)
    claimed = honest | {"storage": True, "storage_level": f"{host}:SECRET"}
    with pytest.raises(StepStopped) as stopped:
        two.take(host, "registrar", number, "answer_held", answers=claimed)
    assert "facility_assurance.storage_not_as_registered" in {one.finding.code for one in stopped.value.weighed}
    answered(two, asker, number, honest)
    with two.at(host):
        row = Assurance.objects.get(direction="given", status="valid", safeguarding_level="", subject=FACILITY[host])
        assert LedgerEntry.objects.filter(event="assurance:given", subject=row.id).count() == 1
        told = OutboxMessage.objects.filter(kind="dossier-step").order_by("sequence").last()
    assert told is not None
    assert b"Name of" not in bytes(told.envelope)
    signers = two.detail(host, "registrar", number).steps[-1].signers
    assert len(signers) == 1, "and the second is who took the step"

    two.told(host, "registrar", number, "withdraw_answer", reason="The clearance is being reviewed")
    assert two.state(asker, number) == "answer_withdrawn"
    assert newest(two, asker, FACILITY[host]).status == "revoked", "at the partner at once"


@pytest.mark.parametrize("asker", [USA])
def test_a_person_is_vouched_for_under_a_pseudonym_and_for_no_longer_than_is_asked(
    two: TwoHouses, asker: Nation
) -> None:
    host = OTHER[asker]
    person = two.nodes[host].people["colleague"]
    answers: dict[str, Any] = {
        "partner": host,
        "reference": "PSC 26/9",
        "answer_by": day(30),
        "person": person,
        "name": "NAME OF COLLEAGUE",
        "facility": FACILITY[host],
        "purpose": "meeting",
        "programme": PROGRAMME,
        "level": f"{host}:SECRET",
        "from_date": day(40),
        "until_date": day(60),
    }
    number = asked(two, asker, "personnel_assurance", answers)
    assert "name" not in two.detail(host, "registrar", number).answers
    longer = {"held_level": f"{host}:SECRET", "valid_until": day(100)}
    with pytest.raises(StepStopped):
        two.take(host, "registrar", number, "answer_held", answers=longer)
    answered(two, asker, number, longer | {"valid_until": day(60)})
    held = newest(two, asker, person)
    assert (held.level, held.status, held.facility) == ("SECRET", "valid", FACILITY[host])


@pytest.mark.parametrize("asker", [USA])
def test_a_negative_answer_gives_no_assurance_and_the_waiting_party_sees_where_it_stands(
    two: TwoHouses, asker: Nation
) -> None:
    """Needs N-06: the other side's pending step is shown to who waits; no rule is loaded on how long it may take."""
    host = OTHER[asker]
    number = asked(two, asker, "facility_assurance", sheet(asker))
    view = two.detail(asker, "security_officer", number).view
    assert view.waits_on == ("partner",)
    assert [(one.limit, one.gap) for one in view.due] == [("assurance.answer", True)]
    with two.at(host):
        Facility.objects.filter(code=FACILITY[host]).update(level="CONFIDENTIAL", safeguarding_level="")
    two.told(host, "registrar", number, "answer_in_process", answers={"expected_by": day(60)})
    two.told(host, "release_officer", number, "answer_in_process")
    assert two.state(asker, number) == "in_process"
    two.told(host, "registrar", number, "answer_not_held", answers={"ground": "lower_level"})
    two.told(host, "release_officer", number, "answer_not_held")
    assert two.state(asker, number) == "not_held"
