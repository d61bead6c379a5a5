"""Conditions of the steps of a visit: what the authorities certify and decide, who comes, and what is recorded.

Rules enforced here: ISA-42 to ISA-47, GSO-22, GSO-23, LIM-04 and LIM-06 as the findings of a visit name them, each
under the books of the nations concerned.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

from relto.base.calendars import CALENDARS, local_date
from relto.base.errors import UnknownValue
from relto.procedures.findings import Finding
from relto.procedures.known import Known
from relto.procedures.packs.visit.amendments import AMENDMENT
from relto.procedures.packs.visit.concerned import (
    NOT_CLASSIFIED,
    concerned,
    day_of,
    holds_through,
    level_name,
)
from relto.procedures.packs.visit.days import added, latest_day_before
from relto.procedures.packs.visit.table import STANDING
from relto.procedures.procedure import Dossier, Guard, Taken

_PLANNED: Final = frozenset({"in_place", "procedures_adequate"})
_LONG_TERM: Final = "long_term"
_ANNOUNCED_KINDS: Final = frozenset({"recurring", _LONG_TERM})


def _certified(dossier: Dossier, given: Mapping[str, Any], known: Known) -> Sequence[Finding]:
    """Only an authority certifies clearances, and it says so each time."""
    if given.get("certified") is not True:
        return [concerned(dossier.answers, known).found("not_certified", "certified")]
    return []


def _emergency_agreed(dossier: Dossier, given: Mapping[str, Any], known: Known) -> Sequence[Finding]:
    """The company says that it is urgent; that it is an emergency visit, the authority says."""
    if dossier.answers.get("kind") == "emergency" and given.get("emergency_agreed") is not True:
        return [concerned(dossier.answers, known).found("emergency_not_agreed", "emergency_agreed")]
    return []


def _level_for_host(dossier: Dossier, given: Mapping[str, Any], known: Known) -> Sequence[Finding]:
    return list(_not_above(dossier, given, known, "level_for_host"))


def _level_asked(dossier: Dossier, given: Mapping[str, Any], known: Known) -> Sequence[Finding]:
    return list(_not_above(dossier, given, known, "level"))


def _not_above(dossier: Dossier, given: Mapping[str, Any], known: Known, code: str) -> Iterator[Finding]:
    """What the authority lets be seen is at most what was asked for."""
    level, asked = given.get(code), dossier.answers.get("highest_level")
    if level is None or asked is None:
        return
    covers = known.levels.covers(asked, level)
    who = concerned(dossier.answers, known)
    if covers is None:
        yield who.found("no_equivalent", code, held=asked, level=level)
    elif not covers:
        yield who.found("level_beyond_asked", code, asked=asked, level=level)


def _assured(dossier: Dossier, given: Mapping[str, Any], known: Known) -> Sequence[Finding]:
    """Each visitor is assured by her own authority for the level and until the visit ends (GSO-22, ISA-43)."""
    answers, who = dossier.answers, concerned(dossier.answers, known)
    level = given.get("level", answers.get("highest_level"))
    first, last = day_of(answers, "first_day"), day_of(answers, "last_day")
    if level is None or first is None or last is None or level_name(level) in NOT_CLASSIFIED:
        return []
    found = []
    for number, row in enumerate(answers.get("visitors", ())):
        path = f"visitors/{number}/person"
        person = known.people.get(str(row.get("person")))
        if person is None or not person.level or person.suspended:
            found.append(who.found("assurance_missing", path, row=number + 1))
            continue
        if not holds_through(person.valid, max(first, _today(known)), last):
            ends = person.valid.end if person.valid is not None else None
            found.append(who.found("assurance_ends", path, row=number + 1, until=str(ends.date()) if ends else ""))
        covers = known.levels.covers(person.level, level)
        if covers is None:
            found.append(who.found("no_equivalent", path, held=person.level, level=level))
        elif not covers:
            found.append(who.found("assurance_low", path, row=number + 1, held=person.level, level=level))
    return found


def _host_concurred(dossier: Dossier, _: Mapping[str, Any], known: Known) -> Sequence[Finding]:
    """An approval needs the concurrence of the facility that is to be visited (USR-93)."""
    who, reply = concerned(dossier.answers, known), _newest(dossier, "host_reply")
    if who.host is None or (reply is not None and reply.answers.get("concurs") is True):
        return []
    return [who.found_of(who.host, "not_concurred" if reply is None else "host_objects", "sites")]


def _control_plan(dossier: Dossier, _: Mapping[str, Any], known: Known) -> Sequence[Finding]:
    """A long visit needs a technology control plan, unless procedures were found adequate (ISA-47)."""
    who = concerned(dossier.answers, known)
    if dossier.answers.get("kind") != _LONG_TERM or who.host is None:
        return []
    reply = _newest(dossier, "host_reply")
    if reply is not None and reply.answers.get("control_plan") in _PLANNED:
        return []
    return [who.found_of(who.host, "control_plan", "sites")]


def _not_amended(dossier: Dossier, _: Mapping[str, Any], known: Known) -> Sequence[Finding]:
    """Once an amendment is approved, arrivals are announced and recorded under it."""
    who = concerned(dossier.answers, known)
    for other in known.related.get("visit", ()):
        amends = other.data.get("request_type") == AMENDMENT and other.data.get("amends") == dossier.number
        if amends and other.state in STANDING:
            return [who.found("amended", number=other.number)]
    return []


def _announcement(dossier: Dossier, given: Mapping[str, Any], known: Known) -> Sequence[Finding]:
    return [
        *_within(dossier, given, known, "arriving_on", "leaving_on"),
        *_approved_for(dossier, given, known, "coming"),
    ]


def _notice(dossier: Dossier, given: Mapping[str, Any], known: Known) -> Sequence[Finding]:
    """Working days on both calendars, under each limit that one of the two nations has (LIM-04)."""
    day, who = day_of(given, "arriving_on"), concerned(dossier.answers, known)
    if day is None or dossier.answers.get("kind") not in _ANNOUNCED_KINDS or who.asking not in CALENDARS:
        return []
    found = []
    for nation in who.both:
        limit = known.limits.limit("visit.recurring.notice", nation)
        if limit is None:
            found.append(who.found_of(nation, "notice_unknown", "arriving_on", nation=nation))
            continue
        try:
            last = latest_day_before(day, limit, who.both)
        except UnknownValue:
            found.append(who.found("calendar_unknown", "arriving_on"))
            continue
        if known.today(who.asking) > last:
            found.append(who.of_limit(limit, "notice_short", "arriving_on", last_day=str(last)))
    return found


def _arrival(dossier: Dossier, given: Mapping[str, Any], known: Known) -> Sequence[Finding]:
    who = concerned(dossier.answers, known)
    unchecked = [
        who.found("identity_not_checked", f"came/{number}/identity_checked", row=number + 1)
        for number, row in enumerate(given.get("came", ()))
        if row.get("identity_checked") is not True
    ]
    return [
        *_within(dossier, given, known, "arrived_on", "arrived_on"),
        *_not_in_the_future(dossier, given, known, "arrived_on"),
        *_approved_for(dossier, given, known, "came"),
        *unchecked,
    ]


def _announced(dossier: Dossier, given: Mapping[str, Any], known: Known) -> Sequence[Finding]:
    """Each visit under a recurring approval was announced (LIM-04)."""
    who, arrived = concerned(dossier.answers, known), day_of(given, "arrived_on")
    if dossier.answers.get("kind") not in _ANNOUNCED_KINDS or arrived is None or who.host is None:
        return []
    for one in dossier.steps:
        begins, ends = day_of(one.answers, "arriving_on"), day_of(one.answers, "leaving_on")
        if one.step == "announce" and begins is not None and ends is not None and begins <= arrived <= ends:
            return []
    return [who.found_of(who.host, "not_announced", "arrived_on")]


def _departure(dossier: Dossier, given: Mapping[str, Any], known: Known) -> Sequence[Finding]:
    who, arrival = concerned(dossier.answers, known), _newest(dossier, "arrive")
    left, arrived = day_of(given, "left_on"), day_of(arrival.answers, "arrived_on") if arrival is not None else None
    found = list(_not_in_the_future(dossier, given, known, "left_on"))
    if left is not None and (arrived is None or left < arrived):
        found.append(who.found("outside_period", "left_on"))
    approval, level = _newest(dossier, "approve"), given.get("level_given")
    cap = approval.answers.get("level") if approval is not None else None
    if level is not None and cap is not None and known.levels.covers(cap, level) is not True:
        found.append(who.found("level_beyond_approved", "level_given", approved=cap, level=level))
    return found


def _custody(dossier: Dossier, given: Mapping[str, Any], known: Known) -> Sequence[Finding]:
    """A visitor takes nothing into custody but as an official courier, under a hand carriage of her own (ISA-45)."""
    who = concerned(dossier.answers, known)
    if given.get("custody") == "official_courier" and given.get("carriage") not in known.dossiers:
        return [who.found_of(who.host or who.asking, "custody", "carriage")]
    return []


def _public_only(dossier: Dossier, given: Mapping[str, Any], known: Known) -> Sequence[Finding]:
    who = concerned(dossier.answers, known)
    if given.get("public_only") is not True:
        return [who.found_of(who.host or who.asking, "public_only", "public_only")]
    return []


def _period_over(dossier: Dossier, _: Mapping[str, Any], known: Known) -> Sequence[Finding]:
    """The last day is over where the visitors are and where they come from."""
    who, last = concerned(dossier.answers, known), day_of(dossier.answers, "last_day")
    if last is None or any(local_date(known.at, nation) <= last for nation in who.both if nation in CALENDARS):
        return [who.found("still_running", "last_day", last=str(last))]
    return []


def _record_kept(dossier: Dossier, _: Mapping[str, Any], known: Known) -> Sequence[Finding]:
    """The record of who came and saw what is kept as long as the host nation says, from the last departure (LIM-06)."""
    who = concerned(dossier.answers, known)
    nation = who.host or who.asking
    if not any(one.step == "arrive" for one in dossier.steps):
        return []
    limit = known.limits.limit("visit.record_retention", nation)
    if limit is None:
        return [who.found_of(nation, "record_unknown", nation=nation)]
    until = added(_last_there(dossier), limit.value, limit.unit)
    if _today(known) < until:
        return [who.of_limit(limit, "record_kept", until=str(until))]
    return []


def _last_there(dossier: Dossier) -> date:
    days = [day_of(one.answers, "left_on") for one in dossier.steps if one.step == "leave"]
    days.append(day_of(dossier.answers, "last_day") or dossier.opened.date())
    return max(day for day in days if day is not None)


def _within(dossier: Dossier, given: Mapping[str, Any], known: Known, begins: str, ends: str) -> Iterator[Finding]:
    who, answers = concerned(dossier.answers, known), dossier.answers
    first, last = day_of(answers, "first_day"), day_of(answers, "last_day")
    begin, end = day_of(given, begins), day_of(given, ends)
    if begin is None or end is None or first is None or last is None:
        return
    if not first <= begin <= last:
        yield who.found("outside_period", begins, first=str(first), last=str(last))
    elif not begin <= end <= last:
        yield who.found("outside_period", ends, first=str(begin), last=str(last))


def _approved_for(dossier: Dossier, given: Mapping[str, Any], known: Known, rows: str) -> Iterator[Finding]:
    who, answers = concerned(dossier.answers, known), dossier.answers
    approved = {row.get("person") for row in answers.get("visitors", ())}
    sites = {row.get("facility") for row in answers.get("sites", ())}
    if "site" in given and given["site"] not in sites:
        yield who.found("site_not_approved", "site", facility=given["site"])
    for number, row in enumerate(given.get(rows, ())):
        if row.get("person") not in approved:
            yield who.found("person_not_approved", f"{rows}/{number}/person", row=number + 1)


def _not_in_the_future(dossier: Dossier, given: Mapping[str, Any], known: Known, code: str) -> Iterator[Finding]:
    day = day_of(given, code)
    if day is not None and day > _today(known):
        yield concerned(dossier.answers, known).found("not_yet", code)


def _today(known: Known) -> date:
    """The own date; the UTC date where no calendar is loaded."""
    return known.today(known.nation) if known.nation in CALENDARS else known.at.date()


def _newest(dossier: Dossier, step: str) -> Taken | None:
    return next((one for one in reversed(dossier.steps) if one.step == step), None)


GUARDS: Final[Mapping[str, Guard]] = {
    "certified": _certified,
    "emergency_agreed": _emergency_agreed,
    "level_for_host": _level_for_host,
    "level_asked": _level_asked,
    "assured": _assured,
    "host_concurred": _host_concurred,
    "control_plan": _control_plan,
    "not_amended": _not_amended,
    "announcement": _announcement,
    "notice": _notice,
    "arrival": _arrival,
    "announced": _announced,
    "departure": _departure,
    "custody": _custody,
    "public_only": _public_only,
    "period_over": _period_over,
    "record_kept": _record_kept,
}
