"""The label: one immutable value that says what protection a thing needs, and the laws by which labels combine.

Rules enforced here (labels.md sections 6, 11, 12):
 1. A label belongs to one policy, and so does its level. Comparing labels of two policies is a TypeError.
 2. The owners can always read: a US label's audience contains USA, so Only({USA}) is NOFORN, and Nobody is no label.
 3. A release that nobody stated is not releasable until decided: its audience is the owners alone and
    `release_stated` is False. It is never mistaken for NOFORN, and never for everyone.
 4. Everyone is possible only at a level that its policy says may be public.
 5. `join` loses no protection: level maximum, caveats union, audiences intersected by the safe rule, earliest review.
    What cannot be joined without a person's judgement is `Undecided`, never system-low and never a guess.
 6. Equal labels have equal canonical bytes, whatever the order in which their parts were given.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC
from functools import reduce
from typing import Final

from relto.base.canonical import Json
from relto.base.errors import MalformedInput, UnknownValue
from relto.base.instants import Instant, instant_text, read_instant
from relto.base.nations import Nation, read_nation
from relto.labels.audience import Audience, Everyone, Nobody, Only
from relto.labels.levels import Level, PolicyId
from relto.labels.policy import PolicySet

ORIGINATOR_ID_TYPES: Final = (
    "rfc822Name",
    "dNSName",
    "directoryName",
    "uniformResourceIdentifier",
    "iPAddress",
    "x400Address",
    "userPrincipalName",
    "jID",
)
MAX_NATIONS = 256
_MAX_ORIGINATOR_ID = 512
_MEMBERS = frozenset(
    {"policy", "owner", "level", "release", "caveats", "created", "originator_id", "originator_id_type", "review_by"}
)


@dataclass(frozen=True)
class Label:
    """What the originator bound. `owner` is kept sorted; instants are kept in UTC and whole seconds."""

    policy: PolicyId
    owner: tuple[Nation, ...]
    level: Level
    release: Audience
    caveats: frozenset[str]
    created: Instant
    originator_id: str
    review_by: Instant
    release_stated: bool = True
    originator_id_type: str = "uniformResourceIdentifier"

    def __post_init__(self) -> None:
        """Raises MalformedInput, naming the field, when the parts contradict each other (rules 1 to 3)."""
        owner = tuple(sorted({read_nation(nation, field="label.owner") for nation in self.owner}))
        object.__setattr__(self, "owner", owner)
        object.__setattr__(self, "created", _whole_second(self.created, "label.created"))
        object.__setattr__(self, "review_by", _whole_second(self.review_by, "label.review_by"))
        if not owner:
            raise MalformedInput("label.owner", field="label.owner", expected="at least one nation")
        if self.level.policy_oid != self.policy.oid:
            raise MalformedInput("label.level", field="label.level", expected="a level of the label's own policy")
        if not all(self.release.covers(nation) for nation in owner):
            raise MalformedInput("label.release", field="label.release", expected="an audience with every owner")
        if not self.release_stated and self.release != Only(frozenset(owner)):
            raise MalformedInput("label.release", field="label.release", expected="owners alone while not stated")
        _check_originator(self.originator_id, self.originator_id_type)

    @property
    def is_for_owners_only(self) -> bool:
        """True when no nation but the owners may read: NOFORN, or not yet decided."""
        return self.release == Only(frozenset(self.owner))


@dataclass(frozen=True, slots=True)
class Undecided:
    """No label follows from the rules; a person decides. Codes: none, policy, owner, originator, release."""

    reason: str


def check_label(label: Label, policies: PolicySet) -> Label:
    """The label itself, if its policy allows all of it. Raises UnknownValue or MalformedInput naming the field.

    Validity comes before access: a label that its policy does not allow is never given to a decision (trap T16).
    """
    policy = policies.of(label.policy)
    entry = policy.entry(label.level.name)
    if entry.level != label.level:
        raise UnknownValue("level", field="label.level", expected=f"a level as policy {policy.name} has it")
    if isinstance(label.release, Everyone) and not entry.may_be_public:
        raise MalformedInput("label.release", field="label.release", expected="named nations at a classified level")
    for name in sorted(label.caveats):
        lowest = policy.caveat(name).lowest_level
        if lowest is not None and label.level < policy.level(lowest):
            raise MalformedInput("label.caveat", field="label.caveats", found=name, expected=f"at least {lowest}")
    return label


def dominates(high: Label, low: Label) -> bool:
    """True when `high` protects at least as much as `low` in every respect. Raises TypeError across policies."""
    _same_policy(high, low)
    return (
        high.level >= low.level
        and high.caveats >= low.caveats
        and set(high.owner) >= set(low.owner)
        and high.release.is_subset(low.release)
    )


def join(
    labels: Iterable[Label], *, originator_id: str | None = None, created: Instant | None = None
) -> Label | Undecided:
    """The least label that dominates each of `labels`, or Undecided.

    `originator_id` (a URI) and `created` are those of the derived thing; without them the common originator and the
    latest instant stand, and different originators are Undecided. Labels of different policies, or of different
    owners, are Undecided: map first, or let a person decide.
    """
    given = list(labels)
    if not given:
        return Undecided("none")
    first = given[0]
    originators = {(label.originator_id, label.originator_id_type) for label in given}
    if any(label.policy != first.policy for label in given):
        return Undecided("policy")
    if any(label.owner != first.owner for label in given):
        return Undecided("owner")
    if originator_id is None and len(originators) != 1:
        return Undecided("originator")
    release = reduce(_intersect, (label.release for label in given))
    if isinstance(release, Nobody):
        return Undecided("release")
    return Label(
        policy=first.policy,
        owner=first.owner,
        level=max(label.level for label in given),
        release=release,
        caveats=frozenset[str]().union(*(label.caveats for label in given)),
        created=max(label.created for label in given) if created is None else created,
        originator_id=first.originator_id if originator_id is None else originator_id,
        review_by=min(label.review_by for label in given),
        release_stated=_stated_after_join(given, release),
        originator_id_type=first.originator_id_type if originator_id is None else "uniformResourceIdentifier",
    )


def _stated_after_join(labels: Sequence[Label], release: Audience) -> bool:
    """Owners alone is a statement only if one of the labels stated it; a mere leftover is for a person (trap T2)."""
    if release != Only(frozenset(labels[0].owner)):
        return True
    return any(label.release_stated and label.is_for_owners_only for label in labels)


def _intersect(one: Audience, other: Audience) -> Audience:
    return one.intersect(other)


def label_as_dict(label: Label) -> dict[str, Json]:
    """The label as JSON members, the same for equal labels.

    `release` is "everyone", "unstated", or the sorted list of nations (the owners alone: NOFORN).
    """
    release: Json = "everyone"
    if not label.release_stated:
        release = "unstated"
    elif isinstance(label.release, Only):
        release = [*sorted(label.release.nations)]
    return {
        "policy": {"oid": label.policy.oid, "version": label.policy.version},
        "owner": [*label.owner],
        "level": label.level.name,
        "release": release,
        "caveats": [*sorted(label.caveats)],
        "created": instant_text(label.created),
        "originator_id": label.originator_id,
        "originator_id_type": label.originator_id_type,
        "review_by": instant_text(label.review_by),
    }


def label_from_dict(value: object, policies: PolicySet, *, field: str = "label") -> Label:
    """Read and check what `label_as_dict` wrote. Raises MalformedInput or UnknownValue naming the member."""
    if not isinstance(value, dict) or set(value) != _MEMBERS:
        raise MalformedInput("label", field=field, expected="exactly the members " + ", ".join(sorted(_MEMBERS)))
    policy_part = value["policy"]
    if not isinstance(policy_part, dict) or set(policy_part) != {"oid", "version"}:
        raise MalformedInput("label.policy", field=f"{field}.policy", expected="oid and version")
    policy = policies.by_oid(_text(policy_part["oid"], f"{field}.policy.oid"))
    version = policy_part["version"]
    if type(version) is not int or version != policy.version:
        raise UnknownValue("policy", field=f"{field}.policy.version", expected=str(policy.version))
    owner = tuple(read_nation(item, field=f"{field}.owner") for item in _different(value["owner"], f"{field}.owner"))
    release, stated = _read_release(value["release"], owner, f"{field}.release")
    caveats = [_text(item, f"{field}.caveats") for item in _different(value["caveats"], f"{field}.caveats")]
    label = Label(
        policy=policy.identity,
        owner=owner,
        level=policy.level(_text(value["level"], f"{field}.level")),
        release=release,
        caveats=frozenset(caveats),
        created=read_instant(value["created"], field=f"{field}.created"),
        originator_id=_text(value["originator_id"], f"{field}.originator_id"),
        review_by=read_instant(value["review_by"], field=f"{field}.review_by"),
        release_stated=stated,
        originator_id_type=_text(value["originator_id_type"], f"{field}.originator_id_type"),
    )
    return check_label(label, policies)


def _read_release(value: object, owner: tuple[Nation, ...], field: str) -> tuple[Audience, bool]:
    if value == "everyone":
        return Everyone(), True
    if value == "unstated":
        if not owner:
            raise MalformedInput("label.owner", field=field, expected="at least one owner")
        return Only(frozenset(owner)), False
    return Only(frozenset(read_nation(item, field=field) for item in _different(value, field))), True


def _different(value: object, field: str) -> list[object]:
    """A bounded list without repetitions."""
    if not isinstance(value, list) or len(value) > MAX_NATIONS or len({repr(item) for item in value}) != len(value):
        raise MalformedInput("label", field=field, expected=f"a list of at most {MAX_NATIONS} different values")
    return value


def _text(value: object, field: str) -> str:
    if not isinstance(value, str):
        raise MalformedInput("label", field=field, expected="text")
    return value


def _check_originator(originator_id: str, id_type: str) -> None:
    if id_type not in ORIGINATOR_ID_TYPES:
        known = ", ".join(ORIGINATOR_ID_TYPES)
        raise UnknownValue("label.originator", field="label.originator_id_type", expected=known)
    plain = originator_id == originator_id.strip() and originator_id.isprintable()
    if not 0 < len(originator_id) <= _MAX_ORIGINATOR_ID or not plain:
        raise MalformedInput("label.originator", field="label.originator_id", expected="1 to 512 printable characters")


def _whole_second(moment: Instant, field: str) -> Instant:
    if moment.tzinfo is None:
        raise MalformedInput("instant.zone", field=field, expected="an aware instant")
    return moment.astimezone(UTC).replace(microsecond=0)


def _same_policy(one: Label, other: Label) -> None:
    if one.policy != other.policy:
        raise TypeError("labels of different policies have no order; map one by a signed equivalence table")
