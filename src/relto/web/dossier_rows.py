"""What a dossier's pages show in rows: findings beside the form, limits that run, each side's steps.

A finding is told in the order of the fields: Mend stops, Look warns, and where no rule is loaded it says that. A limit
is told as a day with the working days of both nations and the holidays between, never as a bare number (brief of the
pages, sections 1.6, 1.8 and 4).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, Final

from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext

from relto.adapters.dossier_words import ToldFinding, field_at, path_order
from relto.base import calendars
from relto.base.errors import ReltoError
from relto.base.instants import Instant
from relto.base.nations import Nation
from relto.procedures.findings import GAP
from relto.procedures.forms.form import Form
from relto.rules.provisions import Provision
from relto.web.dossier_fields import field_id
from relto.web.frame import country
from relto.web.holiday_words import holiday_words
from relto.web.rule_words import provision_tag

_LONGEST: Final = 120
_DAY: Final = "l j F Y"


@dataclass(frozen=True, slots=True)
class Cited:
    """A provision under a finding or a limit: its tag (read, unconfirmed or gap) in words, and its citation."""

    id: str
    nation: str
    kind: str
    tag: str
    text: str


@dataclass(frozen=True, slots=True)
class FindingRow:
    """A finding beside the form. `state`: fails (mend), needs (look) or gap; `target`: the id of its field, or ""."""

    told: ToldFinding
    state: str
    word: str
    target: str
    cited: tuple[Cited, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """All findings of a form. `headline`: how many are to be mended, how many to be looked at."""

    rows: tuple[FindingRow, ...]
    headline: str

    @property
    def stopping(self) -> tuple[FindingRow, ...]:
        """Those that stop the form or the step."""
        return tuple(row for row in self.rows if row.told.stops)


@dataclass(frozen=True, slots=True)
class DueRow:
    """A limit that runs. `day`: "" where no rule is loaded; `days`: the working days of each nation in words."""

    words: str
    nation: str
    day: str
    days: str
    overdue: bool
    gap: bool
    cited: tuple[Cited, ...]


def cited(identity: str, provisions: Mapping[str, Provision], *, confirmed: bool) -> tuple[Cited, ...]:
    """A provision as it stands under what rests on it; none when the bundle in force does not carry it."""
    one = provisions.get(identity)
    if one is None:
        return ()
    kind, tag = provision_tag(one, confirmed=confirmed)
    text = one.title if one.is_gap else one.citation or one.title
    return (Cited(one.id, one.nation, kind, tag, text),)


def found(
    findings: Sequence[ToldFinding], form: Form, provisions: Mapping[str, Provision], *, linked: bool = True
) -> Found:
    """Findings in the order of the form's fields. `linked`: the form stands on the same page."""
    ordered = sorted(findings, key=lambda one: path_order(form, one.path))
    rows = tuple(_row(one, form, provisions, linked=linked) for one in ordered)
    stop = sum(row.told.stops for row in rows)
    look = len(rows) - stop
    parts = []
    if stop:
        parts.append(ngettext("%(count)d to mend", "%(count)d to mend", stop) % {"count": stop})
    if look:
        parts.append(ngettext("%(count)d to look at", "%(count)d to look at", look) % {"count": look})
    return Found(rows, ", ".join(parts))


def _row(one: ToldFinding, form: Form, provisions: Mapping[str, Provision], *, linked: bool) -> FindingRow:
    state = "fails" if one.stops else "gap" if one.kind == GAP else "needs"
    words = {"fails": gettext("Mend"), "needs": gettext("Look"), "gap": gettext("No rule loaded")}
    target = field_id(one.path) if linked and one.path and field_at(form, one.path) is not None else ""
    rules = tuple(line for rule in one.provisions for line in cited(rule.id, provisions, confirmed=rule.confirmed))
    return FindingRow(one, state, words[state], target, rules)


def due_row(one: Any, words: str, provisions: Mapping[str, Provision], now: Instant, own: Nation) -> DueRow:
    """A limit in words. `one`: a `Due` of the services; `words`: what the clock is called."""
    gap = bool(one.gap)
    overdue = bool(one.overdue) and not gap
    day = "" if gap or one.at is None else date_format(calendars.local_date(one.at, own), _DAY)
    days = "" if gap or one.at is None else days_said(now, one.at, own)
    rules = () if gap else cited(one.provision or "", provisions, confirmed=one.confirmed)
    return DueRow(words, str(one.nation), day, days, overdue, gap, rules)


def days_said(now: Instant, at: Instant, own: Nation) -> str:
    """Working days between now and then on both calendars, own nation first, with the holidays that lie between."""
    said = []
    for nation in sorted(calendars.CALENDARS, key=lambda one: (one != own, one)):
        span = sorted((calendars.local_date(now, nation), calendars.local_date(at, nation)))
        days, holidays = _between(span[0], span[1], nation)
        if days is None:
            continue
        told = ngettext("%(country)s: %(days)d working day", "%(country)s: %(days)d working days", days)
        line = told % {"days": days, "country": country(nation)}
        said.append(f"{line} ({', '.join(holiday_words(code) for code in holidays)})" if holidays else line)
    return "; ".join(said)


@lru_cache(maxsize=4096)
def _between(first: date, last: date, nation: Nation) -> tuple[int | None, tuple[str, ...]]:
    """(working days after `first` up to `last`, the holidays among them); None outside the calendar's years.

    Long spans tell no holidays. Kept, because every row of a list asks for the same few days.
    """
    days = [first + timedelta(days=number) for number in range(1, (last - first).days + 1)]
    try:
        count = sum(calendars.is_working_day(day, nation) for day in days)
        codes = [code for day in days[:_LONGEST] for code in calendars.holiday_codes(day, nation)]
    except ReltoError:
        return None, ()
    told = () if len(days) > _LONGEST else codes
    return count, tuple(told)
