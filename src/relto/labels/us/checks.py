"""The rules on one marking (labels.md 7.3), each a condition with the code of its row in the rule table.

Rendering and validation are separate: the writer writes what it is given in canonical order, and these functions say
whether it is allowed. A condition that is true is a broken rule. Which rules a profile holds, and which faults share
one cause, stands in the table, not here.
"""

from __future__ import annotations

from collections.abc import Iterator

from relto.labels.us import codes as countries
from relto.labels.us.faults import Fault, reported
from relto.labels.us.profiles import DOD, Profile
from relto.labels.us.tokens import (
    CUI_ALONE,
    DISSEM_BY_NAME,
    RESERVED_FIRST_WORDS,
    SCI_NAMES,
    MarkLevel,
    Place,
)
from relto.labels.us.values import Foreign, Joint, MarkingParts, OpenFgi, UnitedStates

_Found = Iterator[tuple[str, bool]]
_MAX_PROGRAMMES = 4
_SIGMAS = range(1, 100)
_ISM_SIGMAS = frozenset({14, 15, 18, 20})


def validate(marking: MarkingParts, place: Place, profile: Profile = DOD) -> tuple[Fault, ...]:
    """Every rule that the marking breaks at that place, under the profile's reading; empty when there is none."""
    return reported(broken_rules(marking, place, profile), profile)


def legacy_codes(marking: MarkingParts) -> list[str]:
    """Codes of the marks in it that may be read and must not be written."""
    found = [control.name for control in DISSEM_BY_NAME.values() if control.legacy and control.name in marking.dissem]
    return [*(f"legacy_{name.lower()}" for name in found), *(["legacy_eyes"] if marking.eyes else [])]


def broken_rules(parts: MarkingParts, place: Place, profile: Profile = DOD) -> list[str]:
    """Codes of all broken rules of every reading, in the order of the fields."""
    groups = (
        _ownership(parts, place),
        _compartments(parts),
        _nuclear(parts),
        _foreign_information(parts),
        _controls(parts),
        _release(parts, place),
        _other(parts, profile),
        _known_codes(parts),
    )
    return [code for group in groups for code, is_broken in group if is_broken]


def _ownership(parts: MarkingParts, place: Place) -> _Found:
    del place
    owner, level = parts.owner, parts.level
    is_nato = owner == Foreign("NATO")
    is_joint = isinstance(owner, Joint)
    yield "joint_restricted", is_joint and parts.has_us_owner and level is MarkLevel.R
    yield "us_restricted", isinstance(owner, UnitedStates) and level is MarkLevel.R
    yield "fgi_owner_alone", isinstance(owner, Joint) and countries.CONCEALED_OWNER in owner.codes
    yield "nato_top", bool(parts.nato & {"BOHEMIA", "BALK"}) and not (is_nato and level is MarkLevel.TS)
    yield "nato_owner", bool(parts.nato) and not is_nato
    yield "nato_noforn", is_nato and "NOFORN" in parts.dissem
    yield "relido_foreign", "RELIDO" in parts.dissem and not parts.has_us_owner


def _compartments(parts: MarkingParts) -> _Found:
    systems = {control.system for control in parts.sci}
    level = parts.level
    has_sap = bool(parts.programmes) or parts.multiple_programmes or parts.hvsaco
    gamma = {part.name for control in parts.sci if control.system == "SI" for part in control.compartments}
    yield (
        "compartments_unclassified",
        level is MarkLevel.U and bool(parts.sci or parts.programmes or parts.multiple_programmes),
    )
    yield "sci_level_c", bool(systems & {"SI", "HCS"}) and level < MarkLevel.C
    yield "sci_level_s", bool(systems & {"TK", "KDK"}) and level < MarkLevel.S
    yield "sci_noforn", bool(systems & {"HCS", "KDK"}) and "NOFORN" not in parts.dissem
    yield "sci_release", bool(parts.sci) and not _has_release_mark(parts)
    for word, suffix in (("G", ""), ("GAMMA", "_word")):
        yield f"gamma_level{suffix}", word in gamma and level is not MarkLevel.TS
        yield f"gamma_orcon{suffix}", word in gamma and "ORCON" not in parts.dissem
    yield "sci_unknown", any(control.name not in SCI_NAMES for control in parts.sci)
    yield "sap_many", len(parts.programmes) > _MAX_PROGRAMMES
    yield "waived_sap", "WAIVED" in parts.dissem and not has_sap


def _has_release_mark(parts: MarkingParts) -> bool:
    lists = parts.rel_to or parts.rel_as_banner or parts.display_only or parts.eyes
    return bool(lists) or bool(parts.dissem & {"NOFORN", "RELIDO", "ORCON"})


def _nuclear(parts: MarkingParts) -> _Found:
    by_kind = {mark.kind: mark for mark in parts.nuclear}
    below = parts.level < MarkLevel.C
    yield "rd_level", "RD" in by_kind and below
    yield "frd_level", "FRD" in by_kind and below
    yield "tfni_level", "TFNI" in by_kind and below
    yield "cnwdi_rd", any(mark.cnwdi and mark.kind != "RD" for mark in parts.nuclear)
    yield "cnwdi_level", any(mark.cnwdi and mark.kind == "RD" for mark in parts.nuclear) and parts.level < MarkLevel.S
    yield "sigma_range", any(number not in _SIGMAS for mark in parts.nuclear for number in mark.sigmas)
    yield "sigma_known", any(number not in _ISM_SIGMAS for mark in parts.nuclear for number in mark.sigmas)
    yield "sigma_kind", any(mark.sigmas and mark.kind == "TFNI" for mark in parts.nuclear)
    yield "ucni_level", bool(parts.ucni) and parts.is_classified


def _foreign_information(parts: MarkingParts) -> _Found:
    is_us = isinstance(parts.owner, UnitedStates)
    yield "fgi_us_only", parts.fgi is not None and not is_us
    yield "fgi_level", parts.fgi is not None and is_us and parts.level < MarkLevel.C
    yield "fgi_usa", isinstance(parts.fgi, OpenFgi) and countries.UNITED_STATES in parts.fgi.codes


def _controls(parts: MarkingParts) -> _Found:
    level, dissem = parts.level, parts.dissem
    below = level < MarkLevel.C
    in_cui = parts.cui is not None
    decided = bool(dissem & {"NOFORN", "RELIDO"}) or bool(parts.rel_to or parts.rel_as_banner)
    yield "orcon_level", "ORCON" in dissem and below
    yield "imcon_level", "IMCON" in dissem and level < MarkLevel.S
    yield "imcon_release", "IMCON" in dissem and not decided
    yield "noforn_level", "NOFORN" in dissem and below and not in_cui
    yield "propin_restricted", "PROPIN" in dissem and level is MarkLevel.R
    yield "relido_level", "RELIDO" in dissem and below
    yield "rsen_level", "RSEN" in dissem and level < MarkLevel.S
    yield "fouo_level", "FOUO" in dissem and parts.is_classified
    yield "cui_control", bool(dissem & CUI_ALONE) and not in_cui
    yield "noforn_relido", {"NOFORN", "RELIDO"} <= dissem
    yield "relido_fgi", "RELIDO" in dissem and parts.fgi is not None
    yield "display_fgi", bool(parts.display_only) and parts.fgi is not None


def _release(parts: MarkingParts, place: Place) -> _Found:
    dissem, level = parts.dissem, parts.level
    has_list = bool(parts.rel_to) or parts.rel_as_banner
    # A foreign RESTRICTED is classified by its own nation, and its release is that nation's to say (ADR 0016).
    below = level < (MarkLevel.C if parts.has_us_owner else MarkLevel.R) and parts.cui is None
    noforn = "NOFORN" in dissem
    yield "rel_level", has_list and below
    yield "rel_usa_alone", parts.rel_to == (countries.UNITED_STATES,)
    yield "rel_noforn", has_list and noforn
    yield "rel_noforn_banner", has_list and noforn and place == "banner"
    yield "rel_usa_missing", bool(parts.rel_to) and countries.UNITED_STATES not in parts.rel_to
    yield "rel_one_code", len(parts.rel_to) == 1
    yield "rel_as_banner_place", parts.rel_as_banner and place == "banner"
    yield "display_level", bool(parts.display_only) and below
    yield "display_excludes", bool(parts.display_only) and bool(dissem & {"NOFORN", "RELIDO"})
    yield "display_usa", countries.UNITED_STATES in parts.display_only
    yield "eyes_excludes", bool(parts.eyes) and (noforn or has_list)
    yield "eyes_level", bool(parts.eyes) and level < MarkLevel.C


def _other(parts: MarkingParts, profile: Profile) -> _Found:
    other, has_list = parts.other, bool(parts.rel_to) or parts.rel_as_banner
    has_noforn = "NOFORN" in parts.dissem
    yield "exdis_rel", "EXDIS" in other and has_list
    yield "exdis_nodis", {"EXDIS", "NODIS"} <= other
    yield "nodis_rel", "NODIS" in other and has_list
    yield "exdis_noforn", "EXDIS" in other and not has_noforn
    yield "nodis_noforn", "NODIS" in other and not has_noforn
    yield "les_twice", {"LES", "LES_NOFORN"} <= other
    yield "sbu_twice", {"SBU", "SBU_NOFORN"} <= other
    yield "sbu_level", bool(other & {"SBU", "SBU_NOFORN"}) and parts.is_classified
    yield (
        "accm_ambiguous",
        profile.spelling == "ism"
        and any(name.replace("-", " ").split()[0] in RESERVED_FIRST_WORDS for name in parts.accm),
    )
    yield "cui_other", parts.cui is not None and bool(other or parts.accm or parts.hvsaco or parts.ucni)


def _known_codes(parts: MarkingParts) -> _Found:
    lists = [parts.rel_to, parts.display_only, parts.eyes]
    if isinstance(parts.fgi, OpenFgi):
        lists.append(parts.fgi.codes)
    owners = set(parts.owner.codes) if isinstance(parts.owner, Joint) else set()
    if isinstance(parts.owner, Foreign):
        owners = {parts.owner.code}
    # A concealed owner is no country; in a list of countries it has no meaning.
    found = {code for codes in lists for code in codes} | (owners - {countries.CONCEALED_OWNER})
    yield "code_unknown", any(not countries.is_known(code, strict=False) for code in found)
    yield "group_unknown", any(countries.is_tetragraph(code) and code not in countries.TETRAGRAPHS for code in found)
