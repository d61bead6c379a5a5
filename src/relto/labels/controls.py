"""The controls of a label beyond level, owner, release and caveats, as one value that most labels leave empty.

Rules enforced here (labels.md sections 6, 7.2, 11):
 1. Every set is kept in one form: compartment paths with all their parents, one category for a tag set and kind.
    Equal controls are equal values and have equal bytes.
 2. A tag set is known by its object identifier, never by its name. An absent permissive category restricts nobody; an
    empty one cannot be made.
 3. Foreign government information: none < open (the sources named) < concealed. A concealed source has no place for a
    nation here, so it cannot leak through a join, a rendering, a log or an error.
 4. `join_controls` loses no control: unions, and permissive categories by the safe rule. Informative categories never
    decide.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Final, Literal, get_args

from relto.base.errors import MalformedInput
from relto.base.nations import Nation, read_nation

CategoryKind = Literal["RESTRICTIVE", "PERMISSIVE", "INFORMATIVE"]
CompartmentKind = Literal["sci", "sap", "aea"]
CATEGORY_KINDS: Final[tuple[CategoryKind, ...]] = get_args(CategoryKind)
COMPARTMENT_KINDS: Final[tuple[CompartmentKind, ...]] = get_args(CompartmentKind)
MAX_CONTROLS: Final = 256
Path = tuple[str, ...]
"""A compartment with its parents, such as ("SI", "G", "ABCD")."""

_MAX_DEPTH = 4
_MAX_VALUE = 128
_OID = re.compile(r"\A[0-2](\.(0|[1-9][0-9]{0,9})){1,30}\Z")
_WORDS = re.compile(r"\A(?=.{1,64}\Z)[A-Z0-9]+([ -][A-Z0-9]+)*\Z")
_SOURCE = re.compile(r"\A[A-Z]{3,4}\Z")


@dataclass(frozen=True, slots=True)
class Category:
    """Values of a tag set: all RESTRICTIVE ones must be held, one PERMISSIVE one; INFORMATIVE ones never count."""

    tag_set_oid: str
    kind: CategoryKind
    values: frozenset[str]

    def __post_init__(self) -> None:
        """Raises MalformedInput for a malformed identifier, an unknown kind, no value or a malformed value."""
        _demand(bool(_OID.match(self.tag_set_oid)), "categories.oid", "an object identifier")
        _demand(self.kind in CATEGORY_KINDS, "categories.kind", ", ".join(CATEGORY_KINDS))
        plain = all(0 < len(v) <= _MAX_VALUE and v == v.strip() and v.isprintable() for v in self.values)
        _demand(
            plain and 0 < len(self.values) <= MAX_CONTROLS, "categories.values", "at least one value of 1 to 128 signs"
        )

    @property
    def key(self) -> tuple[str, str]:
        """What the category is about: tag set and kind."""
        return self.tag_set_oid, self.kind


@dataclass(frozen=True, slots=True)
class NoForeignInformation:
    """Nothing in it came from another government in confidence."""


@dataclass(frozen=True, slots=True)
class OpenForeignInformation:
    """It contains information of these nations or organisations, which may be named."""

    sources: frozenset[str]

    def __post_init__(self) -> None:
        """Raises MalformedInput without a source, or for what is no trigraph or tetragraph."""
        known = all(_SOURCE.match(source) for source in self.sources)
        _demand(known and 0 < len(self.sources) <= MAX_CONTROLS, "fgi", "codes of nations or organisations")


@dataclass(frozen=True, slots=True)
class ConcealedForeignInformation:
    """It contains information of a government that must not be named."""


ForeignInformation = NoForeignInformation | OpenForeignInformation | ConcealedForeignInformation


@dataclass(frozen=True)
class Controls:
    """All further controls. `display_to`: nations that may be shown it without receiving it, beside the release.

    `relido`: an information disclosure official may release further. `dissem`: dissemination words of the policy
    beyond its caveats. `sci`, `sap`, `aea`: compartment trees as sets of paths, each with all its parents.
    """

    categories: tuple[Category, ...] = ()
    display_to: frozenset[Nation] = frozenset()
    relido: bool = False
    dissem: frozenset[str] = frozenset()
    fgi: ForeignInformation = field(default_factory=NoForeignInformation)
    sci: frozenset[Path] = frozenset()
    sap: frozenset[Path] = frozenset()
    aea: frozenset[Path] = frozenset()

    def __post_init__(self) -> None:
        """Raises MalformedInput naming the control that has no form."""
        object.__setattr__(self, "categories", tuple(sorted(self.categories, key=lambda category: category.key)))
        keys = [category.key for category in self.categories]
        _demand(len(set(keys)) == len(keys) <= MAX_CONTROLS, "categories", "each tag set and kind once")
        for nation in self.display_to:
            read_nation(nation, field="label.controls.display_to")
        _demand(all(map(_WORDS.match, self.dissem)), "dissem", "words of capital letters and digits")
        _demand(max(len(self.display_to), len(self.dissem)) <= MAX_CONTROLS, "", f"at most {MAX_CONTROLS}")
        for kind in COMPARTMENT_KINDS:
            object.__setattr__(self, kind, _with_parents(self.paths(kind), kind))

    def __bool__(self) -> bool:
        """False when no control is set."""
        return self is not NO_CONTROLS and self != NO_CONTROLS

    def paths(self, kind: CompartmentKind) -> frozenset[Path]:
        """The compartment paths of one kind."""
        found: frozenset[Path] = getattr(self, kind)
        return found

    def leaves(self, kind: CompartmentKind) -> list[Path]:
        """The paths that are no other path's parent, sorted: the shortest way to say the whole tree."""
        paths = self.paths(kind)
        return sorted(path for path in paths if not any(len(o) > len(path) and o[: len(path)] == path for o in paths))

    def of_kind(self, kind: CategoryKind) -> dict[str, frozenset[str]]:
        """Tag set -> values, of one kind."""
        return {category.tag_set_oid: category.values for category in self.categories if category.kind == kind}

    @property
    def decides(self) -> bool:
        """True when anything set is more than information: what must not be dropped without a person."""
        return any(category.kind != "INFORMATIVE" for category in self.categories) or bool(
            self.display_to or self.relido or self.dissem or self.sci or self.sap or self.aea
            or not isinstance(self.fgi, NoForeignInformation)
        )  # fmt: skip


def controls_dominate(high: Controls, low: Controls) -> bool:
    """True when `high` protects at least as much in every control but display and RELIDO, which bear on the release."""
    high_one, low_one = high.of_kind("RESTRICTIVE"), low.of_kind("RESTRICTIVE")
    high_any, low_any = high.of_kind("PERMISSIVE"), low.of_kind("PERMISSIVE")
    return (
        all(high_one.get(oid, frozenset()) >= values for oid, values in low_one.items())
        and all(oid in high_any and high_any[oid] <= values for oid, values in low_any.items())
        and high.dissem >= low.dissem
        and foreign_covers(high.fgi, low.fgi)
        and all(high.paths(kind) >= low.paths(kind) for kind in COMPARTMENT_KINDS)
    )


def join_controls(
    controls: Sequence[Controls], *, display_to: frozenset[Nation], relido: bool, foreign: ForeignInformation
) -> Controls | None:
    """The least controls that dominate each of these; display and RELIDO, which bear on the release, are given.

    `foreign`: what further foreign information the whole has. At least one is given. None: a permissive category is
    left without a value.
    """
    restrictive = _united(one.of_kind("RESTRICTIVE") for one in controls)
    informative = _united(one.of_kind("INFORMATIVE") for one in controls)
    permissive: dict[str, frozenset[str]] = {}
    for one in controls:
        for oid, values in one.of_kind("PERMISSIVE").items():
            permissive[oid] = permissive.get(oid, values) & values
    if not all(permissive.values()):
        return None
    return Controls(
        categories=(
            *(Category(oid, "RESTRICTIVE", values) for oid, values in restrictive.items()),
            *(Category(oid, "PERMISSIVE", values) for oid, values in permissive.items()),
            *(Category(oid, "INFORMATIVE", values) for oid, values in informative.items()),
        ),
        display_to=display_to,
        relido=relido,
        dissem=frozenset[str]().union(*(one.dissem for one in controls)),
        fgi=reduce(join_foreign, (one.fgi for one in controls), foreign),
        sci=frozenset[Path]().union(*(one.sci for one in controls)),
        sap=frozenset[Path]().union(*(one.sap for one in controls)),
        aea=frozenset[Path]().union(*(one.aea for one in controls)),
    )


def join_foreign(one: ForeignInformation, other: ForeignInformation) -> ForeignInformation:
    """Open sources unite; concealed absorbs open, and names nobody."""
    if isinstance(one, ConcealedForeignInformation) or isinstance(other, NoForeignInformation):
        return one
    if isinstance(other, ConcealedForeignInformation) or isinstance(one, NoForeignInformation):
        return other
    return OpenForeignInformation(one.sources | other.sources)


def foreign_covers(high: ForeignInformation, low: ForeignInformation) -> bool:
    """True when `high` says at least as much as `low` about foreign sources: concealed says it of any."""
    return join_foreign(high, low) == high


def _united(tag_sets: Iterable[dict[str, frozenset[str]]]) -> dict[str, frozenset[str]]:
    found: defaultdict[str, frozenset[str]] = defaultdict(frozenset)
    for tag_set in tag_sets:
        for oid, values in tag_set.items():
            found[oid] |= values
    return found


def _with_parents(paths: frozenset[Path], kind: CompartmentKind) -> frozenset[Path]:
    for path in paths:
        _demand(0 < len(path) <= _MAX_DEPTH and all(map(_WORDS.match, path)), kind, "1 to 4 words of capitals, digits")
    if not paths:
        return paths
    full = frozenset(path[:length] for path in paths for length in range(1, len(path) + 1))
    _demand(len(full) <= MAX_CONTROLS, kind, f"at most {MAX_CONTROLS} compartments")
    return full


def _demand(holds: bool, part: str, expected: str) -> None:  # noqa: FBT001  a condition is what it is about
    if not holds:
        name = f"label.controls.{part}".rstrip(".")
        raise MalformedInput("label.controls", field=name, expected=expected)


NO_CONTROLS: Final = Controls()
