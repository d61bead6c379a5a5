"""Rotation: old keys unwrap, new seals use the new key, and releases never stop for want of a bundle by accident."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from relto.adapters import pkcs11_sessions
from relto.adapters.pkcs11_token import Pkcs11Token
from relto.adapters.system import SystemEntropy
from relto.base.errors import Conflict, Misconfigured, NotAvailable, NotVerified, Unreachable
from relto.rules.bundle import Bundle
from relto.rules.parties import ServiceKey as NamedKey
from relto.services import active_bundle
from relto.services.key_rotation import destroy_key, keys_in_use, retire_key
from relto.services.service_keys import (
    KeyRing,
    create_service_keys,
    current_wrapping_key,
    service_keys,
    strongest_wrapping_key,
)
from relto.services.share_places import share_places
from relto.store.models import LedgerEntry, ServiceKey
from relto.store.models import Manifest as RegisteredManifest
from tests.support.soft_token import soft_token
from tests.unit.services_kas.agreement import IND, agree
from tests.unit.services_kas.node import USA, Node, register, seal

CURVE = "ec:secp256r1"


def newer_key(node: Node, algorithm: str = CURVE) -> str:
    node.clock.forward(days=30)
    (view,) = create_service_keys(node.house, node.secrets, wanted=[("wrapping", algorithm)])
    return view.kid


def test_a_retired_key_unwraps_and_a_destroyed_one_does_not_and_each_step_is_entered(node: Node) -> None:
    old = seal(node)
    kid = old.key_access.kid
    new = newer_key(node)
    assert current_wrapping_key(CURVE).kid == new
    retire_key(node.house, kid)
    ring = KeyRing.load(node.secrets)
    assert ring.unwrap(kid, old.key_access, old.policy) == old.key
    with pytest.raises(Conflict, match="key_state"):
        retire_key(node.house, kid)
    with pytest.raises(Conflict, match="key_state"):
        destroy_key(node.house, node.secrets, new)
    destroy_key(node.house, node.secrets, kid)
    destroy_key(node.house, node.secrets, kid)
    assert f"service-key.{kid}" not in node.secrets.names()
    with pytest.raises(NotVerified):
        KeyRing.load(node.secrets).unwrap(kid, old.key_access, old.policy)
    events = LedgerEntry.objects.filter(subject=kid).values_list("event", flat=True)
    assert sorted(events) == ["key:created", "key:destroyed", "key:retired"]
    with pytest.raises(NotAvailable):
        retire_key(node.house, "unknown")
    with pytest.raises(NotAvailable):
        destroy_key(node.house, node.secrets, "unknown")


def test_the_last_key_of_an_algorithm_is_retired_only_by_saying_so(node: Node) -> None:
    kid = current_wrapping_key(CURVE).kid
    with pytest.raises(Conflict) as refused:
        retire_key(node.house, kid)
    assert refused.value.full_code == "conflict.key_needed"
    retire_key(node.house, kid, at_once=True)
    with pytest.raises(NotAvailable):
        current_wrapping_key(CURVE)


def test_a_key_that_the_agreement_needs_stays_until_a_bundle_names_another(node: Node) -> None:
    node = agree(node, names_own_key=True)
    named = current_wrapping_key(CURVE).kid
    new = newer_key(node)
    with pytest.raises(Conflict, match="key_needed"):
        retire_key(node.house, named)
    (first, second) = keys_in_use(node.house, node.secrets)
    assert (first.key.kid, first.in_agreement, second.key.kid, second.in_agreement) == (new, False, named, True)
    retire_key(node.house, named, at_once=True)
    assert [use.key.state for use in keys_in_use(node.house, node.secrets)] == ["active", "retired"]


def test_a_key_that_registered_manifests_need_is_destroyed_only_by_giving_them_up(node: Node) -> None:
    sealed = seal(node)
    register(node, sealed)
    kid = sealed.key_access.kid
    newer_key(node)
    retire_key(node.house, kid)
    assert {use.key.kid: use.manifests for use in keys_in_use(node.house, node.secrets)}[kid] == 1
    with pytest.raises(Conflict, match="key_in_use"):
        destroy_key(node.house, node.secrets, kid)
    assert ServiceKey.objects.get(kid=kid).state == "retired"
    RegisteredManifest.objects.update(withdrawn_at=node.clock.now())
    destroy_key(node.house, node.secrets, kid)
    assert not keys_in_use(node.house, node.secrets)[0].manifests


def test_an_rsa_key_is_not_destroyed_while_a_manifest_names_no_key_for_it_may_be_this_one(node: Node) -> None:
    newer_key(node, "rsa:2048")
    sealed = seal(node, algorithm="rsa:2048")
    kid = sealed.key_access.kid
    sealed.manifest_bytes = sealed.manifest_bytes.replace(f'"kid":"{kid}"'.encode(), b'"kid":""')
    assert sealed.key_access.kid == ""
    register(node, sealed)
    newer_key(node, "rsa:2048")
    retire_key(node.house, kid)
    with pytest.raises(Conflict, match="key_in_use"):
        destroy_key(node.house, node.secrets, kid)
    assert KeyRing.load(node.secrets).unwrap("", sealed.key_access, sealed.policy) == sealed.key
    destroy_key(node.house, node.secrets, kid, lose=True)


def test_keys_in_a_token_and_in_files_serve_side_by_side(
    node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pkcs11_sessions, "_PAUSE_SECONDS", 0.0)
    soft = soft_token(tmp_path / "hsm", monkeypatch)
    token = Pkcs11Token.open(soft.setting, SystemEntropy())
    wanted = [("wrapping", "rsa:2048"), ("wrapping", "ec:secp384r1"), ("wrapping", "hpqt:secp384r1-mlkem1024")]
    views = create_service_keys(node.house, node.secrets, wanted=wanted, key_store=token)  # type: ignore[arg-type]
    places = {use.key.algorithm: use.place for use in keys_in_use(node.house, node.secrets)}
    assert places == {
        "rsa:2048": "token",
        "ec:secp384r1": "token",
        "hpqt:secp384r1-mlkem1024": "file",
        CURVE: "file",
    }
    assert b"PRIVATE" not in node.secrets.unseal(f"service-key.{views[0].kid}")
    ring = KeyRing.load(node.secrets, token)
    sealed = {view.algorithm: seal(node, algorithm=view.algorithm) for view in views}
    for one in sealed.values():
        assert ring.unwrap(one.key_access.kid, one.key_access, one.policy) == one.key
    with pytest.raises(Misconfigured, match="key_store"):
        KeyRing.load(node.secrets)

    soft.vanish()
    in_token, in_file = sealed["rsa:2048"], sealed["hpqt:secp384r1-mlkem1024"]
    with pytest.raises(Unreachable):
        ring.unwrap(in_token.key_access.kid, in_token.key_access, in_token.policy)
    assert ring.unwrap(in_file.key_access.kid, in_file.key_access, in_file.policy) == in_file.key
    soft.come_back()
    assert ring.unwrap(in_token.key_access.kid, in_token.key_access, in_token.policy) == in_token.key

    kid = views[1].kid
    newer_key(node, "ec:secp384r1")
    retire_key(node.house, kid)
    with pytest.raises(Conflict, match="key_store"):
        destroy_key(node.house, node.secrets, kid)
    destroy_key(node.house, node.secrets, kid, key_store=token)
    assert not ServiceKey.objects.filter(kid=kid).exclude(state="destroyed").exists()


def test_between_rotation_and_the_next_bundle_releases_use_the_key_that_the_agreement_names(node: Node) -> None:
    node = agree(node, names_own_key=True)
    bundle = active_bundle.active(node.house)
    old, new = current_wrapping_key(CURVE).kid, newer_key(node, "hpqt:secp384r1-mlkem1024")

    def wrapped_for(in_force: Bundle) -> str:
        place = share_places(in_force, readers=USA, other=IND, mode="live")[0]
        return place.key({view.kid for view in service_keys(purpose="wrapping")}).kid

    assert strongest_wrapping_key().kid == new
    assert wrapped_for(bundle) == old
    both = (
        *bundle.parties[USA].kas_keys,
        NamedKey(new, "hpqt:secp384r1-mlkem1024", strongest_wrapping_key().public_pem),
    )
    named = {**bundle.parties, USA: dataclasses.replace(bundle.parties[USA], kas_keys=both)}
    assert wrapped_for(dataclasses.replace(bundle, parties=named)) == new
    retire_key(node.house, old, at_once=True)
    with pytest.raises(Conflict, match="service_key"):
        wrapped_for(bundle)
    assert wrapped_for(dataclasses.replace(bundle, parties=named)) == new
