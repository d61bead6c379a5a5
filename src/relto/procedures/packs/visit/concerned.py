"""Whom a visit concerns: the nation that asks and the one that is to be host, seen from either node."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from relto.base.instants import Period
from relto.base.nations import Nation
from relto.procedures.findings import Finding
from relto.procedures.founded import founded
from relto.procedures.known import Known
from relto.procedures.limits import ProcedureLimit
from relto.procedures.table import ANSWERING

NOT_CLASSIFIED: Final = frozenset({"UNCLASSIFIED"})
"""Levels to which no clearance is needed."""
LOWER_TYPE: Final = frozenset({"UNCLASSIFIED", "RESTRICTED"})
"""The levels of the first of the two information types of a request."""


@dataclass(frozen=True, slots=True)
class Concerned:
    """The two nations of a visit; `host` None while the form does not say."""

    asking: Nation
    host: Nation | None
    procedure: str = "visit"

    @property
    def both(self) -> tuple[Nation, ...]:
        """The nations whose books count."""
        return (self.asking,) if self.host is None else (self.asking, self.host)

    def found(self, what: str, path: str = "", /, **values: str | int | bool | None) -> Finding:
        """A finding under the books of both nations."""
        return founded(self.procedure).found(what, path, nations=self.both, **values)

    def found_of(self, nation: Nation, what: str, path: str = "", /, **values: str | int | bool | None) -> Finding:
        """A finding under one nation's book alone."""
        return founded(self.procedure).found(what, path, nations=(nation,), **values)

    def of_limit(
        self, limit: ProcedureLimit, what: str, path: str = "", /, **values: str | int | bool | None
    ) -> Finding:
        """A finding under the provision that sets the limit, which its values name."""
        named = {"nation": limit.nation, "amount": limit.value, "unit": limit.unit, **values}
        return Finding(f"{self.procedure}.{what}", path, "rule", (limit.provision,), named)


def concerned(answers: Mapping[str, Any], known: Known, procedure: str = "visit") -> Concerned:
    """Whom the request concerns: on the answering node the partner asks."""
    host = answers.get("host_nation")
    asking = known.partner if known.side == ANSWERING and known.partner is not None else known.nation
    return Concerned(asking, Nation(host) if host else None, procedure)


def day_of(answers: Mapping[str, Any], code: str) -> date | None:
    """An answered day."""
    given = answers.get(code)
    return date.fromisoformat(given) if given else None


def level_name(level: str) -> str:
    """SECRET of "USA:SECRET"."""
    return level.partition(":")[2]


def holds_through(period: Period | None, first: date, last: date) -> bool:
    """Whether a period holds from the first day to the end of the last, by the dates of its instants."""
    if period is None:
        return False
    return period.start.date() <= first and (period.end is None or period.end.date() > last)
