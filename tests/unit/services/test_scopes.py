"""The matrix of who sees what: roles, companies, programmes, own and received items; unknown looks forbidden."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from relto.base.errors import NotAvailable, Refused, ReltoError
from relto.procedures.actors import Actor, Role
from relto.services import arrivals, assurances, authorisations, items, openings, programmes, register, releases
from relto.store.models import Arrival, Item, ReleaseCase
from tests.support.houses import IND, OTHER_PROGRAMME, PROGRAMME, Node, add_company
from tests.support.peer_simulator import Peer
from tests.unit.services.stories import accept, arrived, ask_release, authorise, seal_item

AUTHORITY = ("registrar", "release_officer", "co_chair", "inspector", "operator")


def second_company(node: Node, company: str, facility: str) -> None:
    """Another company, in the same and in another programme, with an engineer in each and a security officer."""
    add_company(node, company, facility)
    programmes.register_programme(node.house, node.actor("registrar"), code=OTHER_PROGRAMME, title="Another")
    for who, role, programme in (
        ("other engineer", Role.ENGINEER, PROGRAMME),
        ("other officer", Role.SECURITY_OFFICER, OTHER_PROGRAMME),
    ):
        node.add(who, role, company=company, facility=facility)
        programmes.assign_member(
            node.house, node.actor("registrar"), programme=programme, person=node.people[who], reason="works on it"
        )
    programmes.assign_member(
        node.house,
        node.actor("registrar"),
        programme=OTHER_PROGRAMME,
        person=node.people["colleague"],
        reason="works on it",
    )


@pytest.fixture
def originator(usa: Node, india: Peer) -> Node:
    """The USA's node with an item of each programme in one company, one of another company, and a case of the first."""
    second_company(usa, "USA-C020", "USA-F020")
    india.vouch(usa.house, "reader")
    authorise(usa)
    usa.items = {  # type: ignore[attr-defined]
        "first": seal_item(usa).id,
        "second": seal_item(usa, "colleague", programme=OTHER_PROGRAMME).id,
        "foreign": seal_item(usa, "other engineer").id,
    }
    usa.case = ask_release(usa, india, items.item(usa.house, usa.actor("engineer"), usa.items["first"])).id  # type: ignore[attr-defined]
    return usa


SEES_ITEMS = {
    "engineer": {"first"},
    "colleague": {"second"},
    "security_officer": {"first", "second"},
    "other engineer": {"foreign"},
    "other officer": {"foreign"},
    "release_officer": {"first"},
    "registrar": set(),
    "co_chair": set(),
    "inspector": set(),
    "operator": set(),
}


def allowed(verb: Callable[[], Any]) -> bool:
    """True when the verb answered, False when it said that there is no such thing, or not for this role."""
    try:
        verb()
    except (NotAvailable, Refused):
        return False
    return True


def test_who_sees_and_touches_which_item(originator: Node) -> None:
    house = originator.house
    known: dict[str, str] = originator.items  # type: ignore[attr-defined]
    for who, seen in SEES_ITEMS.items():
        actor = originator.actor(who)
        assert {view.id for view in items.my_items(house, actor)} == {known[name] for name in seen}, who
        company_role = bool(actor.roles & {Role.ENGINEER, Role.SECURITY_OFFICER})
        for name, item in known.items():
            visible = name in seen
            assert allowed(lambda: items.item(house, actor, item)) == visible, (who, name)  # noqa: B023
            touched = visible and company_role
            assert allowed(lambda: items.container(house, actor, item)) == touched, (who, name)  # noqa: B023
            assert allowed(lambda: openings.may_open(house, actor, item)) == touched, (who, name)  # noqa: B023


def test_unknown_and_forbidden_look_the_same(originator: Node) -> None:
    house, actor = originator.house, originator.actor("engineer")
    known: dict[str, str] = originator.items  # type: ignore[attr-defined]
    verbs: list[Callable[[Actor, str], Any]] = [
        lambda one, item: items.item(house, one, item),
        lambda one, item: items.container(house, one, item),
        lambda one, item: items.receive_container(house, one, item, []),
        lambda one, item: openings.may_open(house, one, item),
    ]
    for verb in verbs:
        told = []
        for item in (known["foreign"], known["second"], "itm_" + "a" * 24):
            with pytest.raises(NotAvailable) as refused:
                verb(actor, item)
            told.append(refused.value.as_dict())
        assert told[0] == told[1] == told[2]
    officer = originator.actor("other officer")
    case: str = originator.case  # type: ignore[attr-defined]
    told = []
    for one in (case, "rel_" + "a" * 24):
        with pytest.raises(NotAvailable) as refused:
            releases.case(house, officer, one)
        told.append(refused.value.as_dict())
    assert told[0] == told[1]


def test_who_sees_and_decides_cases(originator: Node) -> None:
    house, case = originator.house, originator.case  # type: ignore[attr-defined]
    for who in SEES_ITEMS:
        actor = originator.actor(who)
        seen = who in {"release_officer", "security_officer"}
        assert allowed(lambda: releases.case(house, actor, case)) == seen, who  # noqa: B023
        if who in {"release_officer", "security_officer", "other officer"}:
            assert [view.id for view in releases.cases(house, actor)] == ([case] if seen else []), who
        if who != "release_officer":
            with pytest.raises(Refused):
                releases.decide_release(house, actor, case, outcome="refuse", reason="not mine")
    assert ReleaseCase.objects.get().state == "asked"


def test_only_the_companys_officer_asks_for_release(originator: Node, india: Peer) -> None:
    house, known = originator.house, originator.items  # type: ignore[attr-defined]
    for who in SEES_ITEMS:
        asked = {
            "item": known["foreign"],
            "nation": IND,
            "facility": "IND-F007",
            "readers": [(india.people["reader"], "reads")],
            "purpose": "work",
        }
        actor = originator.actor(who)
        assert allowed(lambda: releases.request_release(house, actor, **asked)) == (who == "other officer")  # noqa: B023


def test_who_sees_register_authorisations_and_assurances(originator: Node) -> None:
    house = originator.house
    registers = {"security_officer": 2, "other officer": 1, "release_officer": 3, "registrar": 3, "inspector": 3}
    for who in SEES_ITEMS:
        actor = originator.actor(who)
        if who in registers:
            assert len(register.lines(house, actor)) == registers[who], who
        else:
            with pytest.raises(Refused):
                register.lines(house, actor)
        kinds = {view.kind for view in authorisations.authorisations(house, actor)}
        both = {"disclosure", "export"}
        expected = {"security_officer": {"export"}, "registrar": both, "release_officer": both}
        assert kinds == expected.get(who, set()), who
        vouched = {view.direction for view in assurances.list_assurances(house, actor)}
        sees = who in {"registrar", "release_officer", "security_officer"}
        assert vouched == ({"received"} if sees else set()), who


def test_who_sees_what_arrived_before_and_after_acceptance(ind: Node, america: Peer) -> None:
    second_company(ind, "IND-C020", "IND-F020")
    house = ind.house
    arrival, _ = arrived(ind, america)
    item = Item.objects.get().id
    everyone = ("engineer", "colleague", "security_officer", "other engineer", "other officer", *AUTHORITY)
    for who in everyone:
        actor = ind.actor(who)
        assert allowed(lambda: items.item(house, actor, item)) == (who == "release_officer"), who  # noqa: B023
        assert allowed(lambda: arrivals.arrival(house, actor, arrival.id)) == (who == "release_officer"), who  # noqa: B023
        if who != "release_officer":
            with pytest.raises(Refused):
                arrivals.decide_arrival(house, actor, arrival.id, outcome="accept", reason="mine")
    accept(ind, arrival)
    sees = {"engineer", "security_officer", "release_officer"}
    holds = {"engineer", "security_officer", "colleague"}
    for who in everyone:
        actor = ind.actor(who)
        assert allowed(lambda: items.item(house, actor, item)) == (who in sees), who  # noqa: B023
        assert bool(items.my_items(house, actor)) == (who in sees), who
        assert allowed(lambda: items.container(house, actor, item)) == (who in holds), who  # noqa: B023
        assert allowed(lambda: openings.may_open(house, actor, item)) == (who in holds), who  # noqa: B023
    assert "report" not in items.container(house, ind.actor("colleague"), item).file_name
    assert not openings.may_open(house, ind.actor("colleague"), item).permitted
    assert Arrival.objects.get().state == "accepted"


def test_no_error_tells_a_title_or_a_name(originator: Node) -> None:
    house = originator.house
    known: dict[str, str] = originator.items  # type: ignore[attr-defined]
    told = []
    for who in SEES_ITEMS:
        for item in known.values():
            with suppress(ReltoError):
                items.container(house, originator.actor(who), item)
                continue
            with pytest.raises(ReltoError) as refused:
                items.container(house, originator.actor(who), item)
            told.append(str(refused.value))
    assert told
    assert not [text for text in told if "Seeker" in text or "Name of" in text]
