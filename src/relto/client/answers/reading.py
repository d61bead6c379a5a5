"""A node's JSON answers as typed values: strict about what is documented, indifferent to what is not.

Rules enforced: a documented member that is missing or of another type makes the whole answer unusable and is named
(`Unreachable("answer", field="answer.item.state")`); a member that this version does not know is kept in `raw` and
otherwise ignored, and one that an older node does not send yet has its default, so that a client works with the
versions before and after its own (design: receivers accept N and N-1). Instants are read as aware datetimes in UTC.
"""

from __future__ import annotations

import dataclasses
import functools
import types
import typing
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from relto.base.errors import MalformedInput, Unreachable
from relto.base.instants import read_instant

_Reader = Callable[[object, str], Any]
_NAMES: Mapping[type, str] = {str: "a text", int: "a whole number", bool: "true or false"}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Answer:
    """What a node answered. `raw`: the JSON object as it came, with the members that this version does not know."""

    raw: Mapping[str, Any] = dataclasses.field(repr=False, compare=False, hash=False)


AnswerT = TypeVar("AnswerT", bound=Answer)


def read_answer(kind: type[AnswerT], value: object, field: str = "answer") -> AnswerT:
    """The JSON object as an answer of this kind. Raises Unreachable naming the member that is not as documented."""
    if not isinstance(value, Mapping):
        raise _not_documented(field, "an object")
    members: dict[str, Any] = {"raw": value}
    for name, read, is_required in _members(kind):  # type: ignore[arg-type]  # a class is hashable
        if name in value:
            members[name] = read(value[name], f"{field}.{name}")
        elif is_required:
            raise _not_documented(f"{field}.{name}", "a documented member")
    return kind(**members)


def read_answers(kind: type[AnswerT], value: object, field: str = "answer") -> list[AnswerT]:
    """The JSON list as answers of this kind. Raises Unreachable."""
    if not isinstance(value, list):
        raise _not_documented(field, "a list")
    return [read_answer(kind, entry, f"{field}[{position}]") for position, entry in enumerate(value)]


def _not_documented(field: str, expected: str) -> Unreachable:
    return Unreachable("answer", field=field, expected=expected)


@functools.cache
def _members(kind: type[Answer]) -> tuple[tuple[str, _Reader, bool], ...]:
    hints = get_type_hints(kind)
    return tuple(
        (
            member.name,
            _reader(hints[member.name]),
            member.default is dataclasses.MISSING and member.default_factory is dataclasses.MISSING,
        )
        for member in dataclasses.fields(kind)
        if member.name != "raw"
    )


def _reader(form: Any) -> _Reader:  # noqa: PLR0911  one return for each form
    """How a member of this declared type is read. The forms are those that the answers here declare, and no others."""
    if form is Any:
        return lambda value, _field: value
    if form is datetime:
        return _read_instant
    if form in _NAMES:
        return functools.partial(_read_plain, form)
    if isinstance(form, type) and issubclass(form, Answer):
        return functools.partial(read_answer, form)
    inner = [_reader(part) for part in get_args(form) if part not in (type(None), ...)]
    match get_origin(form):
        case types.UnionType | typing.Union if len(inner) == 1:
            return functools.partial(_read_optional, inner[0])
        case origin if origin is tuple:
            return functools.partial(_read_tuple, inner[0])
        case origin if origin is Mapping:
            return functools.partial(_read_mapping, inner[1])
    raise TypeError(form)


def _read_plain(form: type, value: object, field: str) -> object:
    if type(value) is not form:
        raise _not_documented(field, _NAMES[form])
    return value


def _read_instant(value: object, field: str) -> datetime:
    try:
        return read_instant(value, field=field)
    except MalformedInput as error:
        raise _not_documented(field, "an instant in UTC") from error


def _read_optional(read: _Reader, value: object, field: str) -> Any:
    return None if value is None else read(value, field)


def _read_tuple(read: _Reader, value: object, field: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise _not_documented(field, "a list")
    return tuple(read(entry, f"{field}[{position}]") for position, entry in enumerate(value))


def _read_mapping(read: _Reader, value: object, field: str) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise _not_documented(field, "an object")
    return {str(name): read(entry, f"{field}.{name}") for name, entry in value.items()}
