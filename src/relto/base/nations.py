"""Nations are ISO 3166-1 alpha-3 codes."""

from __future__ import annotations

import re
from typing import NewType

from relto.base.errors import MalformedInput

Nation = NewType("Nation", str)
_ALPHA3 = re.compile(r"\A[A-Z]{3}\Z")


def read_nation(text: object, *, field: str = "nation") -> Nation:
    """`text` as a nation code. Raises MalformedInput naming `field` unless it is three capital letters."""
    if not isinstance(text, str) or not _ALPHA3.match(text):
        raise MalformedInput("nation", field=field, expected="an ISO 3166-1 alpha-3 code such as USA or IND")
    return Nation(text)
