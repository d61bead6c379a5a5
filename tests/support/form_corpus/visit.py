"""Requests for visits: what careful officers of both nations file, and how tired ones get it wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Any, Final

from relto.base.nations import Nation
from tests.support.form_corpus import Fault, Filed
from tests.support.known import (
    FACILITY,
    IND,
    NOW,
    PROGRAMME,
    USA,
    dossier_known,
    known,
    pseudonym,
)

_PEOPLE: Final = {USA: (1, 2), IND: (11, 12)}
_OFFICER: Final = {USA: 3, IND: 13}
_LONGEST: Final = {"one_time": 25, "recurring": 300, "long_term": 300, "emergency": 5}
_EARLIER: Final = "VIS-2026-0007"
OTHER_FACILITY: Final = "USA-F099"


def clean_visit(random: Random, asking: Nation | None = None, kind: str | None = None) -> Filed:
    """A whole request of either nation, filed early enough."""
    asking = asking or random.choice((USA, IND))
    host = IND if asking == USA else USA
    kind = kind or random.choice(sorted(_LONGEST))
    first = NOW.date() + timedelta(days=random.randint(60, 200))
    level = f"{random.choice((USA, IND))}:{random.choice(('CONFIDENTIAL', 'SECRET'))}"
    answers: dict[str, Any] = {
        "request_type": "new",
        "kind": kind,
        "host_nation": host,
        "information_type": "confidential_or_above",
        "access_to": ["information", "site"],
        "requesting_facility": FACILITY[asking],
        "security_officer": pseudonym(_OFFICER[asking]),
        "first_day": str(first),
        "last_day": str(first + timedelta(days=random.randint(0, _LONGEST[kind]))),
        "initiative": random.choice(("government", "commercial")),
        "pertains_to": "programme",
        "programme": PROGRAMME,
        "subject": random.choice(("Design review of the shared housing", "Acceptance of the test stand")),
        "highest_level": level,
        "sites": [{"facility": FACILITY[host], "person_visited": "THE LEAD OF TESTS"}],
        "visitors": [_row(number, asking) for number in _PEOPLE[asking][: random.randint(1, 2)]],
    }
    if kind == "emergency":
        answers |= {"emergency_reason": "The test stand failed on Friday", "government_contact": "THE HOST OFFICE"}
    usual = known(asking)
    officer = pseudonym(_OFFICER[asking])
    people = {**usual.people, officer: replace(usual.people[officer], roles=frozenset({"security_officer"}))}
    return Filed("visit", answers, replace(usual, people=people))


def clean_amendment(random: Random) -> Filed:
    """A later last day and the same visitors, of a request that was approved."""
    filed = clean_visit(random, kind=random.choice(("one_time", "recurring", "long_term")))
    before = dict(filed.answers) | {"last_day": filed.answers["first_day"]}
    later = str(date.fromisoformat(filed.answers["first_day"]) + timedelta(days=3))
    earlier = dossier_known(_EARLIER, "visit", "approved", data=before)
    return filed.with_answers(request_type="amendment", amends=_EARLIER, last_day=later).with_known(
        dossiers={_EARLIER: earlier}
    )


def CLEAN(random: Random) -> Filed:  # noqa: N802  the corpus names it so
    """A new request, or sometimes an amendment."""
    return clean_amendment(random) if random.random() < 0.2 else clean_visit(random)


def _row(number: int, nation: Nation) -> dict[str, Any]:
    return {
        "person": pseudonym(number),
        "name": f"PERSON {number}",
        "birth_date": "1984-03-12",
        "citizenship": nation,
        "clearance": f"{nation}:SECRET",
    }


def _asking(filed: Filed) -> Nation:
    return filed.known.nation


def _first(filed: Filed) -> date:
    return date.fromisoformat(filed.answers["first_day"])


def _person(filed: Filed, **changes: Any) -> Filed:
    """The first visitor as the register has her, changed."""
    pseudonym_ = filed.answers["visitors"][0]["person"]
    people = dict(filed.known.people)
    people[pseudonym_] = replace(people[pseudonym_], **changes)
    return filed.with_known(people=people)


def _facility(filed: Filed, nation: Nation, **changes: Any) -> Filed:
    facilities = dict(filed.known.facilities)
    facilities[FACILITY[nation]] = replace(facilities[FACILITY[nation]], **changes)
    return filed.with_known(facilities=facilities)


def _host(filed: Filed) -> Nation:
    return IND if _asking(filed) == USA else USA


def _new(spoil: Callable[[Filed], Filed], kind: str | None = None) -> Callable[[Random, Filed], Filed]:
    """Spoil a new request, whatever the clean one was."""
    return lambda random, _: spoil(clean_visit(random, kind=kind))


def _amended(spoil: Callable[[Filed], Filed]) -> Callable[[Random, Filed], Filed]:
    return lambda random, _: spoil(clean_amendment(random))


def _doubled(filed: Filed) -> Filed:
    return filed.with_answers(visitors=[*filed.answers["visitors"], dict(filed.answers["visitors"][0])])


def _earlier(filed: Filed, **changes: Any) -> Filed:
    before = filed.known.dossiers[_EARLIER]
    return filed.with_known(dossiers={_EARLIER: replace(before, data={**before.data, **changes})})


def _overlapping(filed: Filed) -> Filed:
    other = dossier_known("VIS-2026-0003", "visit", "forwarded", data=dict(filed.answers))
    return filed.with_known(related={"visit": [other]})


def _no_officer(filed: Filed) -> Filed:
    officer = filed.answers["security_officer"]
    people = {**filed.known.people, officer: replace(filed.known.people[officer], roles=frozenset({"engineer"}))}
    return filed.with_known(people=people)


FAULTS: Final = (
    Fault(
        "dates_reversed",
        "The last day lies before the first.",
        "visit.dates_order",
        _new(lambda filed: filed.with_answers(last_day=str(_first(filed) - timedelta(days=1)))),
    ),
    Fault(
        "begins_in_the_past",
        "The visit begins before today.",
        "visit.in_the_past",
        _new(lambda filed: filed.with_answers(first_day="2026-11-02")),
    ),
    Fault(
        "one_time_too_long",
        "A one-time visit lasts longer than its kind normally may, without a reason.",
        "visit.too_long",
        _new(lambda filed: filed.with_answers(last_day=str(_first(filed) + timedelta(days=45))), "one_time"),
    ),
    Fault(
        "recurring_too_long",
        "A recurring visit runs for more than a year, without a reason.",
        "visit.too_long",
        _new(lambda filed: filed.with_answers(last_day=str(_first(filed) + timedelta(days=500))), "recurring"),
    ),
    Fault(
        "host_is_home",
        "The host nation is the visitors' own.",
        "visit.host_is_home",
        _new(lambda filed: filed.with_answers(host_nation=_asking(filed))),
    ),
    Fault(
        "level_and_type",
        "The type of information says unclassified, the level SECRET.",
        "visit.information_type",
        _new(lambda filed: filed.with_answers(information_type="unclassified_or_restricted")),
    ),
    Fault(
        "clearance_too_low",
        "A visitor is cleared below the level of the visit.",
        "visit.clearance_low",
        _new(lambda filed: filed.with_answers(highest_level=f"{_asking(filed)}:TOP SECRET")),
    ),
    Fault(
        "clearance_other_than_register",
        "The form states a higher clearance than the register has.",
        "visit.clearance_differs",
        _new(lambda filed: filed.with_row("visitors", 0, clearance=f"{_asking(filed)}:TOP SECRET")),
    ),
    Fault(
        "clearance_ends_before",
        "A visitor's clearance ends before the visit does.",
        "visit.clearance_ends",
        _new(
            lambda filed: _person(
                filed,
                valid=replace(filed.known.people[pseudonym(1)].valid, end=NOW + timedelta(days=30)),  # type: ignore[type-var]
            )
        ),
    ),
    Fault(
        "visitor_suspended",
        "A visitor's clearance is suspended.",
        "visit.clearance_suspended",
        _new(lambda filed: _person(filed, suspended=True)),
    ),
    Fault(
        "visitor_twice",
        "The same visitor stands in two rows.",
        "visit.visitor_twice",
        _new(_doubled),
    ),
    Fault(
        "name_other_than_roster",
        "A visitor's name is not the one on the register.",
        "visit.name_differs",
        _new(lambda filed: filed.with_row("visitors", 0, name="PERSON OTHER")),
    ),
    Fault(
        "third_country_citizen",
        "A visitor is a citizen of a third country, without the originator's consent.",
        "visit.third_country",
        _new(lambda filed: filed.with_row("visitors", 0, citizenship="FRA")),
    ),
    Fault(
        "employer_not_named",
        "A visitor works for another facility than the one that asks, and the form does not say so.",
        "visit.employer_differs",
        _new(lambda filed: _person(filed, facility=OTHER_FACILITY)),
    ),
    Fault(
        "officer_without_role",
        "The person named as security officer is none.",
        "visit.officer_role",
        _new(_no_officer),
    ),
    Fault(
        "site_of_own_nation",
        "A facility of the own nation stands among the sites to be visited.",
        "visit.site_not_host",
        _new(lambda filed: filed.with_row("sites", 0, facility=FACILITY[_asking(filed)])),
    ),
    Fault(
        "site_not_on_the_list",
        "The facility to be visited is not on the programme's list.",
        "visit.site_not_listed",
        _new(lambda filed: _facility(filed, _host(filed), listed_in=frozenset())),
    ),
    Fault(
        "facility_below_level",
        "The requesting facility is cleared below the level of the visit.",
        "visit.facility_level",
        _new(
            lambda filed: _facility(
                filed.with_answers(highest_level=f"{_asking(filed)}:SECRET"),
                _asking(filed),
                level=f"{_asking(filed)}:CONFIDENTIAL",
            )
        ),
    ),
    Fault(
        "programme_of_one_nation",
        "The host nation is not in the programme.",
        "visit.programme_nations",
        _new(lambda filed: filed.with_known(programmes={PROGRAMME: frozenset({_asking(filed)})})),
    ),
    Fault(
        "overlapping_request",
        "Another open request sends the same visitor on the same days.",
        "visit.overlapping",
        _new(_overlapping),
    ),
    Fault(
        "emergency_without_contact",
        "An emergency request names no contact in the host government.",
        "visit.emergency_content",
        _new(lambda filed: filed.with_answers(government_contact=None), "emergency"),
    ),
    Fault(
        "amended_to_an_earlier_date",
        "An amendment goes to an earlier first day.",
        "visit.amends_earlier",
        _amended(lambda filed: _earlier(filed, first_day=str(_first(filed) + timedelta(days=2)))),
    ),
    Fault(
        "amended_emergency",
        "An amendment names an emergency visit.",
        "visit.amends_emergency",
        _amended(lambda filed: _earlier(filed, kind="emergency").with_answers(kind="emergency", emergency_reason="x")),
    ),
    Fault(
        "amended_site",
        "An amendment changes the site.",
        "visit.amends_other",
        _amended(lambda filed: _earlier(filed, sites=[{"facility": "IND-F008", "person_visited": "THE LEAD"}])),
    ),
    Fault(
        "no_visitor",
        "Nobody stands among the visitors.",
        "form.missing",
        _new(lambda filed: filed.with_answers(visitors=None)),
    ),
)
