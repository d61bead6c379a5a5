"""The authority's inspections as inspectors file them, and what goes wrong with them."""

from __future__ import annotations

from random import Random
from typing import Any

from relto.base.nations import Nation
from tests.support.form_corpus import Fault, Filed
from tests.support.form_corpus.self_inspection import answered
from tests.support.known import IND, NOW, USA, known


def _report(random: Random, nation: Nation, **changes: Any) -> Filed:
    kind = random.choice(("initial", "periodic", "for_cause", "external_audit", "cyber_audit"))
    form = answered(random, nation, random.choice(("small_company", "readiness"))) | {"kind": kind} | changes
    return Filed("inspection", form, known(nation), step="report", state="under_way")


def clean(random: Random) -> Filed:
    """A report of either nation's inspector."""
    return _report(random, random.choice((USA, IND)))


CLEAN = clean
FAULTS = (
    Fault(
        "no-kind",
        "It does not say what kind of inspection it is.",
        "form.missing",
        lambda _, filed: filed.with_answers(kind=None),
    ),
    Fault(
        "no-result",
        "A check has no result.",
        "form.missing",
        lambda _, filed: filed.with_row("checklist", 2, result=None),
    ),
    Fault(
        "empty-list",
        "The checklist is empty.",
        "inspection.no_checklist",
        lambda _, filed: filed.with_answers(checklist=None),
    ),
    Fault(
        "inspected-tomorrow",
        "It was held on a day to come.",
        "inspection.held_in_future",
        lambda _, filed: filed.with_answers(held_on=NOW.date().replace(year=NOW.year + 1).isoformat()),
    ),
    Fault(
        "concluded-with-open-finding",
        "It is concluded while a finding is open.",
        "inspection.findings_open",
        lambda random, filed: Filed(
            "inspection",
            answered(random, filed.known.nation, "readiness", not_met=1) | {"kind": "periodic"},
            filed.known,
            step="conclude",
            state="reported",
        ),
    ),
)
