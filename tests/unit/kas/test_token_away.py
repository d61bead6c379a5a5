"""A key in a token serves rewraps like any other; without its token the answer is trouble, never a forgery."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from relto.adapters import pkcs11_sessions
from relto.adapters.pkcs11_token import Pkcs11Token
from relto.adapters.system import SystemEntropy
from relto.sealing.encoding import base64_text
from relto.sealing.rewrap import BAD_REQUEST, UNAVAILABLE, parse_rewrap_answer
from relto.sealing.wrapping import SessionKey
from relto.services.service_keys import KeyRing, create_service_keys
from relto.store.models import DecisionRecord
from tests.support.soft_token import soft_token
from tests.unit.kas import story
from tests.unit.kas.conftest import doors_of
from tests.unit.services_kas.agreement import agree
from tests.unit.services_kas.node import Node

REWRAP = "/kas.AccessService/Rewrap"


def test_a_silent_token_is_trouble_decides_nothing_and_serves_when_it_is_back(
    node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pkcs11_sessions, "_PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(pkcs11_sessions, "_FRESH_SECONDS", 0.0)
    soft = soft_token(tmp_path / "hsm", monkeypatch)
    token = Pkcs11Token.open(soft.setting, SystemEntropy())
    node = agree(node)
    create_service_keys(node.house, node.secrets, wanted=[("wrapping", "rsa:2048")], key_store=token)
    doors = doors_of(dataclasses.replace(node, keyring=KeyRing.load(node.secrets, token)))
    story.people(doors.node)
    engineer, session = story.engineer(doors.node), SessionKey.generate("hpqt:secp384r1-mlkem1024")
    _, sealed = story.own_item(doors.node, algorithm="rsa:2048")

    def asked(wrapped_key: str = sealed.key_access.wrapped_key) -> tuple[str, bytes | None]:
        key_access = dataclasses.replace(sealed.key_access, wrapped_key=wrapped_key)
        body = story.request_body(doors.node, {0: key_access}, sealed.policy, session)
        answer = doors.key_service.post(REWRAP, json=body, headers=doors.bearer(engineer)).json
        assert answer is not None
        (result,) = parse_rewrap_answer(answer).results
        return result.error, session.unwrap(result.wrapped) if result.wrapped is not None else None

    forged = base64_text(bytes(256))
    assert asked() == ("", sealed.key)
    assert asked(forged) == (BAD_REQUEST, None)
    decided = DecisionRecord.objects.count()
    soft.vanish()
    assert asked() == asked(forged) == (UNAVAILABLE, None)
    assert DecisionRecord.objects.count() == decided
    soft.come_back()
    assert asked(forged) == (BAD_REQUEST, None)
    assert asked() == ("", sealed.key)
