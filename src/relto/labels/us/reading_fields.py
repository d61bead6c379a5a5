"""Reading the fields of a US marking, one function for each kind of field (DoDM 5200.01-V2 Enclosure 4, 6 to 10).

Each takes the items of one field (the text between `//`, split at `/`) and adds what it found to the `Draft`. What is
written wrongly but can be understood is noted as a code and read on; what cannot be understood raises `Unreadable`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from relto.labels.us import codes as countries
from relto.labels.us.profiles import Profile
from relto.labels.us.tokens import (
    DISPLAY_ONLY,
    DISSEM,
    EYES,
    HVSACO,
    HVSACO_TITLE,
    MULTIPLE,
    NUCLEAR_TITLES,
    OTHER,
    REL_TO,
    REL_TO_TITLE,
    SAP_PREFIXES,
    UCNI_BANNERS,
    UCNI_PORTIONS,
    UCNI_TITLES,
    Control,
    Place,
)
from relto.labels.us.values import (
    MAX_SIGMA_DIGITS,
    Compartment,
    ConcealedFgi,
    Nuclear,
    OpenFgi,
    Programme,
    SciControl,
)

ACCM_PREFIX: Final = "ACCM-"
_NUCLEAR = re.compile(
    r"\A(RD|RESTRICTED DATA|FRD|FORMERLY RESTRICTED DATA|TFNI|TRANSCLASSIFIED FOREIGN NUCLEAR INFORMATION)"
    r"(-N|-CNWDI)?(?:-(?:SIGMA|SG) ([0-9]+(?: [0-9]+)*))?\Z"
)
_NUCLEAR_KINDS = {title: kind for kind, title in NUCLEAR_TITLES.items()} | {kind: kind for kind in NUCLEAR_TITLES}
_RELEASE = re.compile(rf"\A({REL_TO}|{REL_TO_TITLE})(?: (.+))?\Z")
_DISPLAY = re.compile(rf"\A{DISPLAY_ONLY}(?: (.+))?\Z")
_EYES = re.compile(rf"\A(.+) ({EYES}|EYES)\Z")


class Unreadable(Exception):
    """The text has no reading; `code` says why."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


@dataclass
class Draft:
    """What was read so far, and the codes of what was written wrongly."""

    place: Place
    profile: Profile
    codes: list[str] = field(default_factory=list)
    nato: list[str] = field(default_factory=list)
    sci: list[SciControl] = field(default_factory=list)
    programmes: list[Programme] = field(default_factory=list)
    multiple: bool = False
    hvsaco: bool = False
    nuclear: list[Nuclear] = field(default_factory=list)
    ucni: list[str] = field(default_factory=list)
    fgi: OpenFgi | ConcealedFgi | None = None
    dissem: list[str] = field(default_factory=list)
    rel_to: list[str] = field(default_factory=list)
    rel_as_banner: bool = False
    display_only: list[str] = field(default_factory=list)
    eyes: list[str] = field(default_factory=list)
    other: list[str] = field(default_factory=list)
    accm: list[str] = field(default_factory=list)

    def note(self, code: str) -> None:
        """Remember a fault of writing."""
        self.codes.append(code)


def _terms(controls: Iterable[Control]) -> dict[str, tuple[str, frozenset[Place]]]:
    """Every way of writing each control, with the places where that way is right."""
    found: dict[str, tuple[str, frozenset[Place]]] = {}
    for control in controls:
        places: dict[str, set[Place]] = {}
        for term in (control.title, control.banner):
            places.setdefault(term, set()).add("banner")
        places.setdefault(control.portion, set()).add("portion")
        found |= {term: (control.name, frozenset(where)) for term, where in places.items()}
    return found


DISSEM_TERMS: Final = _terms(DISSEM)
OTHER_TERMS: Final = _terms(OTHER)


def _ucni_terms() -> dict[str, tuple[str, Place]]:
    found: dict[str, tuple[str, Place]] = {}
    for kind, title in UCNI_TITLES.items():
        found |= {title: (kind, "banner"), UCNI_BANNERS[kind]: (kind, "banner"), UCNI_PORTIONS[kind]: (kind, "portion")}
    return found


UCNI_TERMS: Final = _ucni_terms()


def is_sap(items: Sequence[str]) -> bool:
    """True when the field begins as a special access programme field does."""
    return items[0].startswith(SAP_PREFIXES) or items[0] in {HVSACO, HVSACO_TITLE}


def is_nuclear(items: Sequence[str]) -> bool:
    """True when the field begins with an atomic energy mark."""
    return items[0] in UCNI_TERMS or items[0].split("-", maxsplit=1)[0] in _NUCLEAR_KINDS


def is_dissem(items: Sequence[str]) -> bool:
    """True when the field begins with a dissemination control, or holds an EYES list."""
    first = items[0]
    known = first in DISSEM_TERMS or first in {"REL", "EYES", EYES} or bool(_RELEASE.match(first))
    return known or first.startswith(("REL ", DISPLAY_ONLY)) or any(_EYES.match(item) for item in items)


def is_other(items: Sequence[str]) -> bool:
    """True when the field begins with another dissemination control or an ACCM."""
    return items[0] in OTHER_TERMS or items[0].startswith(ACCM_PREFIX)


def read_sci(items: Sequence[str], draft: Draft) -> None:
    """Controls such as `SI-G WXYZ/TK`."""
    for item in items:
        name, *rest = item.split("-")
        draft.sci.append(SciControl(name, _compartments(rest)))


def read_sap(items: Sequence[str], draft: Draft) -> None:
    """`SAR-BP/GB-X Y`, `SAR-MULTIPLE PROGRAMS`, HVSACO."""
    for item in items:
        if item in {HVSACO, HVSACO_TITLE}:
            draft.hvsaco = True
            continue
        text = next((item.removeprefix(prefix) for prefix in SAP_PREFIXES if item.startswith(prefix)), item)
        if text == MULTIPLE:
            draft.multiple = True
            continue
        name, *rest = text.split("-")
        draft.programmes.append(Programme(name, _compartments(rest)))


def _compartments(texts: Iterable[str]) -> tuple[Compartment, ...]:
    found = []
    for text in texts:
        name, *subs = text.split(" ")
        found.append(Compartment(name, tuple(subs)))
    return tuple(found)


def read_nuclear(items: Sequence[str], draft: Draft) -> None:
    """RD, FRD, TFNI with their suffixes; DOD and DOE UCNI."""
    for item in items:
        if item in UCNI_TERMS:
            kind, place = UCNI_TERMS[item]
            draft.ucni.append(kind)
            if place != draft.place:
                draft.note("wrong_form")
            continue
        found = _NUCLEAR.match(item)
        if found is None:
            raise Unreadable("nuclear_unreadable")
        numbers = [int(text) for text in (found[3] or "").split() if len(text) <= MAX_SIGMA_DIGITS]
        if len(numbers) != len((found[3] or "").split()):
            draft.note("sigma_range")
        draft.nuclear.append(Nuclear(_NUCLEAR_KINDS[found[1]], found[2] is not None, tuple(numbers)))


def read_fgi(items: Sequence[str], draft: Draft) -> None:
    """`FGI GBR IND`, or `FGI` alone for a concealed source."""
    if len(items) != 1:
        raise Unreadable("fgi_unreadable")
    _, *sources = items[0].split(" ")
    if not sources:
        draft.fgi = ConcealedFgi()
        return
    if not all(map(countries.is_code, sources)):
        raise Unreadable("fgi_unreadable")
    _check_codes(sources, draft, "fgi_order", countries.ordered)
    draft.fgi = OpenFgi(tuple(sources))


def read_dissem(items: Sequence[str], draft: Draft) -> None:
    """ORCON, NOFORN, REL TO, DISPLAY ONLY, EYES ONLY and the others, in any order."""
    eyes: list[str] = []
    for item in items:
        if item in DISSEM_TERMS:
            _add_term(*DISSEM_TERMS[item], draft.dissem, draft)
        elif item == "REL" and draft.place == "portion":
            draft.rel_as_banner = True
        elif item in {"REL", "EYES", EYES}:
            raise Unreadable("release_list_missing")
        elif (found := _RELEASE.match(item)) is not None:
            _once(draft.rel_to, draft)
            draft.rel_to = _list(found[2], draft, "release_order", countries.release_order)
        elif (found := _DISPLAY.match(item)) is not None:
            _once(draft.display_only, draft)
            draft.display_only = _list(found[1], draft, "display_order", countries.ordered)
        elif (found := _EYES.match(item)) is not None:
            draft.eyes = [*eyes, *_list(found[1], draft, None, countries.ordered)]
            eyes = []
        elif countries.is_code(item):
            eyes.append(item)
        else:
            raise Unreadable("control_unknown")
    if eyes:
        raise Unreadable("control_unknown")


def read_other(items: Sequence[str], draft: Draft) -> None:
    """LIMDIS, EXDIS and the others; text between `ACCM-` and the next known control belongs to ACCM."""
    in_accm = draft.profile.spelling == "ism"
    for item in items:
        if item in OTHER_TERMS:
            _add_term(*OTHER_TERMS[item], draft.other, draft)
            in_accm = draft.profile.spelling == "ism"
        elif item.startswith(ACCM_PREFIX):
            _add(item.removeprefix(ACCM_PREFIX), draft.accm, draft)
            in_accm = True
        elif in_accm and item not in DISSEM_TERMS:
            _add(item, draft.accm, draft)
        else:
            raise Unreadable("control_unknown")


def _add_term(name: str, places: frozenset[Place], found: list[str], draft: Draft) -> None:
    _add(name, found, draft)
    if draft.place not in places:
        draft.note("wrong_form")


def _add(name: str, found: list[str], draft: Draft) -> None:
    if name in found:
        draft.note("control_twice")
    found.append(name)


def _once(found: list[str], draft: Draft) -> None:
    if found:
        draft.note("control_twice")


def _list(
    text: str | None, draft: Draft, order_code: str | None, order: Callable[[Iterable[str]], tuple[str, ...]]
) -> list[str]:
    """The codes of a list, divided by commas; a missing comma is a fault of the strict reading only."""
    if not text:
        raise Unreadable("release_list_missing")
    found = []
    for piece in text.split(","):
        words = piece.split()
        if len(words) > 1:
            draft.note("comma_missing")
        if not words or not all(map(countries.is_code, words)):
            raise Unreadable("code_unreadable")
        found += words
    _check_codes(found, draft, order_code, order)
    return found


def _check_codes(
    found: Sequence[str], draft: Draft, order_code: str | None, order: Callable[[Iterable[str]], tuple[str, ...]]
) -> None:
    if len(set(found)) != len(found):
        draft.note("code_twice")
    if order_code is not None and tuple(dict.fromkeys(found)) != order(found):
        draft.note(order_code)
