"""Tokens bound to a client's own key (RFC 9449), at every door of the key service."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey
from werkzeug.test import TestResponse

from relto.procedures.actors import Actor
from relto.sealing.rewrap import build_rewrap_request, parse_rewrap_answer
from relto.sealing.wrapping import SessionKey
from relto.services.compact_signatures import ALGORITHMS
from relto.services.credentials import IssuedCredential
from relto.services.proofs import Proofs
from relto.store.models import DecisionRecord, Item
from tests.support.proofs import Prover
from tests.unit.kas import story
from tests.unit.kas.conftest import Doors, doors_of
from tests.unit.services_kas.agreement import agree
from tests.unit.services_kas.node import Node, Sealed

REWRAP = "/kas.AccessService/Rewrap"
SERVERS = "/policy.kasregistry.KeyAccessServerRegistryService/ListKeyAccessServers"


@pytest.fixture
def doors(node: Node) -> Doors:
    agreed = agree(node)
    story.people(agreed)
    return doors_of(agreed)


@pytest.fixture
def engineer(doors: Doors) -> Actor:
    return story.engineer(doors.node)


@pytest.fixture
def credential(doors: Doors, engineer: Actor) -> IssuedCredential:
    return doors.credential(engineer)


@pytest.fixture
def own(doors: Doors) -> tuple[Item, Sealed]:
    return story.own_item(doors.node)


@pytest.fixture(params=["ES256", "RS256"])
def client(request: pytest.FixtureRequest) -> Prover:
    return Prover() if request.param == "ES256" else Prover(RSAKey.generate_key(2048), "RS256")


def proof(doors: Doors, client: Prover, path: str, **changes: Any) -> str:
    at = doors.node.clock.now().timestamp()
    return client.proof("POST", f"{doors.node.house.urls.key_service}{path}", **{"at": at, **changes})


def ask_token(doors: Doors, credential: IssuedCredential, *proofs: str, path: str = "/token") -> TestResponse:
    form = {"grant_type": "client_credentials"}
    form |= {"client_id": credential.client_id, "client_secret": credential.client_secret}
    return doors.key_service.post(path, data=form, headers=[("DPoP", one) for one in proofs])


def bound_token(doors: Doors, credential: IssuedCredential, client: Prover) -> str:
    answer = ask_token(doors, credential, proof(doors, client, "/token"))
    assert answer.json is not None
    assert answer.json["token_type"] == "DPoP"
    return str(answer.json["access_token"])


def rewrap_body(doors: Doors, sealed: Sealed, session: SessionKey, signer: Prover) -> dict[str, str]:
    now = int(doors.node.clock.now().timestamp())
    unsigned = build_rewrap_request([sealed.key_access], sealed.policy, session.public_pem)
    claims = {"requestBody": json.dumps(unsigned), "iat": now, "exp": now + 60}
    return {"signedRequestToken": jwt.encode({"alg": signer.algorithm}, claims, signer.key)}


def dpop(token: str, proof_text: str, scheme: str = "DPoP") -> dict[str, str]:
    return {"Authorization": f"{scheme} {token}", "DPoP": proof_text}


def test_a_share_leaves_under_a_bound_token_its_proof_and_a_request_signed_by_the_same_key(
    doors: Doors, credential: IssuedCredential, own: tuple[Item, Sealed], client: Prover
) -> None:
    _, sealed = own
    token = bound_token(doors, credential, client)
    session = SessionKey.generate("ec:secp256r1")
    for scheme in ("DPoP", "Bearer"):
        headers = dpop(token, proof(doors, client, REWRAP, token=token), scheme)
        answer = doors.key_service.post(REWRAP, json=rewrap_body(doors, sealed, session, client), headers=headers)
        assert answer.status_code == 200
        assert answer.json is not None
        parsed = parse_rewrap_answer(answer.json)
        assert parsed.results[0].wrapped is not None
        assert session.unwrap(parsed.results[0].wrapped, parsed.session_public_key) == sealed.key


def test_a_request_signed_by_another_key_is_refused_and_nothing_is_recorded(
    doors: Doors, credential: IssuedCredential, own: tuple[Item, Sealed], client: Prover
) -> None:
    token = bound_token(doors, credential, client)
    body = rewrap_body(doors, own[1], SessionKey.generate("ec:secp256r1"), Prover())
    headers = dpop(token, proof(doors, client, REWRAP, token=token))
    answer = doors.key_service.post(REWRAP, json=body, headers=headers)
    assert (answer.status_code, answer.json and answer.json["message"]) == (401, "unable to verify request token")
    assert not DecisionRecord.objects.exists()


def test_a_bound_token_without_its_proof_is_worth_nothing_at_any_door(
    doors: Doors, credential: IssuedCredential, own: tuple[Item, Sealed]
) -> None:
    client = Prover()
    token = bound_token(doors, credential, client)
    other = proof(doors, Prover(), REWRAP, token=token)
    right = proof(doors, client, REWRAP, token=token)
    body = rewrap_body(doors, own[1], SessionKey.generate("ec:secp256r1"), client)
    for headers in (
        {"Authorization": f"Bearer {token}"},
        {"Authorization": f"DPoP {token}"},
        dpop(token, other),
        dpop(token, proof(doors, client, SERVERS, token=token)),
        dpop(token, proof(doors, client, REWRAP)),
        dpop(token, f"{right},{right}"),
    ):
        answer = doors.key_service.post(REWRAP, json=body, headers=headers)
        assert answer.status_code == 401
        challenges = answer.headers.getlist("WWW-Authenticate")
        assert challenges == [f'DPoP error="invalid_dpop_proof", algs="{" ".join(ALGORITHMS)}"']
    # A proof is made for one origin: what was sent to the key service opens nothing at the relay.
    assert doors.relay.post(REWRAP, json=body, headers=dpop(token, right)).status_code == 401
    assert doors.key_service.post(REWRAP, json=body, headers=dpop(token, right)).status_code == 200
    assert doors.key_service.post(REWRAP, json=body, headers=dpop(token, right)).status_code == 401


def test_a_proof_that_names_the_path_alone_serves_once_at_one_of_the_two_origins(
    doors: Doors, credential: IssuedCredential, own: tuple[Item, Sealed]
) -> None:
    client = Prover()
    token = bound_token(doors, credential, client)
    body = rewrap_body(doors, own[1], SessionKey.generate("ec:secp256r1"), client)
    headers = dpop(token, proof(doors, client, REWRAP, token=token, claims={"htu": REWRAP}))
    assert doors.key_service.post(REWRAP, json=body, headers=headers).status_code == 200
    assert doors.relay.post(REWRAP, json=body, headers=headers).status_code == 401


def test_policy_calls_take_bound_tokens(doors: Doors, credential: IssuedCredential) -> None:
    client = Prover()
    token = bound_token(doors, credential, client)
    headers = dpop(token, proof(doors, client, SERVERS, token=token))
    assert doors.key_service.post(SERVERS, json={}, headers=headers).status_code == 200
    assert doors.key_service.post(SERVERS, json={}, headers=headers).status_code == 401


def test_a_bearer_token_stays_one_and_is_not_taken_for_a_bound_one(doors: Doors, engineer: Actor) -> None:
    bearer = doors.bearer(engineer)
    token = bearer["Authorization"].partition(" ")[2]
    assert doors.key_service.post(SERVERS, json={}, headers=bearer).status_code == 200
    headers = dpop(token, proof(doors, Prover(), SERVERS, token=token))
    assert doors.key_service.post(SERVERS, json={}, headers=headers).status_code == 401
    none = doors.key_service.post(SERVERS, json={})
    assert [one.partition(" ")[0] for one in none.headers.getlist("WWW-Authenticate")] == ["Bearer", "DPoP"]


def test_the_token_endpoint_refuses_a_proof_that_does_not_hold_and_takes_each_once(
    doors: Doors, credential: IssuedCredential
) -> None:
    client = Prover()
    good = proof(doors, client, "/token")
    wrong = [
        ("not a proof",),
        (good, good),
        (proof(doors, client, "/other"),),
        (client.proof("GET", f"{doors.node.house.urls.key_service}/token", at=0),),
    ]
    for proofs in wrong:
        answer = ask_token(doors, credential, *proofs)
        assert (answer.status_code, answer.json) == (400, {"error": "invalid_dpop_proof"})
    stranger = dataclasses.replace(credential, client_secret="wrong")
    assert ask_token(doors, stranger, good).json == {"error": "invalid_client"}
    assert ask_token(doors, credential, good).status_code == 200
    assert ask_token(doors, credential, good).json == {"error": "invalid_dpop_proof"}
    path = "/protocol/openid-connect/token"
    assert ask_token(doors, credential, proof(doors, client, path), path=path).status_code == 200


def test_a_node_that_demands_nonces_tells_them(node: Node) -> None:
    agreed = agree(node)
    story.people(agreed)
    house = dataclasses.replace(agreed.house, proofs=Proofs(nonce_required=True))
    doors = doors_of(dataclasses.replace(agreed, house=house))
    credential = doors.credential(story.engineer(doors.node))
    configuration = doors.key_service.get("/.well-known/opentdf-configuration").json
    assert configuration is not None
    assert (configuration["supports_dpop"], configuration["dpop_nonce_required"]) == (True, True)
    assert configuration["dpop_signing_alg_values_supported"] == list(ALGORITHMS)
    client = Prover()
    refused = ask_token(doors, credential, proof(doors, client, "/token"))
    assert (refused.status_code, refused.json) == (400, {"error": "use_dpop_nonce"})
    nonce = {"nonce": refused.headers["DPoP-Nonce"]}
    answer = ask_token(doors, credential, proof(doors, client, "/token", claims=nonce))
    assert answer.json is not None
    token = answer.json["access_token"]
    without = proof(doors, client, SERVERS, token=token)
    challenged = doors.key_service.post(SERVERS, json={}, headers=dpop(token, without))
    assert challenged.status_code == 401
    assert challenged.headers["WWW-Authenticate"].startswith('DPoP error="use_dpop_nonce"')
    told = {"nonce": challenged.headers["DPoP-Nonce"]}
    headers = dpop(token, proof(doors, client, SERVERS, token=token, claims=told))
    served = doors.key_service.post(SERVERS, json={}, headers=headers)
    assert served.status_code == 200
    assert served.headers["DPoP-Nonce"] == told["nonce"]


def test_a_proof_that_was_made_before_a_restart_is_challenged(doors: Doors, credential: IssuedCredential) -> None:
    client = Prover()
    token = bound_token(doors, credential, client)
    text = proof(doors, client, SERVERS, token=token)
    assert doors.key_service.post(SERVERS, json={}, headers=dpop(token, text)).status_code == 200
    doors.node.clock.forward(seconds=2)
    restarted = doors_of(dataclasses.replace(doors.node, house=dataclasses.replace(doors.node.house, proofs=Proofs())))
    again = restarted.key_service.post(SERVERS, json={}, headers=dpop(token, text))
    assert (again.status_code, "DPoP-Nonce" in again.headers) == (401, True)
