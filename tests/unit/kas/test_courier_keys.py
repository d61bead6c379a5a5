"""The key service opens the keys of courier bundles for this nation, and that way opens no share."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import cast

import pytest

from relto.adapters.key_service_http import COURIER_KEYS, KeyServiceHttp
from relto.base.canonical import Json
from relto.base.errors import NotVerified, ReltoError
from relto.base.nations import Nation
from relto.sealing.courier_key import courier_policy, open_file, seal_file, wrap_courier_key
from relto.sealing.policy import build_policy
from relto.services.service_keys import current_wrapping_key
from tests.unit.kas.conftest import INNER_SECRET, Doors
from tests.unit.kas.test_inner_door import _Wire
from tests.unit.services_kas.node import seal

USA, IND = Nation("USA"), Nation("IND")
KEY = bytes(range(32))


@pytest.fixture
def service(doors: Doors) -> KeyServiceHttp:
    return KeyServiceHttp("http://127.0.0.1:1", INNER_SECRET, _Wire(doors.inner))


def wrapped(policy: str) -> Mapping[str, Json]:
    own = current_wrapping_key("ec:secp256r1")
    return wrap_courier_key(KEY, pem=own.public_pem, kid=own.kid, url="http://x", policy_text=policy, random=os.urandom)


def test_a_bundle_for_this_nation_is_opened(service: KeyServiceHttp) -> None:
    policy = courier_policy(IND, USA, 7)
    assert service.courier_key(wrapped(policy), policy) == KEY


def test_a_bundle_of_another_number_or_nation_is_not(service: KeyServiceHttp) -> None:
    found = wrapped(courier_policy(IND, USA, 7))
    for policy in (
        courier_policy(IND, USA, 8),
        courier_policy(USA, IND, 7),
        build_policy("courier-IND-USA-7", ["https://relto.example/attr/level/value/secret"]),
        build_policy("courier-IND-USA-07", []),
        build_policy("x", []),
    ):
        with pytest.raises(NotVerified):
            service.courier_key(found, policy)


def test_no_share_leaves_by_this_way(doors: Doors, service: KeyServiceHttp) -> None:
    sealed = seal(doors.node)
    share = cast("Mapping[str, Json]", sealed.key_access.as_json())
    for policy in (sealed.policy, courier_policy(IND, USA, 1)):
        with pytest.raises(NotVerified):
            service.courier_key(share, policy)
    # Nor when the binding is taken from a bundle that the asker made herself.
    own = wrapped(courier_policy(IND, USA, 1))
    with pytest.raises(NotVerified):
        service.courier_key({**share, "policyBinding": own["policyBinding"]}, courier_policy(IND, USA, 1))


def test_without_the_inner_secret_nothing_is_opened(doors: Doors) -> None:
    policy = courier_policy(IND, USA, 7)
    body = {"key_access": dict(wrapped(policy)), "policy": policy}
    assert (
        doors.inner.post(COURIER_KEYS, json=body, headers={"Authorization": f"Bearer {'00' * 32}"}).status_code == 401
    )
    assert doors.inner.post(COURIER_KEYS, json=body).status_code == 401


def test_what_is_sealed_opens_at_its_place_and_under_its_name_only() -> None:
    sealed = seal_file(KEY, 3, "message-1", b"an assurance")
    assert open_file(KEY, 3, "message-1", sealed) == b"an assurance"
    for change in ((KEY, 4, "message-1", sealed), (KEY, 3, "answer-1", sealed), (KEY, 3, "message-1", sealed[:-1])):
        with pytest.raises(ReltoError) as refused:
            open_file(*change)
        assert refused.value.full_code == "not_verified.courier.seal"
