"""The label of an item as its originator states it, and as people read it. Nothing about protection is guessed."""

from __future__ import annotations

from collections.abc import Mapping

from relto.base.canonical import Json
from relto.base.errors import MalformedInput, ReltoError, UnknownValue
from relto.base.instants import Instant, read_instant
from relto.base.nations import read_nation
from relto.labels.audience import Audience, Everyone, Only
from relto.labels.label import Label, check_label, label_from_dict
from relto.labels.markings import banner
from relto.rules.bundle import Bundle
from relto.services.house import House

_SHORT = frozenset({"nation", "level", "audience", "release", "caveats", "review_by"})
_REVIEW_YEARS = 10


def originator_label(house: House, bundle: Bundle, value: Mapping[str, Json], *, company: str, at: Instant) -> Label:
    """The label that an own company states for its item.

    `value` is a whole label (label_as_dict), or {level, audience, nation?, caveats?, review_by?}: `audience` (or
    `release`, as whole labels call it) is "everyone" or a list of nations that includes the own one; `nation` may name
    the own policy once more; a review that is not stated is due in ten years. Raises MalformedInput or UnknownValue.
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
            owner=(house.nation,),
            level=policy.level(level),
            release=_audience(value.get("audience", value.get("release"))),
            caveats=_caveats(value.get("caveats", [])),
            created=at,
            originator_id=f"urn:relto:{house.nation.lower()}:{company.lower()}",
            review_by=read_instant(review_by, field="label.review_by") if review_by is not None else _years_after(at),
        )
    if label.policy != policy.identity or label.owner != (house.nation,):
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


def _audience(value: Json) -> Audience:
    if value == "everyone":
        return Everyone()
    if not isinstance(value, list) or not value:
        raise MalformedInput("label.audience", field="label.audience", expected="everyone, or the nations by code")
    return Only(frozenset(read_nation(nation, field="label.audience") for nation in value))


def _caveats(value: Json) -> frozenset[str]:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise MalformedInput("label.caveats", field="label.caveats", expected="a list of caveats")
    return frozenset(str(name) for name in value)


def _years_after(moment: Instant) -> Instant:
    year = moment.year + _REVIEW_YEARS
    return moment.replace(year=year, day=28) if (moment.month, moment.day) == (2, 29) else moment.replace(year=year)
