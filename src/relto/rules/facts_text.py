"""The canonical text of facts, written as their declared types say; facts of another type have none.

One walk checks each member against its annotation in `relto.rules.facts` and writes it (RFC 8785: names sorted, no
blanks), so a new fact needs no line here. A dataclass says which one it is in `kind`, unless it has a member of that
name; a period is `[start, end]`; instants are whole seconds in UTC and must be aware; sets are sorted. What is written
is the digest that old decisions cite: it never changes for the same facts.
"""

from __future__ import annotations

import dataclasses
from bisect import bisect
from collections.abc import Callable
from datetime import datetime
from enum import Enum
from functools import cache
from json.encoder import encode_basestring
from operator import attrgetter
from types import UnionType
from typing import Any, Literal, NewType, Union, get_args, get_origin, get_type_hints

from relto.base.errors import MalformedInput
from relto.base.instants import Period, instant_text
from relto.rules.facts import DecisionFacts

_Writer = Callable[[Any], str]


class _OtherTypeError(Exception):
    """A member is not what its annotation says."""


def facts_text(facts: object) -> bytes | None:
    """The canonical UTF-8 text, None when something in the facts is not of its declared type."""
    try:
        return _writer(DecisionFacts)(facts).encode("utf-8")
    except (_OtherTypeError, MalformedInput, ValueError, OverflowError):
        return None


@cache
def _writer(kind: Any) -> _Writer:
    if isinstance(kind, NewType):
        return _writer(kind.__supertype__)
    if kind is Period:
        return _period
    if get_args(kind):
        return _writer_of_parts(get_origin(kind), get_args(kind))
    if dataclasses.is_dataclass(kind):
        return _dataclass_writer(kind)
    return {str: _text, datetime: _instant, bool: _truth, type(None): _nothing}[kind]


def _writer_of_parts(origin: Any, members: tuple[Any, ...]) -> _Writer:
    if origin in (Union, UnionType):
        return _union_writer(members)
    if origin is Literal:
        return lambda value: _text(value) if type(value) is str and value in members else _refuse()
    of_entry = _writer(members[0])

    def write(value: Any) -> str:
        if type(value) is not origin:
            _refuse()
        entries = sorted(value) if origin is frozenset else value
        return "[" + ",".join(map(of_entry, entries)) + "]"

    return write


def _union_writer(members: tuple[Any, ...]) -> _Writer:
    """None is tried by what it is, a dataclass by its type; at most one other member remains."""
    of_type: dict[type, _Writer] = {one: _writer(one) for one in members if isinstance(one, type)}
    (rest,) = [_writer(one) for one in members if not isinstance(one, type)] or [_refuse]
    return lambda value: of_type.get(type(value), rest)(value)


def _dataclass_writer(kind: Any) -> _Writer:
    hints = get_type_hints(kind)
    names = sorted(field.name for field in dataclasses.fields(kind))
    # The getter of one name gives no tuple, and of none there is no getter.
    of_all = attrgetter(*names) if len(names) > 1 else lambda value: [getattr(value, name) for name in names]
    parts: list[tuple[str, _Writer]] = [(f"{encode_basestring(name)}:", _writer(hints[name])) for name in names]
    place = bisect(names, "kind")
    said = "" if "kind" in names else f'"kind":{encode_basestring(kind.__name__.lower())}'

    def write(value: Any) -> str:
        if type(value) is not kind:
            _refuse()
        members = [name + of(member) for (name, of), member in zip(parts, of_all(value), strict=True)]
        if said:
            members.insert(place, said)
        return "{" + ",".join(members) + "}"

    return write


def _refuse(_value: object = None) -> str:
    raise _OtherTypeError


def _text(value: Any) -> str:
    if type(value) is str or (isinstance(value, str) and not isinstance(value, Enum)):
        return encode_basestring(value)
    return _refuse()


def _truth(value: Any) -> str:
    return "true" if value is True else "false" if value is False else _refuse()


def _nothing(value: Any) -> str:
    return "null" if value is None else _refuse()


def _instant(value: Any) -> str:
    return f'"{instant_text(value)}"' if isinstance(value, datetime) else _refuse()


def _period(value: Any) -> str:
    if type(value) is not Period:
        _refuse()
    return f"[{_instant(value.start)},{'null' if value.end is None else _instant(value.end)}]"
