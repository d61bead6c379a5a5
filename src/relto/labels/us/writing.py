"""Writing US banner lines and portion marks in canonical order (labels.md 7.1, 7.2).

The writer writes what it is given; `checks.validate` says whether it is allowed. The one refusal is of legacy marks
(FOUO, EYES ONLY): they can be read and are never written. A concealed foreign source is written `FGI` alone.

Forms of a banner: `short` uses the abbreviations (SAR-, RD, LIMDIS, NOFORN); `long` the authorised titles.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from relto.labels.us.checks import legacy_codes
from relto.labels.us.codes import is_tetragraph, prefix_of_code
from relto.labels.us.faults import MarkingFaults, fault
from relto.labels.us.profiles import DOD, Profile
from relto.labels.us.tokens import (
    DISPLAY_ONLY,
    DISSEM_BY_NAME,
    DOD_ORDER,
    HVSACO,
    HVSACO_TITLE,
    ISM_ORDER,
    MULTIPLE,
    NATO_PORTIONS,
    NUCLEAR_TITLES,
    OTHER,
    REL_TO,
    REL_TO_TITLE,
    SAP_PREFIXES,
    UCNI_BANNERS,
    UCNI_PORTIONS,
    UCNI_TITLES,
    Control,
    MarkLevel,
)
from relto.labels.us.values import Compartment, Foreign, Joint, Marking, Nuclear, OpenFgi

Form = Literal["short", "long", "portion"]
_NATO_LETTERS = {level: letters for letters, level in NATO_PORTIONS.items()}


def render_banner(marking: Marking, form: Literal["short", "long"] = "short", profile: Profile = DOD) -> str:
    """The banner line. Raises MarkingFaults for a legacy mark."""
    return _render(marking, form, profile)


def render_portion(marking: Marking, profile: Profile = DOD) -> str:
    """The portion mark in parentheses. Raises MarkingFaults for a legacy mark."""
    return f"({_render(marking, 'portion', profile)})"


def _render(marking: Marking, form: Form, profile: Profile) -> str:
    legacy = legacy_codes(marking)
    if legacy:
        raise MarkingFaults(fault(code) for code in legacy)
    fields = [
        "/".join(sorted(marking.nato)),
        "/".join(_with_compartments(control.name, control.compartments) for control in marking.sci),
        _sap(marking, form),
        "/".join(_aea(marking, form, profile)),
        _fgi(marking),
        "/".join(_dissem(marking, form, profile)),
        "/".join(_other(marking, form, profile)),
    ]
    level = [_level(marking, form, profile)]
    if marking.cui is not None:
        level.append("/".join(marking.cui.categories))
    return "//".join(text for text in [*level, *fields] if text)


def _level(marking: Marking, form: Form, profile: Profile) -> str:
    level = marking.level
    word = level.name if form == "portion" else level.word
    owner = marking.owner
    if marking.cui is not None:
        return "CUI"
    if isinstance(owner, Joint):
        return f"//JOINT {word} {' '.join(owner.codes)}"
    if not isinstance(owner, Foreign):
        return word
    if owner.code == "NATO":
        return f"//{_NATO_LETTERS[level]}" if form == "portion" else f"//{_nato_name(level)} {word}"
    prefix = None if is_tetragraph(owner.code) else prefix_of_code(owner.code)
    if form == "portion" and profile.spelling == "cfr" and prefix is not None:
        return f"{prefix}-{word}"
    return f"//{owner.code} {word}"


def _nato_name(level: MarkLevel) -> str:
    return "COSMIC" if level is MarkLevel.TS else "NATO"


def _with_compartments(name: str, compartments: Iterable[Compartment]) -> str:
    return "-".join([name, *(" ".join([compartment.name, *compartment.subs]) for compartment in compartments)])


def _sap(marking: Marking, form: Form) -> str:
    is_long = form == "long"
    found = [_with_compartments(programme.name, programme.compartments) for programme in marking.programmes]
    if marking.multiple_programmes:
        found = [MULTIPLE]
    if found:
        found[0] = SAP_PREFIXES[0 if is_long else 1] + found[0]
    if marking.hvsaco:
        found.append(HVSACO_TITLE if is_long else HVSACO)
    return "/".join(found)


def _aea(marking: Marking, form: Form, profile: Profile) -> list[str]:
    ucni = {"long": UCNI_TITLES, "short": UCNI_BANNERS, "portion": UCNI_PORTIONS}[form]
    return [
        *(_nuclear(mark, form, profile) for mark in marking.nuclear),
        *(ucni[kind] for kind in sorted(marking.ucni)),
    ]


def _nuclear(mark: Nuclear, form: Form, profile: Profile) -> str:
    text = NUCLEAR_TITLES[mark.kind] if form == "long" else mark.kind
    if mark.cnwdi:
        text += "-CNWDI" if profile.spelling == "ism" else "-N"
    if mark.sigmas:
        text += f"-{'SG' if form == 'portion' else 'SIGMA'} {' '.join(map(str, mark.sigmas))}"
    return text


def _fgi(marking: Marking) -> str:
    if marking.fgi is None:
        return ""
    return " ".join(["FGI", *(marking.fgi.codes if isinstance(marking.fgi, OpenFgi) else ())])


def _dissem(marking: Marking, form: Form, profile: Profile) -> Iterable[str]:
    for name in ISM_ORDER if profile.spelling == "ism" else DOD_ORDER:
        if name in marking.dissem:
            yield _word(DISSEM_BY_NAME[name], form)
        elif name == REL_TO and marking.rel_to:
            yield f"{REL_TO_TITLE if form == 'long' else REL_TO} {', '.join(marking.rel_to)}"
        elif name == REL_TO and marking.rel_as_banner:
            yield "REL"
        elif name == DISPLAY_ONLY and marking.display_only:
            yield f"{DISPLAY_ONLY} {', '.join(marking.display_only)}"


def _other(marking: Marking, form: Form, profile: Profile) -> list[str]:
    measures = list(marking.accm)
    if measures and profile.spelling != "ism":
        measures[0] = f"ACCM-{measures[0]}"
    return [*(_word(control, form) for control in OTHER if control.name in marking.other), *measures]


def _word(control: Control, form: Form) -> str:
    return {"long": control.title, "short": control.banner, "portion": control.portion}[form]
