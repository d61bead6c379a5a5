"""Reading US banner lines and portion marks (DoDM 5200.01-V2 Enclosure 4; labels.md 7.1).

1. Everything is bounded and exact: capital letters, no more than `MAX_TEXT` characters, one reading for each text.
2. Fields stand in the order level, SCI, SAP, AEA, FGI, DISSEM, OTHER, each once. A word that is not known is an SCI
   control only where SCI stands, and never when it is another control's word.
3. What cannot be understood is refused; nothing is skipped. All faults of one text are reported together.
4. A marking that comes out has passed the rules of its profile (`checks.validate`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from relto.base.errors import MalformedInput
from relto.labels.us import codes as countries
from relto.labels.us.checks import broken_rules
from relto.labels.us.faults import MarkingFaults, reported
from relto.labels.us.profiles import DOD, Profile
from relto.labels.us.reading_cui import is_cui, read_cui
from relto.labels.us.reading_fields import (
    Draft,
    Unreadable,
    is_declassification,
    is_dissem,
    is_nuclear,
    is_other,
    is_sap,
    read_dissem,
    read_fgi,
    read_nuclear,
    read_other,
    read_sap,
    read_sci,
)
from relto.labels.us.tokens import LEVELS_BY_WORD, NATO_CONTROLS, NATO_PORTIONS, SCI_NAMES, MarkLevel, Place
from relto.labels.us.values import Cui, Foreign, Joint, Marking, MarkingParts, MarkOwner, UnitedStates, as_marking

MAX_TEXT: Final = 8192
_FIELDS: Final = ("nato", "sci", "sap", "aea", "fgi", "dissem", "other")
_CHARACTERS = re.compile(r"\A[A-Z0-9 ,/-]+\Z")
_LEVEL_WORDS = "|".join([*LEVELS_BY_WORD, *(level.name for level in MarkLevel)])
_JOINT = re.compile(rf"\AJOINT ({_LEVEL_WORDS}) ([A-Z ]+)\Z")
_OWNED = re.compile(rf"\A([A-Z]+) ({_LEVEL_WORDS})\Z")
_CFR_PORTION = re.compile(r"\A([A-Z]{2,4})-(TS|S|C|R|U)\Z")


def parse_banner(text: str, profile: Profile = DOD) -> Marking:
    """The banner line as a value. Raises MarkingFaults with every fault of the text."""
    return _parse(text, "banner", profile)


def parse_portion(text: str, profile: Profile = DOD) -> Marking:
    """The portion mark, with its parentheses, as a value. Raises MarkingFaults with every fault of the text."""
    return _parse(text, "portion", profile)


def _parse(text: str, place: Place, profile: Profile) -> Marking:
    draft = Draft(place, profile)
    try:
        parts = _read(text, draft)
        broken = [*draft.codes, *broken_rules(parts, place, profile)]
    except Unreadable as unreadable:
        raise MarkingFaults(reported([*draft.codes, unreadable.code], profile)) from None
    except MalformedInput:
        raise MarkingFaults(reported([*draft.codes, "unreadable"], profile)) from None
    faults = reported(broken, profile)
    if faults:
        raise MarkingFaults(faults)
    return as_marking(parts)


def _read(text: str, draft: Draft) -> MarkingParts:
    if len(text) > MAX_TEXT:
        raise Unreadable("too_long")
    bare = text.strip()
    if draft.place == "portion":
        if not (bare.startswith("(") and bare.endswith(")")):
            raise Unreadable("parentheses")
        bare = bare[1:-1]
    if not bare:
        raise Unreadable("empty")
    if not _CHARACTERS.match(bare):
        raise Unreadable("characters")
    if re.search(r" /|/ |  |\A | \Z| ,", bare):
        draft.note("spacing")
        bare = re.sub(r" *([/,]) *", r"\1", re.sub(r" {2,}", " ", bare)).strip()
    if bare.endswith("/") and not bare.endswith("//"):
        draft.note("trailing_slash")
        bare = bare.removesuffix("/")
    owned = bare.startswith("//")
    first, *rest = bare.removeprefix("//").split("//")
    cui: Cui | None = None
    if not owned and is_cui(first):
        owner: MarkOwner = UnitedStates()
        level, cui = MarkLevel.U, read_cui(rest, draft)
    else:
        owner, level = _foreign_level(first, draft) if owned else _own_level(first, rest, draft)
        _read_fields(rest, draft)
    return MarkingParts(
        owner=owner,
        level=level,
        nato=frozenset(draft.nato),
        sci=tuple(draft.sci),
        programmes=tuple(draft.programmes),
        multiple_programmes=draft.multiple,
        hvsaco=draft.hvsaco,
        nuclear=tuple(draft.nuclear),
        ucni=frozenset(draft.ucni),
        fgi=draft.fgi,
        dissem=frozenset(draft.dissem),
        rel_to=tuple(draft.rel_to),
        rel_as_banner=draft.rel_as_banner,
        display_only=tuple(draft.display_only),
        eyes=tuple(draft.eyes),
        other=frozenset(draft.other),
        accm=tuple(draft.accm),
        cui=cui,
    )


def _level(word: str, draft: Draft) -> MarkLevel:
    """The level of a full word (banner) or letters (portion); the other form is understood and noted."""
    full = word in LEVELS_BY_WORD
    if full != (draft.place == "banner"):
        draft.note("wrong_form")
    return LEVELS_BY_WORD[word] if full else MarkLevel[word]


def _own_level(first: str, rest: Sequence[str], draft: Draft) -> tuple[MarkOwner, MarkLevel]:
    if draft.place == "portion" and (found := _CFR_PORTION.match(first)) is not None:
        return _cfr_owner(found[1]), MarkLevel[found[2]]
    if draft.place == "banner" and first == "U" and any("FOUO" in block.split("/") for block in rest):
        draft.note("short_level")
        return UnitedStates(), MarkLevel.U
    if first not in LEVELS_BY_WORD and first not in MarkLevel.__members__:
        raise Unreadable("level_unknown")
    return UnitedStates(), _level(first, draft)


def _cfr_owner(prefix: str) -> Foreign:
    code = countries.code_of_prefix(prefix)
    if code is None and (prefix == countries.CONCEALED_OWNER or countries.is_tetragraph(prefix)):
        code = prefix
    if code is None or code == countries.UNITED_STATES:
        raise Unreadable("owner_unknown")
    return Foreign(code)


def _foreign_level(first: str, draft: Draft) -> tuple[MarkOwner, MarkLevel]:
    if draft.place == "portion" and first in NATO_PORTIONS:
        return Foreign("NATO"), NATO_PORTIONS[first]
    if (joint := _JOINT.match(first)) is not None:
        return _joint_level(joint[1], joint[2].split(" "), draft)
    owned = _OWNED.match(first)
    if owned is None:
        raise Unreadable("level_unknown")
    code, level = owned[1], _level(owned[2], draft)
    if code == countries.UNITED_STATES:
        raise Unreadable("usa_as_foreign")
    if code == "COSMIC":
        if level is not MarkLevel.TS:
            draft.note("cosmic")
        return Foreign("NATO"), level
    if not countries.is_code(code):
        raise Unreadable("owner_unknown")
    if code == "NATO" and draft.place == "portion":
        draft.note("nato_portion")
    elif code == "NATO" and level is MarkLevel.TS:
        draft.note("cosmic")
    return Foreign(code), level


def _joint_level(word: str, owners: Sequence[str], draft: Draft) -> tuple[MarkOwner, MarkLevel]:
    if not all(map(countries.is_code, owners)):
        raise Unreadable("owner_unknown")
    if len(set(owners)) != len(owners):
        draft.note("code_twice")
    if tuple(dict.fromkeys(owners)) != countries.ordered(owners):
        draft.note("joint_order")
    if len(set(owners)) == 1:
        raise Unreadable("joint_alone")
    return Joint(tuple(owners)), _level(word, draft)


def _read_fields(blocks: Sequence[str], draft: Draft) -> None:
    last = -1
    for number, block in enumerate(blocks):
        items = block.split("/")
        if not all(items):
            raise Unreadable("separator")
        if items == ["WAIVED"]:
            read_dissem(items, draft)
            continue
        kind = _kind(items, is_last=number == len(blocks) - 1, draft=draft)
        rank = _FIELDS.index(kind)
        if rank < last:
            draft.note("field_order")
        elif rank == last and not (kind == "sap" and len(items) == 1):
            draft.note("field_twice")
        last = max(rank, last)
        _READERS[kind](items, draft)


def _kind(items: Sequence[str], *, is_last: bool, draft: Draft) -> str:
    """Which field this is, by its first item; a word nobody knows is an SCI control."""
    first = items[0]
    known = next((kind for kind, recognises in _RECOGNISED.items() if recognises(items)), None)
    if known is not None:
        return known
    if is_declassification(items):
        raise Unreadable("declassification_data")
    if is_cui(first) or first in LEVELS_BY_WORD:
        raise Unreadable("level_twice" if first in LEVELS_BY_WORD else "cui_classified")
    names_measure = draft.profile.spelling == "ism" and is_last and first.split("-")[0] not in SCI_NAMES
    return "other" if names_measure else "sci"


def _is_nato(items: Sequence[str]) -> bool:
    return all(item in NATO_CONTROLS for item in items)


def _is_fgi(items: Sequence[str]) -> bool:
    return items[0] == "FGI" or items[0].startswith("FGI ")


def _read_nato(items: Sequence[str], draft: Draft) -> None:
    if len(set(items)) != len(items):
        draft.note("control_twice")
    draft.nato.extend(items)


_RECOGNISED: Final = {
    "nato": _is_nato,
    "sap": is_sap,
    "aea": is_nuclear,
    "fgi": _is_fgi,
    "dissem": is_dissem,
    "other": is_other,
}
_READERS: Final = {
    "nato": _read_nato,
    "sci": read_sci,
    "sap": read_sap,
    "aea": read_nuclear,
    "fgi": read_fgi,
    "dissem": read_dissem,
    "other": read_other,
}
