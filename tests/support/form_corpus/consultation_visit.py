"""Plans and reports of comparability visits, as careful and as tired representatives write them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Any, Final

from tests.support.form_corpus import Fault, Filed
from tests.support.known import FACILITY, IND, NOW, USA, dossier_known, known, pseudonym

_TOPICS: Final = ("marking", "storage", "register", "destruction")
_PEOPLE: Final = {USA: (1, 2), IND: (11, 12)}


def CLEAN(random: Random) -> Filed:  # noqa: N802  the corpus names it so
    """A plan of either nation."""
    asking = random.choice((USA, IND))
    host = IND if asking == USA else USA
    first = NOW.date() + timedelta(days=random.randint(30, 120))
    delegates = [
        {
            "person": pseudonym(number),
            "name": f"Person {number}",
            "citizenship": asking,
            "clearance": f"{asking}:SECRET",
        }
        for number in _PEOPLE[asking]
    ]
    answers: dict[str, Any] = {
        "host_nation": host,
        "aim": random.choice(("first_comparison", "changed_rules")),
        "topics": random.sample(_TOPICS, random.randint(1, 3)),
        "first_day": str(first),
        "last_day": str(first + timedelta(days=random.randint(0, 4))),
        "highest_level": f"{host}:CONFIDENTIAL",
        "places": [{"facility": FACILITY[host]}],
        "delegates": delegates,
    }
    return Filed("consultation_visit", answers, known(asking))


def reported(filed: Filed) -> Filed:
    """The same at the report of what was held last week, with a word on each topic."""
    observations = [{"topic": topic, "seen": "comparable"} for topic in filed.answers["topics"]]
    answers = {"held_from": "2026-11-17", "held_until": "2026-11-18", "observations": observations}
    return replace(filed, step="report", state="agreed", step_answers=answers)


def _earlier(filed: Filed) -> Filed:
    return filed.with_answers(last_day=str(date.fromisoformat(filed.answers["first_day"]) - timedelta(days=2)))


def _twice(filed: Filed) -> Filed:
    return filed.with_answers(delegates=[*filed.answers["delegates"], dict(filed.answers["delegates"][0])])


def _same_days(filed: Filed) -> Filed:
    other = dossier_known("CMP-2026-0001", "consultation_visit", "agreed", data=dict(filed.answers))
    return filed.with_known(related={"consultation_visit": [other]})


FAULTS: Final = (
    Fault(
        "days_reversed",
        "The comparability visit ends before it begins.",
        "consultation_visit.dates_order",
        lambda _, filed: _earlier(filed),
    ),
    Fault(
        "host_is_home",
        "The nation to be visited is the own one.",
        "consultation_visit.host_is_home",
        lambda _, filed: filed.with_answers(host_nation=filed.known.nation),
    ),
    Fault(
        "delegate_twice",
        "The same representative stands in two rows.",
        "consultation_visit.delegate_twice",
        lambda _, filed: _twice(filed),
    ),
    Fault(
        "delegate_below_level",
        "A representative is cleared below the level that is to be seen.",
        "consultation_visit.clearance_low",
        lambda _, filed: filed.with_answers(highest_level=f"{filed.answers['host_nation']}:TOP SECRET"),
    ),
    Fault(
        "place_at_home",
        "A facility of the own nation is to be visited.",
        "consultation_visit.place_not_host",
        lambda _, filed: filed.with_row("places", 0, facility=FACILITY[filed.known.nation]),
    ),
    Fault(
        "same_days",
        "Another comparability visit is planned for the same days.",
        "consultation_visit.same_days",
        lambda _, filed: _same_days(filed),
    ),
    Fault(
        "topic_without_a_word",
        "The report says nothing on a topic that was planned.",
        "consultation_visit.topic_open",
        lambda _, filed: reported(filed).with_step_answers(observations=[{"topic": "training", "seen": "differs"}]),
    ),
)
