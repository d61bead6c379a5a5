"""Instants are aware datetimes in UTC with second precision on the wire (RFC 3339, "Z")."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from relto.base.errors import MalformedInput

Instant = datetime
_FIRST_YEAR = 1947
_LAST_YEAR = 2999
_TO_THE_SECOND = len("2026-11-22T14:15:00")
_RFC3339_UTC = re.compile(r"\A\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?Z\Z")


def instant_text(moment: Instant) -> str:
    """`2026-11-22T14:15:00Z`; fractions of a second are dropped. Raises MalformedInput for a naive datetime."""
    if moment.tzinfo is None:
        raise MalformedInput("instant.zone", field="instant", expected="an aware datetime")
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.isoformat(timespec="seconds")[:_TO_THE_SECOND] + "Z"


def read_instant(text: object, *, field: str = "instant") -> Instant:
    """Parse an RFC 3339 instant in UTC ("Z" only). Raises MalformedInput naming `field`."""
    if not isinstance(text, str) or not _RFC3339_UTC.match(text):
        raise MalformedInput("instant", field=field, expected="RFC 3339 in UTC, such as 2026-11-22T14:15:00Z")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise MalformedInput("instant", field=field, expected="a real date and time") from error
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        # Dates at the edge of the calendar leave it in other zones.
        raise MalformedInput("instant", field=field, expected=f"a year from {_FIRST_YEAR} to {_LAST_YEAR}")
    return moment


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` (included) to `end` (excluded); `end` None is open."""

    start: Instant
    end: Instant | None

    def holds_at(self, moment: Instant) -> bool:
        """True when `moment` lies inside the period."""
        return self.start <= moment and (self.end is None or moment < self.end)
