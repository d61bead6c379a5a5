"""A wrapping below the agreement's minimum is refused at registration, at release and at arrival, and it says why."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest

from relto.base.errors import MalformedInput, Refused
from relto.base.nations import Nation
from relto.labels.label import label_from_dict
from relto.rules.bundle import Bundle
from relto.rules.limits import RELEASED
from relto.rules.parties import ServiceKey
from relto.sealing.keys import generate_service_key, public_key_of
from relto.sealing.manifest import Manifest, parse_manifest
from relto.services import active_bundle, releases
from relto.services.share_places import SharePlace, share_places
from relto.services.wrapping_minimum import check_registered, check_released
from relto.store.models import Arrival, Item, ReleaseCase
from relto.store.models import Manifest as RegisteredManifest
from relto.store.models import ServiceKey as ServiceKeyRow
from tests.support import peer_simulator
from tests.support.houses import IND, NATIONS, START, USA, Nationhood, Node, nationhood, opened
from tests.support.peer_simulator import Peer
from tests.unit.services.stories import ask_release, authorise, decide_case, released, seal_item

CURVE, STRONGEST = "ec:secp256r1", "hpqt:secp384r1-mlkem1024"
DEMANDED = f"{STRONGEST}, or stronger"


@cache
def weak(nation: Nation) -> Nationhood:
    """The nation with a key service of P-256 alone."""
    return replace(nationhood(nation), service_key=generate_service_key(CURVE))


def weak_key(nation: Nation, algorithm: str = CURVE) -> ServiceKey:
    return ServiceKey(weak(nation).kid, algorithm, public_key_of(weak(nation).service_key))


def follow_weak_keys(node: Node, algorithm: str = CURVE) -> Bundle:
    """The node follows an agreement that names P-256 keys, called what `algorithm` says, and the same minimums."""
    bundle = opened()
    parties = {nation: replace(bundle.parties[nation], kas_keys=(weak_key(nation, algorithm),)) for nation in NATIONS}
    weakened = replace(bundle, parties=parties)
    active_bundle.keep(node.house, weakened)
    return weakened


@pytest.fixture(autouse=True)
def the_agreement_as_it_was() -> object:
    yield None
    active_bundle._opened.clear()


def labelled(usa: Node, level: str) -> tuple[Manifest, object]:
    """A registered container's manifest and its label, at this level."""
    label = {"level": level, "audience": ["USA", "IND"]}
    item = Item.objects.get(id=seal_item(usa, label=label).id)
    content = RegisteredManifest.objects.get(item=item).content
    return parse_manifest(bytes(content)), label_from_dict(item.label, opened().policies)


def wrapped_as(manifest: Manifest, kid: str, kind: str, size: int) -> Manifest:
    share = replace(manifest.key_access[0], kid=kid, type=kind, wrapped_key="A" * (size * 4 // 3 + 3 & ~3))
    return replace(manifest, key_access=(share,))


def own_key(kid: str, algorithm: str) -> None:
    ServiceKeyRow.objects.create(
        kid=kid, purpose="wrapping", algorithm=algorithm, public_pem="", state="active", created_at=START
    )


def test_at_registration_the_level_the_wrapping_and_the_minimum_are_named(usa: Node) -> None:
    own_key("usa-rsa", "rsa:2048")
    secret, secret_label = labelled(usa, "SECRET")
    by_stock_client = wrapped_as(secret, "usa-rsa", "wrapped", 255)
    without_kid = wrapped_as(secret, "", "wrapped", 255)
    check_registered(opened(), secret_label, secret)  # type: ignore[arg-type]
    raised = replace(secret_label, level=opened().policies.by_nation(USA).level("TOP SECRET"))  # type: ignore[type-var]
    check_registered(opened(), raised, secret)  # type: ignore[arg-type]
    with pytest.raises(MalformedInput, match="share_form"):
        check_registered(opened(), raised, by_stock_client)  # type: ignore[arg-type]
    for size, kid in ((256, "usa-rsa"), (256, "")):
        text = "A" * ((size + 2) // 3 * 4 - 2) + "=="
        share = replace(without_kid.key_access[0], kid=kid, wrapped_key=text)
        stock = replace(without_kid, key_access=(share,))
        check_registered(opened(), secret_label, stock)  # type: ignore[arg-type]
        with pytest.raises(Refused) as refused:
            check_registered(opened(), raised, stock)  # type: ignore[arg-type]
        assert refused.value.full_code == "refused.wrapping"
        assert (refused.value.field, refused.value.found) == ("TOP SECRET", "rsa:2048")
        assert refused.value.expected == DEMANDED


def test_no_release_is_decided_that_could_not_be_wrapped(usa: Node, india: Peer) -> None:
    india.vouch(usa.house, "reader")
    authorise(usa)
    case = ask_release(usa, india, seal_item(usa))
    follow_weak_keys(usa)
    with pytest.raises(Refused) as refused:
        decide_case(usa, case)
    assert (refused.value.full_code, refused.value.field, refused.value.found) == ("refused.wrapping", "SECRET", CURVE)
    assert ReleaseCase.objects.get(id=case.id).state == "asked"
    follow_strong_keys(usa)
    assert decide_case(usa, case).state == "released"
    assert releases.case(usa.house, usa.actor("release_officer"), case.id).id == case.id


def follow_strong_keys(node: Node) -> None:
    active_bundle.keep(node.house, opened())


def test_a_released_manifest_wraps_every_share_for_the_strongest_key_that_the_agreement_names(
    usa: Node, india: Peer
) -> None:
    india.vouch(usa.house, "reader")
    _, body = released(usa, india)
    manifest = RegisteredManifest.objects.get(kind="release")
    shares = parse_manifest(bytes(manifest.content)).key_access
    assert [share.type for share in shares] == ["hybrid-wrapped", "hybrid-wrapped"]
    assert body["release"]
    place = SharePlace(USA, "http://x", (weak_key(USA), *opened().parties[USA].kas_keys))
    assert place.key().algorithm == STRONGEST
    assert place.key({weak(USA).kid}).kid == weak(USA).kid


@pytest.mark.parametrize(("called", "code"), [(CURVE, "refused.wrapping"), (STRONGEST, "malformed.release.share_form")])
def test_an_arrival_with_a_weaker_wrapping_is_refused_whatever_the_agreement_calls_the_key(
    ind: Node, america: Peer, monkeypatch: pytest.MonkeyPatch, called: str, code: str
) -> None:
    follow_weak_keys(ind, called)
    if called == CURVE:
        monkeypatch.setattr(peer_simulator, "nationhood", weak)
    sent = america.release({ind.people["engineer"]: "analyses the report"}, content=b"MARKINGS ARE FOR TRAINING ONLY")
    assert america.code_of(america.send(ind.house, "release", sent.body, sent.payload)) == code
    assert not Arrival.objects.exists()


def test_where_no_minimum_is_loaded_nothing_is_demanded(usa: Node, india: Peer) -> None:
    bundle = follow_weak_keys(usa)
    manifest, label = labelled(usa, "SECRET")
    places = share_places(bundle, readers=IND, other=USA, mode="transferred")
    weakly = wrapped_as(manifest, weak(IND).kid, "ec-wrapped", 60)
    with pytest.raises(Refused):
        check_released(bundle, label, weakly, places)  # type: ignore[arg-type]
    del bundle.limits._limits[RELEASED]
    try:
        check_released(bundle, label, weakly, places)  # type: ignore[arg-type]
    finally:
        opened.cache_clear()
    assert india.nation == IND
