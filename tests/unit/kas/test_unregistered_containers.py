"""A container that nobody registered opens at home, for its own nation's people, up to the level that was agreed."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Sequence
from typing import Any

import pytest

from relto.base.errors import Conflict, NotVerified, Refused
from relto.labels.attributes import NAMESPACE
from relto.procedures.actors import Actor, Role
from relto.sealing.policy import build_policy, read_policy
from relto.sealing.rewrap import BAD_REQUEST, FORBIDDEN, parse_rewrap_answer
from relto.sealing.wrapping import SessionKey
from relto.services.openings import ask_partner, open_at_home
from relto.services.refusals import explain
from relto.services.replays import replay
from relto.services.share_release import use_decision
from relto.store.models import DecisionRecord, Item, LedgerEntry, Person
from relto.store.models import Manifest as RegisteredManifest
from tests.unit.kas import story
from tests.unit.kas.conftest import Doors, doors_of
from tests.unit.kas.test_rewrap_at_home import REWRAP, ask, only_result
from tests.unit.services_kas.agreement import PROGRAMME, agree
from tests.unit.services_kas.node import Node, Sealed, add_person, register, seal

OPEN = ("classification/value/usa-unclassified", "owner/value/usa", "releasable-to/value/usa")
IN_PROGRAMME = (*OPEN, f"programme/value/{PROGRAMME.lower()}")


@pytest.fixture
def doors(node: Node) -> Doors:
    agreed = agree(node)
    story.people(agreed)
    return doors_of(agreed)


@pytest.fixture
def engineer(doors: Doors) -> Actor:
    return story.engineer(doors.node)


@pytest.fixture
def session() -> SessionKey:
    return SessionKey.generate("ec:secp256r1")


def names(*values: str) -> list[str]:
    return [f"{NAMESPACE}/attr/{value}" for value in values]


def sealed_under(node: Node, attributes: Sequence[str], *, identity: str = "", dissem: Sequence[str] = ()) -> Sealed:
    return seal(node, policy=build_policy(identity or str(uuid.uuid4()), attributes, dissem), labelled=False)


def outcome(doors: Doors, actor: Actor, sealed: Sealed, session: SessionKey) -> dict[str, Any]:
    return only_result(ask(doors, actor, sealed, session))


def test_an_engineer_opens_the_unclassified_container_of_a_client_that_registers_nothing(
    doors: Doors, engineer: Actor, session: SessionKey
) -> None:
    sealed = sealed_under(doors.node, names(*OPEN))
    answer = ask(doors, engineer, sealed, session)
    assert answer.json is not None
    parsed = parse_rewrap_answer(answer.json)
    assert parsed.results[0].wrapped is not None
    assert session.unwrap(parsed.results[0].wrapped, parsed.session_public_key) == sealed.key
    decision = DecisionRecord.objects.get()
    assert decision.used_at is not None
    entry = LedgerEntry.objects.get(entry=decision.entry)
    assert (entry.event, entry.subject) == ("opening:granted", decision.id)
    assert entry.details["container"] == decision.facts["item"]["item"]
    assert replay(doors.node.house, add_person(doors.node, Role.INSPECTOR), decision.id).same
    assert outcome(doors, engineer, sealed, session)["status"] == "permit", "each opening is decided anew"


def test_above_the_agreed_level_it_stays_shut_and_the_asker_reads_why(
    doors: Doors, engineer: Actor, session: SessionKey
) -> None:
    secret = names("classification/value/usa-secret", *IN_PROGRAMME[1:])
    result = outcome(doors, engineer, sealed_under(doors.node, secret), session)
    assert result["error"] == FORBIDDEN
    told = explain(doors.node.house, engineer, result["metadata"]["X-Relto-Reference"])
    assert [gate["rule"] for gate in told.gates] == ["R20-manifest-registered"]
    assert told.item == ""
    nobody_lists = names("classification/value/usa-secret", *OPEN[1:])
    result = outcome(doors, engineer, sealed_under(doors.node, nobody_lists), session)
    told = explain(doors.node.house, engineer, result["metadata"]["X-Relto-Reference"])
    assert {gate["rule"] for gate in told.gates} == {"R13-listed-with-reason", "R20-manifest-registered"}


def test_a_stated_programme_is_for_its_members_and_a_clearance_must_hold(
    doors: Doors, engineer: Actor, session: SessionKey
) -> None:
    sealed = sealed_under(doors.node, names(*IN_PROGRAMME))
    assert outcome(doors, engineer, sealed, session)["status"] == "permit"
    colleague = story.engineer(doors.node, member=False)
    assert outcome(doors, colleague, sealed, session)["error"] == FORBIDDEN
    assert outcome(doors, colleague, sealed_under(doors.node, names(*OPEN)), session)["status"] == "permit"
    nowhere = add_person(doors.node, Role.INSPECTOR)
    assert outcome(doors, nowhere, sealed_under(doors.node, names(*OPEN)), session)["error"] == FORBIDDEN
    Person.objects.filter(id=colleague.person).update(valid_until=doors.node.clock.now())
    assert outcome(doors, colleague, sealed_under(doors.node, names(*OPEN)), session)["error"] == FORBIDDEN


@pytest.mark.parametrize(
    "attributes",
    [
        [],
        names("owner/value/usa", "releasable-to/value/usa"),
        names("classification/value/usa-unclassified", "releasable-to/value/usa"),
        names("classification/value/usa-unclassified", "owner/value/usa"),
        names("classification/value/usa-unclassified", "owner/value/usa", "releasable-to/value/ind"),
        names("classification/value/usa-unknown", "owner/value/usa", "releasable-to/value/usa"),
        names("classification/value/ind-unclassified", "owner/value/usa", "releasable-to/value/usa"),
        names("classification/value/ind-unclassified", "owner/value/ind", "releasable-to/value/ind"),
        names("classification/value/usa-unclassified", "owner/value/ind", "releasable-to/value/ind"),
        names(*OPEN, "owner/value/ind", "releasable-to/value/ind"),
        names(*OPEN, "classification/value/usa-secret"),
        names(*OPEN, "caveat/value/never-heard-of"),
        names(*OPEN, "colour/value/red"),
        [*names(*OPEN), "https://elsewhere.example/attr/owner/value/usa"],
        [name.upper() for name in names(*OPEN)],
    ],
    ids=lambda attributes: " ".join(name.rsplit("/attr/", 1)[-1].replace("/value/", "=") for name in attributes),
)
def test_a_policy_that_is_not_exactly_an_own_one_is_a_bad_request_and_costs_no_decision(
    doors: Doors, engineer: Actor, session: SessionKey, attributes: list[str]
) -> None:
    result = outcome(doors, engineer, sealed_under(doors.node, attributes), session)
    assert (result["error"], result["metadata"]) == (BAD_REQUEST, {"X-Required-Obligations": []})
    assert not DecisionRecord.objects.exists()


def test_a_list_of_people_that_nobody_here_can_check_is_a_bad_request(
    doors: Doors, engineer: Actor, session: SessionKey
) -> None:
    sealed = sealed_under(doors.node, names(*OPEN), dissem=["somebody@example.org"])
    assert outcome(doors, engineer, sealed, session)["error"] == BAD_REQUEST


@pytest.mark.parametrize("change", ["wrapped_key", "binding_hash", "kid", "type"])
def test_a_key_access_object_or_policy_that_was_changed_is_a_bad_request(
    doors: Doors, engineer: Actor, session: SessionKey, change: str
) -> None:
    sealed, other = (sealed_under(doors.node, names(*attributes)) for attributes in (OPEN, IN_PROGRAMME))
    changed = dataclasses.replace(sealed.key_access, **{change: "AAAA"})
    assert only_result(ask(doors, engineer, sealed, session, key_access=changed))["error"] == BAD_REQUEST
    assert only_result(ask(doors, engineer, sealed, session, policy=other.policy))["error"] == BAD_REQUEST
    assert not DecisionRecord.objects.exists()


@pytest.mark.parametrize("kind", ["original", "received", "release", "withdrawn", "announced"])
def test_an_identifier_that_belongs_to_something_else_opens_nothing(
    doors: Doors, engineer: Actor, session: SessionKey, kind: str
) -> None:
    taken = sealed_under(doors.node, names(*OPEN))
    identity = read_policy(taken.policy).uuid
    item = register(doors.node, taken, kind="release" if kind == "release" else "original")
    if kind == "received":
        RegisteredManifest.objects.update(kind=kind)
    if kind == "withdrawn":
        RegisteredManifest.objects.update(withdrawn_at=doors.node.clock.now())
    if kind == "release":
        Item.objects.filter(id=item.id).update(uuid=str(uuid.uuid4()))
    if kind == "announced":
        RegisteredManifest.objects.all().delete()
    lookalike = sealed_under(doors.node, names(*IN_PROGRAMME), identity=identity)
    assert outcome(doors, engineer, lookalike, session)["error"] == BAD_REQUEST
    assert not DecisionRecord.objects.exists()


def test_through_the_relay_nothing_unregistered_opens(doors: Doors, engineer: Actor, session: SessionKey) -> None:
    house = doors.node.house
    sealed = seal(doors.node, policy=build_policy(str(uuid.uuid4()), names(*OPEN)), url=house.urls.relay)
    body = story.request_body(doors.node, {0: sealed.key_access}, sealed.policy, session)
    answer = doors.relay.post(REWRAP, json=body, headers=doors.bearer(engineer))
    assert only_result(answer)["error"] == BAD_REQUEST
    assert not DecisionRecord.objects.exists()
    home = sealed_under(doors.node, names(*OPEN))
    grant = open_at_home(
        house,
        engineer,
        policy_uuid=read_policy(home.policy).uuid,
        policy_text=home.policy,
        key_access=home.key_access,
    )
    with pytest.raises(Conflict):
        ask_partner(house, engineer, grant, key_access=home.key_access, session_key_pem=session.public_pem)


def test_the_decision_lets_out_exactly_that_share_once(doors: Doors, engineer: Actor) -> None:
    house = doors.node.house
    sealed, other = (sealed_under(doors.node, names(*OPEN)) for _ in range(2))
    identity = read_policy(sealed.policy).uuid
    colleague = story.engineer(doors.node)

    def grant() -> str:
        return open_at_home(
            house, engineer, policy_uuid=identity, policy_text=sealed.policy, key_access=sealed.key_access
        ).decision

    def use(decision: str, by: Actor = engineer, share: Sealed = sealed, policy: str = sealed.policy) -> None:
        use_decision(
            house, decision=decision, action="open", actor=by.person, key_access=share.key_access, policy_text=policy
        )

    first = grant()
    for by, share, policy in (
        (engineer, other, other.policy),
        (engineer, other, sealed.policy),
        (engineer, sealed, other.policy),
        (engineer, sealed, "no policy"),
        (colleague, sealed, sealed.policy),
    ):
        with pytest.raises(Refused):
            use(first, by, share, policy)
    with pytest.raises(Refused):
        use_decision(
            house,
            decision=first,
            action="supply_share",
            actor=None,
            key_access=sealed.key_access,
            policy_text=sealed.policy,
        )
    use(first)
    with pytest.raises(Refused):
        use(first)
    late, overtaken = grant(), grant()
    register(doors.node, sealed)
    with pytest.raises(Refused):
        use(overtaken)
    RegisteredManifest.objects.all().delete()
    Item.objects.all().delete()
    doors.node.clock.forward(seconds=61)
    with pytest.raises(Refused):
        use(late)


def test_what_is_wrong_with_a_container_is_never_told_apart(doors: Doors, engineer: Actor) -> None:
    sealed = sealed_under(doors.node, names("classification/value/ind-secret", *OPEN[1:]))
    with pytest.raises(NotVerified) as found:
        open_at_home(
            doors.node.house,
            engineer,
            policy_uuid=read_policy(sealed.policy).uuid,
            policy_text=sealed.policy,
            key_access=sealed.key_access,
        )
    assert found.value.full_code == "not_verified.manifest"
