from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from relto.kas import doors as module
from relto.kas.codecs import CODECS
from relto.labels.attributes import NAMESPACE, label_attributes
from relto.labels.audience import Only
from relto.labels.label import Label
from relto.procedures.actors import Actor
from relto.services import active_bundle
from relto.services.policy_attributes import attribute_values
from relto.services.service_keys import current_wrapping_key
from tests.unit.kas import story
from tests.unit.kas.conftest import Doors, doors_of
from tests.unit.services_kas.agreement import IND, PROGRAMME, agree
from tests.unit.services_kas.node import START, USA, Node, add_person, make_node

VALUES = "/policy.attributes.AttributesService/GetAttributeValuesByFqns"
KEYS = "/policy.attributes.AttributesService/GetKeyMappingsByFqns"
SERVERS = "/policy.kasregistry.KeyAccessServerRegistryService/ListKeyAccessServers"
PROTO = "application/proto"


def fqn(attribute: str, value: str) -> str:
    return f"{NAMESPACE}/attr/{attribute}/value/{value}"


@pytest.fixture
def doors(node: Node) -> Doors:
    agreed = agree(node)
    story.people(agreed)
    return doors_of(agreed)


@pytest.fixture
def engineer(doors: Doors) -> Actor:
    return story.engineer(doors.node)


@pytest.fixture
def bearer(doors: Doors, engineer: Actor) -> dict[str, str]:
    return doors.bearer(engineer)


def ask(doors: Doors, path: str, names: Any, headers: dict[str, str]) -> TestResponse:
    return doors.key_service.post(path, json={"fqns": names}, headers=headers)


def test_levels_are_a_hierarchy_and_the_highest_comes_first(doors: Doors, bearer: dict[str, str]) -> None:
    name = fqn("classification", "usa-secret")
    answer = ask(doors, VALUES, [name.upper().replace("HTTPS", "https")], bearer).json
    assert answer is not None
    (found,) = answer["fqnAttributeValues"].values()
    assert list(answer["fqnAttributeValues"]) == [name]
    attribute = found["attribute"]
    assert (attribute["rule"], attribute["fqn"]) == (
        "ATTRIBUTE_RULE_TYPE_ENUM_HIERARCHY",
        f"{NAMESPACE}/attr/classification",
    )
    assert [one["value"] for one in attribute["values"]] == [
        "usa-top-secret",
        "usa-secret",
        "usa-confidential",
        "usa-unclassified",
    ]
    assert (found["value"]["value"], found["value"]["fqn"], found["value"]["active"]) == ("usa-secret", name, True)
    assert attribute["namespace"]["fqn"] == NAMESPACE


def test_only_the_own_nation_as_owner_names_a_key_and_the_audience_never_does(
    doors: Doors, bearer: dict[str, str]
) -> None:
    names = [
        fqn("classification", "usa-secret"),
        fqn("owner", "usa"),
        fqn("releasable-to", "usa"),
        fqn("releasable-to", "ind"),
        fqn("programme", PROGRAMME.lower()),
        fqn("caveat", "orcon"),
        fqn("owner", "ind"),
    ]
    answer = ask(doors, KEYS, names, bearer).json
    assert answer is not None
    found = answer["fqnKeyMappings"]
    own = current_wrapping_key("ec:secp256r1")
    public = {"algorithm": "ALGORITHM_EC_P256", "kid": own.kid, "pem": own.public_pem}
    origin = doors.node.house.urls.key_service
    assert [(key["kasUri"], key["publicKey"]) for key in found[names[1]]["keys"]] == [(origin, public)]
    assert all(not found[name]["keys"] for name in names if name != names[1])
    rules = {name: one["rule"].removeprefix("ATTRIBUTE_RULE_TYPE_ENUM_") for name, one in found.items()}
    assert list(rules.values()) == ["HIERARCHY", "ALL_OF", "ANY_OF", "ANY_OF", "ALL_OF", "ALL_OF", "ALL_OF"]
    values = ask(doors, VALUES, names, bearer).json
    assert values is not None
    assert [name for name, one in values["fqnAttributeValues"].items() if one["value"].get("kasKeys")] == [names[1]]


def test_every_attribute_of_a_label_is_known_under_the_name_that_the_label_gives_it(
    doors: Doors, engineer: Actor
) -> None:
    house = doors.node.house
    policy = active_bundle.own_policy(house)
    for level in policy.levels:
        label = Label(
            policy=policy.identity,
            owner=(IND, USA),
            level=level,
            release=Only(frozenset({USA, IND})),
            caveats=frozenset(caveat.name for caveat in policy.caveats),
            created=START,
            originator_id="urn:relto:usa:c001",
            review_by=START,
        )
        names = label_attributes(label, PROGRAMME)
        assert sorted(attribute_values(house, engineer, tuple(names))) == names


def test_protobuf_clients_get_the_same_answers(doors: Doors, bearer: dict[str, str]) -> None:
    codec = CODECS[PROTO]
    names = [fqn("owner", "usa"), fqn("classification", "usa-secret")]
    for path, message in (
        (VALUES, "policy.attributes.GetAttributeValuesByFqns"),
        (KEYS, "policy.attributes.GetKeyMappingsByFqns"),
    ):
        body = codec.write(f"{message}Request", {"fqns": list(names)})
        answer = doors.key_service.post(path, data=body, headers={**bearer, "Content-Type": PROTO})
        assert (answer.status_code, answer.content_type) == (200, PROTO)
        by_json = ask(doors, path, names, bearer).json
        assert by_json is not None
        assert codec.write(f"{message}Response", by_json) == answer.data
        assert codec.read(f"{message}Response", answer.data).keys() == by_json.keys()
    answer = doors.key_service.post(SERVERS, data=b"", headers={**bearer, "Content-Type": PROTO})
    found = codec.read("policy.kasregistry.ListKeyAccessServersResponse", answer.data)
    assert [one["uri"] for one in found["keyAccessServers"]] == [  # type: ignore[union-attr, index, call-overload]
        doors.node.house.urls.key_service,
        doors.node.house.urls.relay,
    ]


@pytest.mark.parametrize(
    "name",
    [
        fqn("classification", "ind-secret"),
        fqn("classification", "usa-restricted"),
        fqn("releasable-to", "fra"),
        fqn("programme", "other-programme"),
        fqn("controls", "not-a-digest"),
        fqn("unknown", "value"),
        f"{NAMESPACE}/attr/classification",
        "https://example.org/attr/owner/value/usa",
        "x",
    ],
)
def test_a_name_that_no_label_here_has_is_not_found(doors: Doors, bearer: dict[str, str], name: str) -> None:
    for path in (VALUES, KEYS):
        answer = ask(doors, path, [fqn("owner", "usa"), name], bearer)
        assert (answer.status_code, answer.json and answer.json["code"]) == (404, "not_found")


def test_somebody_outside_the_programme_does_not_learn_that_it_exists(doors: Doors) -> None:
    outside = story.engineer(doors.node, member=False)
    answer = ask(doors, VALUES, [fqn("programme", PROGRAMME.lower())], doors.bearer(outside))
    assert answer.status_code == 404


def test_the_digest_of_further_controls_is_a_value_by_itself(doors: Doors, bearer: dict[str, str]) -> None:
    name = fqn("controls", "ab" * 32)
    answer = ask(doors, VALUES, [name], bearer).json
    assert answer is not None
    assert [one["fqn"] for one in answer["fqnAttributeValues"][name]["attribute"]["values"]] == [name]


@pytest.mark.parametrize("names", [[], None, "text", [fqn("owner", "usa")] * 251, [5], [""], ["x" * 2049]])
def test_a_question_names_one_to_250_attributes(doors: Doors, bearer: dict[str, str], names: object) -> None:
    for path in (VALUES, KEYS):
        answer = ask(doors, path, names, bearer)
        assert (answer.status_code, answer.json and answer.json["code"]) == (400, "invalid_argument")


def test_the_key_services_are_the_nodes_own_origins_in_pages(doors: Doors, bearer: dict[str, str]) -> None:
    urls = doors.node.house.urls
    client = doors.key_service
    whole = client.post(SERVERS, json={}, headers=bearer).json
    assert whole is not None
    assert [one["uri"] for one in whole["keyAccessServers"]] == [urls.key_service, urls.relay]
    assert whole["pagination"] == {"currentOffset": 0, "nextOffset": 0, "total": 2}
    first = client.post(SERVERS, json={"pagination": {"limit": 1}}, headers=bearer).json
    assert first is not None
    assert [one["uri"] for one in first["keyAccessServers"]] == [urls.key_service]
    offset = first["pagination"]["nextOffset"]
    rest = client.get(f"/key-access-servers?pagination.offset={offset}", headers=bearer).json
    assert rest is not None
    assert [one["uri"] for one in rest["keyAccessServers"]] == [urls.relay]
    assert rest["pagination"]["nextOffset"] == 0
    assert client.get("/key-access-servers?pagination.offset=0", headers=bearer).json == whole


@pytest.mark.parametrize("page", [{"limit": -1}, {"limit": 1001}, {"offset": "x"}, {"offset": 2**31}, {"limit": True}])
def test_a_page_that_is_not_in_order_is_refused(doors: Doors, bearer: dict[str, str], page: dict[str, object]) -> None:
    assert doors.key_service.post(SERVERS, json={"pagination": page}, headers=bearer).status_code == 400


def test_policy_calls_need_a_token(doors: Doors) -> None:
    client = doors.key_service
    answers = [client.post(path, json={"fqns": [fqn("owner", "usa")]}) for path in (VALUES, KEYS, SERVERS)]
    answers.append(client.get("/key-access-servers"))
    assert {answer.status_code for answer in answers} == {401}


def test_before_there_is_an_agreement_the_own_policy_answers(db: None, tmp_path: Path) -> None:
    node = make_node(tmp_path, [("wrapping", "ec:secp256r1"), ("token", "ES256")])
    person = add_person(node)
    names = (fqn("owner", "usa"), fqn("releasable-to", "usa"), fqn("releasable-to", "everyone"))
    assert list(attribute_values(node.house, person, names)) == list(names)


@pytest.mark.parametrize("path", [VALUES, KEYS, SERVERS, "/kas.AccessService/Rewrap", "/v2/rewrap"])
def test_of_a_stranger_s_body_nothing_is_read(doors: Doors, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Any] = []
    monkeypatch.setattr(module, "read_body", read.append)
    body = gzip.compress(b"\x0a\x00" * 1_000_000)
    headers = {"Content-Encoding": "gzip", "Authorization": "Bearer no.such.token"}
    for given in (headers, {"Content-Encoding": "gzip"}):
        answer = doors.key_service.post(path, data=body, content_type=PROTO, headers=given)
        assert answer.status_code == 401
    assert read == []
