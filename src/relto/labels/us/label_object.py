"""US markings and authority blocks as JSON objects, and back: what the command, the API and batch lines exchange.

Members of a marking: `kind` (banner or portion), `policy` (USA), `type` (US, FGI, JOINT), `classification`,
`fgi_authority`, `joint_authorities`, `nato_controls`, `sci_controls`, `sap_programs`, `sap_multiple`, `sap_hvsaco`,
`aea`, `us_fgi_countries`, `concealed_fgi`, `dissem`, `other_dissem`, `accm`, `rel_to`, `rel_as_banner`,
`display_only`, `eyes_only`, `cui_categories` (null when it is no CUI). `aea_type`, `aea_cnwdi`, `aea_sigmas`,
`dod_ucni`, `doe_ucni` say in short what `aea` says in full. `type` and `classification` must be given; what else is
left out is empty.
An object with an unknown member, or whose short members contradict `aea`, is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from relto.base.canonical import Json
from relto.base.errors import MalformedInput
from relto.labels.us.authority import AuthorityBlock
from relto.labels.us.declassification import Declassification
from relto.labels.us.tokens import LEVEL_WORDS, MarkLevel, Place
from relto.labels.us.values import (
    MAX_ITEMS,
    Compartment,
    ConcealedFgi,
    Cui,
    Foreign,
    Joint,
    MarkingParts,
    MarkOwner,
    Nuclear,
    OpenFgi,
    Programme,
    SciControl,
    UnitedStates,
)

POLICY: Final = "USA"
_LEVELS: Final = {word.replace(" ", "_"): level for level, word in LEVEL_WORDS.items()}
_UCNI: Final = {"DOD_UCNI": "DOD", "DOE_UCNI": "DOE"}
_SHORT: Final = frozenset({"aea_type", "aea_cnwdi", "aea_sigmas", "dod_ucni", "doe_ucni"})


def marking_as_dict(parts: MarkingParts, place: Place) -> dict[str, Json]:
    """The marking as an object, the same for equal markings."""
    owner = parts.owner
    aea: list[Json] = [{"type": mark.kind, "cnwdi": mark.cnwdi, "sigmas": [*mark.sigmas]} for mark in parts.nuclear]
    aea += [{"type": name, "cnwdi": False, "sigmas": []} for name, kind in _UCNI.items() if kind in parts.ucni]
    return {
        "kind": place,
        "policy": POLICY,
        "type": "JOINT" if isinstance(owner, Joint) else "FGI" if isinstance(owner, Foreign) else "US",
        "classification": LEVEL_WORDS[parts.level].replace(" ", "_"),
        "fgi_authority": _authority_name(owner, parts.level) if isinstance(owner, Foreign) else None,
        "joint_authorities": [*owner.codes] if isinstance(owner, Joint) else [],
        "nato_controls": [*sorted(parts.nato)],
        "sci_controls": [
            {"control": control.name, "compartments": {part.name: [*part.subs] for part in control.compartments}}
            for control in parts.sci
        ],
        "sap_programs": [_programme_text(programme) for programme in parts.programmes],
        "sap_multiple": parts.multiple_programmes,
        "sap_hvsaco": parts.hvsaco,
        "aea": aea,
        **_short_members(parts),
        "us_fgi_countries": [*parts.fgi.codes] if isinstance(parts.fgi, OpenFgi) else [],
        "concealed_fgi": isinstance(parts.fgi, ConcealedFgi),
        "dissem": [*sorted(parts.dissem)],
        "other_dissem": [*sorted(parts.other)],
        "accm": [*parts.accm],
        "rel_to": [*parts.rel_to],
        "rel_as_banner": parts.rel_as_banner,
        "display_only": [*parts.display_only],
        "eyes_only": [*parts.eyes],
        "cui_categories": None if parts.cui is None else [*parts.cui.categories],
    }


def marking_from_dict(value: object) -> MarkingParts:
    """The parts that the object says, not yet checked against the rules. Raises MalformedInput naming the member."""
    label = _object(value, "label")
    fgi_codes, concealed = _texts(label, "us_fgi_countries"), _flag(label, "concealed_fgi")
    if fgi_codes and concealed:
        raise _malformed("concealed_fgi")
    nuclear, ucni = _aea(label)
    categories = label.get("cui_categories")
    parts = MarkingParts(
        owner=_owner(label),
        level=_level(label),
        nato=frozenset(_texts(label, "nato_controls")),
        sci=tuple(_sci(item) for item in _list(label, "sci_controls")),
        programmes=tuple(_programme(text) for text in _texts(label, "sap_programs")),
        multiple_programmes=_flag(label, "sap_multiple"),
        hvsaco=_flag(label, "sap_hvsaco"),
        nuclear=nuclear,
        ucni=ucni,
        fgi=ConcealedFgi() if concealed else OpenFgi(tuple(fgi_codes)) if fgi_codes else None,
        dissem=frozenset(_texts(label, "dissem")),
        rel_to=tuple(_texts(label, "rel_to")),
        rel_as_banner=_flag(label, "rel_as_banner"),
        display_only=tuple(_texts(label, "display_only")),
        eyes=tuple(_texts(label, "eyes_only")),
        other=frozenset(_texts(label, "other_dissem")),
        accm=tuple(_texts(label, "accm")),
        cui=None if categories is None else Cui(tuple(_texts(label, "cui_categories"))),
    )
    full = marking_as_dict(parts, "banner")
    if not set(label) <= set(full):
        raise _malformed("label")
    for name in _SHORT | {"fgi_authority", "policy"}:
        if name in label and label[name] != full[name] and not (name == "fgi_authority" and label[name] == "NATO"):
            raise _malformed(name)
    return parts


def authority_as_dict(block: AuthorityBlock) -> dict[str, Json]:
    """The authority block as an object; the date as YYYY-MM-DD."""
    end = block.declassify_on
    return {
        "kind": "authority",
        "policy": POLICY,
        "classified_by": block.classified_by,
        "derived_from": block.derived_from,
        "reason": [f"1.4({letter})" for letter in block.reason],
        "declassify_on": {
            "exemptions": [*end.exemptions],
            "date": None if end.on is None else end.on.isoformat(),
            "event": end.event,
            "not_applicable": end.not_applicable,
            "legacy": end.legacy,
        },
    }


def authority_from_dict(value: object) -> AuthorityBlock:
    """The block that the object says. Raises MalformedInput naming the member."""
    label = _object(value, "label")
    end = _object(label.get("declassify_on"), "declassify_on")
    if not set(label) <= {"kind", "policy", "classified_by", "derived_from", "reason", "declassify_on"}:
        raise _malformed("label")
    if not set(end) <= {"exemptions", "date", "event", "not_applicable", "legacy"}:
        raise _malformed("declassify_on")
    on = _optional_text(end, "date")
    try:
        day = None if on is None else date.fromisoformat(on)
    except ValueError:
        raise _malformed("date") from None
    reasons = _texts(label, "reason")
    letters = [text.removeprefix("1.4(").removesuffix(")") for text in reasons]
    if [f"1.4({letter})" for letter in letters] != reasons:
        raise _malformed("reason")
    return AuthorityBlock(
        classified_by=_optional_text(label, "classified_by") or "",
        declassify_on=Declassification(
            tuple(_texts(end, "exemptions")),
            day,
            _optional_text(end, "event"),
            _optional_text(end, "not_applicable"),
            _optional_text(end, "legacy"),
        ),
        derived_from=_optional_text(label, "derived_from"),
        reason=tuple(letters),
    )


def _short_members(parts: MarkingParts) -> dict[str, Json]:
    first = parts.nuclear[0] if parts.nuclear else None
    ucni = next((name for name, kind in _UCNI.items() if kind in parts.ucni), None)
    return {
        "aea_type": first.kind if first else ucni,
        "aea_cnwdi": any(mark.cnwdi for mark in parts.nuclear),
        "aea_sigmas": [*sorted({number for mark in parts.nuclear for number in mark.sigmas})],
        "dod_ucni": "DOD" in parts.ucni,
        "doe_ucni": "DOE" in parts.ucni,
    }


def _authority_name(owner: Foreign, level: MarkLevel) -> str:
    return "COSMIC" if owner.code == "NATO" and level is MarkLevel.TS else owner.code


def _programme_text(programme: Programme) -> str:
    return "-".join([programme.name, *(" ".join([part.name, *part.subs]) for part in programme.compartments)])


def _programme(text: str) -> Programme:
    name, *rest = text.split("-")
    parts = [part.split(" ") for part in rest]
    return Programme(name, tuple(Compartment(words[0], tuple(words[1:])) for words in parts))


def _owner(label: Mapping[str, object]) -> MarkOwner:
    kind, authority, owners = label.get("type"), label.get("fgi_authority"), _texts(label, "joint_authorities")
    if kind == "US" and authority is None and not owners:
        return UnitedStates()
    if kind == "JOINT" and authority is None:
        return Joint(tuple(owners))
    if kind == "FGI" and isinstance(authority, str) and not owners:
        return Foreign("NATO" if authority == "COSMIC" else authority)
    raise _malformed("type")


def _level(label: Mapping[str, object]) -> MarkLevel:
    word = label.get("classification")
    level = _LEVELS.get(word) if isinstance(word, str) else None
    if level is None:
        raise _malformed("classification")
    return level


def _sci(value: object) -> SciControl:
    control = _object(value, "sci_controls")
    compartments = _object(control.get("compartments", {}), "sci_controls.compartments")
    if not set(control) <= {"control", "compartments"}:
        raise _malformed("sci_controls")
    parts = tuple(Compartment(name, tuple(_texts(compartments, name))) for name in compartments)
    return SciControl(_optional_text(control, "control") or "", parts)


def _aea(label: Mapping[str, object]) -> tuple[tuple[Nuclear, ...], frozenset[str]]:
    marks, ucni = [], set()
    for value in _list(label, "aea"):
        item = _object(value, "aea")
        kind, sigmas = _optional_text(item, "type") or "", _list(item, "sigmas")
        numbers = [number for number in sigmas if type(number) is int]
        if not set(item) <= {"type", "cnwdi", "sigmas"} or len(numbers) != len(sigmas):
            raise _malformed("aea")
        if kind in _UCNI:
            ucni.add(_UCNI[kind])
        else:
            marks.append(Nuclear(kind, _flag(item, "cnwdi"), tuple(numbers)))
    return tuple(marks), frozenset(ucni)


def _object(value: object, field: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping) or len(value) > MAX_ITEMS or not all(isinstance(name, str) for name in value):
        raise _malformed(field)
    return value


def _list(members: Mapping[str, object], name: str) -> Sequence[object]:
    value = members.get(name, [])
    if not isinstance(value, list | tuple) or len(value) > MAX_ITEMS:
        raise _malformed(name)
    return value


def _texts(members: Mapping[str, object], name: str) -> list[str]:
    items = _list(members, name)
    texts = [item for item in items if isinstance(item, str)]
    if len(texts) != len(items):
        raise _malformed(name)
    return texts


def _flag(members: Mapping[str, object], name: str) -> bool:
    value = members.get(name, False)
    if not isinstance(value, bool):
        raise _malformed(name)
    return value


def _optional_text(members: Mapping[str, object], name: str) -> str | None:
    value = members.get(name)
    if value is not None and not isinstance(value, str):
        raise _malformed(name)
    return value


def _malformed(field: str) -> MalformedInput:
    return MalformedInput("label_object", field=field, expected="the label object that parse answers")
