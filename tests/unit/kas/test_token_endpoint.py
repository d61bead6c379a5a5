from __future__ import annotations

import base64

import pytest

from relto.procedures.actors import Actor
from relto.services.credentials import IssuedCredential
from relto.services.tokens import verify
from tests.unit.kas.conftest import Doors

GRANT = "client_credentials"


@pytest.fixture
def credential(doors: Doors, engineer: Actor) -> IssuedCredential:
    return doors.credential(engineer)


def basic(client_id: str, secret: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()}


def test_id_and_secret_in_the_body_give_a_token_for_the_person(
    doors: Doors, credential: IssuedCredential, engineer: Actor
) -> None:
    form = {
        "grant_type": GRANT,
        "client_id": credential.client_id,
        "client_secret": credential.client_secret,
        "scope": "openid profile email",
    }
    answer = doors.key_service.post("/token", data=form)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json is not None
    assert (answer.json["token_type"], answer.json["expires_in"]) == ("Bearer", 600)
    house = doors.node.house
    assert verify(house, answer.json["access_token"], audience=house.urls.relay).actor.person == engineer.person


def test_http_basic_gives_one_too(doors: Doors, credential: IssuedCredential) -> None:
    headers = basic(credential.client_id, credential.client_secret)
    answer = doors.key_service.post("/token", data={"grant_type": GRANT}, headers=headers)
    assert answer.status_code == 200


def test_an_unknown_client_and_a_wrong_secret_get_the_same_answer(doors: Doors, credential: IssuedCredential) -> None:
    pairs = [("cli_unknown", credential.client_secret), (credential.client_id, "wrong"), ("a:b", "c")]
    answers = [
        doors.key_service.post("/token", data={"grant_type": GRANT, "client_id": one, "client_secret": other})
        for one, other in pairs
    ]
    answers += [
        doors.key_service.post("/token", data={"grant_type": GRANT}, headers=basic(one, other)) for one, other in pairs
    ]
    assert {(answer.status_code, answer.data) for answer in answers} == {(401, b'{"error": "invalid_client"}')}
    assert all("Basic" in answer.headers["WWW-Authenticate"] for answer in answers)


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ("", "invalid_request"),
        ("grant_type=password&client_id=a&client_secret=b", "unsupported_grant_type"),
        ("grant_type=client_credentials", "invalid_client"),
        ("grant_type=client_credentials&client_id=a&client_id=b&client_secret=c", "invalid_request"),
        ("grant_type=client_credentials&client_id=%ff&client_secret=c", "invalid_request"),
        ("&".join(f"n{number}=1" for number in range(64)), "invalid_request"),
    ],
)
def test_a_request_that_is_not_in_order_is_named_as_the_standard_names_it(doors: Doors, form: str, error: str) -> None:
    answer = doors.key_service.post("/token", data=form, content_type="application/x-www-form-urlencoded")
    assert answer.json == {"error": error}


def test_a_client_shows_its_secret_in_one_way_only(doors: Doors, credential: IssuedCredential) -> None:
    headers = basic(credential.client_id, credential.client_secret)
    form = {"grant_type": GRANT, "client_secret": credential.client_secret}
    assert doors.key_service.post("/token", data=form, headers=headers).json == {"error": "invalid_request"}
    assert doors.key_service.post("/token", json=form).json == {"error": "invalid_request"}
    bearer = {"Authorization": "Bearer x"}
    assert doors.key_service.post("/token", data={"grant_type": GRANT}, headers=bearer).status_code == 401
