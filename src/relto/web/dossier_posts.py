"""What somebody wrote into a procedure's form on a page, as answers; and answers as what stands in the fields.

A field's name is its path ("visitors/0/person"); how many rows a group has stands in a field of its own
("visitors/rows"). Rows come and go by submit buttons, so that no script is needed. Nothing is judged here:
what cannot be read is handed on as it was written, and the form's own reading names it (`procedures.forms.reading`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from relto.base import calendars
from relto.base.errors import ReltoError
from relto.base.instants import instant_text, read_instant
from relto.base.nations import Nation
from relto.procedures.forms.form import Field, Form

COUNT: Final = "rows"
CHECK: Final = "check"
KEEP: Final = "keep"
SIGN: Final = "sign"
_ADD: Final = "add "
_REMOVE: Final = "remove "
_NUMBER: Final = re.compile(r"\A-?[0-9]{1,12}\Z")
_LOCAL: Final = re.compile(r"\A(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2})\Z")
_YES_NO: Final[Mapping[str, bool]] = {"yes": True, "no": False}


@dataclass(frozen=True, slots=True)
class Written:
    """What stands in the fields. `texts`: path -> as written; `counts`: path of a group -> its rows.

    `answers`: the same as a mapping of the form's shape, ready to be read.
    """

    texts: Mapping[str, Sequence[str]] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    answers: Mapping[str, Any] = field(default_factory=dict)

    def rows(self, path: str) -> Sequence[Mapping[str, Any]]:
        """The answers of a group's rows."""
        value: Any = self.answers
        for part in path.split("/"):
            if isinstance(value, list) and part.isdigit() and int(part) < len(value):
                value = value[int(part)]
            elif isinstance(value, Mapping):
                value = value.get(part)
            else:
                return ()
        return value if isinstance(value, list) else ()


def written(form: Form, posted: Mapping[str, Any], own: Nation, *, does: str = "") -> Written:
    """What was sent. `posted`: with `getlist`; `own`: whose clock an hour is told by; `does`: the button.

    A button "add visitors" gives the group one more row; "remove visitors/2" takes out that one, and what followed it
    moves up. Both only within the form's bounds.
    """
    reading, made = _Reading(posted, own, does), dict[str, Any]()
    reading.fields(form.fields, "", "", made := {})
    return Written(reading.texts, reading.counts, made)


def filled(form: Form, answers: Mapping[str, Any], own: Nation) -> Written:
    """What stands in the fields of a form that was kept, or of an empty one: a required group has one empty row.

    A group whose rows the procedure makes has none until it has made them.
    """
    texts: dict[str, Sequence[str]] = {}
    counts: dict[str, int] = {}
    _fill(form.fields, answers, "", own, texts, counts, begun=bool(answers))
    return Written(texts, counts, answers)


def changes_rows(does: str) -> bool:
    """Whether the button only adds or removes a row."""
    return does.startswith((_ADD, _REMOVE))


@dataclass(slots=True)
class _Reading:
    posted: Any
    own: Nation
    does: str
    texts: dict[str, Sequence[str]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def fields(self, fields: Sequence[Field], source: str, target: str, made: dict[str, Any]) -> None:
        """`source`: the row's place as it was sent, `target`: as it stands after the button."""
        for one in fields:
            path = target + one.code
            if one.kind == "rows":
                made[one.code] = self._rows(one, source + one.code, path)
                continue
            given = [text for text in self.posted.getlist(source + one.code) if text.strip()]
            if given:
                self.texts[path] = given
                made[one.code] = _value(one, given, self.own)

    def _rows(self, one: Field, source: str, target: str) -> list[dict[str, Any]]:
        sent = str(self.posted.get(f"{source}/{COUNT}", ""))
        count = min(int(sent), one.most or 0) if sent.isascii() and sent.isdigit() and len(sent) <= 4 else 0  # noqa: PLR2004  four digits are more than any form's rows
        numbers = [number for number in range(count) if self.does != f"{_REMOVE}{source}/{number}"]
        rows: list[dict[str, Any]] = []
        for place, number in enumerate(numbers):
            row: dict[str, Any] = {}
            self.fields(one.fields, f"{source}/{number}/", f"{target}/{place}/", row)
            rows.append(row)
        if self.does == f"{_ADD}{source}" and len(rows) < (one.most or 0):
            rows.append({})
        self.counts[target] = len(rows)
        return rows


def _value(one: Field, given: Sequence[str], own: Nation) -> Any:
    text = given[0].strip()
    match one.kind:
        case "choices":
            return list(given)
        case "yes_no" | "number":
            return int(text) if one.kind == "number" and _NUMBER.match(text) else _YES_NO.get(text, text)
        case "nation" | "country":
            return text.upper()
        case "instant":
            return _in_utc(text, own)
        case "long_text":
            return given[0]
    return text


def _in_utc(text: str, own: Nation) -> str:
    """A local day and hour as an instant; anything else as it was written."""
    found = _LOCAL.match(text)
    try:
        local = datetime.fromisoformat(f"{found[1]}T{found[2]}") if found else None
    except ValueError:
        return text
    if local is None:
        return text
    return instant_text(local.replace(tzinfo=calendars.zone_of(own)).astimezone(UTC))


def _fill(  # noqa: PLR0917  both tables are filled on the way down
    fields: Sequence[Field],
    answers: Mapping[str, Any],
    place: str,
    own: Nation,
    texts: dict[str, Sequence[str]],
    counts: dict[str, int],
    *,
    begun: bool,
) -> None:
    for one in fields:
        path, value = place + one.code, answers.get(one.code)
        if one.kind == "rows":
            rows = value if isinstance(value, list) else []
            if not rows and one.required and not begun and not any(inner.made for inner in one.fields):
                rows = [{}]
            counts[path] = len(rows)
            for number, row in enumerate(rows):
                _fill(one.fields, row, f"{path}/{number}/", own, texts, counts, begun=begun)
        elif value is not None:
            texts[path] = _texts(one, value, own)


def _texts(one: Field, value: Any, own: Nation) -> Sequence[str]:
    if isinstance(value, bool):
        return ("yes" if value else "no",)
    if isinstance(value, list):
        return tuple(str(part) for part in value)
    if one.kind == "instant":
        try:
            return (f"{read_instant(value, field=one.code).astimezone(calendars.zone_of(own)):%Y-%m-%d %H:%M}",)
        except ReltoError:
            return (str(value),)
    return (str(value),)
