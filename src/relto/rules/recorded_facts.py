"""Facts as they were recorded, read back by their declared types: the other direction of `decisions.facts_as_dict`.

The annotations of `relto.rules.facts` say how each member is read, so a new fact needs no line here. A dataclass stands
as an object that names itself in `kind` (unless it has a member of that name), a period as its two ends, a set as a
list. What does not fit is refused whole.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from types import UnionType
from typing import Any, Literal, NewType, Union, get_args, get_origin, get_type_hints

from relto.base.errors import MalformedInput
from relto.base.instants import Period, read_instant
from relto.rules.facts import DecisionFacts

_Reader = Callable[[Any], Any]
_PERIOD_ENDS = 2


def facts_from_dict(value: Mapping[str, Any]) -> DecisionFacts:
    """Read what `relto.services.decisions.facts_as_dict` wrote. Raises MalformedInput for anything else."""
    found: DecisionFacts = _reader(DecisionFacts)({**value, "kind": DecisionFacts.__name__})
    return found


@cache
def _reader(kind: Any) -> _Reader:
    if isinstance(kind, NewType):
        return _reader(kind.__supertype__)
    if kind is Period:
        return _period
    members = get_args(kind)
    if members:
        return _reader_of_parts(get_origin(kind), members)
    if kind is datetime:
        return read_instant
    return _dataclass_reader(kind) if dataclasses.is_dataclass(kind) else _as_it_is


def _reader_of_parts(origin: Any, members: tuple[Any, ...]) -> _Reader:
    if origin is Literal:
        return _as_it_is
    if origin in (Union, UnionType):
        return _union_reader(members)
    of_entry = _reader(members[0])

    def read(value: Any) -> Any:
        if not isinstance(value, list):
            raise _unfit("list")
        return origin(map(of_entry, value))

    return read


def _union_reader(members: tuple[Any, ...]) -> _Reader:
    """None, or the dataclass whose name the value carries, or the only other member."""
    others = {one.__name__: _reader(one) for one in members if one is not type(None)}
    only = next(iter(others.values())) if len(others) == 1 else None

    def read(value: Any) -> Any:
        if value is None and type(None) in members:
            return None
        named = others.get(str(value.get("kind"))) if isinstance(value, Mapping) else None
        reader = named or only
        if reader is None:
            raise _unfit("union")
        return reader(value)

    return read


def _dataclass_reader(kind: Any) -> _Reader:
    hints = get_type_hints(kind)
    members = [(field.name, _reader(hints[field.name])) for field in dataclasses.fields(kind)]
    named = all(name != "kind" for name, _ in members)

    def read(value: Any) -> Any:
        if not isinstance(value, Mapping) or (named and value.get("kind") != kind.__name__):
            raise _unfit(kind.__name__)
        for name, _ in members:
            if name not in value:
                raise _unfit(kind.__name__, f"facts.{name}")
        try:
            return kind(**{name: of(value[name]) for name, of in members})
        except TypeError as error:
            raise _unfit(kind.__name__) from error

    return read


def _period(value: Any) -> Period:
    if not isinstance(value, list) or len(value) != _PERIOD_ENDS:
        raise _unfit("period")
    start, end = value
    return Period(read_instant(start), None if end is None else read_instant(end))


def _as_it_is(value: Any) -> Any:
    return value


def _unfit(what: str, field: str = "facts") -> MalformedInput:
    return MalformedInput("facts", field=field, found=what, expected="facts as this node recorded them")
