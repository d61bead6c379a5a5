"""What a stock client's container may not be when it is registered: shared out among nations, or without a label."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest

from relto.base.errors import MalformedInput, NotVerified, UnknownValue
from relto.labels.audience import Only
from relto.labels.label import Label
from relto.sealing.manifest import build_manifest
from relto.sealing.policy import build_policy
from relto.sealing.wrapping import wrap_share
from relto.services import active_bundle
from relto.services.joint_shares import check_joint_manifests
from relto.services.sealed_containers import check_label_equal
from relto.services.service_keys import current_wrapping_key
from relto.services.share_release import check_manifest
from tests.unit.services_kas.agreement import IND, INDIAN_SERVICE, agree
from tests.unit.services_kas.node import START, USA, Node, Sealed, seal


def with_alternative(node: Node, sealed: Sealed, *, url: str, pem: str, kid: str) -> bytes:
    """The same container with a second object under the same split, wrapped by another key."""
    other = wrap_share(
        sealed.key,
        public_key_pem=pem,
        kid=kid,
        url=url,
        sid=sealed.key_access.sid,
        policy_text=sealed.policy,
        random=node.house.entropy.random_bytes,
    )
    manifest = sealed.manifest
    return build_manifest(
        manifest.policy_text, [sealed.key_access, other], manifest.integrity, list(manifest.assertions)
    )


@pytest.mark.parametrize("place", ["service", "relay"])
def test_one_share_for_two_nations_services_is_never_registered(node: Node, place: str) -> None:
    agreed = agree(node)
    party = active_bundle.active(agreed.house).parties[IND]
    url = INDIAN_SERVICE if place == "service" else agreed.house.urls.relay
    shared = with_alternative(agreed, seal(agreed), url=url, pem=party.kas_keys[0].pem, kid="ind-ec-1")
    with pytest.raises(MalformedInput) as refused:
        check_manifest(agreed.house, agreed.keyring, shared)
    assert refused.value.field == "keyAccess.url"
    with pytest.raises(MalformedInput):
        check_joint_manifests(agreed.house, agreed.keyring, [shared])


def test_nor_when_it_pretends_that_the_other_nations_key_is_here(node: Node) -> None:
    agreed = agree(node)
    pem = active_bundle.active(agreed.house).parties[IND].kas_keys[0].pem
    url = agreed.house.urls.key_service
    own = current_wrapping_key("ec:secp256r1").kid
    for kid in ("ind-ec-1", own):
        with pytest.raises(NotVerified):
            check_manifest(
                agreed.house, agreed.keyring, with_alternative(agreed, seal(agreed), url=url, pem=pem, kid=kid)
            )


def test_a_policy_without_attributes_or_with_names_is_never_registered(node: Node) -> None:
    agreed = agree(node)
    policies = active_bundle.active(agreed.house).policies
    policy = policies.by_nation(USA)
    label = Label(
        policy=policy.identity,
        owner=(USA,),
        level=policy.level("UNCLASSIFIED"),
        release=Only(frozenset({USA})),
        caveats=frozenset(),
        created=START,
        originator_id="urn:relto:usa:c001",
        review_by=START + timedelta(days=1),
    )
    for text in (
        build_policy(str(uuid.uuid4()), []),
        build_policy(str(uuid.uuid4()), ["https://example.org/attr/a/value/b"]),
        build_policy(str(uuid.uuid4()), [], ["amit@ind.example"]),
    ):
        sealed = seal(agreed, policy=text, labelled=False)
        with pytest.raises((NotVerified, UnknownValue)):
            check_label_equal(sealed.manifest, label, None, policies, assertion_needed=False)
