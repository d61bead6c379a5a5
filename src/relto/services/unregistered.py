"""Containers that were never registered: they open at home, and only as far as the agreement bundle lets them.

Rules (design.md 2, registered manifests):
 1. Only this nation's own: the policy names it as the one owner, in relto's own attributes, read strictly, and the
    share is this node's own key service's. Through the relay, or for another owner, nothing opens.
 2. The policy's identifier belongs to nothing this node knows: no manifest, withdrawn or not, and no announced item.
 3. The rules decide as for any opening; R20 holds up to the bundle's `unregistered_container_max_level`.
 4. The decision is about one policy and one key access object, by their digests, and no other share leaves under it.
"""

from __future__ import annotations

from collections.abc import Mapping

from relto.base.errors import NotVerified, ReltoError
from relto.base.instants import Instant
from relto.labels.attributes import LabelAttributes, attributes_of, compare
from relto.labels.label import Label, check_label
from relto.procedures.actors import Actor
from relto.rules.bundle import Bundle
from relto.rules.facts import ItemFacts, ListingFacts
from relto.sealing.key_access import KeyAccess
from relto.sealing.policy import read_policy
from relto.sealing.registration import container_identity, key_access_entry_digest, policy_digest
from relto.services import facts
from relto.services.house import House
from relto.services.origins import same_origin
from relto.store.models import DecisionRecord, Item, Manifest
from relto.store.queries.organisation import current_memberships

LIMIT = "limit/unregistered_container_max_level"


def container_code(key_access: KeyAccess, policy_text: str) -> str:
    """What a decision calls such a container: the digests of its policy and of one key access object."""
    return f"unregistered/{policy_digest(policy_text)}/{key_access_entry_digest(key_access)}"


def unregistered_item(
    house: House, bundle: Bundle, *, key_access: KeyAccess, policy_text: str, at: Instant
) -> ItemFacts:
    """The container as its policy describes it; nobody registered it. Called inside a step.

    Raises NotVerified("manifest") for whatever is not exactly an own container of this node.
    """
    try:
        policy = read_policy(policy_text)
        label, programme = _label(house, bundle, policy.attributes, at)
    except ReltoError as error:
        raise nothing_registered() from error
    known = is_known(container_identity(policy.uuid, key_access))
    if policy.dissem or known or not same_origin(key_access.url, house.urls.key_service):
        raise nothing_registered()
    # Whether it is export controlled nobody stated, so it counts as controlled.
    return facts.labelled_item(
        label,
        code=container_code(key_access, policy_text),
        programme=programme,
        export_controlled=True,
        registered=False,
    )


def listings(bundle: Bundle, actor: Actor, item: ItemFacts, at: Instant) -> tuple[ListingFacts, ...]:
    """Why this person needs to know it: her reasoned assignment to its programme.

    What states no programme has no list; up to the level that the bundle names, that limit itself is the reason.
    """
    if item.programme is None:
        if bundle.ranks.own(item.level) > bundle.ranks.unregistered_max(item.level):
            return ()
        return (ListingFacts(actor.person, item.item, LIMIT, facts.since(at)),)
    rows = current_memberships(actor.person, at).filter(programme_id=item.programme)
    return tuple(facts.programme_listing(row, item.item) for row in rows)


def is_decided(record: DecisionRecord, *, key_access: KeyAccess, policy_text: str) -> bool:
    """True when the record is about exactly this container and it is still not registered. Called inside a step."""
    stated = record.facts.get("item")
    if record.item or not isinstance(stated, Mapping) or stated.get("registered") is not False:
        return False
    try:
        policy_uuid = container_identity(read_policy(policy_text).uuid, key_access)
        code = container_code(key_access, policy_text)
    except ReltoError:
        return False
    return bool(stated.get("item") == code) and not is_known(policy_uuid)


def _label(house: House, bundle: Bundle, names: tuple[str, ...], at: Instant) -> tuple[Label, str | None]:
    """The own policy's label that gives exactly these attributes, and the programme. Raises ReltoError."""
    stated = attributes_of(names)
    if stated.owner != (house.nation,):
        raise nothing_registered()
    own = bundle.policies.by_nation(house.nation)
    for level in own.levels:
        label = Label(
            policy=own.identity,
            owner=stated.owner,
            level=level,
            release=stated.audience,
            caveats=stated.caveats,
            created=at,
            originator_id=f"urn:relto:{house.nation.lower()}",
            review_by=at,
        )
        if _gives(label, stated, names):
            return check_label(label, bundle.policies), stated.programme
    raise nothing_registered()


def _gives(label: Label, stated: LabelAttributes, names: tuple[str, ...]) -> bool:
    try:
        compare(label, stated.programme, names)
    except NotVerified:
        return False
    return True


def is_known(policy_uuid: str) -> bool:
    """True when a manifest or an announced item of this node has this identity."""
    return Manifest.objects.filter(policy_uuid=policy_uuid).exists() or Item.objects.filter(uuid=policy_uuid).exists()


def nothing_registered() -> NotVerified:
    """The one answer to everything that is neither registered nor openable without."""
    return NotVerified("manifest", field="policy", expected="a manifest registered here")
