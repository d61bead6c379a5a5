from __future__ import annotations

import dataclasses
import os

import pytest

import relto.services.service_keys
from relto.base.errors import Misconfigured, NotAvailable, NotVerified
from relto.sealing.wrapping import wrap_share
from relto.services.service_keys import (
    KeyRing,
    create_service_keys,
    current_wrapping_key,
    service_keys,
    token_key_set,
)
from relto.store.models import LedgerEntry, ServiceKey
from tests.unit.services_kas.node import START, Node, seal


def test_the_first_keys_are_three_wrapping_keys_and_a_token_key_each_with_its_entry(node_with_rsa: Node) -> None:
    assert {key.algorithm for key in service_keys(purpose="wrapping")} == {
        "rsa:2048",
        "ec:secp256r1",
        "hpqt:secp384r1-mlkem1024",
    }
    assert [key.algorithm for key in service_keys(purpose="token")] == ["ES256"]
    created = LedgerEntry.objects.filter(event="key:created")
    assert {entry.subject for entry in created} == set(ServiceKey.objects.values_list("kid", flat=True))


def test_no_private_half_is_in_the_database(node: Node) -> None:
    for row in ServiceKey.objects.all():
        assert "PRIVATE" not in row.public_pem
    for entry in LedgerEntry.objects.all():
        assert b"PRIVATE" not in bytes(entry.leaf)


@pytest.mark.parametrize("algorithm", ["rsa:2048", "ec:secp256r1"])
def test_a_share_sealed_for_the_service_is_unwrapped_by_its_key_ring(node_with_rsa: Node, algorithm: str) -> None:
    sealed = seal(node_with_rsa, algorithm=algorithm)
    assert node_with_rsa.keyring.unwrap(sealed.key_access.kid, sealed.key_access, sealed.policy) == sealed.key


def test_what_is_wrong_with_a_share_is_never_told(node_with_rsa: Node) -> None:
    node = node_with_rsa
    sealed = seal(node, algorithm="rsa:2048")
    found = sealed.key_access
    other_key = current_wrapping_key("ec:secp256r1").kid
    tampered = [
        (found, sealed.policy + "AAAA"),
        (found, "bm90IGEgcG9saWN5"),
        (dataclasses.replace(found, wrapped_key="AAAA"), sealed.policy),
        (dataclasses.replace(found, binding_hash="AAAA"), sealed.policy),
        (dataclasses.replace(found, kid="usa-rsa-2048-000000000000"), sealed.policy),
        (dataclasses.replace(found, kid="", wrapped_key="AAAA"), sealed.policy),
        (dataclasses.replace(found, kid="", type="ec-wrapped"), sealed.policy),
        (dataclasses.replace(found, kid=other_key), sealed.policy),
        (dataclasses.replace(found, type="hybrid-wrapped"), sealed.policy),
    ]
    texts = set()
    for key_access, policy in tampered:
        with pytest.raises(NotVerified) as refused:
            node.keyring.unwrap(key_access.kid, key_access, policy)
        texts.add(str(refused.value))
    assert texts == {"not_verified.share"}


def test_a_retired_key_goes_on_unwrapping_and_a_new_one_seals(node: Node) -> None:
    before = seal(node, algorithm="ec:secp256r1")
    node.clock.forward(days=30)
    ServiceKey.objects.filter(kid=before.key_access.kid).update(state="retired")
    (newer,) = create_service_keys(node.house, node.secrets, wanted=[("wrapping", "ec:secp256r1")])
    assert current_wrapping_key("ec:secp256r1").kid == newer.kid != before.key_access.kid
    ring = KeyRing.load(node.secrets)
    assert ring.unwrap(before.key_access.kid, before.key_access, before.policy) == before.key
    after = seal(node, algorithm="ec:secp256r1")
    assert ring.unwrap(newer.kid, after.key_access, after.policy) == after.key


def test_a_destroyed_key_unwraps_nothing(node: Node) -> None:
    sealed = seal(node)
    ServiceKey.objects.filter(kid=sealed.key_access.kid).update(state="destroyed")
    create_service_keys(node.house, node.secrets, wanted=[("wrapping", "ec:secp384r1")])
    with pytest.raises(NotVerified):
        KeyRing.load(node.secrets).unwrap(sealed.key_access.kid, sealed.key_access, sealed.policy)
    with pytest.raises(NotAvailable):
        current_wrapping_key("ec:secp256r1")


def test_a_hybrid_post_quantum_key_serves_like_any_other(node: Node) -> None:
    algorithm = "hpqt:secp384r1-mlkem1024"
    (view,) = create_service_keys(node.house, node.secrets, wanted=[("wrapping", algorithm)])
    share = os.urandom(32)
    sealed = seal(node)
    wrapped = wrap_share(
        share,
        public_key_pem=view.public_pem,
        kid=view.kid,
        url=node.house.urls.key_service,
        sid="",
        policy_text=sealed.policy,
        random=os.urandom,
    )
    assert KeyRing.load(node.secrets).unwrap(view.kid, wrapped, sealed.policy) == share


def test_a_key_whose_sealed_half_is_missing_or_exchanged_stops_the_start(node: Node) -> None:
    (view,) = service_keys(purpose="token")
    (node.folder / "secrets" / f"service-key.{view.kid}.sealed").unlink()
    with pytest.raises(Misconfigured) as refused:
        KeyRing.load(node.secrets)
    assert refused.value.found == view.kid


def test_the_key_set_shows_public_halves_only(node: Node) -> None:
    (member,) = token_key_set()["keys"]
    assert (member["kty"], member["crv"], member["alg"], member["use"]) == ("EC", "P-256", "ES256", "sig")
    assert member["kid"] == node.keyring.token_key[0]
    assert "d" not in member


def test_an_object_without_a_kid_is_tried_with_every_rsa_key_retired_ones_too(node_with_rsa: Node) -> None:
    node = node_with_rsa
    sealed = seal(node, algorithm="rsa:2048")
    without = dataclasses.replace(sealed.key_access, kid="")
    ServiceKey.objects.filter(kid=sealed.key_access.kid).update(state="retired")
    create_service_keys(node.house, node.secrets, wanted=[("wrapping", "rsa:2048")])
    ring = KeyRing.load(node.secrets)
    assert ring.unwrap("", without, sealed.policy) == sealed.key
    with pytest.raises(NotVerified):
        ring.unwrap("", sealed.key_access, sealed.policy)
    with pytest.raises(NotVerified):
        ring.unwrap("", dataclasses.replace(without, binding_hash="AAAA"), sealed.policy)


def test_a_running_ring_follows_what_is_made_and_destroyed(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relto.services.service_keys, "_LOOK_SECONDS", 0.0)
    monkeypatch.setattr(relto.services.service_keys, "_LOOK_FOR_UNKNOWN_SECONDS", 0.0)
    before = seal(node)
    (newer,) = create_service_keys(node.house, node.secrets, wanted=[("wrapping", "hpqt:secp384r1-mlkem1024")])
    after = seal(node, algorithm="hpqt:secp384r1-mlkem1024")
    assert after.key_access.kid == newer.kid
    assert node.keyring.unwrap(newer.kid, after.key_access, after.policy) == after.key
    ServiceKey.objects.filter(kid=before.key_access.kid).update(state="destroyed")
    assert not node.keyring.holds(before.key_access.kid)
    with pytest.raises(NotVerified):
        node.keyring.unwrap(before.key_access.kid, before.key_access, before.policy)
    # A key whose half is gone leaves the others as they were: the service goes on with what it holds.
    ServiceKey.objects.create(
        kid="usa-gone", purpose="wrapping", algorithm="rsa:2048", public_pem="x", state="active", created_at=START
    )
    assert node.keyring.unwrap(newer.kid, after.key_access, after.policy) == after.key
    assert node.keyring.token_key[0].startswith("usa-es256-")
