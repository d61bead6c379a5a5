"""Retention duties as security officers list them, and what goes wrong with them."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

from relto.base.nations import Nation
from tests.support.form_corpus import Fault, Filed
from tests.support.form_corpus.incident import item
from tests.support.known import FACILITY, IND, NOW, USA, known

_BASES = ("contract_completed", "bid_not_submitted", "bid_not_accepted", "no_contract", "working_papers")
_RECORDS = ("destruction_record", "export_record")


def duty(random: Random, nation: Nation, basis: str, *, days_ago: int = 40) -> dict[str, Any]:
    """A whole duty. `days_ago`: since when it counts."""
    form: dict[str, Any] = {
        "basis": basis,
        "facility": FACILITY[nation],
        "contract": f"C-{random.randint(100, 999)}",
        "since": (NOW - timedelta(days=days_ago)).date().isoformat(),
        "items": [{"item": item(random), "level": f"{nation}:SECRET", "copy": random.randint(1, 9)}],
    }
    if basis in _RECORDS:
        return form
    return form | {"foreign": False} | ({"stated": "destroy"} if basis == "contract_completed" else {})


def clean(random: Random) -> Filed:
    """A duty, a disposal, or a request to keep longer."""
    nation = random.choice((USA, IND))
    basis = random.choice(_BASES)
    form = duty(random, nation, basis)
    return random.choice(
        (
            Filed("retention", duty(random, nation, random.choice(_BASES + _RECORDS)), known(nation)),
            _disposal(form, nation),
            _request(form, nation),
            _disposal(duty(random, nation, random.choice(_RECORDS), days_ago=3000), nation, how="discarded"),
        )
    )


def _disposal(form: dict[str, Any], nation: Nation, how: str = "destroyed") -> Filed:
    given = {"how": how, "done_on": NOW.date().isoformat(), "evidence": "Certificate 12"}
    return Filed("retention", form, known(nation), step="dispose", step_answers=given, state="running")


def _request(form: dict[str, Any], nation: Nation) -> Filed:
    given = {"until": (NOW + timedelta(days=200)).date().isoformat(), "justification": "Needed for the next contract."}
    return Filed("retention", form, known(nation), step="ask_longer", step_answers=given, state="running")


CLEAN = clean
FAULTS = (
    Fault(
        "kept-by-partner",
        "The partner's facility keeps it.",
        "retention.facility_not_own",
        lambda _, filed: filed.with_answers(facility=FACILITY[IND if filed.known.nation == USA else USA]),
    ),
    Fault(
        "counts-from-tomorrow",
        "The time counts from a day to come.",
        "retention.since_in_future",
        lambda _, filed: filed.with_answers(since="2027-01-05"),
    ),
    Fault(
        "listed-twice",
        "The same copy is listed twice.",
        "retention.item_twice",
        lambda _, filed: filed.with_answers(items=[*filed.answers["items"], *filed.answers["items"]]),
    ),
    Fault(
        "blank-disposition",
        "The contract does not say what becomes of the material.",
        "retention.disposition_not_stated",
        lambda random, _: Filed(
            "retention", duty(random, USA, "contract_completed") | {"stated": "not_stated"}, known(USA)
        ),
    ),
    Fault(
        "foreign-kept",
        "Foreign information is kept, and the contract does not allow it.",
        "retention.foreign_kept",
        lambda random, filed: Filed(
            "retention",
            duty(random, filed.known.nation, "contract_completed") | {"stated": "not_stated", "foreign": True},
            filed.known,
        ),
    ),
    Fault(
        "foreign-denied",
        "An item bears the partner's level, and the form says that it holds none of its information.",
        "retention.foreign_not_said",
        lambda random, filed: Filed("retention", duty(random, filed.known.nation, "no_contract"), filed.known).with_row(
            "items", 0, level="IND:SECRET" if filed.known.nation == USA else "USA:SECRET"
        ),
    ),
    Fault(
        "record-discarded-early",
        "A record is discarded before its time.",
        "retention.kept_too_short",
        lambda random, filed: _disposal(
            duty(random, filed.known.nation, "export_record"), filed.known.nation, how="discarded"
        ),
    ),
    Fault(
        "destroyed-though-to-be-returned",
        "The contract says return, and it was destroyed.",
        "retention.other_than_stated",
        lambda random, filed: _disposal(
            duty(random, filed.known.nation, "contract_completed") | {"stated": "return"}, filed.known.nation
        ),
    ),
    Fault(
        "material-discarded",
        "Material is discarded like a record.",
        "retention.record_not_material",
        lambda random, filed: _disposal(
            duty(random, filed.known.nation, "no_contract"), filed.known.nation, how="discarded"
        ),
    ),
    Fault(
        "disposed-before-the-duty",
        "It was destroyed before the duty began.",
        "retention.done_before",
        lambda random, filed: _disposal(
            duty(random, filed.known.nation, "no_contract"), filed.known.nation
        ).with_step_answers(done_on="2026-01-05"),
    ),
    Fault(
        "disposed-tomorrow",
        "It was destroyed on a day to come.",
        "retention.done_in_future",
        lambda random, filed: _disposal(
            duty(random, filed.known.nation, "no_contract"), filed.known.nation
        ).with_step_answers(done_on="2027-01-05"),
    ),
    Fault(
        "request-for-nothing",
        "A request to keep longer lists nothing.",
        "retention.items_not_listed",
        lambda random, _: _request(duty(random, USA, "no_contract"), USA).with_answers(items=None),
    ),
    Fault(
        "request-for-the-past",
        "It is asked to keep it until a day that has passed.",
        "retention.until_passed",
        lambda random, filed: _request(
            duty(random, filed.known.nation, "no_contract"), filed.known.nation
        ).with_step_answers(until="2026-01-05"),
    ),
)
