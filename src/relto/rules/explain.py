"""What the own security officer is shown beside a gate: dates, levels, codes and pseudonyms, never a title or a name.

The bundle's list of gates names per rule which of these facts it shows; the codes are those of `shown_facts`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from relto.base.instants import Instant, Period, instant_text
from relto.rules.facts import DecisionFacts, LevelCode
from relto.rules.questions import Asked

if TYPE_CHECKING:
    from relto.rules.bundle import Bundle

Shown = Mapping[str, str | None]


def shown_facts(bundle: Bundle, facts: DecisionFacts, asked: Asked) -> Shown:
    """All facts of one question by code; None where nothing is known."""
    person, facility, item = asked.person, facts.facility, facts.item
    max_age = bundle.limits.seconds("assurance_status_max_age")
    return {
        "nation": facility.nation,
        "agreement.parties": " ".join(sorted(bundle.parties)),
        "agreement.from": instant_text(bundle.effective_from),
        "agreement.until": instant_text(bundle.expires),
        "item.level": _level(item.level),
        "item.registered": _yes(item.registered),
        "required.level": None if asked.required is None else asked.required.name,
        "programme": item.programme,
        "caveats": " ".join(sorted(item.caveats - person.caveats)) or None,
        "channel": facts.channel,
        "facility": facility.code,
        "facility.level": _level(facility.level),
        "facility.safeguarding": _level(facility.safeguarding),
        "facility.valid_until": _end(facility.valid),
        "facility.status_at": _instant(facility.status_at),
        "facility.suspended": _yes(facility.suspended),
        "person": person.pseudonym,
        "person.level": _level(person.level),
        "person.valid_until": _end(person.valid),
        "person.status_at": _instant(person.status_at),
        "person.suspended": _yes(person.suspended),
        "limit.status_max_age_hours": str(max_age // 3600),
        **_papers(facts, asked),
    }


def _papers(facts: DecisionFacts, asked: Asked) -> dict[str, str | None]:
    disclosure, export, consent, listing = asked.disclosure, asked.export, asked.consent, asked.listing
    release = facts.release
    return {
        "disclosure.reference": disclosure.reference if disclosure else None,
        "disclosure.until": _end(disclosure.valid) if disclosure else None,
        "export.reference": export.reference if export else None,
        "export.until": _end(export.valid) if export else None,
        "consent.reference": consent.reference if consent else None,
        "consent.until": _end(consent.valid) if consent else None,
        "listing.reason": (listing.reason or None) if listing else None,
        "listing.until": _end(listing.valid) if listing else None,
        "release": release.release if release else None,
        "release.state": release.state if release else None,
        "release.from": instant_text(release.valid.start) if release else None,
        "release.until": _end(release.valid) if release else None,
    }


def _level(code: LevelCode | None) -> str | None:
    return None if code is None else code.name


def _instant(moment: Instant | None) -> str | None:
    return None if moment is None else instant_text(moment)


def _end(valid: Period | None) -> str | None:
    return None if valid is None or valid.end is None else instant_text(valid.end)


def _yes(holds: bool) -> str:  # noqa: FBT001  a fact, not an option
    return "yes" if holds else "no"
