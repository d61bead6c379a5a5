"""Break-glass: a role for some hours, when nobody who holds it can act; two people, and it shouts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from relto.base.errors import Conflict, MalformedInput, NotAvailable, Refused, UnknownValue
from relto.procedures.actors import Role
from relto.procedures.authentication import Method
from relto.services import emergency_roles, organisation, portal_sessions, role_changes
from relto.services.actors import actor_of_person
from relto.store.models import Account, LedgerEntry, Person
from tests.support.houses import Node


def _deputy(node: Node) -> str:
    return organisation.add_person(node.house, node.actor("registrar"), name="The deputy").pseudonym


def _ask(node: Node, person: str, role: str = "release_officer", hours: int = 2) -> str:
    return emergency_roles.ask(
        node.house, node.actor("operator"), person=person, role=role, reason="the office is flooded", hours=hours
    ).emergency


def _roles(node: Node, person: str) -> frozenset[Role]:
    return actor_of_person(node.house, person).roles


def test_a_role_stands_for_its_hours_and_then_ends_by_itself(usa: Node) -> None:
    deputy = _deputy(usa)
    asked = _ask(usa, deputy)
    assert _roles(usa, deputy) == frozenset()
    assert not emergency_roles.standing_now(usa.house)
    done = emergency_roles.confirm(usa.house, usa.actor("inspector"), emergency=asked)
    assert _roles(usa, deputy) == {Role.RELEASE_OFFICER}
    assert [one.role for one in emergency_roles.standing_now(usa.house)] == ["release_officer"]
    entry = LedgerEntry.objects.get(entry=done.entry)
    assert (entry.event, entry.details["hours"]) == ("emergency:begun", 2)
    assert "flooded" not in str(entry.details), "a reason is nobody else's to read"
    usa.clock.forward(hours=2)
    assert _roles(usa, deputy) == frozenset()
    assert not emergency_roles.standing_now(usa.house)
    assert [one.state for one in emergency_roles.emergencies(usa.house, usa.actor("inspector"))] == ["over"]
    again = _ask(usa, deputy)
    emergency_roles.confirm(usa.house, usa.actor("inspector"), emergency=again)
    assert _roles(usa, deputy) == {Role.RELEASE_OFFICER}


def test_two_different_people_and_neither_is_the_one_it_is_for(usa: Node) -> None:
    deputy = _deputy(usa)
    asked = _ask(usa, deputy)
    with pytest.raises(Refused):
        emergency_roles.confirm(usa.house, usa.actor("operator"), emergency=asked)
    for who in ("engineer", "security_officer"):
        with pytest.raises(Refused):
            emergency_roles.confirm(usa.house, usa.actor(who), emergency=asked)
    with pytest.raises(Refused):
        _ask(usa, usa.people["operator"])
    with pytest.raises(Refused):
        emergency_roles.ask(
            usa.house, usa.actor("registrar"), person=deputy, role="inspector", reason="why not", hours=1
        )
    inspector = _ask(usa, usa.people["inspector"])
    with pytest.raises(Refused):
        emergency_roles.confirm(usa.house, usa.actor("inspector"), emergency=inspector)


def test_it_opens_no_content_and_stays_within_its_bounds(usa: Node) -> None:
    deputy = _deputy(usa)
    for role in ("engineer", "security_officer", "operator", "emperor"):
        with pytest.raises(UnknownValue):
            _ask(usa, deputy, role)
    with pytest.raises(MalformedInput):
        _ask(usa, deputy, hours=emergency_roles.LONGEST_HOURS + 1)
    with pytest.raises(MalformedInput):
        _ask(usa, usa.people["engineer"])
    with pytest.raises(MalformedInput) as caught:
        _ask(usa, usa.people["inspector"], "registrar")
    assert caught.value.full_code == "malformed.roles.apart"
    with pytest.raises(Conflict):
        _ask(usa, usa.people["release_officer"])
    assert actor_of_person(usa.house, deputy).programmes == frozenset()


def test_it_is_refused_while_somebody_with_the_role_is_signed_in(usa: Node) -> None:
    deputy = _deputy(usa)
    asked = _ask(usa, deputy)
    officer = Person.objects.get(id=usa.people["release_officer"])
    account = Account.objects.create(username="officer", person=officer)
    portal_sessions.begin_session(usa.house, account, Method.PASSKEY)
    with pytest.raises(Refused) as caught:
        emergency_roles.confirm(usa.house, usa.actor("inspector"), emergency=asked)
    assert caught.value.full_code == "refused.somebody_can_act"
    usa.clock.moment += timedelta(hours=1)
    emergency_roles.confirm(usa.house, usa.actor("inspector"), emergency=asked)


def test_it_is_ended_at_once_and_what_nobody_confirmed_is_over(usa: Node) -> None:
    deputy = _deputy(usa)
    asked = _ask(usa, deputy)
    emergency_roles.confirm(usa.house, usa.actor("inspector"), emergency=asked)
    with pytest.raises(Refused):
        emergency_roles.end(usa.house, usa.actor("release_officer"), emergency=asked)
    emergency_roles.end(usa.house, usa.actor("co_chair"), emergency=asked)
    assert _roles(usa, deputy) == frozenset()
    with pytest.raises(NotAvailable):
        emergency_roles.end(usa.house, usa.actor("co_chair"), emergency=asked)
    late = _ask(usa, deputy)
    usa.clock.forward(hours=4)
    with pytest.raises(NotAvailable):
        emergency_roles.confirm(usa.house, usa.actor("inspector"), emergency=late)


def test_a_role_given_for_good_meanwhile_outlives_the_emergency(usa: Node) -> None:
    deputy = _deputy(usa)
    emergency_roles.confirm(usa.house, usa.actor("inspector"), emergency=_ask(usa, deputy))
    asked = role_changes.ask_change(
        usa.house, usa.actor("registrar"), person=deputy, role="release_officer", does="grant"
    )
    role_changes.confirm_change(usa.house, usa.actor("co_chair"), change=asked.change)
    usa.clock.forward(hours=3)
    assert _roles(usa, deputy) == {Role.RELEASE_OFFICER}
