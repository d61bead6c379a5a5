from __future__ import annotations

import gzip
import json
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from joserfc.jwk import RSAKey

from relto.kas.codecs import CODECS
from relto.sealing.keys import SERVICE_ALGORITHMS, key_algorithm
from relto.services.service_keys import create_service_keys, current_wrapping_key
from relto.store.models import ServiceKey
from tests.unit.kas.conftest import Doors, doors_of
from tests.unit.services_kas.node import Node

JSON = "application/json"
PROTO = "application/proto"


def test_a_client_learns_the_key_to_seal_for_by_json_and_by_protobuf(doors_with_rsa: Doors) -> None:
    expected = current_wrapping_key("rsa:2048")
    body = {"algorithm": "rsa:2048", "unknownMember": 1}
    answer = doors_with_rsa.key_service.post("/kas.AccessService/PublicKey", json=body)
    assert answer.json == {"publicKey": expected.public_pem, "kid": expected.kid}
    assert isinstance(load_pem_public_key(expected.public_pem.encode()), rsa.RSAPublicKey)
    proto = doors_with_rsa.key_service.post(
        "/kas.AccessService/PublicKey",
        data=gzip.compress(b"\x0a\x0cec:secp256r1"),
        headers={"Content-Type": PROTO, "Content-Encoding": "gzip", "Connect-Protocol-Version": "1"},
    )
    assert proto.content_type == PROTO
    found = CODECS[PROTO].read("kas.PublicKeyResponse", proto.data)
    curve = current_wrapping_key("ec:secp256r1")
    assert found == {"publicKey": curve.public_pem, "kid": curve.kid}


def test_formats_and_versions_of_the_public_key(doors_with_rsa: Doors) -> None:
    client = doors_with_rsa.key_service
    expected = current_wrapping_key("rsa:2048")
    assert client.post("/kas.AccessService/PublicKey", json={"v": "1"}).json == {"publicKey": expected.public_pem}
    answer = client.post("/kas.AccessService/PublicKey", json={"fmt": "jwk"}).json
    assert answer is not None
    assert RSAKey.import_key(json.loads(answer["publicKey"])).as_pem(private=False).decode() == expected.public_pem
    assert client.get("/v2/kas_public_key?algorithm=rsa:2048&v=2").json == {
        "publicKey": expected.public_pem,
        "kid": expected.kid,
    }
    assert client.get("/kas_public_key?algorithm=rsa:2048").json == expected.public_pem
    legacy = client.post("/kas.AccessService/LegacyPublicKey", json={})
    assert legacy.json == expected.public_pem


@pytest.mark.parametrize("asked", [{"algorithm": "rsa:3072"}, {"algorithm": "ec:secp256r1", "fmt": "jwk"}])
def test_an_unknown_algorithm_or_format_is_not_found(doors: Doors, asked: dict[str, str]) -> None:
    answer = doors.key_service.post("/kas.AccessService/PublicKey", json=asked)
    assert (answer.status_code, answer.json and answer.json["code"]) == (404, "not_found")


def test_the_configuration_is_the_same_by_every_way(doors_with_rsa: Doors) -> None:
    client, house = doors_with_rsa.key_service, doors_with_rsa.node.house
    plain = client.get("/.well-known/opentdf-configuration").json
    assert plain is not None
    assert plain["platform_issuer"] == plain["platform_endpoint"] == house.urls.key_service
    assert plain["idp"]["token_endpoint"] == f"{house.urls.key_service}/token"
    assert plain["base_key"]["public_key"]["kid"] == current_wrapping_key("rsa:2048").kid
    path = "/wellknownconfiguration.WellKnownService/GetWellKnownConfiguration"
    assert client.post(path, json={}).json == {"configuration": plain}
    proto = client.post(path, data=b"", headers={"Content-Type": PROTO})
    message = "wellknownconfiguration.GetWellKnownConfigurationResponse"
    assert CODECS[PROTO].read(message, proto.data) == {"configuration": plain}


def test_a_node_without_an_rsa_key_names_its_curve_key_and_one_without_either_names_none(doors: Doors) -> None:
    path = "/.well-known/opentdf-configuration"
    found = doors.key_service.get(path).json
    assert found is not None
    assert found["base_key"]["public_key"]["algorithm"] == "ec:secp256r1"
    ServiceKey.objects.filter(purpose="wrapping").update(state="retired")
    found = doors.key_service.get(path).json
    assert found is not None
    assert "base_key" not in found


def test_discovery_is_complete_for_strict_parsers(doors: Doors) -> None:
    found = doors.key_service.get("/.well-known/openid-configuration").json
    assert found is not None
    needed = {
        "issuer",
        "authorization_endpoint",
        "token_endpoint",
        "jwks_uri",
        "response_types_supported",
        "subject_types_supported",
        "id_token_signing_alg_values_supported",
    }
    assert needed <= set(found)
    keys = doors.key_service.get("/jwks").json
    assert keys is not None
    assert [key["kid"] for key in keys["keys"]] == [doors.node.keyring.token_key[0]]


def test_health_is_answered_without_a_token_at_every_door(doors: Doors) -> None:
    for client in (doors.key_service, doors.relay):
        assert client.post("/grpc.health.v1.Health/Check", json={}).json == {"status": "SERVING"}
        proto = client.post("/grpc.health.v1.Health/Check", data=b"", headers={"Content-Type": PROTO})
        assert proto.data == b"\x08\x01"
        assert client.get("/healthz").status_code == 200
    assert doors.inner.get("/healthz").status_code == 200


def test_what_is_not_served_says_so_as_connect_clients_read_it(doors: Doors) -> None:
    client = doors.key_service
    unknown = client.post("/policy.Nothing/Here", json={})
    assert (unknown.status_code, unknown.json and unknown.json["code"]) == (404, "unimplemented")
    wrong_method = client.get("/kas.AccessService/Rewrap")
    assert (wrong_method.status_code, wrong_method.json and wrong_method.json["code"]) == (405, "unimplemented")
    codec = client.post("/kas.AccessService/PublicKey", data=b"{}", headers={"Content-Type": "text/plain"})
    assert codec.status_code == 415


@pytest.mark.parametrize(
    ("data", "encoding", "status"),
    [
        (b"{not json", "", 400),
        (b"[]", "", 400),
        (b'{"algorithm": 5}', "", 400),
        (b'{"algorithm": "a", "algorithm": "b"}', "", 400),
        (gzip.compress(b"{}")[:-4], "gzip", 400),
        (gzip.compress(b"{}") + b"more", "gzip", 400),
        (b"{}", "gzip", 400),
        (b"{}", "br", 415),
        (b" " * (2 * 1024 * 1024 + 1), "", 413),
        (gzip.compress(b" " * (64 * 1024 * 1024)), "gzip", 413),
    ],
)
def test_a_body_that_is_not_in_order_is_refused_whole(doors: Doors, data: bytes, encoding: str, status: int) -> None:
    headers = {"Content-Type": JSON, **({"Content-Encoding": encoding} if encoding else {})}
    answer = doors.key_service.post("/kas.AccessService/PublicKey", data=data, headers=headers)
    assert answer.status_code == status
    assert answer.json is not None
    assert set(answer.json) == {"code", "message"}


def test_garbled_protobuf_is_refused(doors: Doors) -> None:
    for data in (b"\x0a\xff", b"\x0a\x02\xff\xfe", b"\xff" * 40):
        answer = doors.key_service.post("/kas.AccessService/PublicKey", data=data, headers={"Content-Type": PROTO})
        assert (answer.status_code, answer.content_type) == (400, JSON)


def test_every_algorithm_of_the_platform_has_its_public_key_and_after_rotation_the_new_one(doors: Doors) -> None:
    def asked(algorithm: str) -> tuple[int, dict[str, str]]:
        answer = doors.key_service.post("/kas.AccessService/PublicKey", json={"algorithm": algorithm})
        return answer.status_code, dict(answer.json or {})

    wanted = [("wrapping", algorithm) for algorithm in SERVICE_ALGORITHMS if algorithm != "rsa:4096"]
    create_service_keys(doors.node.house, doors.node.secrets, wanted=wanted)  # type: ignore[arg-type]
    for _, algorithm in wanted:
        status, found = asked(algorithm)
        assert status == 200
        assert key_algorithm(found["publicKey"]) == algorithm
        assert found["kid"] == current_wrapping_key(algorithm).kid
    for absent in ("hpqt:xwing", "rsa:3072", "rsa:4096"):
        assert asked(absent) == (404, {"code": "not_found", "message": "invalid algorithm"})
    before = asked("hpqt:secp384r1-mlkem1024")[1]["kid"]
    doors.node.clock.forward(days=1)
    (newer,) = create_service_keys(
        doors.node.house, doors.node.secrets, wanted=[("wrapping", "hpqt:secp384r1-mlkem1024")]
    )
    assert asked("hpqt:secp384r1-mlkem1024")[1]["kid"] == newer.kid != before


@pytest.mark.parametrize(("scheme", "said"), [("https", "max-age=31536000; includeSubDomains"), ("http", None)])
def test_a_door_says_https_where_its_address_is_and_that_types_are_not_guessed(
    node: Node, scheme: str, said: str | None
) -> None:
    urls = replace(node.house.urls, key_service=f"{scheme}://kas.example", relay=f"{scheme}://relay.example")
    doors = doors_of(replace(node, house=replace(node.house, urls=urls)))
    for client in (doors.key_service, doors.relay):
        for answer in (client.get("/healthz"), client.get("/nothing"), client.post("/kas.AccessService/Rewrap")):
            assert answer.headers.get("Strict-Transport-Security") == said
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
