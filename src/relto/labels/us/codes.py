"""Country codes and group codes (tetragraphs) in US markings.

1. A trigraph is an ISO 3166-1 alpha-3 code from the shipped table; another one is unknown.
2. A tetragraph may stand in a marking; its members come from a dated table only. A tetragraph that the table does not
   expand is never guessed and never taken for everyone (labels.md 7.4, trap T2): `expand` answers None.
3. Order: trigraphs alphabetically, then tetragraphs alphabetically; in REL TO, USA first (DoDM E4 9.d, 10.e.4, 10.g.5).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib import resources
from typing import Final, cast

from relto.base.canonical import read_object

UNITED_STATES: Final = "USA"
CONCEALED_OWNER: Final = "FGI"
_CODE = re.compile(r"\A[A-Z]{3,4}\Z")
_TRIGRAPH_LENGTH = 3
_MAX_TABLE_BYTES = 64 * 1024


def _table(name: str) -> dict[str, object]:
    data = resources.files("relto.labels.us").joinpath("data", name).read_bytes()
    return dict(read_object(data, field=name, max_bytes=_MAX_TABLE_BYTES))


_COUNTRIES = _table("countries.json")
_GROUPS = _table("tetragraphs.json")
TRIGRAPHS: Final = frozenset(cast("dict[str, str]", _COUNTRIES["codes"]))
TETRAGRAPH_VERSION: Final = cast("str", _GROUPS["version"])
TETRAGRAPHS: Final = frozenset(cast("dict[str, object]", _GROUPS["groups"]))
_MEMBERS: Final = {
    name: frozenset(cast("list[str]", group["members"]))
    for name, group in cast("dict[str, dict[str, object]]", _GROUPS["groups"]).items()
    if group["members"] is not None
}
_PREFIX_TO_CODE: Final = {two: three for three, two in cast("dict[str, str]", _COUNTRIES["codes"]).items()} | cast(
    "dict[str, str]", _COUNTRIES["additional_prefixes"]
)
_CODE_TO_PREFIX: Final = {three: two for two, three in _PREFIX_TO_CODE.items()}


def is_code(text: str) -> bool:
    """True for the form of a trigraph or tetragraph."""
    return bool(_CODE.match(text))


def is_tetragraph(code: str) -> bool:
    """True for a group's code of four letters."""
    return len(code) > _TRIGRAPH_LENGTH


def is_known(code: str, *, strict: bool) -> bool:
    """True for a trigraph of the table. A tetragraph outside its table is known to the reading that is not strict."""
    if is_tetragraph(code):
        return code in TETRAGRAPHS or not strict
    return code in TRIGRAPHS


def ordered(codes: Iterable[str]) -> tuple[str, ...]:
    """Each code once: trigraphs alphabetically, then tetragraphs alphabetically."""
    return tuple(sorted(set(codes), key=lambda code: (len(code), code)))


def release_order(codes: Iterable[str]) -> tuple[str, ...]:
    """As `ordered`, with USA first."""
    return tuple(sorted(set(codes), key=lambda code: (code != UNITED_STATES, len(code), code)))


def expand(codes: Iterable[str]) -> frozenset[str] | None:
    """All nations that the codes name, or None when one of them is a group whose members are not in the dated table."""
    nations: set[str] = set()
    for code in codes:
        if not is_tetragraph(code):
            nations.add(code)
        elif code in _MEMBERS:
            nations |= _MEMBERS[code]
        else:
            return None
    return frozenset(nations)


def code_of_prefix(prefix: str) -> str | None:
    """The trigraph for the country prefix of a portion such as `(UK-C)`: two letters, UK, or the trigraph itself."""
    return prefix if prefix in TRIGRAPHS else _PREFIX_TO_CODE.get(prefix)


def prefix_of_code(code: str) -> str | None:
    """The prefix that 32 CFR portions write for a trigraph; None for a group."""
    return _CODE_TO_PREFIX.get(code)


def tetragraph_rows() -> list[tuple[str, str, str]]:
    """The table of groups for people: name, members or "not known", source."""
    groups = cast("dict[str, dict[str, object]]", _GROUPS["groups"])
    return [
        (name, " ".join(sorted(_MEMBERS[name])) if name in _MEMBERS else "not known", str(group["source"]))
        for name, group in groups.items()
    ]
