"""What a node accepts as its agreement, and what it follows when."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from relto.base.canonical import canonical_bytes
from relto.base.errors import Conflict, MalformedInput, NotVerified, Refused, ReltoError
from relto.rules.manifest import sign_bundle
from relto.services import active_bundle, bundles, organisation
from relto.store.models import AgreementBundle, LedgerEntry
from tests.support.houses import IND, START, USA, Node, agreement, make_house, nationhood


@pytest.fixture
def chair(db: None, tmp_path: Path) -> Node:
    """A new node whose co-chair has come, and no agreement yet."""
    node = make_house(tmp_path, USA)
    first = organisation.bootstrap(node.house, operator_name="First operator", registrar_name="First registrar")
    node.people["registrar"] = first.registrar
    view = organisation.add_person(node.house, node.actor("registrar"), name="A co-chair", roles=["co_chair"])
    node.people["co_chair"] = view.pseudonym
    return node


def test_both_signatures_make_it_an_agreement(chair: Node) -> None:
    with pytest.raises(Conflict) as none_yet:
        active_bundle.active(chair.house)
    assert none_yet.value.full_code == "conflict.no_agreement"
    view = bundles.submit_bundle(chair.house, chair.actor("co_chair"), agreement())
    assert (view.version, view.parties, view.in_force) == (1, ("IND", "USA"), True)
    assert view.unconfirmed_rules
    assert bundles.active_bundle_file(chair.house, chair.actor("registrar")) == agreement()
    assert bundles.active_bundle_view(chair.house, chair.actor("registrar")).digest == view.digest


def _twice_by_one() -> bytes:
    return sign_bundle(agreement(signers=(USA,)), nationhood(USA).authority)


@pytest.mark.parametrize(
    ("file", "error"),
    [
        (lambda: b"not a bundle", MalformedInput),
        (lambda: canonical_bytes({"type": "agreement-bundle-file", "version": 1}), MalformedInput),
        (lambda: agreement(signers=()), NotVerified),
        (lambda: agreement(signers=(USA,)), NotVerified),
        (lambda: agreement(signers=(IND,)), NotVerified),
        (_twice_by_one, NotVerified),
        (lambda: agreement().replace(b"SECRET", b"SACRED", 1), ReltoError),
    ],
    ids=["no bundle", "empty", "unsigned", "only USA", "only IND", "USA twice", "altered"],
)
def test_anything_less_changes_nothing_but_is_recorded(chair: Node, file: object, error: type[ReltoError]) -> None:
    with pytest.raises(error):
        bundles.submit_bundle(chair.house, chair.actor("co_chair"), file())  # type: ignore[operator]
    assert not AgreementBundle.objects.exists()
    newest = LedgerEntry.objects.order_by("-serial")[0]
    assert (newest.event, bool(newest.details["code"])) == ("bundle:refused", True)


def test_only_a_co_chair_submits(chair: Node) -> None:
    with pytest.raises(Refused):
        bundles.submit_bundle(chair.house, chair.actor("registrar"), agreement())


def test_versions_only_grow_and_wait_for_their_instant(chair: Node) -> None:
    house, co_chair = chair.house, chair.actor("co_chair")
    bundles.submit_bundle(house, co_chair, agreement())
    with pytest.raises(Conflict):
        bundles.submit_bundle(house, co_chair, agreement())
    bundles.submit_bundle(house, co_chair, agreement(version=2, start=START + timedelta(days=1)))
    assert active_bundle.active(house).version == 1
    chair.clock.forward(days=2)
    assert active_bundle.active(house).version == 2
    assert active_bundle.bundle_of_version(house, 1).version == 1
    chair.clock.forward(days=1000)
    assert active_bundle.active(house).version == 2, "an expired agreement still tells national work its rules"
