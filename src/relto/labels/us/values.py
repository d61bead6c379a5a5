"""The parts of a US marking as immutable values; a `Marking` cannot hold what no US marking may say.

1. RESTRICTED is no level of the United States: a US or USA-joint marking at R cannot be made (32 CFR 2001.24(a)).
2. Lists are kept in canonical order and without repetition, so equal markings are equal values.
3. A concealed foreign source has no place for a country: `ConcealedFgi` carries nothing (32 CFR 2001.24(c)).
4. Names of programmes, compartments and measures have one reading when written between the separators.

`MarkingParts` is the same without rule 1: what a reader found, so that the checks can say what is wrong with it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import Final

from relto.base.errors import MalformedInput
from relto.labels.us.codes import UNITED_STATES, is_code, ordered, release_order
from relto.labels.us.tokens import (
    DISSEM,
    DISSEM_BY_NAME,
    HVSACO,
    HVSACO_TITLE,
    LEVELS_BY_WORD,
    MULTIPLE,
    NATO_CONTROLS,
    NUCLEAR_TITLES,
    OTHER,
    OTHER_BY_NAME,
    RESERVED_FIRST_WORDS,
    SCI_NAMES,
    UCNI_TITLES,
    MarkLevel,
)

MAX_ITEMS: Final = 256
MAX_SIGMA_DIGITS: Final = 4
MIN_JOINT: Final = 2
_WORD = re.compile(r"\A[A-Z0-9]{1,64}\Z")
_WORDS = re.compile(r"\A[A-Z0-9]{1,64}( [A-Z0-9]{1,64}){0,15}\Z")
_MEASURE = re.compile(r"\A[A-Z0-9]{1,64}([ -][A-Z0-9]{1,64}){0,15}\Z")
_CUI_CATEGORY = re.compile(r"\A(SP-)?[A-Z0-9]{1,32}\Z")
_DISSEM_WORDS = frozenset(term for control in DISSEM for term in (control.title, control.banner))
_NO_PROGRAMME = _DISSEM_WORDS | {MULTIPLE, HVSACO, HVSACO_TITLE, "SAR", "SPECIAL ACCESS REQUIRED"}
_NO_CATEGORY = _DISSEM_WORDS | {*LEVELS_BY_WORD, *MarkLevel.__members__, "CUI", "CONTROLLED", "FGI"}
_OTHER_TERMS = frozenset(term for control in OTHER for term in (control.title, control.banner, control.portion))


@dataclass(frozen=True, slots=True)
class UnitedStates:
    """Owned by the United States."""


@dataclass(frozen=True, slots=True)
class Foreign:
    """Owned by one other nation or organisation; `FGI` is a concealed owner."""

    code: str

    def __post_init__(self) -> None:
        """Raises MalformedInput for no code, or for USA."""
        _demand(is_code(self.code) and self.code != UNITED_STATES, "owner")


@dataclass(frozen=True, slots=True)
class Joint:
    """Owned by two or more together; the order is rendering, not identity."""

    codes: tuple[str, ...]

    def __post_init__(self) -> None:
        """Raises MalformedInput unless there are two different codes."""
        _demand(all(map(is_code, self.codes)), "owner")
        object.__setattr__(self, "codes", ordered(self.codes))
        _demand(MIN_JOINT <= len(self.codes) <= MAX_ITEMS, "owner")


MarkOwner = UnitedStates | Foreign | Joint


@dataclass(frozen=True, slots=True)
class Compartment:
    """A compartment and its sub-compartments."""

    name: str
    subs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raises MalformedInput for a name that is not one word of capitals and digits."""
        _demand(bool(_WORD.match(self.name)) and all(_WORD.match(sub) for sub in self.subs), "compartment")
        object.__setattr__(self, "subs", tuple(sorted(set(self.subs))))


def _merged(compartments: tuple[Compartment, ...]) -> tuple[Compartment, ...]:
    """Each compartment once, with the sub-compartments of all that have its name, sorted."""
    subs: dict[str, set[str]] = {}
    for compartment in compartments:
        subs.setdefault(compartment.name, set()).update(compartment.subs)
    return tuple(Compartment(name, tuple(subs[name])) for name in sorted(subs))


@dataclass(frozen=True, slots=True)
class SciControl:
    """One SCI control system, by the word as written, with its compartments."""

    name: str
    compartments: tuple[Compartment, ...] = ()

    def __post_init__(self) -> None:
        """Raises MalformedInput for a name that is another control's word."""
        plain = bool(_WORD.match(self.name)) and (self.name in SCI_NAMES or self.name not in RESERVED_FIRST_WORDS)
        _demand(plain, "sci")
        object.__setattr__(self, "compartments", _merged(self.compartments))

    @property
    def system(self) -> str:
        """The register's short name: COMINT is SI, KLONDIKE is KDK."""
        return SCI_NAMES.get(self.name, self.name)


@dataclass(frozen=True, slots=True)
class Programme:
    """One special access programme, by name (words) or abbreviation, with its compartments."""

    name: str
    compartments: tuple[Compartment, ...] = ()

    def __post_init__(self) -> None:
        """Raises MalformedInput for a name that is not words of capitals and digits."""
        _demand(bool(_WORDS.match(self.name)) and self.name not in _NO_PROGRAMME, "sap")
        object.__setattr__(self, "compartments", _merged(self.compartments))


@dataclass(frozen=True, slots=True)
class Nuclear:
    """RD, FRD or TFNI, whether critical nuclear weapon design information, and SIGMA numbers."""

    kind: str
    cnwdi: bool = False
    sigmas: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Raises MalformedInput for an unknown kind or a number that is no SIGMA number at all."""
        _demand(self.kind in NUCLEAR_TITLES, "aea")
        _demand(all(type(number) is int and 0 <= number < 10**MAX_SIGMA_DIGITS for number in self.sigmas), "aea.sigma")
        object.__setattr__(self, "sigmas", tuple(sorted(set(self.sigmas))))


@dataclass(frozen=True, slots=True)
class OpenFgi:
    """Foreign government information whose sources may be named."""

    codes: tuple[str, ...]

    def __post_init__(self) -> None:
        """Raises MalformedInput without a code."""
        _demand(bool(self.codes) and all(map(is_code, self.codes)), "fgi")
        object.__setattr__(self, "codes", ordered(self.codes))


@dataclass(frozen=True, slots=True)
class ConcealedFgi:
    """Foreign government information whose sources must not be named, and are not known here."""


@dataclass(frozen=True, slots=True)
class Cui:
    """Controlled unclassified information: category markings, `SP-` for a CUI Specified category."""

    categories: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raises MalformedInput for a category that is not a category marking."""
        plain = all(_CUI_CATEGORY.match(name) and name not in _NO_CATEGORY for name in self.categories)
        _demand(plain, "cui")
        key = {category: (not category.startswith("SP-"), category) for category in self.categories}
        object.__setattr__(self, "categories", tuple(sorted(key, key=key.__getitem__)))


@dataclass(frozen=True, slots=True)
class MarkingParts:
    """What a marking says, in canonical order. `rel_as_banner`: a portion's bare REL, whose list is the banner's."""

    owner: MarkOwner
    level: MarkLevel
    nato: frozenset[str] = frozenset()
    sci: tuple[SciControl, ...] = ()
    programmes: tuple[Programme, ...] = ()
    multiple_programmes: bool = False
    hvsaco: bool = False
    nuclear: tuple[Nuclear, ...] = ()
    ucni: frozenset[str] = frozenset()
    fgi: OpenFgi | ConcealedFgi | None = None
    dissem: frozenset[str] = frozenset()
    rel_to: tuple[str, ...] = ()
    rel_as_banner: bool = False
    display_only: tuple[str, ...] = ()
    eyes: tuple[str, ...] = ()
    other: frozenset[str] = frozenset()
    accm: tuple[str, ...] = ()
    cui: Cui | None = None

    def __post_init__(self) -> None:
        """Raises MalformedInput naming the part that has no form."""
        put = object.__setattr__
        put(self, "sci", tuple(sorted(_joined_sci(self.sci), key=_name_of)))
        put(self, "programmes", tuple(sorted(_joined_programmes(self.programmes), key=_name_of)))
        put(self, "nuclear", _joined_nuclear(self.nuclear))
        put(self, "rel_to", release_order(self.rel_to))
        put(self, "display_only", ordered(self.display_only))
        put(self, "eyes", release_order(self.eyes))
        put(self, "accm", tuple(sorted(set(self.accm))))
        for field in ("rel_to", "display_only", "eyes"):
            _demand(all(map(is_code, getattr(self, field))), field)
        _demand(self.nato <= set(NATO_CONTROLS), "nato")
        _demand(self.ucni <= set(UCNI_TITLES), "ucni")
        _demand(self.dissem <= set(DISSEM_BY_NAME), "dissem")
        _demand(self.other <= set(OTHER_BY_NAME), "other")
        _demand(all(_MEASURE.match(name) and name not in _OTHER_TERMS for name in self.accm), "accm")
        _demand(not (self.multiple_programmes and self.programmes), "sap")
        _demand(not (self.rel_as_banner and self.rel_to), "rel_to")
        _demand(
            all(len(getattr(self, item.name)) <= MAX_ITEMS for item in fields(self) if _is_list(self, item.name)), ""
        )

    @property
    def has_us_owner(self) -> bool:
        """True when the United States owns it, alone or jointly."""
        return isinstance(self.owner, UnitedStates) or (
            isinstance(self.owner, Joint) and UNITED_STATES in self.owner.codes
        )

    @property
    def is_classified(self) -> bool:
        """True above UNCLASSIFIED; a foreign RESTRICTED is classified information in the United States."""
        return self.level > MarkLevel.U


@dataclass(frozen=True, slots=True)
class Marking(MarkingParts):
    """A marking that can exist: as `MarkingParts`, and RESTRICTED never for the United States."""

    def __post_init__(self) -> None:
        """Raises MalformedInput as `MarkingParts` does, and for a US level RESTRICTED."""
        MarkingParts.__post_init__(self)
        _demand(not (self.level is MarkLevel.R and self.has_us_owner), "level")
        alone = isinstance(self.owner, UnitedStates) and self.level is MarkLevel.U
        _demand(self.cui is None or alone, "cui")


def as_marking(parts: MarkingParts) -> Marking:
    """The parts as a marking. Raises MalformedInput where the United States have no such level."""
    return Marking(**{item.name: getattr(parts, item.name) for item in fields(parts)})


def _name_of(item: SciControl | Programme) -> str:
    return item.name


def _joined_sci(controls: tuple[SciControl, ...]) -> list[SciControl]:
    found: dict[str, tuple[Compartment, ...]] = {}
    for control in controls:
        found[control.name] = found.get(control.name, ()) + control.compartments
    return [SciControl(name, compartments) for name, compartments in found.items()]


def _joined_programmes(programmes: tuple[Programme, ...]) -> list[Programme]:
    found: dict[str, tuple[Compartment, ...]] = {}
    for programme in programmes:
        found[programme.name] = found.get(programme.name, ()) + programme.compartments
    return [Programme(name, compartments) for name, compartments in found.items()]


def _joined_nuclear(marks: tuple[Nuclear, ...]) -> tuple[Nuclear, ...]:
    """One mark for each kind, in the order RD, FRD, TFNI."""
    joined = []
    for kind in NUCLEAR_TITLES:
        same = [mark for mark in marks if mark.kind == kind]
        if same:
            sigmas = tuple(number for mark in same for number in mark.sigmas)
            joined.append(Nuclear(kind, any(mark.cnwdi for mark in same), sigmas))
    return tuple(joined)


def _is_list(parts: MarkingParts, name: str) -> bool:
    return isinstance(getattr(parts, name), tuple | frozenset)


def _demand(holds: bool, part: str) -> None:  # noqa: FBT001  a condition is what it is about
    if not holds:
        raise MalformedInput("marking", field=f"marking.{part}", expected="a part that a US marking can have")
