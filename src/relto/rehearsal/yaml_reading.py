"""YAML from others, made small: plain maps, lists, texts, whole numbers and truth values, bounded before it is built.

Refused by name: aliases and anchors, tags, more than one document, doubled keys, keys that are no text, floating-point
numbers, and more bytes, depth or values than a scenario ever needs. A date is a text. Nothing is ever constructed but
what is named here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

import yaml

from relto.base.errors import MalformedInput, TooLarge

LARGEST_BYTES: Final = 128 * 1024
DEEPEST: Final = 12
MOST_VALUES: Final = 8000
_EXPECTED = "plain YAML: maps, lists, texts, whole numbers, true and false"
_OPENING = (yaml.MappingStartEvent, yaml.SequenceStartEvent)
_CLOSING = (yaml.MappingEndEvent, yaml.SequenceEndEvent)
_NULL, _TRUTH, _NUMBER, _TEXT = (f"tag:yaml.org,2002:{kind}" for kind in ("null", "bool", "int", "str"))


class _Plain(yaml.SafeLoader):
    """SafeLoader for whom only true, false, null and decimal numbers are more than text."""


_Plain.yaml_implicit_resolvers = {}
for _tag, _form, _first in (
    (_TRUTH, r"^(?:true|false)$", "tf"),
    (_NULL, r"^(?:null|~)$", "n~"),
    (_NUMBER, r"^-?(?:0|[1-9][0-9]{0,8})$", "-0123456789"),
):
    _Plain.add_implicit_resolver(_tag, re.compile(_form), list(_first))


def read_yaml(data: bytes, *, field: str) -> dict[str, Any]:
    """The map that the file holds. Raises TooLarge("yaml") or MalformedInput("yaml.WHAT") naming the place."""
    if len(data) > LARGEST_BYTES:
        raise TooLarge("yaml", field=field, found=len(data), expected=f"at most {LARGEST_BYTES} bytes")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedInput("yaml.utf8", field=field, expected="UTF-8") from error
    try:
        _require_small(text, field)
        value = _value(yaml.compose(text, Loader=_Plain), field)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark is not None else 0
        raise MalformedInput("yaml.syntax", field=field, found=f"line {line}", expected=_EXPECTED) from error
    if not isinstance(value, dict):
        raise MalformedInput("yaml.map", field=field, expected="a map")
    return value


def _require_small(text: str, field: str) -> None:
    """Read as events, which builds nothing: no alias, anchor or tag; depth and number of values within bounds."""
    depth = values = documents = 0
    for event in yaml.parse(text, Loader=_Plain):
        mark: Any = event.start_mark
        at = f"{field}, line {mark.line + 1}"
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise MalformedInput("yaml.alias", field=at, expected="no anchors and no aliases")
        if getattr(event, "tag", None) is not None:
            raise MalformedInput("yaml.tag", field=at, expected="no tags")
        documents += isinstance(event, yaml.DocumentStartEvent)
        depth += isinstance(event, _OPENING)
        depth -= isinstance(event, _CLOSING)
        values += isinstance(event, (*_OPENING, yaml.ScalarEvent))
        if documents > 1:
            raise MalformedInput("yaml.documents", field=at, expected="one document")
        if depth > DEEPEST or values > MOST_VALUES:
            raise TooLarge("yaml", field=at, expected=f"at most {DEEPEST} deep and {MOST_VALUES} values")


def _value(node: yaml.Node | None, field: str) -> Any:
    if isinstance(node, yaml.SequenceNode):
        return [_value(one, f"{field}.{number}") for number, one in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        return _map(node, field)
    if isinstance(node, yaml.ScalarNode):
        said = str(node.value)
        known: dict[str, Callable[[], Any]] = {
            _TEXT: lambda: said,
            _NULL: lambda: None,
            _TRUTH: lambda: said == "true",
            _NUMBER: lambda: int(said),
        }
        if node.tag in known:
            return known[node.tag]()
    raise MalformedInput("yaml.value", field=field, expected=_EXPECTED)


def _map(node: yaml.MappingNode, field: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode) or key.tag != _TEXT:
            raise MalformedInput("yaml.key", field=field, expected="texts as keys")
        if key.value in found:
            raise MalformedInput("yaml.doubled", field=f"{field}.{key.value}", expected="each key once")
        found[key.value] = _value(value, f"{field}.{key.value}")
    return found
