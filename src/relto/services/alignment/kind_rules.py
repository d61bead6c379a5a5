"""What a kind of entry demands beside its form, of the own word and of the partner's alike, inside the same step.

A rule is given the statement and, where the statement is about another entry, that entry as this node holds it. It
refuses by raising, and changes nothing. A rule must never refuse what both nodes could have said in good faith at the
same time: the record keeps both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from relto.alignment.shared_record import SIGNATURE, Entry, Said
from relto.alignment.signatures import require_version
from relto.services.house import House

KindRule = Callable[[House, Said, Entry | None], None]


def _signature(house: House, said: Said, about: Entry | None) -> None:
    del house
    if about is not None:
        require_version(about, said)


KIND_RULES: Final[Mapping[str, KindRule]] = {
    SIGNATURE: _signature,
}


def require_kind_rule(house: House, said: Said, about: Entry | None) -> None:
    """Run the rule of the statement's kind, if it has one."""
    rule = KIND_RULES.get(said.kind)
    if rule is not None:
        rule(house, said, about)
