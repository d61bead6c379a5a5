"""What is said of a rehearsal: from the report's own file, by digest, and never of a rehearsal without the draft."""

from __future__ import annotations

import json
from typing import Any

import pytest

from relto.alignment.rehearsals import Course, Differences, read_rehearsed, rehearsed_from
from relto.base.canonical import sha256_hex
from relto.base.errors import MalformedInput
from relto.exchange.schemas import check

ABOUT = "ale_" + "a" * 24
COUNTS = {"steps": 9, "refused": 2, "errors": 0, "undone": 1}


def report(**changes: Any) -> bytes:
    told: dict[str, Any] = {
        "type": "relto-rehearsal-report",
        "version": 1,
        "scenario": "lost_courier",
        "draft": "d" * 64,
        "counts": {
            "in_force": COUNTS,
            "proposed": {**COUNTS, "refused": 3},
            "differences": {"permitted": 0, "refused": 1, "delayed": 1},
        },
    }
    return json.dumps(told | changes).encode()


def test_the_statement_names_the_report_and_the_draft_by_digest_and_counts_both_courses() -> None:
    file = report()
    found = rehearsed_from(ABOUT, file)
    assert (found.report, found.draft, found.scenario) == (sha256_hex(file), "d" * 64, "lost_courier")
    assert (found.in_force, found.proposed.refused) == (Course(9, 2, 0, 1), 3)
    assert found.differences == Differences(permitted=0, refused=1, delayed=1)
    check("alignment-rehearsed", found.body())
    assert read_rehearsed(found.body()) == found


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"type": "another"}, "type"),
        ({"version": 2}, "type"),
        ({"draft": ""}, "draft"),
        ({"draft": "D" * 64}, "draft"),
        ({"scenario": "Lost Courier"}, "scenario"),
        ({"counts": []}, "counts"),
        ({"counts": {"in_force": COUNTS}}, "counts.proposed"),
        ({"counts": {"in_force": {**COUNTS, "steps": -1}}}, "counts.in_force.steps"),
        ({"counts": {"in_force": {**COUNTS, "undone": True}}}, "counts.in_force.undone"),
        (
            {"counts": {"in_force": COUNTS, "proposed": COUNTS, "differences": {"permitted": "1"}}},
            "differences.permitted",
        ),
    ],
)
def test_a_file_that_is_no_report_of_a_rehearsed_draft_is_refused_by_member(
    changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(MalformedInput) as refused:
        rehearsed_from(ABOUT, report(**changes))
    assert (refused.value.full_code, refused.value.field) == ("malformed.rehearsal_report", field)
