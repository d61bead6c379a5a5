"""The banner that the portions of a document demand (labels.md 7.4; ISM-00056 to 00088, 00132, 00318, 00320).

1. The level is the highest portion's; a foreign RESTRICTED inside a US document demands CONFIDENTIAL, because the FGI
   field does.
2. Restrictive controls are united, never dropped. What a banner cannot show is a fault for a person to resolve.
3. REL TO, RELIDO and DISPLAY ONLY stand only where all portions allow them (`shared_release`).
4. One concealed source makes the whole FGI field concealed: no other source is named beside it.
5. Portions that all have the same foreign or joint owner make a document of that owner; all else is a US document.
6. The result has passed the rules of a banner; a join that breaks them is a fault, never a guess.
"""

from __future__ import annotations

from collections.abc import Sequence

from relto.base.errors import MalformedInput
from relto.labels.us import codes as countries
from relto.labels.us.checks import validate
from relto.labels.us.faults import Fault, MarkingFaults, fault
from relto.labels.us.profiles import DOD, Profile
from relto.labels.us.shared_release import NOFORN_OTHERS, SharedRelease, shared_release
from relto.labels.us.tokens import CUI_ALONE, MarkLevel
from relto.labels.us.values import (
    ConcealedFgi,
    Cui,
    Foreign,
    Joint,
    Marking,
    MarkingParts,
    MarkOwner,
    OpenFgi,
    UnitedStates,
    as_marking,
)

CARRIED = ("NOFORN", "ORCON", "IMCON", "PROPIN", "RSEN", "DEA_SENSITIVE", "FISA", "WAIVED")
_MAX_PROGRAMMES = 4


def roll_up(portions: Sequence[Marking], profile: Profile = DOD) -> Marking:
    """The least banner that covers every portion. Raises MarkingFaults where a person has to decide."""
    if not portions:
        raise MarkingFaults([fault("no_portions")])
    owner = _owner(portions)
    faults = list(_undecidable(portions, owner))
    release = shared_release(portions, owner)
    if release.unknown:
        faults.append(fault("banner_group"))
    if faults:
        raise MarkingFaults(faults)
    try:
        banner = _banner(portions, owner, release)
    except MalformedInput:
        raise MarkingFaults([fault("unreadable")]) from None
    broken = validate(banner, "banner", profile)
    if broken:
        raise MarkingFaults(broken)
    return as_marking(banner)


def fgi_of(portions: Sequence[MarkingParts]) -> OpenFgi | ConcealedFgi | None:
    """The foreign sources of the portions, as a US banner shows them."""
    sources: set[str] = set()
    for portion in portions:
        if isinstance(portion.fgi, ConcealedFgi) or portion.owner == Foreign(countries.CONCEALED_OWNER):
            return ConcealedFgi()
        if isinstance(portion.fgi, OpenFgi):
            sources |= set(portion.fgi.codes)
        if isinstance(portion.owner, Foreign):
            sources.add(portion.owner.code)
        elif isinstance(portion.owner, Joint):
            sources |= set(portion.owner.codes) - {countries.UNITED_STATES}
    return OpenFgi(tuple(sources)) if sources else None


def _owner(portions: Sequence[Marking]) -> MarkOwner:
    owners = {portion.owner for portion in portions}
    return owners.pop() if len(owners) == 1 else UnitedStates()


def _undecidable(portions: Sequence[Marking], owner: MarkOwner) -> list[Fault]:
    """Portions that no banner of this owner can cover."""
    found = []
    is_classified = any(portion.is_classified for portion in portions)
    for number, portion in enumerate(portions):
        if portion.nato and owner != portion.owner:
            found.append(fault("rollup_nato", number))
        if is_classified and portion.dissem & CUI_ALONE:
            found.append(fault("rollup_cui", number))
        if portion.rel_as_banner:
            found.append(fault("banner_rel_unresolved", number))
    return found


def _banner(portions: Sequence[Marking], owner: MarkOwner, release: SharedRelease) -> MarkingParts:
    level = max(portion.level for portion in portions)
    is_us = isinstance(owner, UnitedStates)
    if is_us and level is MarkLevel.R:
        level = MarkLevel.C
    programmes = tuple(programme for portion in portions for programme in portion.programmes)
    many = any(portion.multiple_programmes for portion in portions)
    many = many or len({programme.name for programme in programmes}) > _MAX_PROGRAMMES
    dissem = _dissem(portions, level)
    is_cui = level is MarkLevel.U and any(portion.cui is not None for portion in portions)
    return MarkingParts(
        owner=owner,
        level=level,
        nato=frozenset[str]().union(*(portion.nato for portion in portions)),
        sci=tuple(control for portion in portions for control in portion.sci),
        programmes=() if many else programmes,
        multiple_programmes=many,
        hvsaco=any(portion.hvsaco for portion in portions),
        nuclear=tuple(mark for portion in portions for mark in portion.nuclear),
        ucni=frozenset[str]().union(*(portion.ucni for portion in portions)) if level is MarkLevel.U else frozenset(),
        fgi=fgi_of(portions) if is_us and level > MarkLevel.U else None,
        dissem=dissem | {"RELIDO"} if release.relido and "NOFORN" not in dissem else dissem,
        rel_to=release.rel_to,
        display_only=release.display_only,
        other=_other(portions, level),
        accm=tuple(name for portion in portions for name in portion.accm),
        cui=Cui(tuple({name for portion in portions if portion.cui for name in portion.cui.categories}))
        if is_cui
        else None,
    )


def _dissem(portions: Sequence[Marking], level: MarkLevel) -> frozenset[str]:
    present = frozenset[str]().union(*(portion.dissem for portion in portions))
    found = present & set(CARRIED)
    if level is MarkLevel.U:
        return found | (present & (CUI_ALONE | {"FOUO"}))
    if any(portion.other & NOFORN_OTHERS for portion in portions):
        found |= {"NOFORN"}
    return found


def _other(portions: Sequence[Marking], level: MarkLevel) -> frozenset[str]:
    """The stronger of each pair; SBU stays below a classified banner, where NOFORN stands for its restriction."""
    found = set[str]().union(*(portion.other for portion in portions))
    if level > MarkLevel.U:
        found -= {"SBU", "SBU_NOFORN"}
    for weaker, stronger in (("EXDIS", "NODIS"), ("SBU", "SBU_NOFORN"), ("LES", "LES_NOFORN")):
        if stronger in found:
            found.discard(weaker)
    return frozenset(found)
