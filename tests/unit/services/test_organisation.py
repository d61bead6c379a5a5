"""The registrar's work, and who may see or do it."""

from __future__ import annotations

import pytest

from relto.base.errors import Conflict, MalformedInput, NotAuthenticated, NotAvailable, Refused, UnknownValue
from relto.ledger.leaves import read_leaf
from relto.procedures.actors import Role
from relto.services import organisation, programmes, role_changes
from relto.services.actors import actor_of_person
from relto.store.models import LedgerEntry, Person
from tests.support.houses import COMPANY, FACILITY, OTHER_PROGRAMME, PROGRAMME, START, USA, YEAR, Node, add_company


def test_every_registration_leaves_one_entry_without_names(usa: Node) -> None:
    before = LedgerEntry.objects.count()
    view = organisation.add_person(usa.house, usa.actor("registrar"), name="Training inspector", roles=["inspector"])
    entry = LedgerEntry.objects.get(entry=view.entry)
    assert LedgerEntry.objects.count() == before + 1
    assert read_leaf(bytes(entry.leaf)).subject == view.pseudonym
    assert "Training inspector" not in bytes(entry.leaf).decode() + str(entry.details)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"clearance_level": "COSMIC"}, UnknownValue),
        ({"roles": ["release_officer"]}, MalformedInput),
        ({"roles": ["king"]}, UnknownValue),
        ({"name": "two\nlines"}, MalformedInput),
        ({"company": "USA-C999"}, NotAvailable),
        ({"facility": "IND-F007"}, NotAvailable),
        ({"valid_until": None}, MalformedInput),
        ({"valid_until": START - 2 * YEAR}, MalformedInput),
        ({"clearance_level": ""}, MalformedInput),
    ],
    ids=str,
)
def test_a_person_who_does_not_fit_is_refused_and_nothing_is_kept(
    usa: Node, change: dict[str, object], error: type[Exception]
) -> None:
    fitting: dict[str, object] = {
        "name": "A person",
        "company": COMPANY[USA],
        "facility": FACILITY[USA],
        "clearance_level": "SECRET",
        "valid_from": START - YEAR,
        "valid_until": START + YEAR,
        "roles": ["engineer"],
    }
    people, entries = Person.objects.count(), LedgerEntry.objects.count()
    with pytest.raises(error):
        organisation.add_person(usa.house, usa.actor("registrar"), **(fitting | change))  # type: ignore[arg-type]
    assert (Person.objects.count(), LedgerEntry.objects.count()) == (people, entries)


def test_only_a_registrar_registers(usa: Node) -> None:
    for who in sorted(set(usa.people) - {"registrar"}):
        with pytest.raises(Refused):
            organisation.register_company(usa.house, usa.actor(who), code="USA-C2", title="Two", kind="private")


def test_the_first_people_come_once(usa: Node) -> None:
    with pytest.raises(Conflict):
        organisation.bootstrap(usa.house, operator_name="Again", registrar_name="Again")


def test_a_suspended_person_is_nobody(usa: Node) -> None:
    Person.objects.filter(id=usa.people["engineer"]).update(suspended_at=START)
    with pytest.raises(NotAuthenticated):
        usa.actor("engineer")
    with pytest.raises(NotAuthenticated):
        actor_of_person(usa.house, "prs_unknown")


def test_a_security_officer_sees_and_assigns_her_company_only(usa: Node) -> None:
    add_company(usa, "USA-C020", "USA-F020")
    usa.add("stranger", Role.ENGINEER, company="USA-C020", facility="USA-F020")
    officer = usa.actor("security_officer")
    assert {view.company for view in organisation.people_of(usa.house, officer)} == {COMPANY[USA]}
    with pytest.raises(NotAvailable):
        organisation.person(usa.house, officer, usa.people["stranger"])
    with pytest.raises(NotAvailable):
        programmes.assign_member(
            usa.house, officer, programme=PROGRAMME, person=usa.people["stranger"], reason="curious"
        )
    view = programmes.assign_member(
        usa.house, officer, programme=PROGRAMME, person=usa.people["colleague"], reason="analyses results"
    )
    assert PROGRAMME in usa.actor("colleague").programmes
    assert view.entry
    with pytest.raises(Conflict):
        programmes.assign_member(
            usa.house, officer, programme=PROGRAMME, person=usa.people["colleague"], reason="again"
        )


def test_a_programme_the_company_takes_no_part_in_does_not_exist_for_it(usa: Node) -> None:
    registrar, officer = usa.actor("registrar"), usa.actor("security_officer")
    programmes.register_programme(usa.house, registrar, code=OTHER_PROGRAMME, title="Another")
    assert [view.code for view in programmes.programmes(usa.house, officer)] == [PROGRAMME]
    with pytest.raises(NotAvailable):
        programmes.assign_member(
            usa.house, officer, programme=OTHER_PROGRAMME, person=usa.people["colleague"], reason="curious"
        )
    with pytest.raises(Refused):
        programmes.assign_member(
            usa.house, usa.actor("engineer"), programme=PROGRAMME, person=usa.people["colleague"], reason="friend"
        )


def test_nobody_grants_herself_a_role_and_a_registrar_has_no_other(usa: Node) -> None:
    """A dishonest registrar cannot decide, sign or inspect as herself (design section 5)."""
    registrar = usa.actor("registrar")
    roles = set(registrar.roles)
    with pytest.raises(Refused) as own:
        organisation.grant_role(usa.house, registrar, person=registrar.person, role="engineer")
    assert own.value.full_code == "refused.own_role"
    with pytest.raises(MalformedInput) as together:
        organisation.add_person(usa.house, registrar, name="Training registrar", roles=["registrar", "release_officer"])
    assert together.value.full_code == "malformed.roles.apart"
    officer = usa.actor("release_officer")
    with pytest.raises(MalformedInput):
        role_changes.ask_change(usa.house, registrar, person=officer.person, role="registrar", does="grant")
    assert set(actor_of_person(usa.house, registrar.person).roles) == roles
