"""Retention duties: each nation's own time for each reason, records kept their time, and gaps shown as gaps."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from relto.base.calendars import local_date
from relto.base.nations import Nation
from relto.procedures.dues import due_instants
from relto.procedures.limits import ProcedureLimits
from relto.procedures.packs.retention import PROCEDURE
from tests.support.form_corpus import Filed, judge, seeded
from tests.support.form_corpus.retention import duty
from tests.support.known import IND, NOW, USA, known, shipped_limits, shipped_provisions

DISCARDED = {"how": "discarded", "done_on": NOW.date().isoformat(), "evidence": "Entry 12"}


def due(nation: Nation, basis: str, limits: ProcedureLimits | None = None) -> tuple[str, str]:
    """(the day on which the clock of this reason runs out, or "", the provision)."""
    form = duty(seeded(1), nation, basis) | {"since": "2026-01-31"}
    (found,) = due_instants(PROCEDURE, "running", NOW, form, limits or shipped_limits(), sides={"asking": nation})
    return ("" if found.at is None else local_date(found.at, nation).isoformat(), found.provision)


@pytest.mark.parametrize(
    ("basis", "usa", "ind"),
    [
        ("contract_completed", ("2028-01-31", "LIM-16"), ("", "")),
        ("bid_not_submitted", ("2026-07-30", "LIM-17"), ("", "")),
        ("bid_not_accepted", ("2026-07-30", "LIM-17"), ("", "")),
        ("no_contract", ("2027-01-31", "LIM-18"), ("", "")),
        ("working_papers", ("2026-07-30", "LIM-14"), ("", "")),
        ("destruction_record", ("2028-01-31", "LIM-15"), ("", "")),
        ("export_record", ("2031-01-31", "LIM-28"), ("2031-01-31", "IND-20")),
    ],
)
def test_each_reason_runs_by_the_nations_own_rule_or_by_none(
    basis: str, usa: tuple[str, str], ind: tuple[str, str]
) -> None:
    assert (due(USA, basis), due(IND, basis)) == (usa, ind)


def test_another_number_in_a_draft_is_another_day_without_code() -> None:
    book = dict(shipped_provisions())
    rule = book["LIM-18"]
    years = {"after": {"value": 3, "unit": "year"}}
    draft = ProcedureLimits(book | {rule.id: replace(rule, record={**rule.record, "parameters": years})})
    assert due(USA, "no_contract", draft) == ("2029-01-31", "LIM-18")


def test_a_gap_is_shown_as_a_gap() -> None:
    filed = Filed("retention", duty(seeded(1), IND, "no_contract"), known(IND))
    (gap,) = judge(filed)
    assert (gap.finding.code, gap.finding.rules, gap.stops) == (
        "retention.no_rule_loaded",
        ("GAP-IND-retention",),
        False,
    )
    assert not judge(Filed("retention", duty(seeded(1), USA, "no_contract"), known(USA)))


def test_a_record_is_kept_its_time_by_the_confirmed_rule_and_warned_of_by_the_other() -> None:
    for nation, provision, stops in ((USA, "LIM-28", True), (IND, "IND-20", False)):
        form = duty(seeded(1), nation, "export_record")
        (early,) = judge(
            Filed("retention", form, known(nation), step="dispose", step_answers=DISCARDED, state="running")
        )
        assert (early.finding.code, early.finding.rules, early.stops) == (
            "retention.kept_too_short",
            (provision,),
            stops,
        )
        old = duty(seeded(1), nation, "export_record", days_ago=1900)
        assert not judge(Filed("retention", old, known(nation), step="dispose", step_answers=DISCARDED))


def test_what_the_contract_says_comes_first() -> None:
    form = duty(seeded(1), USA, "contract_completed") | {"stated": "return"}
    given = {"how": "destroyed", "done_on": NOW.date().isoformat(), "evidence": "Certificate 9"}
    filed = Filed("retention", form, known(), step="dispose", step_answers=given, state="running")
    assert [one.finding.code for one in judge(filed)] == ["retention.other_than_stated"]
    assert not judge(filed.with_step_answers(how="returned"))


def test_a_permission_to_keep_longer_runs_out_on_its_day() -> None:
    form = duty(seeded(1), USA, "no_contract") | {"kept_until": (NOW + timedelta(days=90)).date().isoformat()}
    (found,) = due_instants(PROCEDURE, "extended", NOW, form, shipped_limits(), sides={"asking": USA})
    assert found.at is not None
    assert (found.clock, local_date(found.at, USA).isoformat(), found.confirmed) == (
        "extension",
        form["kept_until"],
        True,
    )
