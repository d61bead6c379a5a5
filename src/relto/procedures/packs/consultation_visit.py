"""Comparability visits: security representatives of one side look at how the other protects what it was given (GSO-32).

Promises:
 1. One side proposes days, topics and places, the other agrees, offers other days or declines; either can call it off.
 2. The visiting side reports what was seen topic by topic, and the visited side confirms the report or sends it back:
    what stands at the end is what both say.
 3. Topics and outcomes are codes, so that they can be counted without anything sensitive; observations name no item
    and no person, and names of the delegates stay with the side that sends them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from relto.base.calendars import CALENDARS
from relto.procedures.actors import Role
from relto.procedures.findings import Finding
from relto.procedures.forms.form import load_form
from relto.procedures.known import Known
from relto.procedures.packs.visit.concerned import (
    NOT_CLASSIFIED,
    Concerned,
    concerned,
    day_of,
    holds_through,
    level_name,
)
from relto.procedures.procedure import BETWEEN, REASON_GIVEN, Clock, Dossier, Paper, Procedure, Step
from relto.procedures.table import ANSWERING, ASKING, Table, Transition

CODE: Final = "consultation_visit"
DRAFT: Final = "draft"
PROPOSED: Final = "proposed"
OFFERED: Final = "other_days_offered"
AGREED: Final = "agreed"
REPORTED: Final = "reported"
CLOSED: Final = "closed"
DECLINED: Final = "declined"
CANCELLED: Final = "cancelled"

_CHAIR: Final = frozenset({Role.CO_CHAIR})
_REPORTS: Final = frozenset({Role.CO_CHAIR, Role.INSPECTOR})
_PLANNED: Final = frozenset({PROPOSED, OFFERED, AGREED})

TABLE: Final = Table(
    name=CODE,
    start=DRAFT,
    states=(DRAFT, PROPOSED, OFFERED, AGREED, REPORTED, CLOSED, DECLINED, CANCELLED),
    transitions=(
        Transition("propose", frozenset({DRAFT}), PROPOSED, _CHAIR, side=ASKING),
        Transition("agree", frozenset({PROPOSED}), AGREED, _CHAIR, side=ANSWERING),
        Transition("offer_other_days", frozenset({PROPOSED}), OFFERED, _CHAIR, ("days",), side=ANSWERING),
        Transition("decline", frozenset({PROPOSED}), DECLINED, _CHAIR, side=ANSWERING),
        Transition("accept_days", frozenset({OFFERED}), AGREED, _CHAIR, side=ASKING),
        Transition("propose_again", frozenset({OFFERED}), PROPOSED, _CHAIR, ("days",), side=ASKING),
        Transition("report", frozenset({AGREED}), REPORTED, _REPORTS, ("held", "topics_seen"), side=ASKING),
        Transition("confirm", frozenset({REPORTED}), CLOSED, _CHAIR, side=ANSWERING),
        Transition("send_back", frozenset({REPORTED}), AGREED, _CHAIR, side=ANSWERING),
        Transition("cancel", frozenset({DRAFT}) | _PLANNED, CANCELLED, _CHAIR, (REASON_GIVEN,), at_will=True),
    ),
)


def check_consultation_visit(answers: Mapping[str, Any], known: Known) -> Sequence[Finding]:
    """Everything that a plan for a comparability visit can be found wanting in."""
    who = concerned(answers, known, CODE)
    return [
        *_nations(answers, known, who),
        *_days(answers, known, who, ahead=known.side != ANSWERING),
        *_places(answers, known, who),
        *_delegates(answers, known, who),
    ]


def _nations(answers: Mapping[str, Any], known: Known, who: Concerned) -> Iterator[Finding]:
    if who.host == who.asking:
        yield who.found("host_is_home", "host_nation", host=who.host)
    elif who.host is not None and (who.host not in known.parties or not known.agreement_in_force):
        yield who.found("no_agreement", "host_nation", host=who.host)
    level = answers.get("highest_level")
    if level is not None and not known.levels.known(level):
        yield who.found("level_unknown", "highest_level", level=level)


def _days(answers: Mapping[str, Any], known: Known, who: Concerned, *, ahead: bool) -> Iterator[Finding]:
    """`ahead`: the days are being proposed, and must lie ahead."""
    first, last = day_of(answers, "first_day"), day_of(answers, "last_day")
    if first is None or last is None:
        return
    if last < first:
        yield who.found("dates_order", "last_day", first=str(first))
    elif ahead and who.asking in CALENDARS and first < known.today(who.asking):
        yield who.found("in_the_past", "first_day", today=str(known.today(who.asking)))
    for other in known.related.get(CODE, ()):
        begins, ends = day_of(other.data, "first_day"), day_of(other.data, "last_day")
        if other.state in _PLANNED and begins is not None and ends is not None and begins <= last and first <= ends:
            yield who.found("same_days", "first_day", other=other.number)


def _places(answers: Mapping[str, Any], known: Known, who: Concerned) -> Iterator[Finding]:
    seen: set[str] = set()
    for number, row in enumerate(answers.get("places", ())):
        code = row.get("facility")
        facility = known.facilities.get(str(code))
        if code in seen:
            yield who.found("place_twice", f"places/{number}/facility", facility=code)
        elif facility is not None and who.host is not None and facility.nation != who.host:
            yield who.found("place_not_host", f"places/{number}/facility", facility=code, host=who.host)
        seen |= {code} if code else set()


def _delegates(answers: Mapping[str, Any], known: Known, who: Concerned) -> Iterator[Finding]:
    seen: set[str] = set()
    for number, row in enumerate(answers.get("delegates", ())):
        path, pseudonym = f"delegates/{number}/", row.get("person")
        if row.get("citizenship") not in {None, who.asking}:
            yield who.found("delegate_citizen", f"{path}citizenship", citizenship=row["citizenship"])
        if pseudonym is None:
            continue
        if pseudonym in seen:
            yield who.found("delegate_twice", f"{path}person", row=number + 1)
        seen.add(pseudonym)
        if known.side != ANSWERING:
            yield from _delegate(answers, row, path, known, who)


def _delegate(
    answers: Mapping[str, Any], row: Mapping[str, Any], path: str, known: Known, who: Concerned
) -> Iterator[Finding]:
    person, registered = known.people.get(row["person"]), known.roster.get(row["person"])
    if person is None or person.nation != who.asking:
        yield who.found("delegate_unknown", f"{path}person")
        return
    name = row.get("name")
    if name is not None and registered is not None and name.casefold().split() != registered.casefold().split():
        yield who.found("name_differs", f"{path}name")
    level = answers.get("highest_level")
    if level is None or level_name(level) in NOT_CLASSIFIED:
        return
    covers = known.levels.covers(person.level, level) if person.level else False
    if covers is None:
        yield who.found("no_equivalent", f"{path}clearance", held=person.level, level=level)
    elif not covers or person.suspended:
        yield who.found("clearance_low", f"{path}clearance", held=person.level, level=level)
    first, last = day_of(answers, "first_day"), day_of(answers, "last_day")
    if first is not None and last is not None and person.level and not holds_through(person.valid, first, last):
        yield who.found("clearance_ends", f"{path}person")


def _days_offered(dossier: Dossier, given: Mapping[str, Any], known: Known) -> Sequence[Finding]:
    return list(_days(given, known, concerned(dossier.answers, known, CODE), ahead=True))


def _held(dossier: Dossier, given: Mapping[str, Any], known: Known) -> Sequence[Finding]:
    """What is reported has happened."""
    who = concerned(dossier.answers, known, CODE)
    begun, ended = day_of(given, "held_from"), day_of(given, "held_until")
    if begun is None or ended is None:
        return []
    if ended < begun:
        return [who.found("dates_order", "held_until", first=str(begun))]
    today = known.today(known.nation) if known.nation in CALENDARS else known.at.date()
    return [who.found("not_yet", "held_until")] if ended > today else []


def _topics_seen(dossier: Dossier, given: Mapping[str, Any], known: Known) -> Sequence[Finding]:
    """Each topic that was planned is reported, if only as not seen; none twice."""
    who = concerned(dossier.answers, known, CODE)
    reported = [row.get("topic") for row in given.get("observations", ())]
    missing = [topic for topic in dossier.answers.get("topics", ()) if topic not in reported]
    found = [who.found("topic_open", "observations", topic=topic) for topic in missing]
    for number, topic in enumerate(reported):
        if topic in reported[:number]:
            found.append(who.found("topic_twice", f"observations/{number}/topic", topic=topic))
    return found


PROCEDURE: Final = Procedure(
    code=CODE,
    prefix="CMP",
    topic="inspection",
    table=TABLE,
    form=load_form(CODE),
    begins=_CHAIR,
    steps={
        "propose": Step(sends=True, final_check=True),
        "agree": Step(load_form("consultation_agree"), sends=True),
        "offer_other_days": Step(load_form("consultation_dates"), sends=True, amends=True),
        "decline": Step(load_form("visit_reason"), sends=True),
        "accept_days": Step(sends=True),
        "propose_again": Step(load_form("consultation_dates"), sends=True, amends=True),
        "report": Step(load_form("consultation_report"), sends=True),
        "confirm": Step(sends=True),
        "send_back": Step(load_form("visit_reason"), sends=True),
        "cancel": Step(sends=True, keeps_told=True),
    },
    check=check_consultation_visit,
    guards={"days": _days_offered, "held": _held, "topics_seen": _topics_seen},
    clocks=(
        Clock("answer", "consultation_visit.answer", frozenset({PROPOSED}), side=ANSWERING),
        Clock("report", "consultation_visit.report", frozenset({AGREED}), side=ASKING, counts_from="last_day"),
    ),
    papers=(
        Paper("plan", frozenset({DRAFT}) | _PLANNED, steps=("agree",), sides=frozenset({ASKING})),
        Paper(
            "report",
            frozenset({REPORTED, CLOSED}),
            sections=("plan",),
            steps=("report", "confirm"),
            personal=False,
            statement="paper.consultation_visit.report.statement",
        ),
    ),
    reach=BETWEEN,
    partner_field="host_nation",
    subjects=("delegates/person", "places/facility"),
    related=(CODE,),
)
