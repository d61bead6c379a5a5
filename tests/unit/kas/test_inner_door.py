from __future__ import annotations

import httpx
import pytest
from werkzeug.test import Client

from relto.adapters.key_service_http import SHARES, KeyServiceHttp
from relto.base.errors import MalformedInput, Misconfigured, NotAuthenticated, NotAvailable, Refused, Unreachable
from relto.procedures.actors import Actor
from relto.sealing.encoding import read_base64
from relto.sealing.wrapping import SessionKey
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
