"""Information sheets on facilities: requests of either authority, and answers of the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any, Final

from relto.base.nations import Nation
from tests.support.form_corpus import Fault, Filed
from tests.support.known import FACILITY, IND, NOW, PROGRAMME, USA, dossier_known, facility, known

OTHER: Final = {USA: IND, IND: USA}


def clean_request(random: Random, asking: Nation) -> Filed:
    """A request as an authority sends it."""
    asked = OTHER[asking]
    level = f"{random.choice((asking, asked))}:{random.choice(('CONFIDENTIAL', 'SECRET'))}"
    hold = random.random() < 0.6
    answers: dict[str, Any] = {
        "partner": asked,
        "reference": f"FIS {random.randint(1, 999)}",
        "answer_by": str(NOW.date() + timedelta(days=random.randint(20, 90))),
        "facility": FACILITY[asked],
        "own_facility": FACILITY[asking],
        "reason": random.choice(("pre_contract", "contract", "subcontract", "visit", "programme")),
        "programme": PROGRAMME,
        "level": level,
        "hold": hold,
        "generate": hold,
        "process": False,
    }
    if hold:
        answers["hold_level"] = f"{level.partition(':')[0]}:CONFIDENTIAL"
    return Filed("facility_assurance", answers, known(asking))


def clean_answer(random: Random, asking: Nation) -> Filed:
    """The answer that the facility is cleared and may store."""
    asked = OTHER[asking]
    filed = clean_request(random, asking)
    answers = {code: value for code, value in filed.answers.items() if code != "own_facility"}
    given = {
        "held_level": f"{asked}:SECRET",
        "storage": True,
        "storage_level": f"{asked}:SECRET",
        "systems": False,
        "valid_until": str(NOW.date() + timedelta(days=random.randint(30, 300))),
    }
    knows = known(asked, partner=asking, side="answering")
    return replace(
        filed, answers=answers, known=knows, step="answer_held", step_answers=given, state="sent", side="answering"
    )


def CLEAN(random: Random) -> Filed:  # noqa: N802  the corpus names it so
    """A request, or an answer, of either nation."""
    return random.choice((clean_request, clean_answer))(random, random.choice((USA, IND)))


def _request(**changes: Any) -> Callable[[Random, Filed], Filed]:
    return lambda random, _: clean_request(random, random.choice((USA, IND))).with_answers(**changes)


def _answer(**changes: Any) -> Callable[[Random, Filed], Filed]:
    return lambda random, _: clean_answer(random, random.choice((USA, IND))).with_step_answers(**changes)


def _holds_more(random: Random, _: Filed) -> Filed:
    asking = random.choice((USA, IND))
    level = f"{asking}:CONFIDENTIAL"
    return clean_request(random, asking).with_answers(level=level, hold=True, hold_level=f"{asking}:SECRET")


def _own(random: Random, _: Filed) -> Filed:
    asking = random.choice((USA, IND))
    return clean_request(random, asking).with_answers(facility=FACILITY[asking])


def _asked_before(random: Random, _: Filed) -> Filed:
    filed = clean_request(random, random.choice((USA, IND)))
    before = dossier_known("FIS-2026-0004", "facility_assurance", "sent", data=dict(filed.answers))
    return filed.with_known(related={"facility_assurance": [before]})


def _with_facility(random: Random, **changes: Any) -> Filed:
    filed = clean_answer(random, random.choice((USA, IND)))
    asked = filed.known.nation
    return filed.with_known(facilities={FACILITY[asked]: facility(asked, **changes)})


def _storage_claimed(random: Random, _: Filed) -> Filed:
    return _with_facility(random, safeguarding="")


def _higher(random: Random, _: Filed) -> Filed:
    filed = clean_answer(random, random.choice((USA, IND)))
    return filed.with_step_answers(held_level=f"{filed.known.nation}:TOP SECRET")


def _invalidated(random: Random, _: Filed) -> Filed:
    return _with_facility(random, state="invalidated")


def _limited_unsaid(random: Random, _: Filed) -> Filed:
    return _with_facility(random, state="limited")


def _denied(random: Random, _: Filed) -> Filed:
    filed = clean_answer(random, random.choice((USA, IND)))
    return replace(filed, step="answer_not_held", step_answers={"ground": "no_clearance"})


FAULTS: Final = (
    Fault(
        "fis.answer_by",
        "The day by which an answer is wanted is past.",
        "facility_assurance.answer_by_past",
        _request(answer_by=str(NOW.date() - timedelta(days=1))),
    ),
    Fault("fis.own", "An own facility is asked about.", "facility_assurance.facility_not_partners", _own),
    Fault("fis.hold", "Holding above the clearance asked about.", "facility_assurance.hold_above_level", _holds_more),
    Fault(
        "fis.level",
        "A level that neither nation has.",
        "facility_assurance.level_unknown",
        _request(level="USA:COSMIC", hold=False, hold_level=None, generate=False),
    ),
    Fault(
        "fis.generate",
        "Material is to be generated, and holding is not asked about.",
        "facility_assurance.storage_for_generation",
        _request(hold=False, hold_level=None, generate=True),
    ),
    Fault(
        "fis.programme",
        "A programme in which the partner has no part.",
        "facility_assurance.programme_not_joint",
        _request(programme="GRANITE-FINCH"),
    ),
    Fault("fis.twice", "The same is asked already.", "facility_assurance.already_asked", _asked_before),
    Fault(
        "fis.higher", "The answer claims more than the register has.", "facility_assurance.not_as_registered", _higher
    ),
    Fault(
        "fis.storage",
        "The answer claims storage that the register does not have.",
        "facility_assurance.storage_not_as_registered",
        _storage_claimed,
    ),
    Fault("fis.invalidated", "An invalidated facility is vouched for.", "facility_assurance.not_valid", _invalidated),
    Fault(
        "fis.condition",
        "A limited clearance is vouched for without saying so.",
        "facility_assurance.condition_missing",
        _limited_unsaid,
    ),
    Fault(
        "fis.beyond",
        "The answer holds longer than the register.",
        "facility_assurance.beyond_register",
        _answer(valid_until=str(NOW.date() + timedelta(days=3000))),
    ),
    Fault("fis.denied", "A valid clearance is denied.", "facility_assurance.held_in_register", _denied),
)
