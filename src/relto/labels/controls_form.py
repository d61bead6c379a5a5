"""Controls and particulars as JSON members: only what is set is written, equal values alike, and reading is strict.

Compartments are written as their deepest paths, because the parents follow from them; sources of foreign information
as a sorted list, or the word "concealed". The text that another party sends is bounded by the caller (read_object).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from relto.base.canonical import Json
from relto.base.errors import MalformedInput
from relto.base.nations import read_nation
from relto.labels.controls import (
    COMPARTMENT_KINDS,
    MAX_CONTROLS,
    Category,
    CategoryKind,
    ConcealedForeignInformation,
    Controls,
    ForeignInformation,
    NoForeignInformation,
    OpenForeignInformation,
    Path,
)
from relto.labels.particulars import AuthorityKind, AuthorityReference, Particulars

_CONCEALED = "concealed"
_CONTROLS = frozenset({"categories", "display_to", "relido", "dissem", "fgi", *COMPARTMENT_KINDS})
_TEXTS = ("privacy_mark", "compilation_reason", "expansion_version")


def controls_as_dict(controls: Controls) -> dict[str, Json]:
    """The members that are set; none when there is no control."""
    written: dict[str, Json] = {}
    if controls.categories:
        written["categories"] = [
            {"oid": one.tag_set_oid, "kind": one.kind, "values": [*sorted(one.values)]} for one in controls.categories
        ]
    if controls.display_to:
        written["display_to"] = [*sorted(controls.display_to)]
    if controls.relido:
        written["relido"] = True
    if controls.dissem:
        written["dissem"] = [*sorted(controls.dissem)]
    if isinstance(controls.fgi, OpenForeignInformation):
        written["fgi"] = [*sorted(controls.fgi.sources)]
    elif isinstance(controls.fgi, ConcealedForeignInformation):
        written["fgi"] = _CONCEALED
    for kind in COMPARTMENT_KINDS:
        if controls.paths(kind):
            written[kind] = [[*path] for path in controls.leaves(kind)]
    return written


def controls_from_dict(value: object, field: str) -> Controls:
    """Read what `controls_as_dict` wrote. Raises MalformedInput naming the member."""
    members = _object(value, _CONTROLS, field)
    relido = members.get("relido", False)
    if not isinstance(relido, bool) or ("relido" in members and not relido):
        raise MalformedInput("label.controls", field=f"{field}.relido", expected="true, or no member")
    nations = _texts(members, "display_to", field)
    return Controls(
        categories=tuple(_category(item, f"{field}.categories") for item in _list(members, "categories", field)),
        display_to=frozenset(read_nation(item, field=f"{field}.display_to") for item in nations),
        relido=relido,
        dissem=frozenset(_texts(members, "dissem", field)),
        fgi=_foreign(members, field),
        sci=_paths(members, "sci", field),
        sap=_paths(members, "sap", field),
        aea=_paths(members, "aea", field),
    )


def particulars_as_dict(particulars: Particulars) -> dict[str, Json]:
    """The particulars that are set, without the succession, which holds a label of its own."""
    written: dict[str, Json] = {}
    if particulars.authority is not None:
        written["authority"] = {"kind": particulars.authority.kind, "sha256": particulars.authority.sha256}
    written |= {name: getattr(particulars, name) for name in _TEXTS if getattr(particulars, name) is not None}
    return written


def particulars_from_dict(value: object, field: str) -> Particulars:
    """Read what `particulars_as_dict` wrote. Raises MalformedInput naming the member."""
    members = _object(value, frozenset({"authority", *_TEXTS}), field)
    authority = None
    if "authority" in members:
        block = _object(members["authority"], frozenset({"kind", "sha256"}), f"{field}.authority")
        kind, digest = (_text(block.get(name), f"{field}.authority.{name}") for name in ("kind", "sha256"))
        authority = AuthorityReference(cast("AuthorityKind", kind), digest)
    texts = {name: _text(members[name], f"{field}.{name}") if name in members else None for name in _TEXTS}
    return Particulars(
        authority=authority,
        privacy_mark=texts["privacy_mark"],
        compilation_reason=texts["compilation_reason"],
        expansion_version=texts["expansion_version"],
    )


def _category(value: object, field: str) -> Category:
    item = _object(value, frozenset({"oid", "kind", "values"}), field)
    oid, kind = (_text(item.get(name), f"{field}.{name}") for name in ("oid", "kind"))
    return Category(oid, cast("CategoryKind", kind), frozenset(_texts(item, "values", field)))


def _foreign(members: Mapping[str, object], field: str) -> ForeignInformation:
    if "fgi" not in members:
        return NoForeignInformation()
    if members["fgi"] == _CONCEALED:
        return ConcealedForeignInformation()
    return OpenForeignInformation(frozenset(_texts(members, "fgi", field)))


def _paths(members: Mapping[str, object], name: str, field: str) -> frozenset[Path]:
    where = f"{field}.{name}"
    found = []
    for item in _list(members, name, field):
        if not isinstance(item, list):
            raise MalformedInput("label.controls", field=where, expected="lists of words")
        found.append(tuple(_text(word, where) for word in item))
    return frozenset(found)


def _texts(members: Mapping[str, object], name: str, field: str) -> list[str]:
    return [_text(item, f"{field}.{name}") for item in _list(members, name, field)]


def _list(members: Mapping[str, object], name: str, field: str) -> list[object]:
    """A bounded list of different values; the empty list for an absent member, and never for a present one."""
    if name not in members:
        return []
    value = members[name]
    different = isinstance(value, list) and len({repr(item) for item in value}) == len(value)
    if not isinstance(value, list) or not different or not 0 < len(value) <= MAX_CONTROLS:
        raise MalformedInput("label.controls", field=f"{field}.{name}", expected=f"1 to {MAX_CONTROLS} different")
    return value


def _object(value: object, known: frozenset[str], field: str) -> dict[str, object]:
    if not isinstance(value, dict) or not value or not set(value) <= known:
        raise MalformedInput("label", field=field, expected="some of the members " + ", ".join(sorted(known)))
    return value


def _text(value: object, field: str) -> str:
    if not isinstance(value, str):
        raise MalformedInput("label", field=field, expected="text")
    return value
