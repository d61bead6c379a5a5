"""The list of cleared facilities of a programme: which version stands, and what it says of a facility (MISWG 11).

Rules enforced here:
 1. Of the lists that both authorities approved for a programme the highest version counts.
 2. A facility that is not on it, whose entry has run out, or that stands there below the level is told with the
    version of the list, and with the day on which the entry ended. Where no list was approved nothing is said: the
    list that the agreement bundle enforces stands alone.
 3. What the bundle enforces is never changed here: `list_difference` says what the next bundle's list would change.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Final

from relto.procedures.findings import Finding
from relto.procedures.founded import founded
from relto.procedures.known import DossierKnown, Known

PROGRAMME_SECURITY: Final = "programme_security"
IN_FORCE: Final = "in_force"


def list_in_force(known: Known, programme: str) -> DossierKnown | None:
    """The newest approved list of the programme among the related dossiers; None where there is none."""
    lists = [
        one
        for one in known.related.get(PROGRAMME_SECURITY, ())
        if one.state == IN_FORCE and one.data.get("programme") == programme
    ]
    return max(lists, key=lambda one: (one.data.get("list_version", 0), one.number), default=None)


def listing_findings(known: Known, programme: str, facility: str, path: str, *, level: str = "") -> Iterator[Finding]:
    """What stands against sending to `facility` by the programme's list. `level`: "NATION:LEVEL" of what is sent."""
    listed = list_in_force(known, programme)
    if listed is None:
        return
    found = founded(PROGRAMME_SECURITY).found
    named = {"facility": facility, "version": listed.data.get("list_version", 0), "dossier": listed.number}
    entry = _entry(listed.data, facility)
    if entry is None:
        yield found("not_listed", path, **named)
        return
    if entry.get("expires_on", "") < known.today(known.nation).isoformat():
        yield found("listing_expired", path, **named, expires=entry.get("expires_on", "-"))
    if level and not known.levels.covers(entry.get("level", ""), level):
        yield found("listed_below", path, **named, listed=entry.get("level", "-"), needed=level)


def list_difference(answers: Mapping[str, Any], enforced: Collection[str]) -> tuple[frozenset[str], frozenset[str]]:
    """(facilities that the next bundle would add, those that it would drop) against the list `enforced` now."""
    listed = _codes(answers.get("facilities", ()))
    return frozenset(listed - set(enforced)), frozenset(set(enforced) - listed)


def _entry(answers: Mapping[str, Any], facility: str) -> Mapping[str, Any] | None:
    rows: Iterable[Mapping[str, Any]] = answers.get("facilities", ())
    return next((row for row in rows if row.get("facility") == facility), None)


def _codes(rows: Iterable[Mapping[str, Any]]) -> set[str]:
    return {row["facility"] for row in rows if "facility" in row}
