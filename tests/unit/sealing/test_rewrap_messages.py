"""Requests and answers of the key access protocol, as each of the known clients writes them."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from relto.base.errors import MalformedInput, TooLarge, UnknownValue
from relto.sealing.rewrap import (
    BAD_REQUEST,
    FORBIDDEN,
    OBLIGATIONS,
    POLICY_ID,
    build_rewrap_answer,
    build_rewrap_request,
    fail_result,
    parse_rewrap_answer,
    parse_rewrap_request,
    permit_result,
)
from relto.sealing.wrapping import SessionKey, SessionWrapper, unwrap_share
from tests.unit.sealing.containers import POLICY, seeded, service_key, wrap

SHARE = seeded(5)(32)
SESSION = SessionKey.generate("ec:secp256r1")
KAO = wrap(SHARE, "rsa:2048", "s-0")
CURVE_KAO = wrap(SHARE, "ec:secp256r1", "s-1")


def request() -> dict[str, Any]:
    return dict(json.loads(json.dumps(build_rewrap_request({0: KAO, 2: CURVE_KAO}, POLICY, SESSION.public_pem))))


def test_a_request_and_its_answer_carry_a_share_from_service_to_session() -> None:
    asked = parse_rewrap_request(request())
    assert asked.version == 2
    assert asked.policies[0].id == POLICY_ID
    assert [identifier for identifier, _ in asked.policies[0].key_access] == ["kao-0", "kao-2"]
    wrapper = SessionWrapper(asked.client_public_key, seeded())
    keys = (service_key("rsa:2048"), service_key("ec:secp256r1"))
    results = [
        permit_result(identifier, wrapper.wrap(unwrap_share(item, key, asked.policies[0].body)))
        for key, (identifier, item) in zip(keys, asked.policies[0].key_access, strict=True)
    ]
    answer = build_rewrap_answer([(POLICY_ID, results)], session_public_key=wrapper.session_public_key_pem)
    read = parse_rewrap_answer(json.loads(json.dumps(answer)))
    for result in read.results:
        assert result.wrapped is not None
        assert SESSION.unwrap(result.wrapped, read.session_public_key) == SHARE


def test_a_denial_and_a_bad_request_have_the_texts_clients_match() -> None:
    denied = fail_result("kao-0", FORBIDDEN, ["https://relto.example/obl/watermark/value/yes"])
    garbled = fail_result("kao-1", BAD_REQUEST)
    read = parse_rewrap_answer(build_rewrap_answer([(POLICY_ID, [denied, garbled])]))
    assert [item.wrapped for item in read.results] == [None, None]
    assert read.results[0].error == "rpc error: code = PermissionDenied desc = forbidden"
    assert read.results[1].error == "rpc error: code = InvalidArgument desc = bad request"
    assert read.results[0].obligations == ("https://relto.example/obl/watermark/value/yes",)
    assert garbled["metadata"] == {OBLIGATIONS: []}
    assert read.session_public_key is None


def test_the_older_request_has_one_object_and_the_older_answer() -> None:
    asked = parse_rewrap_request(
        {
            "clientPublicKey": SESSION.public_pem,
            "keyAccess": {**KAO.as_json(), "policyBinding": KAO.binding_hash},
            "policy": POLICY,
            "algorithm": "RS256",
            "requests": [],
        }
    )
    assert asked.version == 1
    identifier, item = asked.policies[0].key_access[0]
    assert unwrap_share(item, service_key("rsa:2048"), asked.policies[0].body) == SHARE
    answer = build_rewrap_answer([(POLICY_ID, [permit_result(identifier, b"wrapped")])], version=1)
    assert answer["entityWrappedKey"] == base64.b64encode(b"wrapped").decode()
    refused = build_rewrap_answer([(POLICY_ID, [fail_result(identifier, FORBIDDEN)])], version=1)
    assert "entityWrappedKey" not in refused


def test_the_dialects_of_other_clients_are_understood() -> None:
    url_safe = base64.urlsafe_b64encode(base64.b64decode(KAO.wrapped_key)).decode().rstrip("=")
    dialect = {
        "client_public_key": SESSION.public_pem,
        "requests": [
            {
                "key_access_objects": [
                    {
                        "key_access_object_id": "kao-0",
                        "key_access_object": {
                            "key_type": "wrapped",
                            "kas_url": KAO.url,
                            "split_id": "s-0",
                            "kid": KAO.kid,
                            "wrapped_key": url_safe,
                            "policy_binding": {"hash": KAO.binding_hash},
                            "header": "",
                            "later": 1,
                        },
                    }
                ],
                "policy": {"id": "p1", "body": POLICY},
                "algorithm": "",
            }
        ],
        "policy": "",
    }
    policy = parse_rewrap_request(dialect).policies[0]
    item = policy.key_access[0][1]
    assert (policy.id, item.sid, item.url, item.wrapped_key) == ("p1", "s-0", KAO.url, KAO.wrapped_key)
    assert unwrap_share(item, service_key("rsa:2048"), policy.body) == SHARE


@pytest.mark.parametrize(
    "change",
    [
        {"clientPublicKey": None},
        {"clientPublicKey": "no key"},
        {"clientPublicKey": 5},
        {"requests": {}},
        {"requests": [5]},
        {"requests": [{}]},
        {
            "requests": [
                {"policy": {"id": "", "body": POLICY}, "keyAccessObjects": [{"keyAccessObject": KAO.as_json()}]}
            ]
        },
        {"requests": [{"policy": {"id": "p", "body": POLICY}, "keyAccessObjects": []}]},
        {"requests": [{"policy": {"id": "p"}, "keyAccessObjects": [{"keyAccessObject": KAO.as_json()}]}]},
        {"requests": [{"policy": {"id": "p", "body": POLICY}, "keyAccessObjects": [{"keyAccessObject": {}}]}]},
        {
            "requests": [
                {
                    "policy": {"id": "p", "body": POLICY},
                    "keyAccessObjects": [{"keyAccessObjectId": "a", "keyAccessObject": KAO.as_json()}] * 2,
                }
            ]
        },
        {"requests": [], "keyAccess": None},
        {"requests": [], "keyAccess": KAO.as_json()},
        {"requests": [], "policy": "\ud800", "keyAccess": KAO.as_json()},
    ],
)
def test_a_malformed_request_is_refused_whole(change: dict[str, Any]) -> None:
    with pytest.raises(MalformedInput):
        parse_rewrap_request({**request(), **change})


def test_requests_are_bounded() -> None:
    with pytest.raises(TooLarge):
        parse_rewrap_request({**request(), "requests": request()["requests"] * 65})
    with pytest.raises(TooLarge):
        parse_rewrap_request({**request(), "clientPublicKey": "x" * 5000})


def test_a_client_key_of_an_unknown_kind_is_named_as_such() -> None:
    ed25519 = (
        "-----BEGIN PUBLIC KEY-----\n"
        "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n"
        "-----END PUBLIC KEY-----\n"
    )
    with pytest.raises(UnknownValue, match="client_public_key"):
        parse_rewrap_request({**request(), "clientPublicKey": ed25519})
