"""A document under a published version of a joint template: made from field values, and checked against its version.

Promises: a document names its template, its version's number and digest, and carries its values and the texts that the
version gives with them; it is valid under that version for ever, whatever is published later, because it is compared
with the version that its digest names and with nothing else. Values are plain words and dates of open kind: no field is
for content of a document.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from relto.alignment.law_changes import read_day
from relto.alignment.templates import (
    CHOICE,
    DATE,
    LONGEST_VALUE,
    NATION,
    NUMBER,
    Template,
    TemplateField,
    fill,
)
from relto.base.errors import MalformedInput, UnknownValue

BLANK: Final = "____________"
"""What stands where an optional field was left empty: a place on paper to write in."""
_NUMBER: Final = re.compile(r"[0-9]{1,15}")


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a document is not what its version gives. `code`: of what is wrong; `where`: the field or clause."""

    code: str
    where: str


def read_values(template: Template, given: Mapping[str, object], nations: Collection[str]) -> dict[str, str]:
    """The values of the version's fields, checked by their kinds; empty ones are left out.

    `nations`: the parties. Raises MalformedInput or UnknownValue by field ("values.<code>").
    """
    known = {one.code: one for one in template.fields}
    unknown = sorted(set(map(str, given)) - set(known))
    if unknown:
        raise UnknownValue("alignment.template.value", field="values", expected=", ".join(known))
    values = {}
    for code, one in known.items():
        text = " ".join(str(given.get(code) or "").split())
        if text:
            values[code] = _value(one, text, nations)
        elif one.required:
            raise MalformedInput("alignment.template.missing", field=f"values.{code}", expected="a value")
    return values


def _value(one: TemplateField, text: str, nations: Collection[str]) -> str:
    where = f"values.{one.code}"
    if one.kind == NUMBER:
        if not _NUMBER.fullmatch(text):
            raise MalformedInput("alignment.template.number_value", field=where, expected="a whole number")
    elif one.kind == DATE:
        read_day(text, field=where)
    elif one.kind == NATION:
        if text not in nations:
            raise UnknownValue("nation", field=where, expected=", ".join(sorted(nations)))
    elif one.kind == CHOICE:
        if text not in one.choices:
            raise UnknownValue("alignment.template.choice", field=where, expected=", ".join(one.choices))
    elif len(text) > min(one.longest, LONGEST_VALUE) or not text.isprintable():
        raise MalformedInput("text", field=where, expected=f"1 to {one.longest} printable characters")
    return text


def texts(template: Template, values: Mapping[str, str]) -> list[dict[str, Any]]:
    """The clauses with the values in their places, in order: code, heading and text by language."""
    return [
        {
            "code": clause.code,
            "heading": dict(clause.heading),
            "text": {language: fill(text, values, BLANK) for language, text in clause.text.items()},
        }
        for clause in template.clauses
    ]


def differences(
    template: Template, values: Mapping[str, object], found: object, nations: Collection[str]
) -> tuple[Difference, ...]:
    """Where a document's values or texts are not those of the version; empty: it is valid under it."""
    wrong: list[Difference] = []
    try:
        read = read_values(template, values, nations)
    except MalformedInput as error:
        return (Difference(error.full_code, error.field or "values"),)
    if read != dict(values):
        wrong.append(Difference("alignment.template.values_form", "values"))
    expected = texts(template, read)
    listed = found if isinstance(found, list) else []
    codes = [one.get("code") if isinstance(one, dict) else None for one in listed]
    if codes != [one["code"] for one in expected]:
        return (*wrong, Difference("alignment.template.clauses_order", "clauses"))
    wrong += [
        Difference("alignment.template.clause_text", one["code"])
        for one, other in zip(expected, listed, strict=True)
        if one != other
    ]
    return tuple(wrong)
