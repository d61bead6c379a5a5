"""Controls as plain values of one restrictive category, for forms that know only categories (STANAG 4774).

Values: `SCI SI/G/ABCD`, `SAP BP`, `AEA RD/CNWDI` (deepest paths), `DISSEM LIMDIS`, `DISPLAY ONLY AFG`, `RELIDO`,
`FGI GBR`, and `FGI` alone for a concealed source. The category is restrictive although a list for display and RELIDO
grant something: who cannot interpret the values holds none of them and is refused. Named categories stand as
categories of their own and are not written here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from relto.base.errors import MalformedInput
from relto.base.nations import read_nation
from relto.labels.controls import (
    COMPARTMENT_KINDS,
    MAX_CONTROLS,
    Category,
    ConcealedForeignInformation,
    Controls,
    ForeignInformation,
    NoForeignInformation,
    OpenForeignInformation,
    Path,
)

_RELIDO: Final = "RELIDO"
_FOREIGN: Final = "FGI"
_DISPLAY: Final = "DISPLAY ONLY"
_DISSEM: Final = "DISSEM"


def control_values(controls: Controls) -> list[str]:
    """The values, sorted; none when only categories, or nothing, is set."""
    found = [f"{kind.upper()} {'/'.join(path)}" for kind in COMPARTMENT_KINDS for path in controls.leaves(kind)]
    found += [f"{_DISSEM} {word}" for word in controls.dissem]
    found += [f"{_DISPLAY} {nation}" for nation in controls.display_to]
    found += [_RELIDO] if controls.relido else []
    if isinstance(controls.fgi, OpenForeignInformation):
        found += [f"{_FOREIGN} {source}" for source in controls.fgi.sources]
    elif isinstance(controls.fgi, ConcealedForeignInformation):
        found.append(_FOREIGN)
    return sorted(found)


def controls_of_values(values: Sequence[str], categories: Sequence[Category]) -> Controls:
    """Read what `control_values` wrote, with the categories that stood beside it. Raises MalformedInput."""
    if len(values) > MAX_CONTROLS * len(COMPARTMENT_KINDS):
        raise _malformed()
    found: defaultdict[str, list[str]] = defaultdict(list)
    for value in values:
        found[_prefix(value)].append(value)
    if (_FOREIGN in found) and len({value == _FOREIGN for value in found[_FOREIGN]}) > 1:
        raise _malformed()  # open and concealed at once: one of the two is not what was bound
    controls = Controls(
        categories=tuple(categories),
        display_to=frozenset(read_nation(name, field="Controls") for name in _names(found, _DISPLAY)),
        relido=bool(found[_RELIDO]),
        dissem=frozenset(_names(found, _DISSEM)),
        fgi=_foreign(found[_FOREIGN]),
        sci=_paths(found, "SCI"),
        sap=_paths(found, "SAP"),
        aea=_paths(found, "AEA"),
    )
    if control_values(controls) != sorted(values):  # a path beside its own parent, or a value twice
        raise _malformed()
    return controls


def _prefix(value: str) -> str:
    for prefix in (_RELIDO, _FOREIGN):
        if value == prefix:
            return prefix
    for prefix in ("SCI", "SAP", "AEA", _DISSEM, _DISPLAY, _FOREIGN):
        if value.startswith(f"{prefix} "):
            return prefix
    raise _malformed()


def _names(found: defaultdict[str, list[str]], prefix: str) -> list[str]:
    return [value.removeprefix(f"{prefix} ") for value in found[prefix]]


def _paths(found: defaultdict[str, list[str]], prefix: str) -> frozenset[Path]:
    return frozenset(tuple(name.split("/")) for name in _names(found, prefix))


def _foreign(values: list[str]) -> ForeignInformation:
    if not values:
        return NoForeignInformation()
    if values == [_FOREIGN]:
        return ConcealedForeignInformation()
    return OpenForeignInformation(frozenset(value.removeprefix(f"{_FOREIGN} ") for value in values))


def _malformed() -> MalformedInput:
    return MalformedInput("label.controls", field="Controls", expected="controls in the form that relto writes")
