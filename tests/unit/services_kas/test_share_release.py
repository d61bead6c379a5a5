from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest

from relto.base.errors import MalformedInput, Misconfigured, NotVerified, Refused, UnknownValue
from relto.procedures.actors import Actor, Role
from relto.sealing.manifest import build_manifest
from relto.sealing.policy import build_policy, read_policy
from relto.sealing.wrapping import SessionKey, policy_binding, wrap_share
from relto.services.service_keys import current_wrapping_key
from relto.services.share_release import OwnKeyService, check_manifest, share_for_session, use_decision
from relto.store.models import DecisionRecord, Item, ReleaseCase
from relto.store.models import Manifest as RegisteredManifest
from tests.unit.services_kas.node import LABEL_XML, Node, Sealed, add_person, record, register, release_case, seal


@pytest.fixture
def engineer(node: Node) -> Actor:
    return add_person(node, Role.ENGINEER)


@pytest.fixture
def original(node: Node) -> Sealed:
    return seal(node)


@pytest.fixture
def item(node: Node, original: Sealed) -> Item:
    return register(node, original)


@pytest.fixture
def released(node: Node, item: Item, original: Sealed) -> tuple[ReleaseCase, Sealed]:
    return release_case(node, item, original)


@pytest.fixture
def sealed(released: tuple[ReleaseCase, Sealed]) -> Sealed:
    """The manifest of the release: what a partner's share is asked of."""
    return released[1]


@pytest.fixture
def decision(node: Node, item: Item, engineer: Actor, released: tuple[ReleaseCase, Sealed]) -> str:
    """A permitted decision to supply the share of this release."""
    return record(node, item, engineer, action="supply_share", case=released[0].id)


def supply(node: Node, sealed: Sealed, decision: str, session: SessionKey) -> bytes:
    answer = share_for_session(
        node.house,
        node.keyring,
        decision=decision,
        key_access=sealed.key_access,
        policy_text=sealed.policy,
        session_key=session.public_pem,
    )
    return session.unwrap(answer.wrapped, answer.session_public_key_pem)


@pytest.mark.parametrize("algorithm", ["rsa:2048", "ec:secp256r1", "ec:secp384r1"])
def test_a_permitted_decision_lets_one_share_out_to_one_session(
    node: Node, sealed: Sealed, item: Item, decision: str, algorithm: str
) -> None:
    assert supply(node, sealed, decision, SessionKey.generate(algorithm)) == sealed.key
    assert DecisionRecord.objects.get(id=decision).used_at == node.clock.now()
    with pytest.raises(Refused):
        supply(node, sealed, decision, SessionKey.generate(algorithm))


def _expire(node: Node, decision: str, item: Item) -> None:
    node.clock.forward(seconds=61)


def _from_the_future(node: Node, decision: str, item: Item) -> None:
    node.clock.forward(seconds=-10)


def _refuse(node: Node, decision: str, item: Item) -> None:
    DecisionRecord.objects.filter(id=decision).update(permitted=False)


def _about_something_else(node: Node, decision: str, item: Item) -> None:
    DecisionRecord.objects.filter(id=decision).update(item=node.house.new_id("itm"))


def _another_action(node: Node, decision: str, item: Item) -> None:
    DecisionRecord.objects.filter(id=decision).update(action="open")


def _withdrawn(node: Node, decision: str, item: Item) -> None:
    RegisteredManifest.objects.filter(item=item, kind="release").update(withdrawn_at=node.clock.now())


def _another_fingerprint(node: Node, decision: str, item: Item) -> None:
    row = RegisteredManifest.objects.get(item=item, kind="release")
    row.fingerprint = {**row.fingerprint, "policy_digest": "0" * 64}
    row.save()


def _another_release_of_the_item(node: Node, decision: str, item: Item) -> None:
    case, _ = release_case(node, item, seal(node))
    DecisionRecord.objects.filter(id=decision).update(facts={"release": {"release": case.id}})


def _no_release(node: Node, decision: str, item: Item) -> None:
    DecisionRecord.objects.filter(id=decision).update(facts={"release": None})


@pytest.mark.parametrize(
    "change",
    [
        _another_release_of_the_item,
        _no_release,
        _expire,
        _from_the_future,
        _refuse,
        _about_something_else,
        _another_action,
        _withdrawn,
        _another_fingerprint,
    ],
)
def test_no_share_leaves_without_a_fresh_permitted_decision_about_this_item(
    node: Node, sealed: Sealed, item: Item, decision: str, change: Callable[[Node, str, Item], None]
) -> None:
    change(node, decision, item)
    with pytest.raises(Refused):
        supply(node, sealed, decision, SessionKey.generate("ec:secp256r1"))
    assert DecisionRecord.objects.get(id=decision).used_at is None


def test_no_share_leaves_for_a_decision_nobody_made(node: Node, sealed: Sealed) -> None:
    with pytest.raises(Refused):
        supply(node, sealed, "dec_unknown", SessionKey.generate("ec:secp256r1"))


def test_a_decision_about_a_release_never_lets_out_the_whole_key_of_the_original(
    node: Node, original: Sealed, item: Item, decision: str
) -> None:
    with pytest.raises(Refused):
        supply(node, original, decision, SessionKey.generate("ec:secp256r1"))
    assert DecisionRecord.objects.get(id=decision).used_at is None


def test_whoever_holds_the_payload_key_cannot_bind_it_to_a_weaker_policy(
    node: Node, sealed: Sealed, item: Item, decision: str
) -> None:
    weaker = build_policy(read_policy(sealed.policy).uuid, ["https://relto.example/attr/level/value/unclassified"])
    service_key = current_wrapping_key("ec:secp256r1")
    forged = wrap_share(
        sealed.key,
        public_key_pem=service_key.public_pem,
        kid=service_key.kid,
        url=node.house.urls.key_service,
        sid="",
        policy_text=weaker,
        random=node.house.entropy.random_bytes,
    )
    for key_access, policy in ((forged, weaker), (forged, sealed.policy)):
        with pytest.raises((Refused, NotVerified)):
            share_for_session(
                node.house,
                node.keyring,
                decision=decision,
                key_access=key_access,
                policy_text=policy,
                session_key=SessionKey.generate("ec:secp256r1").public_pem,
            )
    assert DecisionRecord.objects.get(id=decision).used_at is None


def test_a_decision_about_one_person_serves_no_other(node: Node, original: Sealed, item: Item, engineer: Actor) -> None:
    decision = record(node, item, engineer, action="open")
    with pytest.raises(Refused):
        use_decision(
            node.house,
            decision=decision,
            action="open",
            actor=node.house.new_id("prs"),
            key_access=original.key_access,
            policy_text=original.policy,
        )
    use_decision(
        node.house,
        decision=decision,
        action="open",
        actor=engineer.person,
        key_access=original.key_access,
        policy_text=original.policy,
    )


def test_an_unsuitable_session_key_costs_no_decision(node: Node, sealed: Sealed, item: Item, decision: str) -> None:
    with pytest.raises((MalformedInput, UnknownValue)):
        share_for_session(
            node.house,
            node.keyring,
            decision=decision,
            key_access=sealed.key_access,
            policy_text=sealed.policy,
            session_key="-----BEGIN PUBLIC KEY-----",
        )
    assert DecisionRecord.objects.get(id=decision).used_at is None


def test_a_home_sealed_manifest_is_established_whole(node: Node, original: Sealed) -> None:
    checked = check_manifest(node.house, node.keyring, original.manifest_bytes)
    assert checked.label_xml == LABEL_XML
    assert checked.attributes == read_policy(original.policy).attributes
    assert checked.plaintext_size == len(b"MARKINGS ARE FOR TRAINING PURPOSES ONLY")
    assert checked.as_dict()["uuid"] == read_policy(original.policy).uuid


def test_a_stock_client_s_manifest_without_a_label_assertion_is_whole_too(node: Node) -> None:
    checked = check_manifest(node.house, node.keyring, seal(node, labelled=False).manifest_bytes)
    assert checked.label_xml is None


def test_a_share_for_another_service_is_refused_at_registration(node: Node) -> None:
    for url in ("http://ind.localhost:8201", node.house.urls.relay, ""):
        abroad = seal(node, url=url or "http://usa.localhost:8101.evil.example")
        with pytest.raises(MalformedInput) as refused:
            check_manifest(node.house, node.keyring, abroad.manifest_bytes)
        assert refused.value.full_code == "malformed.key_access.url"
    check_manifest(node.house, node.keyring, seal(node, url=node.house.urls.key_service + "/kas").manifest_bytes)


def test_a_manifest_whose_parts_do_not_hold_together_is_refused(node: Node, original: Sealed) -> None:
    found, other = original.manifest, seal(node)
    wrong_share = dataclasses.replace(found.key_access[0], wrapped_key=other.key_access.wrapped_key)
    integrity = found.integrity
    broken = [
        build_manifest(original.policy, [wrong_share], integrity, found.assertions),
        build_manifest(other.policy, found.key_access, integrity, found.assertions),
        build_manifest(original.policy, found.key_access, other.manifest.integrity, found.assertions),
        build_manifest(original.policy, found.key_access, integrity, other.manifest.assertions),
    ]
    for manifest in broken:
        with pytest.raises(NotVerified):
            check_manifest(node.house, node.keyring, manifest)
    with pytest.raises(MalformedInput):
        check_manifest(node.house, node.keyring, b"{}")


def test_alternatives_that_wrap_different_keys_are_refused(node: Node, original: Sealed) -> None:
    service_key = current_wrapping_key("ec:secp256r1")
    another = wrap_share(
        bytes(32),
        public_key_pem=service_key.public_pem,
        kid=service_key.kid,
        url=node.house.urls.key_service,
        sid="",
        policy_text=original.policy,
        random=node.house.entropy.random_bytes,
    )
    assert another.binding_hash == policy_binding(bytes(32), original.policy)
    manifest = build_manifest(original.policy, [original.key_access, another], original.manifest.integrity)
    with pytest.raises(NotVerified):
        check_manifest(node.house, node.keyring, manifest)


def test_a_key_service_works_only_in_a_house(node: Node, original: Sealed) -> None:
    service = OwnKeyService(node.keyring)
    with pytest.raises(Misconfigured):
        service.check_manifest(original.manifest_bytes)
    service.attend(node.house)
    assert service.check_manifest(original.manifest_bytes)["label_xml"] == LABEL_XML
