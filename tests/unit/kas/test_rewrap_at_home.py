from __future__ import annotations

import base64
import dataclasses
import gzip
import json
from typing import Any

import pytest
from werkzeug.test import TestResponse

from relto.kas.codecs import CODECS
from relto.procedures.actors import Actor
from relto.sealing.encoding import read_base64
from relto.sealing.key_access import KeyAccess
from relto.sealing.keys import SERVICE_ALGORITHMS
from relto.sealing.rewrap import BAD_REQUEST, FORBIDDEN, parse_rewrap_answer
from relto.sealing.wrapping import SessionKey
from relto.store.models import DecisionRecord, Item, LedgerEntry, Person
from relto.store.models import Manifest as RegisteredManifest
from tests.unit.kas import story
from tests.unit.kas.conftest import Doors, doors_of
from tests.unit.services_kas.agreement import agree
from tests.unit.services_kas.node import Node, Sealed, seal

REWRAP = "/kas.AccessService/Rewrap"


@pytest.fixture
def doors(node: Node) -> Doors:
    agreed = agree(node)
    story.people(agreed)
    return doors_of(agreed)


@pytest.fixture
def engineer(doors: Doors) -> Actor:
    return story.engineer(doors.node)


@pytest.fixture
def own(doors: Doors) -> tuple[Item, Sealed]:
    return story.own_item(doors.node)


@pytest.fixture
def session() -> SessionKey:
    return SessionKey.generate("ec:secp256r1")


def ask(
    doors: Doors,
    actor: Actor,
    sealed: Sealed,
    session: SessionKey,
    *,
    key_access: KeyAccess | None = None,
    policy: str | None = None,
) -> TestResponse:
    body = story.request_body(
        doors.node, {0: key_access or sealed.key_access}, sealed.policy if policy is None else policy, session
    )
    return doors.key_service.post(REWRAP, json=body, headers=doors.bearer(actor))


def only_result(answer: TestResponse) -> dict[str, Any]:
    assert answer.status_code == 200
    assert answer.json is not None
    (response,) = answer.json["responses"]
    (result,) = response["results"]
    assert response["policyId"] == "policy"
    found: dict[str, Any] = result
    return found


@pytest.mark.parametrize("algorithm", [name for name in SERVICE_ALGORITHMS if name != "rsa:4096"])
def test_an_engineer_of_the_programme_gets_the_share_for_her_session(
    doors: Doors, engineer: Actor, own: tuple[Item, Sealed], algorithm: str
) -> None:
    item, sealed = own
    session = SessionKey.generate(algorithm)
    answer = ask(doors, engineer, sealed, session)
    result = only_result(answer)
    assert (result["status"], result["metadata"]) == ("permit", {"X-Required-Obligations": []})
    assert answer.json is not None
    parsed = parse_rewrap_answer(answer.json)
    assert parsed.results[0].wrapped is not None
    assert session.unwrap(parsed.results[0].wrapped, parsed.session_public_key) == sealed.key
    decision = DecisionRecord.objects.get(action="open", item=item.id)
    assert decision.permitted
    assert decision.used_at is not None
    assert LedgerEntry.objects.get(entry=decision.entry).event == "opening:granted"


def test_protobuf_and_gzip_serve_the_same_answer(
    doors: Doors, engineer: Actor, own: tuple[Item, Sealed], session: SessionKey
) -> None:
    _, sealed = own
    token = story.request_body(doors.node, {0: sealed.key_access}, sealed.policy, session)["signedRequestToken"]
    size = len(token)
    message = b"\x0a" + bytes([size & 0x7F | 0x80, size >> 7]) + token.encode()
    headers = {**doors.bearer(engineer), "Content-Type": "application/proto", "Content-Encoding": "gzip"}
    answer = doors.key_service.post(REWRAP, data=gzip.compress(message), headers=headers)
    assert answer.content_type == "application/proto"
    parsed = parse_rewrap_answer(CODECS["application/proto"].read("kas.RewrapResponse", answer.data))
    assert parsed.results[0].wrapped is not None
    assert session.unwrap(parsed.results[0].wrapped, parsed.session_public_key) == sealed.key


def test_the_rest_form_and_the_v1_form_are_answered(
    doors: Doors, engineer: Actor, own: tuple[Item, Sealed], session: SessionKey
) -> None:
    _, sealed = own
    unsigned: dict[str, object] = {
        "clientPublicKey": session.public_pem,
        "policy": sealed.policy,
        "keyAccess": sealed.key_access.as_json(),
        "algorithm": "RS256",
    }
    answer = doors.key_service.post(
        "/v2/rewrap", json=story.signed(doors.node, unsigned), headers=doors.bearer(engineer)
    )
    assert answer.json is not None
    wrapped = read_base64(answer.json["entityWrappedKey"], field="entityWrappedKey")
    assert session.unwrap(wrapped, answer.json["sessionPublicKey"]) == sealed.key


def test_a_colleague_outside_the_programme_is_forbidden_and_told_where_to_read_why(
    doors: Doors, own: tuple[Item, Sealed], session: SessionKey
) -> None:
    item, sealed = own
    colleague = story.engineer(doors.node, member=False)
    result = only_result(ask(doors, colleague, sealed, session))
    assert (result["status"], result["error"]) == ("fail", FORBIDDEN)
    assert "kasWrappedKey" not in result
    decision = DecisionRecord.objects.get(item=item.id)
    assert not decision.permitted
    assert result["metadata"]["X-Relto-Reference"] == decision.id
    assert LedgerEntry.objects.get(entry=decision.entry).event == "opening:refused"
    assert decision.used_at is None


def test_a_v1_client_is_told_the_same_by_a_whole_request_error(
    doors: Doors, own: tuple[Item, Sealed], session: SessionKey
) -> None:
    _, sealed = own
    colleague = story.engineer(doors.node, member=False)
    unsigned: dict[str, object] = {
        "clientPublicKey": session.public_pem,
        "policy": sealed.policy,
        "keyAccess": sealed.key_access.as_json(),
    }
    headers = doors.bearer(colleague)
    denied = doors.key_service.post(REWRAP, json=story.signed(doors.node, unsigned), headers=headers)
    assert (denied.status_code, denied.json) == (403, {"code": "permission_denied", "message": "forbidden"})
    assert denied.headers["X-Relto-Reference"] == DecisionRecord.objects.get().id
    garbled = {**unsigned, "policy": "AAAA"}
    bad = doors.key_service.post(REWRAP, json=story.signed(doors.node, garbled), headers=headers)
    assert (bad.status_code, bad.json) == (400, {"code": "invalid_argument", "message": "bad request"})


def test_unwrapping_binding_policy_and_registration_failures_are_indistinguishable(
    doors: Doors, engineer: Actor, own: tuple[Item, Sealed], session: SessionKey
) -> None:
    _, sealed = own
    found = sealed.key_access
    garbled = base64.b64encode(b"not a policy").decode()
    unregistered = seal(doors.node)
    attempts = [
        ask(doors, engineer, sealed, session, policy=garbled),
        ask(doors, engineer, sealed, session, policy="\u00e9"),
        ask(doors, engineer, sealed, session, policy=unregistered.policy),
        ask(doors, engineer, sealed, session, key_access=dataclasses.replace(found, wrapped_key="AAAA")),
        ask(doors, engineer, sealed, session, key_access=dataclasses.replace(found, binding_hash="AAAA")),
        ask(doors, engineer, sealed, session, key_access=dataclasses.replace(found, kid="unknown")),
        ask(doors, engineer, sealed, session, key_access=dataclasses.replace(found, sid="s-1")),
        ask(doors, engineer, sealed, session, key_access=dataclasses.replace(found, type="wrapped")),
        ask(doors, engineer, unregistered, session),
    ]
    assert {json.dumps(only_result(attempt)) for attempt in attempts} == {
        json.dumps(
            {
                "keyAccessObjectId": "kao-0",
                "status": "fail",
                "error": BAD_REQUEST,
                "metadata": {"X-Required-Obligations": []},
            }
        )
    }
    assert not DecisionRecord.objects.exists()


def test_an_object_of_another_service_is_named_so_and_costs_no_decision(
    doors: Doors, engineer: Actor, own: tuple[Item, Sealed], session: SessionKey
) -> None:
    _, sealed = own
    elsewhere = dataclasses.replace(sealed.key_access, url=doors.node.house.urls.relay)
    error = only_result(ask(doors, engineer, sealed, session, key_access=elsewhere))["error"]
    assert error.startswith("rpc error: code = InvalidArgument")
    assert "bad request" not in error
    assert not DecisionRecord.objects.exists()


def test_withdrawal_and_suspension_stop_the_next_opening(
    doors: Doors, engineer: Actor, own: tuple[Item, Sealed], session: SessionKey
) -> None:
    item, sealed = own
    assert only_result(ask(doors, engineer, sealed, session))["status"] == "permit"
    RegisteredManifest.objects.filter(item=item).update(withdrawn_at=doors.node.clock.now())
    assert only_result(ask(doors, engineer, sealed, session))["error"] == BAD_REQUEST
    headers = doors.bearer(engineer)
    Person.objects.filter(id=engineer.person).update(suspended_at=doors.node.clock.now())
    body = story.request_body(doors.node, {0: sealed.key_access}, sealed.policy, session)
    assert doors.key_service.post(REWRAP, json=body, headers=headers).status_code == 401


def test_without_a_token_for_this_origin_nothing_is_answered(
    doors: Doors, engineer: Actor, own: tuple[Item, Sealed], session: SessionKey
) -> None:
    _, sealed = own
    body = story.request_body(doors.node, {0: sealed.key_access}, sealed.policy, session)
    good = doors.bearer(engineer)["Authorization"]
    for header in ("", "Bearer", "Bearer x", good.replace("Bearer", "Basic"), good[:-3] + "AAA"):
        answer = doors.key_service.post(REWRAP, json=body, headers={"Authorization": header})
        assert (answer.status_code, answer.json and answer.json["code"]) == (401, "unauthenticated")
    assert not DecisionRecord.objects.exists()
    assert not LedgerEntry.objects.filter(event__startswith="opening").exists()


@pytest.mark.parametrize(
    ("unsigned", "message"),
    [
        ({"clientPublicKey": "-----BEGIN PUBLIC KEY-----", "requests": [{}]}, "clientPublicKey failure"),
        ({"requests": [{}]}, "clientPublicKey failure"),
        ({"clientPublicKey": "SESSION", "requests": [{}]}, "invalid request body"),
        ({"clientPublicKey": "SESSION", "requests": {}}, "invalid request body"),
        ({"clientPublicKey": "SESSION"}, "invalid request body"),
    ],
)
def test_a_request_that_cannot_be_read_is_refused_whole(
    doors: Doors, engineer: Actor, session: SessionKey, unsigned: dict[str, object], message: str
) -> None:
    if unsigned.get("clientPublicKey") == "SESSION":
        unsigned = {**unsigned, "clientPublicKey": session.public_pem}
    answer = doors.key_service.post(REWRAP, json=story.signed(doors.node, unsigned), headers=doors.bearer(engineer))
    assert (answer.status_code, answer.json) == (400, {"code": "invalid_argument", "message": message})


def test_the_context_header_is_read_and_a_bad_one_refused(
    doors: Doors, engineer: Actor, own: tuple[Item, Sealed], session: SessionKey
) -> None:
    _, sealed = own
    body = story.request_body(doors.node, {0: sealed.key_access}, sealed.policy, session)
    name = b'"https://usa.example/obl/watermark/value/visible"'
    for context, status in (
        (b'{"obligations":{"fulfillableFQNs":null}}', 200),
        (b'{"obligations":{"fulfillableFQNs":[' + name + b"]}}", 200),
        (b'{"obligations":null,"more":1}', 200),
        (b"[]", 400),
        (b"{", 400),
        (b'{"obligations":[]}', 400),
        (b'{"obligations":{"fulfillableFQNs":"x"}}', 400),
        (b'{"obligations":{"fulfillableFQNs":[1]}}', 400),
        (b'{"obligations":{"fulfillableFQNs":[' + b",".join([name] * 251) + b"]}}", 400),
    ):
        headers = {
            **doors.bearer(engineer),
            "X-Rewrap-Additional-Context": base64.b64encode(context).decode(),
        }
        assert doors.key_service.post(REWRAP, json=body, headers=headers).status_code == status


def test_one_request_carries_a_bounded_number_of_objects(
    doors: Doors, engineer: Actor, own: tuple[Item, Sealed], session: SessionKey
) -> None:
    _, sealed = own
    entry = {"keyAccessObjectId": "kao-0", "keyAccessObject": sealed.key_access.as_json()}
    requests = [{"keyAccessObjects": [entry], "policy": {"id": str(n), "body": sealed.policy}} for n in range(60)]
    requests[0]["keyAccessObjects"] = [{**entry, "keyAccessObjectId": f"kao-{n}"} for n in range(6)]
    unsigned: dict[str, object] = {"clientPublicKey": session.public_pem, "requests": requests}
    answer = doors.key_service.post(REWRAP, json=story.signed(doors.node, unsigned), headers=doors.bearer(engineer))
    assert (answer.status_code, answer.json and answer.json["message"]) == (400, "too many key access objects")
    assert not DecisionRecord.objects.exists()


def test_an_object_without_a_kid_needs_an_rsa_key_here(
    doors: Doors, engineer: Actor, own: tuple[Item, Sealed], session: SessionKey
) -> None:
    _, sealed = own
    nameless = dataclasses.replace(sealed.key_access, kid="", type="wrapped")
    result = only_result(ask(doors, engineer, sealed, session, key_access=nameless))
    assert result["error"] == "rpc error: code = InvalidArgument desc = no legacy key IDs found"
    unsigned: dict[str, object] = {
        "clientPublicKey": session.public_pem,
        "policy": sealed.policy,
        "keyAccess": nameless.as_json(),
    }
    answer = doors.key_service.post(REWRAP, json=story.signed(doors.node, unsigned), headers=doors.bearer(engineer))
    assert (answer.status_code, answer.json) == (
        400,
        {"code": "invalid_argument", "message": "no legacy key IDs found"},
    )
