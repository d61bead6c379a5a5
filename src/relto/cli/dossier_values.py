"""Answers to a form from the command line: a JSON file, and over it single answers by their path.

A value is read by its field's kind: yes and no, whole numbers, lists with commas, everything else as it is written; the
node reads it as strictly as any other. Rows come to be as far as a number names them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from relto.base.canonical import read_object
from relto.base.errors import MalformedInput, TooLarge
from relto.client.answers import DossierForm

_LARGEST: Final = 4 * 1024 * 1024
_MOST_ROWS: Final = 100
_YES_NO: Final[Mapping[str, bool]] = {"yes": True, "no": False, "true": True, "false": False}


def answers_from(
    form: DossierForm, file: Path | None, given: Sequence[str], first: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """What the file says, and over it what was set. `first`: what stands there already.

    Raises MalformedInput for a field that the form does not have, a file that is none, TooLarge.
    """
    answers: dict[str, Any] = dict(first or {})
    if file is not None:
        answers = dict(_read(file))
    for text in given:
        path, separator, value = text.partition("=")
        if not separator:
            raise MalformedInput("usage", field="set", expected="FIELD=VALUE, such as purpose=training")
        _put(answers, [one.raw for one in form.fields], path.split("/"), path, value)
    return answers


def _read(file: Path) -> Mapping[str, Any]:
    try:
        content = file.read_bytes() if file.stat().st_size <= _LARGEST else None
    except OSError as error:
        raise MalformedInput("file", field="file", found=file.name, expected="a file that can be read") from error
    if content is None:
        raise TooLarge("file", field="file", expected=f"at most {_LARGEST} bytes")
    return read_object(content, field="file")


def _put(answers: dict[str, Any], fields: Sequence[Mapping[str, Any]], path: list[str], whole: str, value: str) -> None:
    """Set one answer; rows are made as far as the number asks, and no further than a form can have."""
    field = next((one for one in fields if one["code"] == path[0]), None)
    if field is None:
        raise MalformedInput("form.field", field=whole, expected=", ".join(str(one["code"]) for one in fields))
    if len(path) == 1 and field["kind"] != "rows":
        answers[path[0]] = _value(str(field["kind"]), value)
        return
    number = path[1] if len(path) > 2 else ""  # noqa: PLR2004  rows, number, field
    rows = answers.setdefault(path[0], []) if field["kind"] == "rows" else None
    if not isinstance(rows, list) or not number.isascii() or not number.isdigit() or int(number[:4]) >= _MOST_ROWS:
        raise MalformedInput("form.field", field=whole, expected="ROWS/NUMBER/FIELD, such as visitors/0/person")
    rows.extend({} for _ in range(int(number) + 1 - len(rows)))
    if not isinstance(rows[int(number)], dict):
        raise MalformedInput("form.field", field=whole, expected="rows that are objects")
    _put(rows[int(number)], field["fields"], path[2:], whole, value)


def _value(kind: str, text: str) -> Any:
    if kind == "yes_no":
        return _YES_NO.get(text.lower(), text)
    if kind == "number":
        digits = text.removeprefix("-")
        return int(text) if digits.isascii() and digits.isdigit() and len(digits) < 16 else text  # noqa: PLR2004  more digits than any number here
    if kind == "choices":
        return [one.strip() for one in text.split(",") if one.strip()]
    return text
