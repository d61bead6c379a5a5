"""The first-pass check of a visit request: period, nations, level, facilities, programme, officer, emergency.

Promises (needs.md N-08; MIS-12, MIS-13; domain.md capability 3): what contradicts itself or the own register stops the
form; a nation's rule stops it when it is confirmed and warns when it is not; where a nation has no rule for something,
the form says so and goes on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

from relto.base.calendars import CALENDARS
from relto.procedures.findings import Finding
from relto.procedures.known import FacilityKnown, Known
from relto.procedures.packs.visit.amendments import AMENDMENT, check_amendment
from relto.procedures.packs.visit.concerned import (
    LOWER_TYPE,
    NOT_CLASSIFIED,
    Concerned,
    concerned,
    day_of,
    level_name,
)
from relto.procedures.packs.visit.days import added, lead_time, longest_last_day
from relto.procedures.packs.visit.visitors import check_visitors
from relto.procedures.table import ANSWERING

EMERGENCY: Final = "emergency"
RECURRING: Final = "recurring"
_CLEARED: Final = frozenset({"", "valid", "interim", "final", "limited"})
_PRIVATE: Final = "private"
_TEXTS: Final = ("subject", "justification", "remarks", "pertains_name", "emergency_reason")
_ENDS: Final = ("ends_on", "in_force_until")
"""Where the dossier of a contract, or of a programme's security instruction, says its last day."""


def check_visit(answers: Mapping[str, Any], known: Known) -> Sequence[Finding]:
    """Everything that a request for a visit can be found wanting in."""
    who = concerned(answers, known)
    return [
        *_nations(answers, known, who),
        *_period(answers, known, who),
        *_lead_time(answers, known, who),
        *_level(answers, known, who),
        *_requester(answers, known, who),
        *_programme(answers, known, who),
        *_sites(answers, known, who),
        *_emergency(answers, known, who),
        *_texts(answers, known, who),
        *check_visitors(answers, known, who),
        *check_amendment(answers, known, who),
    ]


def _nations(answers: Mapping[str, Any], known: Known, who: Concerned) -> Iterator[Finding]:
    if who.host is None:
        return
    if who.host == who.asking:
        yield who.found("host_is_home", "host_nation", host=who.host)
    elif who.host not in known.parties:
        yield who.found("host_no_party", "host_nation", host=who.host)
    elif not known.agreement_in_force:
        yield who.found("no_agreement", "host_nation", host=who.host)
    facility = known.facilities.get(str(answers.get("requesting_facility")))
    private = facility is not None and known.companies.get(facility.company) == _PRIVATE
    if private and not known.industrial_annex_in_force:
        yield who.found("annex_needed", "requesting_facility")


def _period(answers: Mapping[str, Any], known: Known, who: Concerned) -> Iterator[Finding]:
    first, last = day_of(answers, "first_day"), day_of(answers, "last_day")
    amendment = answers.get("request_type") == AMENDMENT
    written = known.side != ANSWERING and not amendment
    if first is not None and written and who.asking in CALENDARS and first < known.today(who.asking):
        yield who.found("in_the_past", "first_day", today=str(known.today(who.asking)))
    if last is not None:
        yield from _within_contract(answers, known, who, last)
    if first is None or last is None:
        return
    if last < first:
        yield who.found("dates_order", "last_day", first=str(first))
        return
    if last >= added(first, 1, "year"):
        yield who.found("more_than_a_year", "last_day")
    if answers.get("kind"):
        for nation in who.both:
            yield from _longest(answers, known, Concerned(nation, None), (first, last))


def _longest(answers: Mapping[str, Any], known: Known, whose: Concerned, span: tuple[date, date]) -> Iterator[Finding]:
    """Under the book of one nation."""
    nation, (first, last) = whose.asking, span
    limit = known.limits.limit(f"visit.{answers['kind']}.longest", nation)
    if limit is None:
        yield whose.found("longest_unknown", "last_day", nation=nation)
        return
    until = longest_last_day(first, limit)
    if last > until:
        if answers.get("longer_because"):
            yield whose.found("longer_with_reason", "last_day", nation=nation, until=str(until))
        else:
            yield whose.of_limit(limit, "too_long", "last_day", until=str(until))
    review = known.limits.limit("visit.recurring.review", nation) if answers["kind"] == RECURRING else None
    if review is not None and last >= added(first, review.value, review.unit):
        yield whose.found("yearly_review", "last_day", nation=nation)


def _within_contract(answers: Mapping[str, Any], known: Known, who: Concerned, last: date) -> Iterator[Finding]:
    number = answers.get("contract")
    if number is None or known.side == ANSWERING:
        return
    contract = known.dossiers.get(number)
    if contract is None:
        yield who.found("contract_unknown", "contract")
        return
    ends = next((day for code in _ENDS if (day := day_of(contract.data, code))), None)
    if ends is not None and last > ends:
        yield who.found("after_contract", "last_day", ends=str(ends))


def _lead_time(answers: Mapping[str, Any], known: Known, who: Concerned) -> Iterator[Finding]:
    """What the host demands; an emergency visit is what lead times cannot wait for."""
    first = day_of(answers, "first_day")
    if who.host is None or first is None or who.asking not in CALENDARS:
        return
    if answers.get("kind") == EMERGENCY or known.side == ANSWERING:
        return
    limit = known.limits.limit("visit.lead_time", who.host)
    if limit is None:
        yield who.found_of(who.host, "lead_time_unknown", "first_day", nation=who.host)
        return
    lead = lead_time(first, known.today(who.asking), limit, who.host, who.both)
    if lead.last_day is None:
        yield who.found("calendar_unknown", "first_day")
    elif lead.late:
        yield who.of_limit(limit, "lead_time_short", "first_day", last_day=str(lead.last_day))


def _level(answers: Mapping[str, Any], known: Known, who: Concerned) -> Iterator[Finding]:
    level = answers.get("highest_level")
    if level is None:
        return
    if not known.levels.known(level) or (who.host is not None and level.partition(":")[0] not in who.both):
        yield who.found("level_unknown", "highest_level", level=level)
    lower = answers.get("information_type") == "unclassified_or_restricted"
    if answers.get("information_type") and lower != (level_name(level) in LOWER_TYPE):
        yield who.found("information_type", "highest_level", level=level)


def _requester(answers: Mapping[str, Any], known: Known, who: Concerned) -> Iterator[Finding]:
    code = answers.get("requesting_facility")
    facility = known.facilities.get(str(code))
    if code is not None and facility is None:
        yield who.found("requester_unknown", "requesting_facility", facility=code)
    elif facility is not None and facility.nation != who.asking:
        yield who.found("requester_foreign", "requesting_facility", facility=code)
    elif facility is not None:
        yield from _facility_cleared(answers, known, who, facility, "requesting_facility")
    named = answers.get("security_officer")
    if named is None or known.side == ANSWERING:
        return
    officer = known.people.get(named)
    if officer is None or officer.nation != who.asking:
        yield who.found("officer_unknown", "security_officer")
        return
    if "security_officer" not in officer.roles:
        yield who.found_of(who.asking, "officer_role", "security_officer")
    if facility is not None and officer.company != facility.company:
        yield who.found("officer_elsewhere", "security_officer", facility=facility.code)


def _facility_cleared(
    answers: Mapping[str, Any], known: Known, who: Concerned, facility: FacilityKnown, path: str
) -> Iterator[Finding]:
    level = answers.get("highest_level")
    if level is None or level_name(level) in NOT_CLASSIFIED:
        return
    ended = facility.valid is not None and not facility.valid.holds_at(known.at)
    if facility.state not in _CLEARED or ended:
        yield who.found("facility_not_cleared", path, facility=facility.code)
        return
    covers = known.levels.covers(facility.level, level) if facility.level else False
    if covers is None:
        yield who.found("no_equivalent", path, held=facility.level, level=level)
    elif not covers:
        yield who.found("facility_level", path, facility=facility.code, held=facility.level, level=level)


def _programme(answers: Mapping[str, Any], known: Known, who: Concerned) -> Iterator[Finding]:
    programme = answers.get("programme")
    if programme is None:
        return
    nations = known.programmes.get(programme)
    if nations is None:
        yield who.found("programme_unknown", "programme", programme=programme)
        return
    if not set(who.both) <= nations:
        yield who.found("programme_nations", "programme", programme=programme)
    requester = known.facilities.get(str(answers.get("requesting_facility")))
    if requester is not None and programme not in requester.listed_in:
        yield who.found("site_not_listed", "requesting_facility", facility=requester.code)


def _sites(answers: Mapping[str, Any], known: Known, who: Concerned) -> Iterator[Finding]:
    seen: set[str] = set()
    for number, site in enumerate(answers.get("sites", ())):
        path, code = f"sites/{number}/facility", site.get("facility")
        if code is None:
            continue
        if code in seen:
            yield who.found("site_twice", path, facility=code)
            continue
        seen.add(code)
        facility = known.facilities.get(code)
        if facility is None or not (facility.level or facility.state):
            yield who.found("site_unknown", path, facility=code)
        elif who.host is not None and facility.nation != who.host:
            yield who.found("site_not_host", path, facility=code, host=who.host)
        else:
            yield from _facility_cleared(answers, known, who, facility, path)
            if answers.get("programme") is not None and answers["programme"] not in facility.listed_in:
                yield who.found("site_not_listed", path, facility=code)


def _emergency(answers: Mapping[str, Any], known: Known, who: Concerned) -> Iterator[Finding]:
    if answers.get("kind") != EMERGENCY or known.side == ANSWERING:
        return
    if not answers.get("government_contact"):
        yield who.found("emergency_content", "government_contact")
    if not (answers.get("contract") or answers.get("programme") or answers.get("pertains_name")):
        yield who.found("emergency_content", "contract")
    for number, site in enumerate(answers.get("sites", ())):
        if not site.get("person_visited"):
            yield who.found("emergency_content", f"sites/{number}/person_visited")


def _texts(answers: Mapping[str, Any], known: Known, who: Concerned) -> Iterator[Finding]:
    """The multinational form bounds its fields; the numbers are not known until an authority enters them."""
    limit = known.limits.limit("visit.text.longest", who.host) if who.host is not None else None
    if limit is None:
        return
    for code in _TEXTS:
        if len(answers.get(code, "")) > limit.value:
            yield who.of_limit(limit, "text_long", code, found=len(answers[code]))
