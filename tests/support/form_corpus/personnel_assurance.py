"""Information sheets on people: requests of either authority, and answers of the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any, Final

from relto.base.nations import Nation
from tests.support.form_corpus import Fault, Filed
from tests.support.known import FACILITY, IND, NOW, PROGRAMME, USA, dossier_known, known, person, pseudonym

OTHER: Final = {USA: IND, IND: USA}
_PERSON: Final = {USA: 1, IND: 11}


def clean_request(random: Random, asking: Nation) -> Filed:
    """A request as an authority sends it."""
    asked = OTHER[asking]
    first = NOW.date() + timedelta(days=random.randint(20, 60))
    answers: dict[str, Any] = {
        "partner": asked,
        "reference": f"PSC {random.randint(1, 999)}",
        "answer_by": str(NOW.date() + timedelta(days=10)),
        "person": pseudonym(_PERSON[asked]),
        "name": "THE LEAD OF TESTS",
        "facility": FACILITY[asked],
        "purpose": random.choice(("meeting", "visit", "programme_work", "courier", "long_term")),
        "programme": PROGRAMME,
        "level": f"{random.choice((asking, asked))}:{random.choice(('CONFIDENTIAL', 'SECRET'))}",
        "from_date": str(first),
        "until_date": str(first + timedelta(days=random.randint(1, 200))),
    }
    return Filed("personnel_assurance", answers, known(asking))


def clean_answer(random: Random, asking: Nation) -> Filed:
    """The answer that the person is cleared, for as long as is asked."""
    asked = OTHER[asking]
    filed = clean_request(random, asking)
    answers = {code: value for code, value in filed.answers.items() if code != "name"}
    given = {"held_level": f"{asked}:SECRET", "valid_until": answers["until_date"]}
    knows = known(asked, partner=asking, side="answering")
    return replace(
        filed, answers=answers, known=knows, step="answer_held", step_answers=given, state="sent", side="answering"
    )


def CLEAN(random: Random) -> Filed:  # noqa: N802  the corpus names it so
    """A request, or an answer, of either nation."""
    return random.choice((clean_request, clean_answer))(random, random.choice((USA, IND)))


def _request(**changes: Any) -> Callable[[Random, Filed], Filed]:
    return lambda random, _: clean_request(random, random.choice((USA, IND))).with_answers(**changes)


def _own(random: Random, _: Filed) -> Filed:
    asking = random.choice((USA, IND))
    return clean_request(random, asking).with_answers(person=pseudonym(_PERSON[asking]))


def _reversed(random: Random, _: Filed) -> Filed:
    filed = clean_request(random, random.choice((USA, IND)))
    return filed.with_answers(from_date=filed.answers["until_date"], until_date=filed.answers["from_date"])


def _asked_before(random: Random, _: Filed) -> Filed:
    filed = clean_request(random, random.choice((USA, IND)))
    before = dossier_known("PSC-2026-0004", "personnel_assurance", "sent", data=dict(filed.answers))
    return filed.with_known(related={"personnel_assurance": [before]})


def _with_person(**changes: Any) -> Callable[[Random, Filed], Filed]:
    def spoil(random: Random, _: Filed) -> Filed:
        filed = clean_answer(random, random.choice((USA, IND)))
        number = _PERSON[filed.known.nation]
        return filed.with_known(people={pseudonym(number): person(number, filed.known.nation, **changes)})

    return spoil


def _longer(random: Random, _: Filed) -> Filed:
    filed = clean_answer(random, random.choice((USA, IND)))
    return filed.with_step_answers(valid_until=str(NOW.date() + timedelta(days=400)))


FAULTS: Final = (
    Fault(
        "psc.answer_by",
        "The day by which an answer is wanted is past.",
        "personnel_assurance.answer_by_past",
        _request(answer_by=str(NOW.date() - timedelta(days=2))),
    ),
    Fault("psc.own", "An own person is asked about.", "personnel_assurance.person_not_partners", _own),
    Fault("psc.reversed", "The period ends before it begins.", "personnel_assurance.period_reversed", _reversed),
    Fault("psc.twice", "The same is asked already.", "personnel_assurance.already_asked", _asked_before),
    Fault(
        "psc.level",
        "A level that neither nation has.",
        "personnel_assurance.level_unknown",
        _request(level="IND:COSMIC"),
    ),
    Fault(
        "psc.lower",
        "The answer claims a higher clearance than the register has.",
        "personnel_assurance.not_as_registered",
        _with_person(level="CONFIDENTIAL"),
    ),
    Fault(
        "psc.suspended",
        "A suspended person is vouched for.",
        "personnel_assurance.not_valid",
        _with_person(suspended=True),
    ),
    Fault(
        "psc.moved",
        "The person works at another facility.",
        "personnel_assurance.facility_not_persons",
        _with_person(facility="USA-F099"),
    ),
    Fault("psc.longer", "The answer holds longer than is asked.", "personnel_assurance.longer_than_asked", _longer),
)
