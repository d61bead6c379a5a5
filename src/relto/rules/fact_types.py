"""Whether facts have the types that they declare: checked once before use, because facts come from many hands.

Reads the annotations of `relto.rules.facts`, so a new fact is checked without a line here. Instants must be aware.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import datetime
from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, Literal, NewType, Union, get_args, get_origin, get_type_hints


def have_their_types(facts: object, kind: Any) -> bool:
    """True when `facts` is a `kind` and, at every depth, each member is what its annotation says."""
    return _check(kind)(facts)


@cache
def _check(kind: Any) -> Callable[[Any], bool]:
    if isinstance(kind, NewType):
        return _check(kind.__supertype__)
    if get_args(kind):
        return _check_of_parts(get_origin(kind), get_args(kind))
    if dataclasses.is_dataclass(kind):
        return _dataclass_check(kind)
    checks: dict[Any, Callable[[Any], bool]] = {str: _is_text, datetime: _is_aware}
    return checks.get(kind, lambda value: type(value) is kind)


def _check_of_parts(origin: Any, members: tuple[Any, ...]) -> Callable[[Any], bool]:
    if origin in (Union, UnionType):
        checks = [_check(member) for member in members]
        return lambda value: any(check(value) for check in checks)
    if origin is Literal:
        return lambda value: isinstance(value, str) and value in members
    of_entry = _check(members[0])
    return lambda value: type(value) is origin and all(map(of_entry, value))


def _is_aware(value: object) -> bool:
    return isinstance(value, datetime) and value.tzinfo is not None


def _is_text(value: object) -> bool:
    """Text that UTF-8 can carry; a lone surrogate is none."""
    if not isinstance(value, str) or isinstance(value, Enum):
        return False
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _dataclass_check(kind: Any) -> Callable[[Any], bool]:
    checks = [(name, _check(hint)) for name, hint in get_type_hints(kind).items()]

    def check(value: object) -> bool:
        return type(value) is kind and all(holds(getattr(value, name)) for name, holds in checks)

    return check
