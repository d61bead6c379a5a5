from __future__ import annotations

import os

import httpx
import pytest
from werkzeug.test import Client

from relto.adapters.key_service_http import SHARES, KeyServiceHttp
from relto.base.errors import (
    MalformedInput,
    Misconfigured,
    NotAuthenticated,
    NotAvailable,
    NotVerified,
    Refused,
    Unreachable,
)
from relto.procedures.actors import Actor
from relto.sealing.encoding import read_base64
from relto.sealing.keys import generate_service_key, public_key_of
from relto.sealing.manifest import build_manifest, parse_manifest
from relto.sealing.shares import combine
from relto.sealing.wrapping import SessionKey, wrap_share
from relto.services.service_keys import current_wrapping_key
from tests.unit.kas.conftest import INNER_SECRET, Doors
from tests.unit.services_kas.node import LABEL_XML, record, register, release_case, seal


class _Wire(httpx.BaseTransport):
    """The loopback, without a socket: what httpx sends reaches the real door."""

    def __init__(self, door: Client) -> None:
        self._door = door

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self._door.open(
            request.url.path, method=request.method, data=request.read(), headers=dict(request.headers)
        )
        return httpx.Response(answer.status_code, content=answer.data, headers=dict(answer.headers))


@pytest.fixture
def service(doors: Doors) -> KeyServiceHttp:
    return KeyServiceHttp("http://127.0.0.1:1", INNER_SECRET, _Wire(doors.inner))


def test_the_other_processes_have_their_manifests_checked(doors: Doors, service: KeyServiceHttp) -> None:
    sealed = seal(doors.node)
    assert service.check_manifest(sealed.manifest_bytes)["label_xml"] == LABEL_XML
    with pytest.raises(MalformedInput) as refused:
        service.check_manifest(seal(doors.node, url="http://ind.localhost:8201").manifest_bytes)
    assert refused.value.full_code == "malformed.key_access.url"


def test_the_other_processes_have_a_joint_items_split_checked(doors: Doors, service: KeyServiceHttp) -> None:
    sealed = seal(doors.node)
    integrity = parse_manifest(sealed.manifest_bytes).integrity
    own, other = current_wrapping_key("ec:secp256r1"), public_key_of(generate_service_key("ec:secp256r1"))

    def manifest(share: bytes) -> bytes:
        holders = [(own.kid, own.public_pem, share), ("elsewhere", other, combine([share, sealed.key]))]
        wrapped = [
            wrap_share(
                one,
                public_key_pem=pem,
                kid=kid,
                url="http://usa.localhost:1",
                sid=kid,
                policy_text=sealed.policy,
                random=os.urandom,
            )
            for kid, pem, one in holders
        ]
        return build_manifest(sealed.policy, wrapped, integrity)

    first, second = os.urandom(32), os.urandom(32)
    service.check_joint_manifests([manifest(first)])
    service.check_joint_manifests([manifest(first), manifest(second)])
    for cheat in (first, bytes(32), sealed.key, combine([first, sealed.key])):
        with pytest.raises(NotVerified) as refused:
            service.check_joint_manifests([manifest(first), manifest(cheat)])
        assert refused.value.full_code == "not_verified.joint_shares"
    with pytest.raises(MalformedInput):
        service.check_joint_manifests([sealed.manifest_bytes])
    with pytest.raises(MalformedInput):
        service.check_joint_manifests([])


def test_a_share_for_the_partner_goes_out_once_under_its_decision(
    doors: Doors, service: KeyServiceHttp, engineer: Actor
) -> None:
    original = seal(doors.node)
    item = register(doors.node, original)
    case, sealed = release_case(doors.node, item, original)
    decision = record(doors.node, item, engineer, action="supply_share", case=case.id)
    session = SessionKey.generate("ec:secp256r1")
    answer = service.share_for_session(
        decision,
        sealed.key_access.as_json(),  # type: ignore[arg-type]
        sealed.policy,
        session.public_pem,
    )
    wrapped = read_base64(str(answer["wrapped_key"]), field="wrapped_key")
    assert session.unwrap(wrapped, str(answer["session_public_key"])) == sealed.key
    with pytest.raises(Refused):
        service.share_for_session(
            decision,
            sealed.key_access.as_json(),  # type: ignore[arg-type]
            sealed.policy,
            session.public_pem,
        )


def test_the_inner_door_serves_no_decision_of_another_kind(
    doors: Doors, service: KeyServiceHttp, engineer: Actor
) -> None:
    sealed = seal(doors.node)
    decision = record(doors.node, register(doors.node, sealed), engineer, action="open")
    with pytest.raises(Refused):
        service.share_for_session(
            decision,
            sealed.key_access.as_json(),  # type: ignore[arg-type]
            sealed.policy,
            SessionKey.generate("ec:secp256r1").public_pem,
        )


def test_errors_come_back_as_what_they_are(doors: Doors, service: KeyServiceHttp) -> None:
    with pytest.raises(NotAvailable):
        service.release_manifest("rel_unknown")


def test_nobody_without_the_inner_secret_gets_in_and_each_attempt_is_counted(doors: Doors) -> None:
    for headers in ({}, {"Authorization": "Bearer " + "00" * 32}, {"Authorization": f"Basic {INNER_SECRET}"}):
        assert doors.inner.post(SHARES, json={}, headers=headers).status_code == 401
    stranger = KeyServiceHttp("http://127.0.0.1:1", "00" * 32, _Wire(doors.inner))
    with pytest.raises(NotAuthenticated):
        stranger.release_manifest("rel_unknown")
    counted = doors.inner.get("/inner/v1/counts", headers={"Authorization": f"Bearer {INNER_SECRET}"})
    assert counted.json == {"unauthenticated": 4}


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"decision":"d","key_access":[],"policy":"","session_key":""}'])
def test_a_malformed_inner_request_is_refused(doors: Doors, body: bytes) -> None:
    headers = {"Authorization": f"Bearer {INNER_SECRET}"}
    assert doors.inner.post(SHARES, data=body, headers=headers).status_code == 400


def test_a_weak_inner_secret_is_refused() -> None:
    for secret in ("", "short", "5e" * 31, "XY" * 32):
        with pytest.raises(Misconfigured):
            KeyServiceHttp("http://127.0.0.1:1", secret)


def test_a_closed_port_is_unreachable() -> None:
    with pytest.raises(Unreachable):
        KeyServiceHttp("http://127.0.0.1:1", INNER_SECRET).release_manifest("rel_x")
