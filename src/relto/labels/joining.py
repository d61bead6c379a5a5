"""The order of labels and their join: the laws by which labels combine.

Rules enforced here (labels.md sections 6, 11, 12):
 1. Labels of two policies have no order: comparing them is a TypeError, and joining them is Undecided (map first).
 2. `join` loses no protection: level maximum; caveats, controls and compartments united; release, display and each
    permissive category by the safe rule (absent is everyone, empty is nobody and never dropped); RELIDO only where all
    have it; earliest review. ADatP-4774.1 section 4.4 drops an empty category, which widens; that feeds no decision.
 3. A release that nobody stated is owners alone before it joins, so one such portion keeps REL TO out of the banner.
 4. A derived thing stays its owner's; portions of other owners make it contain foreign government information.
 5. What cannot be joined without a person's judgement is `Undecided`, never system-low and never a guess.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import reduce

from relto.base.errors import MalformedInput
from relto.base.instants import Instant
from relto.base.nations import Nation
from relto.labels.audience import Audience, Everyone, Nobody, Only
from relto.labels.controls import (
    NO_CONTROLS,
    ForeignInformation,
    NoForeignInformation,
    OpenForeignInformation,
    controls_dominate,
    foreign_covers,
    join_controls,
    join_foreign,
)
from relto.labels.label import Label, check_label
from relto.labels.particulars import Particulars, join_particulars
from relto.labels.policy import PolicySet


@dataclass(frozen=True, slots=True)
class Undecided:
    """Nothing follows from the rules; a person decides.

    Codes of a join: none, policy, owner, originator, release, category, validity.
    """

    reason: str


def dominates(high: Label, low: Label) -> bool:
    """True when `high` protects at least as much as `low` in every respect. Raises TypeError across policies.

    An owner of `low` is an owner of `high`, or one of the foreign sources that `high` says it contains.
    """
    _same_policy(high, low)
    return (
        high.level >= low.level
        and high.caveats >= low.caveats
        and foreign_covers(high.controls.fgi, _foreign_owners(low, high.owner))
        and high.release.is_subset(low.release)
        and high.display.is_subset(low.display)
        and (_may_be_released_on(low) or not _may_be_released_on(high))
        and controls_dominate(high.controls, low.controls)
    )


def join(
    labels: Iterable[Label],
    *,
    originator_id: str | None = None,
    created: Instant | None = None,
    owner: tuple[Nation, ...] | None = None,
    policies: PolicySet | None = None,
) -> Label | Undecided:
    """The least label that dominates each of `labels`, or Undecided.

    `originator_id` (a URI) and `created` are those of the derived thing; without them the common originator and the
    latest instant stand, and different originators are Undecided. Labels of different policies are Undecided: map
    first. So are different owners, unless `owner` says whose the derived thing is: it stays theirs, and the portions of
    others become foreign government information in it. With `policies`, what they do not allow is Undecided.
    """
    given = list(labels)
    obstacle = _obstacle(given, owner, originator_id)
    if obstacle is not None:
        return Undecided(obstacle)
    first = given[0]
    owners = first.owner if owner is None else tuple(sorted(set(owner)))
    release = reduce(_intersect, (label.release for label in given))
    if isinstance(release, Nobody) or not owners or not all(release.covers(nation) for nation in owners):
        return Undecided("release")
    display = reduce(_intersect, (label.display for label in given))
    controls = join_controls(
        [label.controls for label in given],
        display_to=_shown_alone(display, release),
        relido=isinstance(release, Only) and all(map(_may_be_released_on, given)),
        foreign=reduce(join_foreign, (_foreign_owners(label, owners) for label in given)),
    )
    if controls is None:
        return Undecided("category")
    joined = Label(
        policy=first.policy,
        owner=owners,
        level=max(label.level for label in given),
        release=release,
        caveats=frozenset[str]().union(*(label.caveats for label in given)),
        created=max(label.created for label in given) if created is None else created,
        originator_id=first.originator_id if originator_id is None else originator_id,
        review_by=min(label.review_by for label in given),
        release_stated=_stated_after_join(given, release, owners),
        originator_id_type=first.originator_id_type if originator_id is None else "uniformResourceIdentifier",
        controls=controls or NO_CONTROLS,
        particulars=_particulars(given, owners),
    )
    return joined if policies is None or _is_allowed(joined, policies) else Undecided("validity")


def _obstacle(given: Sequence[Label], owner: tuple[Nation, ...] | None, originator_id: str | None) -> str | None:
    """Why these cannot be joined at all, or None."""
    if not given:
        return "none"
    first = given[0]
    if any(label.policy != first.policy for label in given):
        return "policy"
    if owner is None and any(label.owner != first.owner for label in given):
        return "owner"
    originators = {(label.originator_id, label.originator_id_type) for label in given}
    return "originator" if originator_id is None and len(originators) != 1 else None


def _may_be_released_on(label: Label) -> bool:
    """True when more nations may come: an official may release it further, or it is everyone's already."""
    return label.controls.relido or isinstance(label.release, Everyone)


def _particulars(labels: Sequence[Label], owners: tuple[Nation, ...]) -> Particulars:
    """What all share; a succession only while the owners stay the same."""
    shared = join_particulars([label.particulars for label in labels])
    return shared if owners == labels[0].owner else replace(shared, succession=None)


def _foreign_owners(label: Label, owners: tuple[Nation, ...]) -> ForeignInformation:
    """The owners of `label` who are not among `owners`, as sources of foreign information."""
    others = frozenset[str](label.owner) - set(owners)
    return OpenForeignInformation(others) if others else NoForeignInformation()


def _shown_alone(display: Audience, release: Audience) -> frozenset[Nation]:
    if isinstance(display, Only) and isinstance(release, Only):
        return display.nations - release.nations
    return frozenset()


def _is_allowed(label: Label, policies: PolicySet) -> bool:
    try:
        check_label(label, policies)
    except MalformedInput:
        return False
    return True


def _stated_after_join(labels: Sequence[Label], release: Audience, owners: tuple[Nation, ...]) -> bool:
    """Owners alone is a statement only if one of the labels stated it; a mere leftover is for a person (trap T2)."""
    if release != Only(frozenset(owners)):
        return True
    return any(label.release_stated and label.is_for_owners_only and label.release == release for label in labels)


def _intersect(one: Audience, other: Audience) -> Audience:
    return one.intersect(other)


def _same_policy(one: Label, other: Label) -> None:
    if one.policy != other.policy:
        raise TypeError("labels of different policies have no order; map one by a signed equivalence table")
