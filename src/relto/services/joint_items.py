"""What a jointly owned item demands beyond any other: two owners, two manifests, two facilities, both authorities.

Rules (design.md 2): it is split at sealing, no manifest of it exists that one nation's service could serve alone, and
each owner's people open it by their own node's yes and the other owner's.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from relto.base.errors import Conflict, MalformedInput, NotVerified, UnknownValue
from relto.base.nations import Nation
from relto.labels.label import Label
from relto.procedures.actors import Actor
from relto.rules.bundle import Bundle
from relto.sealing.manifest import Manifest as ParsedManifest
from relto.sealing.policy import build_policy, read_policy
from relto.sealing.registration import ManifestFingerprint, manifest_fingerprint
from relto.services.custodian_pieces import check_placed_pieces
from relto.services.house import House
from relto.services.item_view import LIVE, ManifestOrder, ShareOrder, is_joint, owners_of
from relto.services.sealed_containers import check_label_equal
from relto.services.service_keys import service_keys
from relto.services.share_places import check_shares, share_places
from relto.services.wrapping_minimum import check_released
from relto.store.models import Facility, Item, Manifest, Person

SEALED = "sealed"
ORIGINAL = "original"
PARTNER = "partner"


def co_owner(house: House, row: Item) -> Nation:
    """The other owner of a joint item. Raises Conflict("joint_item") for an item of one owner."""
    others = [nation for nation in owners_of(row) if nation != house.nation]
    if len(others) != 1:
        raise Conflict("joint_item", field="item", expected="an item that two nations own")
    return Nation(others[0])


def partner_policy_uuid(item: str, nation: Nation) -> str:
    """The policy identifier of the manifest for `nation`'s people: follows from the item's own, so nothing is kept."""
    return str(uuid.uuid5(uuid.UUID(item), nation))


def manifest_orders(house: House, bundle: Bundle, row: Item, attributes: list[str]) -> tuple[ManifestOrder, ...]:
    """What the sealing client makes: two manifests over one payload, two fresh shares each, one for each nation.

    Raises Conflict when the agreement has no service key of a nation.
    """
    partner = co_owner(house, row)
    held = {view.kid for view in service_keys(purpose="wrapping")}
    return (
        _order(bundle, "home", build_policy(row.uuid, attributes), house.nation, partner, own=(house.nation, held)),
        _order(
            bundle,
            PARTNER,
            build_policy(partner_policy_uuid(row.uuid, partner), attributes),
            partner,
            house.nation,
            own=(house.nation, held),
        ),
    )


def _order(
    bundle: Bundle, kind: str, policy: str, readers: Nation, other: Nation, *, own: tuple[Nation, set[str]]
) -> ManifestOrder:
    shares = []
    for place in share_places(bundle, readers=readers, other=other, mode=LIVE):
        key = place.key(own[1] if place.nation == own[0] else None)
        shares.append(ShareOrder(sid=place.nation, url=place.url, kid=key.kid, pem=key.pem))
    return ManifestOrder(kind=kind, nation=readers, policy=policy, shares=tuple(shares))


def check_home_manifest(house: House, bundle: Bundle, row: Item, label: Label, manifest: ParsedManifest) -> None:
    """The manifest for the own people is as announced. Raises NotVerified or MalformedInput.

    Whether the shares are what they should be is seen by the key service (`joint_shares`).
    """
    if read_policy(manifest.policy_text).uuid != row.uuid:
        raise NotVerified("policy_uuid", field="policy.uuid", expected="the identifier that was announced")
    check_label_equal(manifest, label, row.programme, bundle.policies)
    places = share_places(bundle, readers=house.nation, other=co_owner(house, row), mode=LIVE)
    check_shares(manifest, places)
    check_released(bundle, label, manifest, places)
    check_placed_pieces(bundle, manifest, places)


def check_partner_manifest(
    house: House, bundle: Bundle, row: Item, label: Label, manifest: ParsedManifest
) -> ManifestFingerprint:
    """The manifest for the co-owner's people is as announced and over the payload that was handed in; its fingerprint.

    Raises Conflict("not_sealed") before the container came, NotVerified or MalformedInput.
    """
    partner = co_owner(house, row)
    home = sealed_manifest(row)
    if read_policy(manifest.policy_text).uuid != partner_policy_uuid(row.uuid, partner):
        raise NotVerified("policy_uuid", field="policy.uuid", expected="the identifier that was announced")
    check_label_equal(manifest, label, row.programme, bundle.policies)
    places = share_places(bundle, readers=partner, other=house.nation, mode=LIVE)
    check_shares(manifest, places)
    check_released(bundle, label, manifest, places)
    check_placed_pieces(bundle, manifest, places)
    fingerprint = manifest_fingerprint(manifest)
    if fingerprint.payload_digest != home.fingerprint["payload_digest"]:
        raise NotVerified("joint_payload", field="integrityInformation", expected="the payload of the container")
    return fingerprint


def sealed_manifest(row: Item) -> Manifest:
    """The home manifest of a joint item that waits for the other one. Raises Conflict("not_sealed")."""
    found = row.manifests.filter(kind=SEALED).first()
    if found is None:
        raise Conflict("not_sealed", field="item", expected="the container first")
    return found


def check_asked(
    actor: Actor,
    row: Item,
    recipient: Nation,
    *,
    mode: str,
    home_facility: str,
    home_readers: Mapping[str, str],
) -> None:
    """A joint item names its readers on both sides, is live, and goes to its other owner; no other item does."""
    if not is_joint(row):
        if home_facility or home_readers:
            raise MalformedInput("home_readers", field="home_readers", expected="home readers of joint items only")
        return
    if recipient not in owners_of(row):
        raise UnknownValue("co_owner", field="nation", expected="the item's other owner")
    if mode != LIVE:
        raise MalformedInput("mode", field="mode", expected=f"{LIVE}: a joint item never opens without both owners")
    if not Facility.objects.filter(code=home_facility, company_id=actor.company).exists():
        raise UnknownValue("home_facility", field="home_facility", expected="a facility of the own company")
    known = Person.objects.filter(id__in=home_readers, facility_id=home_facility).count()
    if not home_readers or known != len(home_readers):
        raise UnknownValue("home_reader", field="home_readers", expected="people of the own facility, at least one")
