"""Texts of a statement show all that they say: what a co-chair reads is what she signs.

Promises, for the own words and the partner's alike: no text for people holds a character without a shape (controls,
zero-width signs, marks that turn the direction of a line: Unicode 16, sections 23.1 and 23.2; Unicode Technical Report
36, section 2.6), but line ends and the joiners that spell words of Indian scripts. The values of a proposal's change
are contents of a rule set, which may be any text: of these only what hides the order of the signs is refused, and NUL.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from relto.base.errors import MalformedInput

_JOINERS: Final = re.compile(r"(?<=[\u0900-\u0dff])[\u200c\u200d]")
_TURNING: Final = re.compile(r"[\x00\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_LONGEST_FIELD: Final = 128
_CHANGE: Final = "change"


def require_readable(body: Mapping[str, Any]) -> None:
    """Raises MalformedInput("text") naming the member of the body that holds what nobody can see."""
    for name, value in body.items():
        for text in (name, *_texts(value)):
            hidden = _TURNING.search(text) if name == _CHANGE else not _is_printable(text)
            if hidden:
                raise MalformedInput("text", field=name[:_LONGEST_FIELD], expected="printable characters")


def _is_printable(text: str) -> bool:
    return _JOINERS.sub("", text.replace("\n", "")).isprintable()


def _texts(value: Any) -> Iterator[str]:
    """All texts in a value, the names of members too; statements are of a bounded depth."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, one in value.items():
            yield str(name)
            yield from _texts(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one)
