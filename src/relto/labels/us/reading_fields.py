"""Reading the fields of a US marking, one function for each kind of field (DoDM 5200.01-V2 Enclosure 4, 6 to 10).

Each takes the items of one field (the text between `//`, split at `/`) and adds what it found to the `Draft`. What is
written wrongly but can be understood is noted as a code and read on; what cannot be understood raises `Unreadable`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from relto.labels.us import codes as countries
from relto.labels.us.profiles import Profile
from relto.labels.us.tokens import (
    DISPLAY_ONLY,
    DISSEM,
    DOD_ORDER,
    EYES,
    HVSACO,
    HVSACO_TITLE,
    ISM_ORDER,
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
    r"(-N|-CNWDI)?(?:-(SIGMA|SG) ([0-9]+(?: [0-9]+)*))?\Z"
)
_NUCLEAR_ORDER = (*NUCLEAR_TITLES, *UCNI_TITLES)
_NUCLEAR_KINDS = {title: kind for kind, title in NUCLEAR_TITLES.items()} | {kind: kind for kind in NUCLEAR_TITLES}
_RELEASE = re.compile(rf"\A({REL_TO}|{REL_TO_TITLE})(?: (.+))?\Z")
_DISPLAY = re.compile(rf"\A{DISPLAY_ONLY}(?: (.+))?\Z")
_EYES = re.compile(rf"\A(.+) ({EYES}|EYES)\Z")


# What banners before 30 March 2009 ended with: a date, an exemption or a mark of a former order.
_DECLASSIFICATION = re.compile(
    r"\A(?:[12][0-9]{7}|X[1-8]|(?:25|50|75)X[0-9].*|MR|OADR|(?:DCI|DNI) ONLY|SOURCE MARKED .*)\Z"
)


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
_OTHER_ORDER: Final = [control.name for control in OTHER]


def is_declassification(items: Sequence[str]) -> bool:
    """True when the field begins as the declassification data of old banners does, which no banner has any more."""
    return bool(_DECLASSIFICATION.match(items[0]))


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
    found = []
    for item in items:
        name, *rest = item.split("-")
        found.append(SciControl(name, _compartments(rest, draft)))
    _check_names([control.name for control in found], draft)
    draft.sci += found


def read_sap(items: Sequence[str], draft: Draft) -> None:
    """`SAR-BP/GB-X Y`, `SAR-MULTIPLE PROGRAMS`, HVSACO."""
    in_portion = draft.place == "portion"
    for item in items:
        if in_portion and (item == HVSACO_TITLE or item.startswith(SAP_PREFIXES[0])):
            draft.note("wrong_form")
        if item in {HVSACO, HVSACO_TITLE}:
            if draft.hvsaco:
                draft.note("control_twice")
            draft.hvsaco = True
            continue
        text = next((item.removeprefix(prefix) for prefix in SAP_PREFIXES if item.startswith(prefix)), item)
        if text == MULTIPLE:
            draft.multiple = True
            continue
        name, *rest = text.split("-")
        draft.programmes.append(Programme(name, _compartments(rest, draft)))
    _check_names([programme.name for programme in draft.programmes], draft)


def _compartments(texts: Iterable[str], draft: Draft) -> tuple[Compartment, ...]:
    found = []
    for text in texts:
        name, *subs = text.split(" ")
        _check_names(subs, draft)
        found.append(Compartment(name, tuple(subs)))
    _check_names([compartment.name for compartment in found], draft)
    return tuple(found)


def _check_names(names: Sequence[str], draft: Draft) -> None:
    """Each name once, and in alphabetical order."""
    if len(set(names)) != len(names):
        draft.note("control_twice")
    _check_order(names, draft)


def _check_order(ranks: Sequence[Any], draft: Draft) -> None:
    if list(ranks) != sorted(ranks):
        draft.note("control_order")


def read_nuclear(items: Sequence[str], draft: Draft) -> None:
    """RD, FRD, TFNI with their suffixes; DOD and DOE UCNI. Titles are a banner's, and SG for SIGMA is a portion's."""
    kinds: list[str] = []
    for item in items:
        if item in UCNI_TERMS:
            kind, place = UCNI_TERMS[item]
            _add(kind, draft.ucni, draft)
            kinds.append(kind)
            if place != draft.place:
                draft.note("wrong_form")
            continue
        found = _NUCLEAR.match(item)
        if found is None:
            raise Unreadable("nuclear_unreadable")
        kind, words = _NUCLEAR_KINDS[found[1]], (found[4] or "").split()
        if (draft.place == "portion" and found[1] != kind) or (draft.place == "banner" and found[3] == "SG"):
            draft.note("wrong_form")
        numbers = [int(text) for text in words if len(text) <= MAX_SIGMA_DIGITS]
        if len(numbers) != len(words):
            draft.note("sigma_range")
        if len(set(numbers)) != len(numbers) or kind in kinds:
            draft.note("control_twice")
        _check_order(numbers, draft)
        kinds.append(kind)
        draft.nuclear.append(Nuclear(kind, found[2] is not None, tuple(numbers)))
    _check_order([_NUCLEAR_ORDER.index(kind) for kind in kinds], draft)


def read_fgi(items: Sequence[str], draft: Draft) -> None:
    """`FGI GBR IND`, or `FGI` alone for a concealed source."""
    if len(items) != 1:
        raise Unreadable("fgi_unreadable")
    _, *sources = items[0].split(" ")
    if not sources:
        draft.fgi = ConcealedFgi()
        return
    if not all(map(countries.is_code, sources)) or countries.CONCEALED_OWNER in sources:
        raise Unreadable("fgi_unreadable")
    _check_codes(sources, draft, "fgi_order", countries.ordered)
    draft.fgi = OpenFgi(tuple(sources))


def read_dissem(items: Sequence[str], draft: Draft) -> None:
    """ORCON, NOFORN, REL TO, DISPLAY ONLY, EYES ONLY and the others; only the strict reading asks for their order."""
    eyes: list[str] = []
    read = [_read_control(item, eyes, draft) for item in items]
    if eyes:
        raise Unreadable("control_unknown")
    order = ISM_ORDER if draft.profile.spelling == "ism" else DOD_ORDER
    _check_order([order.index(name) for name in read if name is not None], draft)


def _read_control(item: str, eyes: list[str], draft: Draft) -> str | None:
    """The control's name; None for a code that begins an EYES ONLY list, which `eyes` keeps until the list ends."""
    if item in DISSEM_TERMS:
        _add_term(*DISSEM_TERMS[item], draft.dissem, draft)
        return DISSEM_TERMS[item][0]
    if item == "REL" and draft.place == "portion":
        draft.rel_as_banner = True
        return REL_TO
    if item in {"REL", "EYES", EYES}:
        raise Unreadable("release_list_missing")
    if (found := _RELEASE.match(item)) is not None:
        _once(draft.rel_to, draft)
        if found[1] == REL_TO_TITLE and draft.place == "portion":
            draft.note("wrong_form")
        draft.rel_to = _list(found[2], draft, "release_order", countries.release_order)
        return REL_TO
    if (found := _DISPLAY.match(item)) is not None:
        _once(draft.display_only, draft)
        draft.display_only = _list(found[1], draft, "display_order", countries.ordered)
        return DISPLAY_ONLY
    if (found := _EYES.match(item)) is not None:
        draft.eyes = [*eyes, *_list(found[1], draft, None, countries.ordered)]
        eyes.clear()
        return EYES
    if not countries.is_code(item):
        raise Unreadable("control_unknown")
    eyes.append(item)
    return None


def read_other(items: Sequence[str], draft: Draft) -> None:
    """LIMDIS, EXDIS and the others; text between `ACCM-` and the next known control belongs to ACCM."""
    in_accm = draft.profile.spelling == "ism"
    ranks: list[int] = []
    for item in items:
        ranks.append(_OTHER_ORDER.index(OTHER_TERMS[item][0]) if item in OTHER_TERMS else len(_OTHER_ORDER))
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
    _check_order(ranks, draft)
    _check_order(draft.accm, draft)


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
    """The codes of a list, divided by comma and space; what lacks one is a fault of the strict reading only."""
    if not text:
        raise Unreadable("release_list_missing")
    found: list[str] = []
    for piece in text.split(","):
        words = piece.split()
        if len(words) > 1 or (found and not piece.startswith(" ")):
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
