"""The label: one immutable value that says what protection a thing needs. `relto.labels.joining` combines labels.

Rules enforced here (labels.md sections 6, 11, 12):
 1. A label belongs to one policy, and so does its level.
 2. The owners can always read: a US label's audience contains USA, so Only({USA}) is NOFORN, and Nobody is no label.
 3. A release that nobody stated is not releasable until decided: its audience is the owners alone and
    `release_stated` is False. It is never mistaken for NOFORN, and never for everyone.
 4. Everyone is possible only at a level that its policy says may be public.
 5. Equal labels have equal canonical bytes, whatever the order in which their parts were given. Controls and
    particulars are written only when they are set.
 6. A reader who was not made for controls does not meet them: `label_from_dict` refuses a label that has some unless
    its caller says that it knows them, so that no older path can decide on half a label.
 7. A stated release to the owners alone (NOFORN) stands with neither RELIDO nor DISPLAY ONLY, nor these two with each
    other (ISM 00033, 00169); a nation that receives a thing is not also named as one that may only be shown it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC
from typing import Final, Literal

from relto.base.canonical import Json
from relto.base.errors import MalformedInput, UnknownValue
from relto.base.instants import Instant, instant_text, read_instant
from relto.base.nations import Nation, read_nation
from relto.labels.audience import Audience, Everyone, Only
from relto.labels.control_rules import check_controls
from relto.labels.controls import NO_CONTROLS, Controls
from relto.labels.controls_form import (
    controls_as_dict,
    controls_from_dict,
    particulars_as_dict,
    particulars_from_dict,
)
from relto.labels.levels import Level, PolicyId
from relto.labels.particulars import NO_PARTICULARS, Particulars, Succession
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
Basis = Literal["everyone", "noforn", "owners", "rel", "display", "relido", "unstated"]
MAX_NATIONS = 256
_MAX_ORIGINATOR_ID = 512
_MEMBERS = frozenset(
    {"policy", "owner", "level", "release", "caveats", "created", "originator_id", "originator_id_type", "review_by"}
)
_OPTIONAL = frozenset({"controls", "particulars", "succession"})
_UNITED_STATES = "USA"


@dataclass(frozen=True)
class Label:
    """What the originator bound. `owner` is kept sorted; instants are kept in UTC and whole seconds.

    `controls` protect further than level, release and caveats; `particulars` say how the label came about.
    """

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
    controls: Controls = NO_CONTROLS
    particulars: Particulars = NO_PARTICULARS

    def __post_init__(self) -> None:
        """Raises MalformedInput, naming the field, when the parts contradict each other (rules 1 to 3, 7)."""
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
        if self.controls:
            _check_display(self)
        succession = self.particulars.succession
        if succession is not None:
            _whole_second(succession.at, "label.succession")
            later = succession.successor
            if later.policy != self.policy or later.particulars.succession is not None:
                raise MalformedInput("label.succession", field="label.succession", expected="one label, same policy")

    @property
    def is_for_owners_only(self) -> bool:
        """True when no nation but the owners may read: NOFORN, or not yet decided."""
        return self.release == Only(frozenset(self.owner))

    @property
    def display(self) -> Audience:
        """Who may be shown it: those who may receive it, and those named for display alone."""
        if isinstance(self.release, Only):
            return Only(self.release.nations | self.controls.display_to)
        return self.release

    @property
    def basis(self) -> Basis:
        """Why the release is what it is. "noforn" is the United States' own word; "owners" is for all others."""
        if isinstance(self.release, Everyone):
            return "everyone"
        if self.release_stated and self.is_for_owners_only:
            return "noforn" if self.owner == (_UNITED_STATES,) else "owners"
        if self.release_stated:
            return "rel"
        if self.controls.display_to:
            return "display"
        return "relido" if self.controls.relido else "unstated"


def _check_display(label: Label) -> None:
    """Rule 7."""
    shown, relido = label.controls.display_to, label.controls.relido
    if any(label.release.covers(nation) for nation in shown):
        raise MalformedInput("label.display", field="label.controls.display_to", expected="nations without release")
    closed = label.release_stated and label.is_for_owners_only
    if (shown and relido) or (closed and (shown or relido)) or (relido and isinstance(label.release, Everyone)):
        raise MalformedInput("label.display", field="label.controls", expected="NOFORN, RELIDO or DISPLAY ONLY: one")


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
    if label.controls:
        check_controls(label.controls, label.level, policy.control_rules, policy.levels)
    if label.particulars.succession is not None:
        check_label(label.particulars.succession.successor, policies)
    return label


def label_as_dict(label: Label) -> dict[str, Json]:
    """The label as JSON members, the same for equal labels.

    `release` is "everyone", "unstated", or the sorted list of nations (the owners alone: NOFORN).
    """
    release: Json = "everyone"
    if not label.release_stated:
        release = "unstated"
    elif isinstance(label.release, Only):
        release = [*sorted(label.release.nations)]
    written: dict[str, Json] = {
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
    if label.controls:
        written["controls"] = controls_as_dict(label.controls)
    particulars = particulars_as_dict(label.particulars)
    if particulars:
        written["particulars"] = particulars
    succession = label.particulars.succession
    if succession is not None:
        written["succession"] = {"at": instant_text(succession.at), "label": label_as_dict(succession.successor)}
    return written


def label_from_dict(value: object, policies: PolicySet, *, field: str = "label", controls_known: bool = False) -> Label:
    """Read and check what `label_as_dict` wrote. Raises MalformedInput or UnknownValue naming the member.

    `controls_known`: the caller protects the label's controls too; without it a label that has some is refused.
    """
    if not isinstance(value, dict) or not _MEMBERS <= set(value) <= _MEMBERS | _OPTIONAL:
        raise MalformedInput("label", field=field, expected="exactly the members " + ", ".join(sorted(_MEMBERS)))
    if "controls" in value and not controls_known:
        raise UnknownValue("label.controls", field=f"{field}.controls", expected="a label without further controls")
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
        controls=controls_from_dict(value["controls"], f"{field}.controls") if "controls" in value else NO_CONTROLS,
        particulars=_read_particulars(value, policies, field, controls_known=controls_known),
    )
    return check_label(label, policies)


def _read_particulars(
    value: Mapping[str, object], policies: PolicySet, field: str, *, controls_known: bool
) -> Particulars:
    where = f"{field}.particulars"
    found = particulars_from_dict(value["particulars"], where) if "particulars" in value else NO_PARTICULARS
    if "succession" not in value:
        return found
    part = value["succession"]
    field = f"{field}.succession"
    if not isinstance(part, dict) or set(part) != {"at", "label"}:
        raise MalformedInput("label.succession", field=field, expected="at and label")
    later = part["label"]
    if isinstance(later, dict) and "succession" in later:  # before reading it: no depth is read
        raise MalformedInput("label.succession", field=field, expected="a successor without succession")
    successor = label_from_dict(later, policies, field=f"{field}.label", controls_known=controls_known)
    return replace(found, succession=Succession(read_instant(part["at"], field=f"{field}.at"), successor))


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
