"""A role of the authority takes two people: nobody makes herself, or her friend alone, a release officer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from relto.base.errors import Conflict, MalformedInput, NotAvailable, Refused
from relto.procedures.actors import Role
from relto.services import organisation, role_changes, suspensions
from relto.services.actors import actor_of_person
from relto.store.models import LedgerEntry
from tests.support.houses import USA, Node, make_house


def _new(node: Node) -> str:
    return organisation.add_person(node.house, node.actor("registrar"), name="Somebody new").pseudonym


def _ask(node: Node, person: str, role: str = "inspector", does: str = "grant") -> str:
    return role_changes.ask_change(node.house, node.actor("registrar"), person=person, role=role, does=does).change


def _roles(node: Node, person: str) -> frozenset[Role]:
    return actor_of_person(node.house, person).roles


def test_one_asks_and_another_confirms_and_both_are_in_the_ledger(usa: Node) -> None:
    person = _new(usa)
    change = _ask(usa, person)
    assert _roles(usa, person) == frozenset()
    with pytest.raises(Refused) as caught:
        role_changes.confirm_change(usa.house, usa.actor("registrar"), change=change)
    assert caught.value.full_code == "refused.same_person"
    done = role_changes.confirm_change(usa.house, usa.actor("co_chair"), change=change)
    assert _roles(usa, person) == {Role.INSPECTOR}
    entry = LedgerEntry.objects.get(entry=done.entry)
    assert (entry.event, entry.actor) == ("role:granted", usa.people["co_chair"])
    assert entry.details["asked_by"] == usa.people["registrar"]
    assert LedgerEntry.objects.get(event="role:asked").actor == usa.people["registrar"]
    with pytest.raises(NotAvailable):
        role_changes.confirm_change(usa.house, usa.actor("co_chair"), change=change)


def test_a_role_is_taken_by_two_as_well_and_at_once(usa: Node) -> None:
    inspector = usa.people["inspector"]
    change = _ask(usa, inspector, does="remove")
    assert _roles(usa, inspector) == {Role.INSPECTOR}
    role_changes.confirm_change(usa.house, usa.actor("co_chair"), change=change)
    assert _roles(usa, inspector) == frozenset()
    with pytest.raises(Conflict):
        _ask(usa, inspector, does="remove")


def test_nobody_confirms_what_is_about_herself_nor_anything_without_the_role(usa: Node) -> None:
    chair = usa.people["co_chair"]
    change = _ask(usa, chair, "release_officer")
    with pytest.raises(Refused):
        role_changes.confirm_change(usa.house, usa.actor("co_chair"), change=change)
    change = _ask(usa, _new(usa))
    for who in ("release_officer", "inspector", "operator", "engineer", "security_officer"):
        with pytest.raises(NotAvailable):
            role_changes.confirm_change(usa.house, usa.actor(who), change=change)
    for who in ("co_chair", "operator", "engineer"):
        with pytest.raises(Refused):
            role_changes.ask_change(usa.house, usa.actor(who), person=_new(usa), role="inspector", does="grant")
    registrar = usa.actor("registrar")
    with pytest.raises(Refused):
        role_changes.ask_change(usa.house, registrar, person=registrar.person, role="co_chair", does="grant")


def test_what_keeps_roles_apart_is_asked_again_when_it_is_confirmed(usa: Node) -> None:
    person = _new(usa)
    first, second = _ask(usa, person, "registrar"), _ask(usa, person, "inspector")
    role_changes.confirm_change(usa.house, usa.actor("co_chair"), change=first)
    with pytest.raises(MalformedInput) as caught:
        role_changes.confirm_change(usa.house, usa.actor("co_chair"), change=second)
    assert caught.value.full_code == "malformed.roles.apart"
    assert _roles(usa, person) == {Role.REGISTRAR}
    with pytest.raises(MalformedInput):
        _ask(usa, usa.people["engineer"], "release_officer")
    with pytest.raises(MalformedInput):
        _ask(usa, person, "engineer")


def test_what_was_declined_or_waited_too_long_grants_nothing(usa: Node) -> None:
    person = _new(usa)
    role_changes.decline_change(usa.house, usa.actor("co_chair"), change=_ask(usa, person))
    late = _ask(usa, person)
    with pytest.raises(Conflict):
        _ask(usa, person)
    assert [one.mine for one in role_changes.changes(usa.house, usa.actor("co_chair"))] == [True, False]
    assert not any(one.mine for one in role_changes.changes(usa.house, usa.actor("inspector")))
    usa.clock.forward(days=14)
    with pytest.raises(NotAvailable):
        role_changes.confirm_change(usa.house, usa.actor("co_chair"), change=late)
    assert _roles(usa, person) == frozenset()


def test_on_a_new_node_the_operator_is_the_second_person_until_there_is_another(db: None, tmp_path: Path) -> None:
    node = make_house(tmp_path, USA)
    node.house = replace(node.house, kind="live")
    first = organisation.bootstrap(node.house, operator_name="First operator", registrar_name="First registrar")
    node.people |= {"operator": first.operator, "registrar": first.registrar}
    with pytest.raises(Refused) as caught:
        organisation.add_person(node.house, node.actor("registrar"), name="A friend", roles=["release_officer"])
    assert caught.value.full_code == "refused.two_people"
    chair = _new(node)
    role_changes.confirm_change(node.house, node.actor("operator"), change=_ask(node, chair, "co_chair"))
    officer = _ask(node, _new(node), "release_officer")
    with pytest.raises(NotAvailable):
        role_changes.confirm_change(node.house, node.actor("operator"), change=officer)
    suspensions.suspend(node.house, node.actor("registrar"), kind="person", subject=chair, reason="left")
    role_changes.confirm_change(node.house, node.actor("operator"), change=officer)
