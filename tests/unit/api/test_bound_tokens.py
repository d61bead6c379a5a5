"""A token that is bound to a client's key (RFC 9449) opens the API with a proof for each request, and only so."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from django.http.response import HttpResponseBase
from django.test import Client, override_settings

from relto.services import credentials, tokens
from relto.services.house import House
from relto.services.proofs import Presented, Proofs
from tests.support.proofs import Prover
from tests.unit.api.door import HOST, Door

ADDRESS = "/api/v1/me"


@pytest.fixture
def client() -> Prover:
    return Prover()


@pytest.fixture
def token(door: Door, client: Prover) -> str:
    house = door.node.house
    issued = credentials.issue_credential(
        house, door.node.actor("registrar"), person=door.node.people["engineer"], days=30
    )
    url = f"{house.urls.key_service}/token"
    text = client.proof("POST", url, at=house.now().timestamp())
    answer = tokens.issue(
        house,
        door.keyring,
        client_id=issued.client_id,
        client_secret=issued.client_secret,
        presented=Presented("", (text,), "POST", url),
    )
    assert answer.token_type == "DPoP"
    return answer.access_token


def ask(headers: dict[str, str]) -> HttpResponseBase:
    return Client(raise_request_exception=True).get(f"{ADDRESS}?language=en", headers={"Host": HOST, **headers})


def proof(house: House, client: Prover, token: str, **changes: Any) -> str:
    url = f"{house.urls.portal}{ADDRESS}"
    return client.proof("GET", url, **{"at": house.now().timestamp(), "token": token, **changes})


@pytest.mark.parametrize("scheme", ["DPoP", "Bearer", "dpop"])
def test_with_its_proof_a_bound_token_opens_the_api_once(door: Door, client: Prover, token: str, scheme: str) -> None:
    headers = {"Authorization": f"{scheme} {token}", "DPoP": proof(door.node.house, client, token)}
    assert ask(headers).status_code == 200
    again = ask(headers)
    assert again.status_code == 401
    assert again["WWW-Authenticate"].startswith('DPoP error="invalid_dpop_proof"')


def test_a_lost_bound_token_opens_nothing(door: Door, client: Prover, token: str) -> None:
    house = door.node.house
    for headers in (
        {"Authorization": f"Bearer {token}"},
        {"Authorization": f"DPoP {token}"},
        {"Authorization": f"DPoP {token}", "DPoP": proof(house, Prover(), token)},
        {"Authorization": f"DPoP {token}", "DPoP": proof(house, client, token, claims={"htm": "POST"})},
        {
            "Authorization": f"DPoP {token}",
            "DPoP": proof(house, client, token, claims={"htu": f"{house.urls.key_service}{ADDRESS}"}),
        },
        {"Authorization": f"DPoP {door.token('engineer')}", "DPoP": proof(house, client, door.token("engineer"))},
        {"Authorization": f"Basic {token}"},
    ):
        assert ask(headers).status_code == 401


def test_a_portal_that_demands_nonces_tells_each_caller_the_present_one(door: Door, client: Prover, token: str) -> None:
    house = dataclasses.replace(door.node.house, proofs=Proofs(nonce_required=True))
    with override_settings(RELTO_HOUSE=house):
        refused = ask({"Authorization": f"DPoP {token}", "DPoP": proof(house, client, token)})
        assert refused.status_code == 401
        assert 'error="use_dpop_nonce"' in refused["WWW-Authenticate"]
        nonce = refused["DPoP-Nonce"]
        text = proof(house, client, token, claims={"nonce": nonce})
        served = ask({"Authorization": f"DPoP {token}", "DPoP": text})
        assert (served.status_code, served["DPoP-Nonce"]) == (200, nonce)
