"""A label as a US marking, and a US marking as a label: the same protection in two forms (labels.md sections 7, 11).

Rules enforced here:
 1. Nothing is dropped: what the marking cannot say is refused (`marking_of_label`), what the label cannot say is
    Undecided (`label_of_marking`). Informative categories have no place in a marking.
 2. A level is read in the owner's own policy, a joint one in that of the United States: the mark `//IND SECRET` is an
    Indian level, not an American one.
 3. Groups are expanded by the dated table, and an unknown one goes to a person (trap T2). A list that leaves out an
    owner does too, and NOFORN on what is not the United States' alone (trap T3).
 4. Without a mark of release the release is unstated: never everyone, not even at UNCLASSIFIED (trap T1).
 5. A concealed owner has no label: who may read it is not known here, and it must not be guessed (trap T6).
 6. Legacy marks are read by `relto.labels.us` and not made into labels: what they mean today a person decides.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import chain

from relto.base.errors import MalformedInput, UnknownValue
from relto.base.instants import Instant
from relto.base.nations import Nation
from relto.labels.audience import Audience, Only
from relto.labels.controls import (
    Category,
    ConcealedForeignInformation,
    Controls,
    ForeignInformation,
    NoForeignInformation,
    OpenForeignInformation,
    Path,
)
from relto.labels.joining import Undecided
from relto.labels.label import Label, check_label
from relto.labels.particulars import Particulars
from relto.labels.policy import ClassificationPolicy, PolicySet
from relto.labels.us.checks import legacy_codes
from relto.labels.us.codes import CONCEALED_OWNER, TETRAGRAPH_VERSION, UNITED_STATES, expand, is_tetragraph
from relto.labels.us.tokens import DISSEM, HVSACO, LEVELS_BY_WORD, MULTIPLE, OTHER, UCNI_BANNERS
from relto.labels.us.values import (
    Compartment,
    ConcealedFgi,
    Cui,
    Foreign,
    Joint,
    Marking,
    MarkOwner,
    Nuclear,
    OpenFgi,
    Programme,
    SciControl,
    UnitedStates,
)

CUI, ACCM = "CUI", "ACCM"
_NOFORN, _RELIDO = "NOFORN", "RELIDO"
_MAX_PROGRAMMES = 4  # more are written as SAR-MULTIPLE PROGRAMS
_DISSEM = {control.banner: control.name for control in DISSEM}
_OTHER = {control.banner: control.name for control in OTHER}
_WORDS = {control.name: control.banner for control in (*DISSEM, *OTHER)}
_UCNI = {banner: kind for kind, banner in UCNI_BANNERS.items()}
_SIGMA = "SIGMA "
_CNWDI = "CNWDI"


@dataclass(frozen=True, slots=True)
class Making:
    """What a label has and a marking has not: who made it, when, and when it is to be looked at again."""

    originator_id: str
    created: Instant
    review_by: Instant


def marking_of_label(label: Label, policies: PolicySet) -> Marking:
    """The marking that says what the label says. Raises UnknownValue or MalformedInput for what no marking can say."""
    policy = policies.of(check_label(label, policies).policy)
    level = LEVELS_BY_WORD.get(label.level.name)
    controls = label.controls
    tagged = {name: _values_of(controls, policy, name) for name in (CUI, ACCM)}
    decisive = [category for category in controls.categories if category.kind != "INFORMATIVE"]
    if level is None or len(decisive) != sum(1 for values in tagged.values() if values):
        raise UnknownValue("marking.label", field="label", expected="a level and categories that a marking can say")
    words = label.caveats | controls.dissem
    if not words <= {*_DISSEM, *_OTHER, HVSACO}:
        raise UnknownValue("marking.dissem", field="label.controls.dissem", expected="controls that a marking can say")
    dissem = {_DISSEM[word] for word in words if word in _DISSEM}
    dissem |= {_NOFORN} if label.basis == "noforn" else {_RELIDO} if controls.relido else set()
    listed = label.release.nations if isinstance(label.release, Only) and label.release_stated else frozenset[Nation]()
    return Marking(
        owner=_owner(label.owner),
        level=level,
        sci=tuple(SciControl(name, _compartments(controls.sci, name)) for name in _roots(controls.sci)),
        hvsaco=HVSACO in words,
        programmes=_programmes(controls.sap),
        multiple_programmes=_are_multiple(controls.sap),
        nuclear=tuple(_nuclear(controls.aea, name) for name in _roots(controls.aea) if name not in _UCNI),
        ucni=frozenset(_UCNI[name] for name in _roots(controls.aea) if name in _UCNI),
        fgi=_fgi(controls.fgi),
        dissem=frozenset(dissem),
        rel_to=tuple(listed) if len(listed) > 1 else (),
        display_only=tuple(controls.display_to),
        other=frozenset(_OTHER[word] for word in words if word in _OTHER),
        accm=tuple(tagged[ACCM]),
        cui=Cui(tuple(tagged[CUI] - {CUI})) if tagged[CUI] else None,
    )


def label_of_marking(
    marking: Marking, policies: PolicySet, making: Making, *, banner_release: Collection[str] | None = None
) -> Label | Undecided:
    """The label that says what the marking says, or Undecided. Total: it never raises.

    `banner_release`: the banner's REL TO list, for a portion that writes REL alone. Codes: legacy, owner,
    concealed_owner, policy, group, release, noforn, banner_release, validity.
    """
    owners = _nations(marking.owner)
    obstacle = _obstacle(marking, owners, banner_release)
    if obstacle is not None:
        return Undecided(obstacle)
    try:
        own = Nation(UNITED_STATES) if marking.has_us_owner else Nation(owners[0])
        return _label(marking, policies.by_nation(own), policies, making, banner_release)
    except UnknownValue as unknown:
        return Undecided("policy" if unknown.reason == "policy" else "validity")
    except MalformedInput:
        return Undecided("validity")


def _obstacle(marking: Marking, owners: tuple[str, ...], banner_release: Collection[str] | None) -> str | None:
    """Why a person has to say what the marking means, or None."""
    listed = (*marking.rel_to, *(banner_release or ()))
    members, shown = expand(listed), expand(marking.display_only)
    is_listed = bool(marking.rel_to) or marking.rel_as_banner
    checks = (
        ("legacy", bool(legacy_codes(marking))),
        ("concealed_owner", CONCEALED_OWNER in owners),
        ("owner", bool(marking.nato) or any(map(is_tetragraph, owners))),
        ("policy", isinstance(marking.owner, Joint) and not marking.has_us_owner),
        ("banner_release", marking.rel_as_banner and not banner_release),
        ("group", members is None or shown is None),
        ("noforn", _NOFORN in marking.dissem and (not isinstance(marking.owner, UnitedStates) or is_listed)),
        ("release", is_listed and members is not None and not (len(members) > 1 and members >= set(owners))),
    )
    return next((code for code, holds in checks if holds), None)


def _label(
    marking: Marking,
    policy: ClassificationPolicy,
    policies: PolicySet,
    making: Making,
    banner_release: Collection[str] | None,
) -> Label:
    owners = tuple(map(Nation, _nations(marking.owner)))
    codes = marking.rel_to or (tuple(banner_release or ()) if marking.rel_as_banner else ())
    release: Audience = Only(frozenset(map(Nation, expand(codes) or owners)))
    shown = frozenset(map(Nation, expand(marking.display_only) or ()))
    words = {_WORDS[name] for name in marking.dissem | marking.other if name not in {_NOFORN, _RELIDO}}
    words |= {HVSACO} if marking.hvsaco else set()
    caveats = words & {caveat.name for caveat in policy.caveats}
    tagged = {ACCM: frozenset(marking.accm), CUI: frozenset[str]()}
    if marking.cui is not None:
        tagged[CUI] = frozenset({CUI, *marking.cui.categories})
    grouped = any(map(is_tetragraph, (*codes, *marking.display_only)))
    label = Label(
        policy=policy.identity,
        owner=owners,
        level=policy.level(marking.level.word),
        release=release,
        caveats=frozenset(caveats),
        created=making.created,
        originator_id=making.originator_id,
        review_by=making.review_by,
        release_stated=bool(codes) or _NOFORN in marking.dissem,
        controls=Controls(
            categories=tuple(_category(policy, name, values) for name, values in tagged.items() if values),
            display_to=frozenset(nation for nation in shown if not release.covers(nation)),
            relido=_RELIDO in marking.dissem,
            dissem=frozenset(words - caveats),
            fgi=_foreign(marking),
            sci=frozenset(chain.from_iterable(_paths(one.system, one.compartments) for one in marking.sci)),
            sap=frozenset(chain.from_iterable(_paths(one.name, one.compartments) for one in marking.programmes))
            | (frozenset({(MULTIPLE,)}) if marking.multiple_programmes else frozenset()),
            aea=frozenset(chain.from_iterable(map(_nuclear_paths, marking.nuclear)))
            | {(UCNI_BANNERS[kind],) for kind in marking.ucni},
        ),
        particulars=Particulars(expansion_version=TETRAGRAPH_VERSION if grouped else None),
    )
    return check_label(label, policies)


def _nations(owner: MarkOwner) -> tuple[str, ...]:
    if isinstance(owner, Joint):
        return owner.codes
    return (owner.code,) if isinstance(owner, Foreign) else (UNITED_STATES,)


def _owner(owners: tuple[Nation, ...]) -> MarkOwner:
    if len(owners) > 1:
        return Joint(owners)
    return UnitedStates() if owners == (UNITED_STATES,) else Foreign(owners[0])


def _category(policy: ClassificationPolicy, name: str, values: frozenset[str]) -> Category:
    return Category(_tag_set(policy, name), "RESTRICTIVE", values)


def _values_of(controls: Controls, policy: ClassificationPolicy, name: str) -> frozenset[str]:
    known = [rule.oid for rule in policy.control_rules.categories if rule.name == name]
    return controls.of_kind("RESTRICTIVE").get(known[0], frozenset()) if known else frozenset()


def _tag_set(policy: ClassificationPolicy, name: str) -> str:
    for rule in policy.control_rules.categories:
        if rule.name == name:
            return rule.oid
    raise UnknownValue("marking.category", field="label.controls.categories", expected=f"a tag set {name}")


def _fgi(foreign: ForeignInformation) -> OpenFgi | ConcealedFgi | None:
    if isinstance(foreign, OpenForeignInformation):
        return OpenFgi(tuple(foreign.sources))
    return ConcealedFgi() if isinstance(foreign, ConcealedForeignInformation) else None


def _foreign(marking: Marking) -> ForeignInformation:
    if isinstance(marking.fgi, OpenFgi):
        return OpenForeignInformation(frozenset(marking.fgi.codes))
    return NoForeignInformation() if marking.fgi is None else ConcealedForeignInformation()


def _roots(paths: Iterable[Path]) -> list[str]:
    return sorted({path[0] for path in paths})


def _compartments(paths: frozenset[Path], root: str) -> tuple[Compartment, ...]:
    """The compartments below a control; a path deeper than a sub-compartment has no marking."""
    below = [path[1:] for path in paths if path[0] == root and len(path) > 1]
    if any(len(path) > 2 for path in below):  # noqa: PLR2004  compartment and sub-compartment
        raise UnknownValue("marking.compartment", field="label.controls", expected="compartments and sub-compartments")
    return tuple(Compartment(path[0], path[1:]) for path in below)


def _are_multiple(paths: frozenset[Path]) -> bool:
    names = _roots(paths)
    return MULTIPLE in names or len(names) > _MAX_PROGRAMMES


def _programmes(paths: frozenset[Path]) -> tuple[Programme, ...]:
    if _are_multiple(paths):
        return ()
    return tuple(Programme(name, _compartments(paths, name)) for name in _roots(paths))


def _paths(root: str, compartments: tuple[Compartment, ...]) -> set[Path]:
    found: set[Path] = {(root,)}
    for compartment in compartments:
        found |= {(root, compartment.name), *((root, compartment.name, sub) for sub in compartment.subs)}
    return found


def _nuclear(paths: frozenset[Path], kind: str) -> Nuclear:
    below = {path[1] for path in paths if path[0] == kind and len(path) > 1}
    sigmas = {name.removeprefix(_SIGMA) for name in below if name.startswith(_SIGMA)}
    if not all(number.isdecimal() for number in sigmas) or len(below) != len(sigmas) + (_CNWDI in below):
        raise UnknownValue("marking.aea", field="label.controls.aea", expected="CNWDI and SIGMA numbers")
    return Nuclear(kind, _CNWDI in below, tuple(map(int, sigmas)))


def _nuclear_paths(mark: Nuclear) -> set[Path]:
    below = {(mark.kind, _CNWDI)} if mark.cnwdi else set()
    return {(mark.kind,), *below, *((mark.kind, f"{_SIGMA}{number}") for number in mark.sigmas)}
