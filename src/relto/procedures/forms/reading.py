"""Read what somebody filled into a form: every value in its shape and bounds, everything wrong told at once.

Rules enforced here: an unknown field is refused, not dropped; a field that does not count (its `when` does not hold)
must be empty; texts are trimmed and printable; numbers of rows are bounded. A value that cannot be read is left out of
the result and reported, so that the checks that follow see only what is well formed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from relto.base.countries import read_country
from relto.base.errors import ReltoError
from relto.base.ids import read_code, read_id
from relto.base.instants import read_instant
from relto.procedures.findings import Finding
from relto.procedures.forms.form import Field, Form

_DAY = re.compile(r"\A\d{4}-\d{2}-\d{2}\Z")
_LEVEL = re.compile(r"\A[A-Z]{3}:[A-Z][A-Z0-9 ]{0,31}\Z")
_FIRST_YEAR, _LAST_YEAR = 1900, 2999
"""No day of a form lies outside: reckoning with what does leaves every calendar."""
_LINES = re.compile(r"[^\n\r\t]")
_JOINERS = re.compile(r"(?<=[\u0900-\u0dff])[\u200c\u200d]")
"""Zero-width joiners within words of Indian scripts, which spell them (Unicode 16, section 12.1)."""
_MOST_FINDINGS = 200
_IDS = {"person": "prs", "item": "itm", "authorisation": "aut"}


def read_answers(form: Form, given: Mapping[str, Any], *, whole: bool = True) -> tuple[dict[str, Any], list[Finding]]:
    """(the answers that are well formed, what is wrong). `whole` False: a draft, where anything may be missing.

    Codes of the findings: form.unknown, form.missing, form.shape, form.too_long, form.bounds, form.choice, form.empty.
    """
    findings: list[Finding] = []
    answers = _read_fields(form.fields, given, {}, "", findings, whole=whole)
    return answers, findings[:_MOST_FINDINGS]


def _read_fields(
    fields: tuple[Field, ...],
    given: Mapping[str, Any],
    above: Mapping[str, Any],
    place: str,
    findings: list[Finding],
    *,
    whole: bool,
) -> dict[str, Any]:
    answers: dict[str, Any] = {}
    unknown = sorted(set(map(str, given)) - {one.code for one in fields})[:_MOST_FINDINGS]
    findings.extend(Finding("form.unknown", place + code[:64]) for code in unknown)
    for one in fields:
        path = place + one.code
        value = given.get(one.code)
        empty = value is None or value in ("", [])
        if not one.asked(answers, above):
            if not empty:
                findings.append(Finding("form.empty", path, values={"field": one.when.field if one.when else ""}))
            continue
        if empty:
            if one.required and whole:
                findings.append(Finding("form.missing", path, rules=one.rules))
            continue
        if one.kind == "rows":
            rows = _read_rows(one, value, answers, path, findings, whole=whole)
            if rows:
                answers[one.code] = rows
            continue
        read = _read_value(one, value, path, findings)
        if read is not None:
            answers[one.code] = read
    return answers


def _read_rows(
    one: Field, value: object, above: Mapping[str, Any], path: str, findings: list[Finding], *, whole: bool
) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(row, Mapping) for row in value):
        findings.append(Finding("form.shape", path, values={"kind": one.kind}))
        return []
    if len(value) > (one.most or 0) or (whole and len(value) < (one.least or 0)):
        findings.append(Finding("form.bounds", path, values={"least": one.least or 0, "most": one.most}))
    rows = value[: one.most]
    return [
        _read_fields(one.fields, row, above, f"{path}/{number}/", findings, whole=whole)
        for number, row in enumerate(rows)
    ]


def _read_value(one: Field, value: object, path: str, findings: list[Finding]) -> Any:
    try:
        read = _READERS[one.kind](one, value)
    except (ReltoError, ValueError, TypeError):
        findings.append(Finding("form.shape", path, values={"kind": one.kind}))
        return None
    if isinstance(read, str) and one.longest and len(read) > one.longest:
        findings.append(Finding("form.too_long", path, values={"longest": one.longest, "found": len(read)}))
        return None
    if one.choices and not set(read if isinstance(read, list) else [read]) <= set(one.choices):
        findings.append(Finding("form.choice", path, values={"expected": ", ".join(one.choices)}))
        return None
    amount = len(read) if isinstance(read, list) else read if one.kind == "number" else None
    too_few = amount is not None and one.least is not None and amount < one.least
    too_many = amount is not None and one.most is not None and amount > one.most
    if too_few or too_many:
        findings.append(Finding("form.bounds", path, values={"least": one.least, "most": one.most}))
        return None
    return read


def _text(one: Field, value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(one.kind)
    text = value.strip()
    shown = "".join(_LINES.findall(text)) if one.kind == "long_text" else text
    if not text or not _JOINERS.sub("", shown).isprintable():
        raise ValueError(one.kind)
    return text.replace("\r\n", "\n") if one.kind == "long_text" else text


def _code(one: Field, value: object) -> str:
    kinds = _IDS.get(one.names)
    return read_code(value, field="code") if kinds is None else read_id(value, kinds, field="code")


def _day(_: Field, value: object) -> str:
    text = str(value)
    if not _DAY.match(text):
        raise ValueError(text)
    return _within_reach(date.fromisoformat(text)).isoformat()


def _instant(_: Field, value: object) -> str:
    text = str(value)
    _within_reach(read_instant(text, field="instant").date())
    return text


def _within_reach(day: date) -> date:
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise ValueError(day)
    return day


def _level(_: Field, value: object) -> str:
    if not isinstance(value, str) or not _LEVEL.match(value):
        raise ValueError
    return value


def _whole_number(_: Field, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError
    return value


def _yes_no(_: Field, value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _choices(_: Field, value: object) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value) or len(set(value)) != len(value):
        raise TypeError
    return list(value)


_READERS: Mapping[str, Any] = {
    "text": _text,
    "long_text": _text,
    "date": _day,
    "instant": _instant,
    "level": _level,
    "number": _whole_number,
    "yes_no": _yes_no,
    "choice": _text,
    "choices": _choices,
    "nation": lambda _, value: str(read_country(value)),
    "country": lambda _, value: str(read_country(value)),
    "code": _code,
}
