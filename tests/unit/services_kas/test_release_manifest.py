from __future__ import annotations

import pytest

from relto.base.errors import Conflict, NotAvailable, NotVerified
from relto.procedures.actors import Role
from relto.sealing.assertions import label_of, verify_assertions
from relto.sealing.integrity import verify_root
from relto.sealing.manifest import parse_manifest
from relto.sealing.policy import read_policy
from relto.sealing.registration import payload_digest
from relto.sealing.shares import combine
from relto.sealing.wrapping import unwrap_share
from relto.services.share_release import release_manifest
from relto.store.models import DecisionRecord, Item, ReleaseCase
from relto.store.models import Manifest as RegisteredManifest
from tests.unit.services_kas.agreement import INDIAN_KEY, INDIAN_RELAY, INDIAN_SERVICE, agree
from tests.unit.services_kas.node import LABEL_XML, START, Node, Sealed, add_person, record, register, seal


@pytest.fixture
def agreed(node: Node) -> Node:
    return agree(node, names_own_key=True)


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
