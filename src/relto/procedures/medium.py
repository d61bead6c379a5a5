"""A medium on its way: who had it in hand, from the packing to its return or destruction.

Based on the public practice of hand carriage (ISA-39, MIS-24): packed and sealed in the presence of a responsible
official, handed to the courier, received, its seals looked at before it is opened, returned or destroyed. Whoever makes
a bundle does not alone say that its medium left the house: that is the registrar's or the release officer's entry. A
freight forwarder never acts as a government's representative (ISA-37), so it is no performer of opening.
"""

import re

from relto.base.errors import MalformedInput
from relto.procedures.actors import Role
from relto.procedures.table import Table, Transition

PERFORMERS = ("courier", "escort", "dgr", "forwarder", "operator", "registrar", "release_officer")
_PERFORMER = re.compile(rf"\A(?:{'|'.join(PERFORMERS)})/[A-Za-z0-9][A-Za-z0-9_-]{{0,31}}\Z")

NONE = "none"
PACKED = "packed"
ON_ITS_WAY = "on_its_way"
ARRIVED = "arrived"
OPENED = "opened"
RETURNED = "returned"
DESTROYED = "destroyed"

_HANDS = frozenset({Role.OPERATOR, Role.REGISTRAR})
_OFFICIALS = frozenset({Role.REGISTRAR, Role.RELEASE_OFFICER})

MEDIUM = Table(
    name="medium",
    start=NONE,
    states=(NONE, PACKED, ON_ITS_WAY, ARRIVED, OPENED, RETURNED, DESTROYED),
    transitions=(
        Transition("packed", frozenset({NONE}), PACKED, _HANDS),
        Transition("handed_over", frozenset({PACKED}), ON_ITS_WAY, _OFFICIALS),
        Transition("arrived", frozenset({NONE, ON_ITS_WAY}), ARRIVED, _HANDS | _OFFICIALS),
        Transition("opened", frozenset({ARRIVED}), OPENED, _HANDS),
        Transition("returned", frozenset({PACKED, ON_ITS_WAY, ARRIVED, OPENED}), RETURNED, _OFFICIALS),
        Transition("destroyed", frozenset({PACKED, ARRIVED, OPENED, RETURNED}), DESTROYED, _OFFICIALS),
    ),
)


def check_performer(performer: str) -> None:
    """Raise MalformedInput("courier.performer") unless it is a role of PERFORMERS and an identifier: never a name."""
    if not _PERFORMER.match(performer):
        expected = f"role/id with a role of {', '.join(PERFORMERS)}"
        raise MalformedInput("courier.performer", field="performer", expected=expected)
