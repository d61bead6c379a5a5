from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from relto.procedures.actors import Actor
from relto.sealing.rewrap import BAD_REQUEST, FORBIDDEN, UNAVAILABLE, parse_rewrap_answer
from relto.sealing.wrapping import SessionKey
from relto.store.models import DecisionRecord, Item, LedgerEntry
from tests.unit.kas import story
from tests.unit.kas.conftest import Doors, doors_of
from tests.unit.services_kas.agreement import IND, agree
from tests.unit.services_kas.node import Node, Sealed

REWRAP = "/kas.AccessService/Rewrap"


@pytest.fixture
def partner(node: Node) -> story.Partner:
    return story.Partner(node)


@pytest.fixture
def doors(node: Node, partner: story.Partner) -> Doors:
    agreed = agree(node)
    house = dataclasses.replace(agreed.house, partners={IND: partner})  # type: ignore[dict-item]
    with_partner = dataclasses.replace(agreed, house=house)
    story.people(with_partner)
    return doors_of(with_partner)


@pytest.fixture
def engineer(doors: Doors) -> Actor:
    return story.engineer(doors.node)


@pytest.fixture
def received(doors: Doors, partner: story.Partner, engineer: Actor) -> tuple[Item, Sealed]:
    return story.received_item(doors.node, partner, engineer)


def ask(doors: Doors, actor: Actor, sealed: Sealed, session: SessionKey, *positions: int) -> dict[str, Any]:
    """The relay's answer for the objects at these positions."""
    key_access = {position: sealed.manifest.key_access[position] for position in positions or (1,)}
    body = story.request_body(doors.node, key_access, sealed.policy, session)
    answer = doors.relay.post(REWRAP, json=body, headers=doors.bearer(actor))
    assert answer.json is not None
    found: dict[str, Any] = answer.json
    return found


@pytest.mark.parametrize("algorithm", ["rsa:2048", "ec:secp256r1", "mlkem:1024", "hpqt:secp384r1-mlkem1024"])
def test_both_services_say_yes_and_the_two_shares_make_the_key(
    doors: Doors, partner: story.Partner, engineer: Actor, received: tuple[Item, Sealed], algorithm: str
) -> None:
    item, sealed = received
    session = SessionKey.generate(algorithm)
    body = story.request_body(doors.node, {0: sealed.key_access}, sealed.policy, session)
    home = doors.key_service.post(REWRAP, json=body, headers=doors.bearer(engineer)).json
    assert home is not None
    shares = []
    for answer in (home, ask(doors, engineer, sealed, session)):
        parsed = parse_rewrap_answer(answer)
        assert parsed.results[0].wrapped is not None
        shares.append(session.unwrap(parsed.results[0].wrapped, parsed.session_public_key))
    assert bytes(one ^ other for one, other in zip(*shares, strict=True)) == sealed.key
    used = DecisionRecord.objects.filter(action="open", item=item.id)
    assert [decision.used_at is not None for decision in used] == [True, True]
    assert LedgerEntry.objects.filter(event="opening:granted").count() == 2


def test_what_crosses_the_border_is_a_pseudonym_and_a_session_key_never_a_token(
    doors: Doors, partner: story.Partner, engineer: Actor, received: tuple[Item, Sealed]
) -> None:
    _, sealed = received
    session = SessionKey.generate("ec:secp256r1")
    ask(doors, engineer, sealed, session)
    (request,) = partner.asked
    assert (request.pseudonym, request.session_key) == (engineer.person, session.public_pem)
    assert DecisionRecord.objects.get(id=request.decision).permitted


def test_who_is_refused_at_home_is_never_asked_about_abroad(
    doors: Doors, partner: story.Partner, received: tuple[Item, Sealed]
) -> None:
    _, sealed = received
    colleague = story.engineer(doors.node, member=False)
    answer = ask(doors, colleague, sealed, SessionKey.generate("ec:secp256r1"))
    result = answer["responses"][0]["results"][0]
    assert result["error"] == FORBIDDEN
    assert result["metadata"]["X-Relto-Reference"] == DecisionRecord.objects.get().id
    assert not partner.asked


def test_a_partner_s_refusal_is_forbidden_without_its_reasons(
    doors: Doors, partner: story.Partner, engineer: Actor, received: tuple[Item, Sealed]
) -> None:
    _, sealed = received
    partner.refusal = "refused"
    result = ask(doors, engineer, sealed, SessionKey.generate("ec:secp256r1"))["responses"][0]["results"][0]
    assert result["error"] == FORBIDDEN
    assert result["metadata"]["X-Relto-Reference"] == DecisionRecord.objects.get().id


def test_a_partner_that_does_not_answer_is_trouble_not_a_denial(
    doors: Doors, partner: story.Partner, engineer: Actor, received: tuple[Item, Sealed]
) -> None:
    _, sealed = received
    partner.reachable = False
    result = ask(doors, engineer, sealed, SessionKey.generate("ec:secp256r1"))["responses"][0]["results"][0]
    assert result["error"] == UNAVAILABLE
    assert result["metadata"]["X-Relto-Cause"].startswith("unreachable.")


def test_the_relay_serves_no_share_of_the_own_service_and_no_tampered_object(
    doors: Doors, partner: story.Partner, engineer: Actor, received: tuple[Item, Sealed]
) -> None:
    _, sealed = received
    session = SessionKey.generate("rsa:2048")
    own, partners = ask(doors, engineer, sealed, session, 0, 1)["responses"][0]["results"]
    assert own["status"] == "fail"
    assert partners["status"] == "permit"
    tampered = dataclasses.replace(sealed.manifest.key_access[1], kid="ind-ec-2")
    body = story.request_body(doors.node, {0: tampered}, sealed.policy, session)
    answer = doors.relay.post(REWRAP, json=body, headers=doors.bearer(engineer)).json
    assert answer is not None
    assert answer["responses"][0]["results"][0]["error"] == BAD_REQUEST
    assert len(partner.asked) == 1


def test_a_curve_session_is_answered_for_one_object_because_it_has_room_for_one_session_key(
    doors: Doors, partner: story.Partner, engineer: Actor, received: tuple[Item, Sealed]
) -> None:
    _, sealed = received
    answer = ask(doors, engineer, sealed, SessionKey.generate("ec:secp256r1"), 0, 1)
    assert answer["code"] == "invalid_argument"
    assert not partner.asked


def test_the_relay_needs_a_token_too(doors: Doors, received: tuple[Item, Sealed]) -> None:
    assert doors.relay.post(REWRAP, json={}).status_code == 401
    assert doors.relay.post("/kas.AccessService/PublicKey", json={}).status_code == 404
