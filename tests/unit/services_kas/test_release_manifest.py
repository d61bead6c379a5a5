from __future__ import annotations

import dataclasses
from datetime import timedelta
from importlib import resources

import pytest

from relto.base.errors import Conflict, NotAvailable, NotVerified
from relto.base.nations import Nation
from relto.procedures.actors import Role
from relto.rules.manifest import sign_bundle
from relto.rules.training import build_training_bundle
from relto.sealing.assertions import label_of, verify_assertions
from relto.sealing.integrity import verify_root
from relto.sealing.keys import generate_service_key, public_key_of
from relto.sealing.manifest import parse_manifest
from relto.sealing.policy import read_policy
from relto.sealing.registration import payload_digest
from relto.sealing.shares import combine
from relto.sealing.wrapping import unwrap_share
from relto.services.service_keys import current_wrapping_key
from relto.services.share_release import release_manifest
from relto.signing.keys import StatementKey
from relto.store.models import AgreementBundle, DecisionRecord, Item, ReleaseCase
from relto.store.models import Manifest as RegisteredManifest
from tests.unit.services_kas.node import LABEL_XML, START, USA, Node, Sealed, add_person, record, register, seal

IND = Nation("IND")
INDIAN_KEY = generate_service_key("ec:secp256r1")
INDIAN_SERVICE, INDIAN_RELAY = "http://ind.localhost:8201", "http://ind.localhost:8202"


def authority(nation: str) -> StatementKey:
    return StatementKey.from_seeds(f"{nation}/authority", nation.encode() * 10 + b"AU", nation.encode() * 10 + b"BU")


@pytest.fixture
def agreed(node: Node) -> Node:
    """Both authorities signed an agreement that names the two nodes' keys and origins."""
    own = current_wrapping_key("ec:secp256r1")
    keys = {USA: (own.kid, own.public_pem), IND: ("ind-ec-1", public_key_of(INDIAN_KEY))}
    urls = {
        USA: (node.house.urls.key_service, node.house.urls.relay),
        IND: (INDIAN_SERVICE, INDIAN_RELAY),
    }
    parties = {
        nation: {
            "authority_keys": [dict(authority(nation).public.as_dict())],
            "node_keys": [dict(authority(nation).public.as_dict())],
            "link_ca_fingerprints": ["0" * 64],
            "kas_url": urls[nation][0],
            "relay_url": urls[nation][1],
            "kas_keys": [{"kid": keys[nation][0], "algorithm": "ec:secp256r1", "pem": keys[nation][1]}],
            "log": {"origin": f"{nation.lower()}.localhost/ledger", "vkeys": [f"{nation.lower()}+00000000+AQ=="]},
            "witness_vkeys": [f"witness.{nation.lower()}+00000000+AQ=="],
            "cosigner_vkeys": [f"{nation.lower()}.localhost/cosigner+00000000+AQ=="],
        }
        for nation in (USA, IND)
    }
    data = resources.files("relto.labels").joinpath("data")
    file = build_training_bundle(
        parties=parties,  # type: ignore[arg-type]
        programmes=[],
        schemes={nation: data.joinpath(f"{nation.lower()}.json").read_bytes() for nation in (USA, IND)},
        version=1,
        supersedes=None,
        effective_from=START - timedelta(days=1),
        expires=START + timedelta(days=300),
    )
    AgreementBundle.objects.create(
        agreement="IND-USA",
        version=1,
        digest="0" * 64,
        file=sign_bundle(sign_bundle(file, authority(USA)), authority(IND)),
        effective_from=START - timedelta(days=1),
        expires=START + timedelta(days=300),
        activated_at=START,
    )
    authorities = {nation: authority(nation).public for nation in (USA, IND)}
    return dataclasses.replace(node, house=dataclasses.replace(node.house, authorities=authorities))


def decided(node: Node, item: Item, *, state: str = "released", permitted: bool = True) -> str:
    officer = add_person(node, Role.RELEASE_OFFICER)
    case = ReleaseCase.objects.create(
        id=node.house.new_id("rel"),
        number=f"REL-2026-{ReleaseCase.objects.count() + 1:04}",
        item=item,
        nation="IND",
        facility="IND-F001",
        purpose="joint programme",
        state=state,
        asked_by=officer.person,
        asked_at=node.clock.now(),
        company="USA-C001",
        decision=record(node, item, officer, action="release", permitted=permitted),
    )
    return case.id


@pytest.fixture
def sealed(agreed: Node) -> Sealed:
    return seal(agreed)


@pytest.fixture
def item(agreed: Node, sealed: Sealed) -> Item:
    return register(agreed, sealed)


def test_a_release_is_a_new_manifest_over_the_same_payload_with_one_share_for_each_nation(
    agreed: Node, sealed: Sealed, item: Item
) -> None:
    released = parse_manifest(release_manifest(agreed.house, agreed.keyring, case=decided(agreed, item)))
    indian, american = released.key_access
    assert (indian.kid, indian.url, indian.sid) == ("ind-ec-1", INDIAN_SERVICE, "IND")
    assert (american.url, american.sid) == (INDIAN_RELAY, "USA")
    shares = [
        unwrap_share(indian, INDIAN_KEY, released.policy_text),
        agreed.keyring.unwrap(american.kid, american, released.policy_text),
    ]
    assert sealed.key not in shares
    assert combine(shares) == sealed.key
    verify_root(released.integrity, sealed.key)
    assert payload_digest(released.integrity) == payload_digest(sealed.manifest.integrity)


def test_it_has_its_own_identity_the_same_attributes_and_the_same_label_bound_anew(
    agreed: Node, sealed: Sealed, item: Item
) -> None:
    released = parse_manifest(release_manifest(agreed.house, agreed.keyring, case=decided(agreed, item)))
    before, after = read_policy(sealed.policy), read_policy(released.policy_text)
    assert after.uuid != before.uuid
    assert after.attributes == before.attributes
    assert label_of(verify_assertions(released, sealed.key)) == LABEL_XML


def test_neither_nation_s_share_is_ever_used_twice(agreed: Node, item: Item) -> None:
    seen = set()
    for _ in range(4):
        released = parse_manifest(release_manifest(agreed.house, agreed.keyring, case=decided(agreed, item)))
        seen.add(unwrap_share(released.key_access[0], INDIAN_KEY, released.policy_text))
        seen.add(agreed.keyring.unwrap(released.key_access[1].kid, released.key_access[1], released.policy_text))
    assert len(seen) == 8


@pytest.mark.parametrize("state", ["asked", "refused", "sent", "accepted"])
def test_a_case_in_another_state_gets_no_shares(agreed: Node, item: Item, state: str) -> None:
    with pytest.raises(Conflict):
        release_manifest(agreed.house, agreed.keyring, case=decided(agreed, item, state=state))


def test_a_case_without_a_permitted_decision_about_its_item_gets_no_shares(agreed: Node, item: Item) -> None:
    with pytest.raises(Conflict):
        release_manifest(agreed.house, agreed.keyring, case=decided(agreed, item, permitted=False))
    case = decided(agreed, item)
    DecisionRecord.objects.filter(permitted=True).update(item=agreed.house.new_id("itm"))
    with pytest.raises(Conflict):
        release_manifest(agreed.house, agreed.keyring, case=case)
    with pytest.raises(NotAvailable):
        release_manifest(agreed.house, agreed.keyring, case="rel_unknown")


def test_an_original_that_is_not_the_registered_one_is_not_released(agreed: Node, item: Item) -> None:
    RegisteredManifest.objects.filter(item=item).update(content=seal(agreed).manifest_bytes)
    with pytest.raises(NotVerified):
        release_manifest(agreed.house, agreed.keyring, case=decided(agreed, item))
    RegisteredManifest.objects.filter(item=item).update(withdrawn_at=START)
    with pytest.raises(Conflict):
        release_manifest(agreed.house, agreed.keyring, case=decided(agreed, item))


def test_nothing_is_released_to_a_nation_that_is_no_party(agreed: Node, item: Item) -> None:
    case = decided(agreed, item)
    ReleaseCase.objects.filter(id=case).update(nation="FRA")
    with pytest.raises(Conflict) as refused:
        release_manifest(agreed.house, agreed.keyring, case=case)
    assert refused.value.full_code == "conflict.no_party"
