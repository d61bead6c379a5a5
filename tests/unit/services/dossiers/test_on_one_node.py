"""One dossier on one node: begun, written, checked, taken on; by who may, with what it asks for, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from relto.base.errors import Conflict, MalformedInput, NotAvailable, Refused, UnknownValue
from relto.procedures.actors import Role
from relto.services import dossiers
from relto.services.dossiers import AnswersRefused, StepStopped
from relto.store.models import Dossier, DossierKey, LedgerEntry
from tests.support.houses import COMPANY, FACILITY, IND, USA, Node, add_company
from tests.unit.services.dossiers.request import registered

pytestmark = pytest.mark.django_db
SAMPLE = "sample_request"


@pytest.fixture(autouse=True)
def _procedure() -> Iterator[None]:
    with registered():
        yield


def answers(node: Node, **changes: Any) -> dict[str, Any]:
    engineer = node.people["engineer"]
    usual: dict[str, Any] = {
        "partner": "IND",
        "facility": FACILITY[USA],
        "host": FACILITY[IND],
        "programme": "MONSOON-LARK",
        "begins": "2027-03-01",
        "ends": "2027-03-05",
        "people": [{"person": engineer, "name": "Name of engineer", "level": "USA:SECRET"}],
    }
    return usual | changes


def begun(node: Node, **changes: Any) -> dossiers.DossierView:
    return dossiers.begin(node.house, node.actor("security_officer"), SAMPLE, answers(node, **changes))


def test_a_dossier_has_its_number_company_and_keys_at_once(usa: Node) -> None:
    view = begun(usa)
    assert (view.number, view.nation, view.side, view.state) == ("SRQ-2026-0001", "USA", "asking", "draft")
    assert (view.company, view.facility, view.programme, view.partner) == (
        COMPANY[USA], FACILITY[USA], "MONSOON-LARK", "IND",
    )  # fmt: skip
    assert view.waits_on == ("security_officer",)
    assert begun(usa).number == "SRQ-2026-0002"
    entry = LedgerEntry.objects.get(entry=view.entry)
    assert (entry.event, entry.subject, entry.company) == ("dossier:begun", view.id, COMPANY[USA])
    detail = dossiers.dossier(usa.house, usa.actor("security_officer"), view.number)
    assert detail.answers["people"][0]["name"] == "Name of engineer"
    assert detail.may_take == ("endorse",)
    assert detail.may_write
    row = Dossier.objects.get(id=view.id)
    assert all(usa.people["engineer"] not in key.digest for key in DossierKey.objects.filter(dossier=row))


def test_a_step_is_taken_when_its_guards_hold(usa: Node) -> None:
    view = begun(usa)
    officer = usa.actor("security_officer")
    assert dossiers.check(usa.house, officer, view.id, "endorse") == ()
    taken = dossiers.take(usa.house, officer, view.id, "endorse")
    assert taken.view.state == "endorsed"
    assert taken.view.waits_on == ("registrar",)
    (step,) = taken.steps
    assert (step.step, step.before, step.state, step.by, step.role) == (
        "endorse", "draft", "endorsed", officer.person, "security_officer",
    )  # fmt: skip
    assert LedgerEntry.objects.get(entry=step.entry).event == "dossier:step_taken"


def test_a_draft_may_lack_answers_but_goes_no_further(usa: Node) -> None:
    officer = usa.actor("security_officer")
    view = dossiers.begin(usa.house, officer, SAMPLE, {"partner": "IND"})
    missing = {one.finding.path for one in dossiers.check(usa.house, officer, view.id) if one.stops}
    assert missing == {"facility", "host", "begins", "ends"}
    with pytest.raises(StepStopped) as stopped:
        dossiers.take(usa.house, officer, view.id, "endorse")
    assert stopped.value.full_code == "refused.form"
    assert stopped.value.field == "facility"
    assert {one.finding.path for one in stopped.value.weighed} == missing
    written = dossiers.write(usa.house, officer, view.id, answers(usa))
    assert written.facility == FACILITY[USA]
    assert dossiers.take(usa.house, officer, view.id, "endorse").view.state == "endorsed"
    with pytest.raises(Conflict):
        dossiers.write(usa.house, officer, view.id, answers(usa))


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"begins": "tomorrow"}, "begins", "form.shape"),
        ({"colour": "red"}, "colour", "form.unknown"),
        ({"people": [{"person": "Anna"}]}, "people/0/person", "form.shape"),
        ({"review": "2027-01-01"}, "review", "form.empty"),
    ],
)
def test_what_cannot_be_read_is_refused_by_its_field(usa: Node, changes: dict[str, Any], field: str, code: str) -> None:
    with pytest.raises(AnswersRefused) as refused:
        begun(usa, **changes)
    assert (refused.value.field, refused.value.expected) == (field, code)
    assert not Dossier.objects.exists()


def test_a_rule_stops_by_its_provision_and_an_unconfirmed_one_only_warns(usa: Node) -> None:
    officer = usa.actor("security_officer")
    people = [{"person": usa.people["engineer"], "name": "Name of engineer", "level": "USA:TOP SECRET"}]
    view = begun(usa, people=people)
    with pytest.raises(StepStopped) as stopped:
        dossiers.take(usa.house, officer, view.id, "endorse")
    error = stopped.value
    assert (error.full_code, error.expected) == ("refused.guard", "person_cleared")
    assert (error.field, error.details["finding"]) == ("people/0/level", "sample_request.cleared")
    assert error.details["provisions"] == "ISA-01, ISA-03"
    assert error.weighed[0].unconfirmed == ("ISA-03",)
    assert Dossier.objects.get(id=view.id).state == "draft"


def test_a_name_is_compared_with_the_roster_and_stays_here(usa: Node) -> None:
    officer = usa.actor("security_officer")
    people = [{"person": usa.people["engineer"], "name": "Somebody else", "level": "USA:SECRET"}]
    found = dossiers.check_form(usa.house, officer, SAMPLE, answers(usa, people=people))
    assert [(one.finding.code, one.stops) for one in found] == [("sample_request.name", True)]
    assert not Dossier.objects.exists()


def test_nobody_takes_anothers_step(usa: Node) -> None:
    officer = usa.actor("security_officer")
    view = begun(usa)
    for who in ("engineer", "registrar"):
        with pytest.raises(Refused) as refused:
            dossiers.take(usa.house, usa.actor(who), view.id, "endorse")
        assert refused.value.full_code == "refused.role"
    with pytest.raises(Conflict):
        dossiers.take(usa.house, officer, view.id, "withdraw", reason="not needed")
    with pytest.raises(MalformedInput):
        dossiers.take(usa.house, officer, view.id, "fly")
    dossiers.take(usa.house, officer, view.id, "endorse")
    with pytest.raises(MalformedInput):
        dossiers.take(usa.house, usa.actor("registrar"), view.id, "submit", answers={"remark": "there is no form"})
    with pytest.raises(UnknownValue):
        dossiers.begin(usa.house, officer, "no_such_procedure", {})
    with pytest.raises(Refused):
        dossiers.begin(usa.house, usa.actor("registrar"), SAMPLE, {})


def test_another_company_and_the_operator_see_nothing(usa: Node) -> None:
    view = begun(usa)
    add_company(usa, "USA-C099", "USA-F099")
    other = usa.add("other officer", Role.SECURITY_OFFICER, company="USA-C099", facility="USA-F099")
    for actor in (other, usa.actor("operator")):
        assert dossiers.dossiers(usa.house, actor) == []
        for attempt in (
            lambda who: dossiers.dossier(usa.house, who, view.id),
            lambda who: dossiers.take(usa.house, who, view.number, "endorse"),
            lambda who: dossiers.write(usa.house, who, view.id, {}),
            lambda who: dossiers.check(usa.house, who, view.id),
        ):
            with pytest.raises(NotAvailable):
                attempt(actor)
    assert [one.id for one in dossiers.dossiers(usa.house, usa.actor("registrar"))] == [view.id]
    assert [one.id for one in dossiers.dossiers(usa.house, usa.actor("engineer"))] == [view.id]


def test_the_database_alone_tells_nothing_of_a_form(usa: Node) -> None:
    view = begun(usa, note="a note that nobody else reads")
    dossiers.take(usa.house, usa.actor("security_officer"), view.id, "endorse")
    with connection.cursor() as cursor:
        kept = ""
        for table in ("store_dossier", "store_dossierstep", "store_dossierkey", "store_dossierdue"):
            cursor.execute(f"SELECT * FROM {table}")  # noqa: S608  names of the test's own
            kept += repr([[bytes(one) if isinstance(one, memoryview) else one for one in row] for row in cursor])
    assert view.number in kept
    for private in ("a note that", "Name of engineer", usa.people["engineer"]):
        assert private not in kept


def test_dossiers_are_found_by_what_they_are_about(usa: Node) -> None:
    first, second = begun(usa), begun(usa, people=[])
    officer = usa.actor("security_officer")
    found = dossiers.dossiers(usa.house, officer, subject=usa.people["engineer"])
    assert [one.id for one in found] == [first.id]
    everything = dossiers.dossiers(usa.house, officer, subject=FACILITY[IND], procedure=SAMPLE, open_only=True)
    assert {one.id for one in everything} == {first.id, second.id}
    assert dossiers.dossiers(usa.house, officer, state="approved") == []
    (last,) = dossiers.dossiers(usa.house, officer, after=dossiers.dossiers(usa.house, officer)[0].id)
    assert last.id in {first.id, second.id}
