"""The label of an item as its originator states it, and as people read it. Nothing about protection is guessed."""

from __future__ import annotations

from collections.abc import Mapping

from relto.base.canonical import Json
from relto.base.countries import read_country
from relto.base.errors import MalformedInput, ReltoError, UnknownValue
from relto.base.instants import Instant, read_instant
from relto.base.nations import Nation, read_nation
from relto.labels.attributes import label_attributes
from relto.labels.audience import Audience, Everyone, Only
from relto.labels.label import MAX_NATIONS, Label, check_label, label_from_dict
from relto.labels.markings import banner
from relto.rules.bundle import Bundle
from relto.services.house import House

_SHORT = frozenset({"nation", "owners", "level", "audience", "release", "caveats", "review_by"})
_MOST_OWNERS = 2  # a share for each, and two-share manifests are what this node makes
REVIEW = "label_review_period"
"""The optional limit of a bundle: when a label is reviewed for which its originator states no review."""


def originator_label(house: House, bundle: Bundle, value: Mapping[str, Json], *, company: str, at: Instant) -> Label:
    """The label that an own company states for its item.

    `value` is a whole label (label_as_dict), or {level, audience, nation?, owners?, caveats?, review_by?}: `audience`
    (or `release`, as whole labels call it) is "everyone" or a list of nations that includes every owner; `nation` may
    name the own policy once more; `owners` names the own nation and one partner of the agreement, when the item is
    joint; a review that is not stated is due when the bundle says, and must be stated where no rule is loaded. Raises
    MalformedInput or UnknownValue.
    """
    policy = bundle.policies.by_nation(house.nation)
    if "policy" in value:
        label = label_from_dict(dict(value), bundle.policies)
    else:
        if unknown := sorted(set(value) - _SHORT):
            raise MalformedInput("label", field="label", found=len(unknown), expected=", ".join(sorted(_SHORT)))
        if value.get("nation", house.nation) != house.nation:
            raise UnknownValue(
                "label.policy", field="label.nation", expected=f"{house.nation}, whose policy is the own"
            )
        if "audience" in value and "release" in value:
            raise MalformedInput("label.audience", field="label.audience", expected="one audience, not two")
        level = value.get("level")
        if not isinstance(level, str):
            raise MalformedInput("label.level", field="label.level", expected=f"a level of policy {policy.name}")
        review_by = value.get("review_by")
        label = Label(
            policy=policy.identity,
            owner=_owners(value.get("owners", [house.nation])),
            level=policy.level(level),
            release=_audience(value.get("audience", value.get("release"))),
            caveats=_caveats(value.get("caveats", [])),
            created=at,
            originator_id=f"urn:relto:{house.nation.lower()}:{company.lower()}",
            review_by=_review(bundle, at) if review_by is None else read_instant(review_by, field="label.review_by"),
        )
    if len(label.owner) > _MOST_OWNERS:
        raise MalformedInput(
            "label.owners", field="label.owners", found=len(label.owner), expected=f"at most {_MOST_OWNERS} owners"
        )
    if strangers := set(label.owner) - {house.nation} - set(bundle.parties):
        raise UnknownValue(
            "label.owners", field="label.owners", found=min(strangers), expected="partners of the agreement in force"
        )
    if label.policy != policy.identity or house.nation not in label.owner:
        raise UnknownValue("label.policy", field="label.policy", expected=f"the own policy {policy.name}, owned here")
    if not label.release_stated:
        raise MalformedInput("label.release", field="label.release", expected="a stated audience")
    return check_label(label, bundle.policies)


def banner_of(bundle: Bundle, label: Mapping[str, Json]) -> str:
    """The banner line in English; empty when the active policies no longer know the label."""
    try:
        return banner(label_from_dict(dict(label), bundle.policies), bundle.policies)
    except ReltoError:
        return ""


def attributes_of(bundle: Bundle, label: Mapping[str, Json], programme: str) -> tuple[str, ...]:
    """The OpenTDF attribute values of a label and programme; none when the active policies no longer know the label."""
    try:
        return tuple(label_attributes(label_from_dict(dict(label), bundle.policies), programme or None))
    except ReltoError:
        return ()


def _audience(value: Json) -> Audience:
    if value == "everyone":
        return Everyone()
    if not isinstance(value, list) or not value:
        raise MalformedInput("label.audience", field="label.audience", expected="everyone, or the nations by code")
    return Only(frozenset(read_country(nation, field="label.audience") for nation in value))


def _owners(value: Json) -> tuple[Nation, ...]:
    if not isinstance(value, list) or not value or len(value) > MAX_NATIONS:
        raise MalformedInput("label.owners", field="label.owners", expected="the owning nations by code")
    owners = tuple(read_nation(nation, field="label.owners") for nation in value)
    if len(set(owners)) != len(owners):
        raise MalformedInput("label.owners", field="label.owners", expected="each owner once")
    return owners


def _caveats(value: Json) -> frozenset[str]:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise MalformedInput("label.caveats", field="label.caveats", expected="a list of caveats")
    return frozenset(str(name) for name in value)


def _review(bundle: Bundle, moment: Instant) -> Instant:
    years = bundle.limits.years_if_named(REVIEW)
    if years is None:
        raise MalformedInput("label.review", field="label.review_by", expected="a stated review: no rule is loaded")
    year = moment.year + years
    return moment.replace(year=year, day=28) if (moment.month, moment.day) == (2, 29) else moment.replace(year=year)
