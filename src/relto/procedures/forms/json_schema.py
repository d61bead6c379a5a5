"""A form as JSON Schema (draft 2020-12): what a program that fills it in, or reads it, may rely on.

Promises: the schema of a whole form accepts what `read_answers` reads without a finding as far as shape goes (kinds,
bounds, choices, what is demanded when, no unknown field); what stands beside a field in relto but is no matter of
shape (its section, what a code names, whether it is personal or shared, the provisions that ask for it) is the
annotation "x-relto". Answers that are empty are left out, not given as null.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from relto.base.countries import COUNTRIES
from relto.procedures.forms.form import Field, Form, When

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_OPAQUE: Final = "[a-z2-7]{24}$"
_IDS: Final = {"person": f"^prs_{_OPAQUE}", "item": f"^itm_{_OPAQUE}", "authorisation": f"^aut_{_OPAQUE}"}
_CODE: Final = "^[A-Z0-9][A-Z0-9-]{1,63}$"
_LEVEL: Final = "^[A-Z]{3}:[A-Z][A-Z0-9 ]{0,31}$"
_DAY: Final = r"^\d{4}-\d{2}-\d{2}$"
_INSTANT: Final = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?Z$"

_FIXED: Final[Mapping[str, Mapping[str, Any]]] = {
    "yes_no": {"type": "boolean"},
    "date": {"type": "string", "format": "date", "pattern": _DAY},
    "instant": {"type": "string", "format": "date-time", "pattern": _INSTANT},
    "level": {"type": "string", "pattern": _LEVEL},
    "nation": {"enum": sorted(COUNTRIES)},
    "country": {"enum": sorted(COUNTRIES)},
}


def form_schema(form: Form, *, whole: bool = True) -> dict[str, Any]:
    """The schema of a form's answers. `whole` False: of a draft, where anything may be missing."""
    schema: dict[str, Any] = {
        "$schema": DIALECT,
        "$id": f"urn:relto:form:{form.code}:{form.version}" + ("" if whole else ":draft"),
        "title": form.code,
        "x-relto": {"form": form.code, "version": form.version, "based_on": list(form.based_on)},
        **_object(form.fields, whole=whole),
    }
    conditions = [
        *schema.pop("allOf", []),
        *(condition for one in form.fields for condition in _from_above(one, form.fields, whole=whole)),
    ]
    return schema | ({"allOf": conditions} if conditions else {})


def _object(fields: Sequence[Field], *, whole: bool) -> dict[str, Any]:
    demanded = [one.code for one in fields if whole and one.required and one.when is None]
    codes = {one.code for one in fields}
    conditions = [
        _condition(one.when, fields, {one.code: one.required and whole})
        for one in fields
        if one.when is not None and one.when.field in codes
    ]
    return {
        "type": "object",
        "properties": {one.code: _field(one, whole=whole) for one in fields},
        "required": demanded,
        "additionalProperties": False,
        **({"allOf": conditions} if conditions else {}),
    }


def _condition(when: When, fields: Sequence[Field], concerned: Mapping[str, bool]) -> dict[str, Any]:
    """While the other field has such a value these may stand (True: must); else they may not."""
    return {
        "if": _holds(when, fields),
        "then": {"required": [code for code, demanded in concerned.items() if demanded]},
        "else": {"properties": dict.fromkeys(concerned, False)},
    }


def _from_above(rows: Field, fields: Sequence[Field], *, whole: bool) -> list[dict[str, Any]]:
    """Conditions of fields in rows on an answer of the form itself."""
    own = {inner.code for inner in rows.fields}
    return [
        {
            "if": _holds(inner.when, fields),
            "then": {"properties": {rows.code: {"items": {"required": [inner.code] * (inner.required and whole)}}}},
            "else": {"properties": {rows.code: {"items": {"properties": {inner.code: False}}}}},
        }
        for inner in rows.fields
        if inner.when is not None and inner.when.field not in own
    ]


def _holds(when: When, fields: Sequence[Field]) -> dict[str, Any]:
    other = next(one for one in fields if one.code == when.field)
    wanted: dict[str, Any] = {"enum": list(when.values)}
    return {
        "properties": {when.field: {"contains": wanted} if other.kind == "choices" else wanted},
        "required": [when.field],
    }


def _field(one: Field, *, whole: bool) -> dict[str, Any]:
    noted = {
        "kind": one.kind,
        "section": one.section,
        "names": one.names,
        "personal": one.personal,
        "shared": one.shared,
        "rules": list(one.rules),
    }
    return {**_shape(one, whole=whole), "x-relto": {name: value for name, value in noted.items() if value}}


def _shape(one: Field, *, whole: bool) -> dict[str, Any]:  # noqa: PLR0911  one answer for each kind of field
    match one.kind:
        case "choices":
            bounds = _bounds("minItems", "maxItems", max(one.least or 1, 1), one.most)
            return {"type": "array", "items": {"enum": list(one.choices)}, "uniqueItems": True} | bounds
        case "rows":
            least = max(one.least or 1, 1) if whole else None
            items = _object(one.fields, whole=whole)
            return {"type": "array", "items": items} | _bounds("minItems", "maxItems", least, one.most)
        case "code":
            return {"type": "string", "pattern": _IDS.get(one.names, _CODE)}
        case "choice":
            return {"enum": list(one.choices)}
        case "number":
            return {"type": "integer"} | _bounds("minimum", "maximum", one.least, one.most)
        case "text" | "long_text":
            return {"type": "string", "pattern": r"\S"} | _bounds("minLength", "maxLength", 1, one.longest or None)
        case kind:
            return dict(_FIXED[kind])


def _bounds(least_name: str, most_name: str, least: int | None, most: int | None) -> dict[str, int]:
    return {name: bound for name, bound in ((least_name, least), (most_name, most)) if bound is not None}
