"""A filled form as it is read: each answer with its label and in words, in the order of the form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.utils.formats import date_format
from django.utils.translation import gettext

from relto.adapters.dossier_words import choice_words, field_label
from relto.base import calendars
from relto.base.errors import ReltoError
from relto.base.instants import read_instant
from relto.base.nations import Nation
from relto.procedures.forms.form import Field, Form
from relto.web.frame import city, country
from relto.web.words import language

_DAY: Final = "j F Y"


@dataclass(frozen=True, slots=True)
class ReadAnswer:
    """One answer. `lines`: its words, one line each; `rows`: of a repeated group, each with its own answers.

    `is_code`: identifiers, which are not broken across lines; `stays`: it is about a person and never leaves the node.
    """

    label: str
    lines: tuple[str, ...]
    is_code: bool
    stays: bool
    rows: tuple[tuple[ReadAnswer, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class ReadSection:
    """A section with the answers in it."""

    title: str
    answers: tuple[ReadAnswer, ...]


def read_sections(form: Form, answers: Mapping[str, Any], own: Nation) -> tuple[ReadSection, ...]:
    """The answered fields by section; a section without any is left out."""
    made = []
    for section in form.sections:
        found = tuple(
            _read(form, one, one.code, answers[one.code], own)
            for one in form.fields
            if one.section == section and answers.get(one.code) not in (None, [], "")
        )
        if found:
            title = field_label(form, f"section/{section}", language()) if len(form.sections) > 1 else ""
            made.append(ReadSection(title, found))
    return tuple(made)


def read_answer(form: Form, code: str, value: Any, own: Nation) -> ReadAnswer | None:
    """One answer of a main form, by the code of its field; None where there is none."""
    field = next((one for one in form.fields if one.code == code), None)
    return None if field is None or value in (None, [], "") else _read(form, field, code, value, own)


def _read(form: Form, one: Field, path: str, value: Any, own: Nation) -> ReadAnswer:
    label = field_label(form, path, language())
    if one.kind == "rows":
        rows = tuple(
            tuple(
                _read(form, inner, f"{path}/{inner.code}", row[inner.code], own)
                for inner in one.fields
                if inner.code in row
            )
            for row in value
        )
        return ReadAnswer(label, (), is_code=False, stays=one.personal, rows=rows)
    given = value if isinstance(value, list) else [value]
    lines = tuple(line for part in given for line in _lines(form, one, path, part, own))
    return ReadAnswer(label, lines, one.kind in {"code", "level"}, one.personal)


def _lines(form: Form, one: Field, path: str, value: Any, own: Nation) -> list[str]:
    match one.kind:
        case "yes_no":
            return [gettext("Yes") if value is True else gettext("No")]
        case "choice" | "choices":
            return [choice_words(form, path, str(value), language())]
        case "nation" | "country":
            return [str(country(str(value)))]
        case "level":
            return [str(value).replace(":", " ")]
        case "date" | "instant":
            return [_when(one, str(value), own)]
    return str(value).splitlines() or [""]


def _when(one: Field, value: str, own: Nation) -> str:
    try:
        if one.kind == "date":
            return date_format(date.fromisoformat(value), _DAY)
        local = read_instant(value, field=one.code).astimezone(calendars.zone_of(own))
    except (ValueError, ReltoError):
        return value
    return f"{date_format(local, _DAY)}, {local:%H:%M} {city(own)}"
