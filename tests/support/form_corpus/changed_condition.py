"""Reports of what has changed at a cleared firm."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any, Final

from tests.support.form_corpus import Fault, Filed
from tests.support.known import FACILITY, IND, NOW, USA, dossier_known, known

_CLEARANCE: Final = "FCL-2026-0001"
_KINDS: Final = ("ownership", "name", "key_managers", "foreign_interest", "storage", "inability_to_safeguard")


def CLEAN(random: Random) -> Filed:  # noqa: N802  the corpus names it so
    """A report of either nation, with or without the clearance's dossier."""
    nation = random.choice((USA, IND))
    answers: dict[str, Any] = {
        "facility": FACILITY[nation],
        "kind": random.sample(_KINDS, random.randint(1, 2)),
        "happened_on": str(NOW.date() - timedelta(days=random.randint(0, 20))),
        "summary": "The storage room of the old site is given up.",
    }
    if random.random() < 0.5:
        answers["clearance"] = _CLEARANCE
    named = dossier_known(_CLEARANCE, "facility_clearance", "final", data={"facility": FACILITY[nation]})
    return Filed("changed_condition", answers, known(nation, dossiers={_CLEARANCE: named}))


def _tomorrow(_: Random, filed: Filed) -> Filed:
    return filed.with_answers(happened_on=str(NOW.date() + timedelta(days=5)))


def _other_dossier(_: Random, filed: Filed) -> Filed:
    named = dossier_known(_CLEARANCE, "facility_clearance", "final", data={"facility": "USA-F099"})
    return filed.with_answers(clearance=_CLEARANCE).with_known(dossiers={_CLEARANCE: named})


def _other_nation(_: Random, filed: Filed) -> Filed:
    other = IND if filed.known.nation == USA else USA
    return filed.with_answers(facility=FACILITY[other], clearance=None)


FAULTS: Final = (
    Fault("change.future", "It has not happened yet.", "changed_condition.happened_in_future", _tomorrow),
    Fault(
        "change.dossier",
        "The dossier that is named is another facility's.",
        "changed_condition.clearance_of_other",
        _other_dossier,
    ),
    Fault(
        "change.nation",
        "The facility is the other nation's.",
        "changed_condition.facility_of_other_nation",
        _other_nation,
    ),
)
