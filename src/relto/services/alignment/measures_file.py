"""Measures as a file: JSON for programs, CSV for a spreadsheet, rows for a paper; the same numbers in each.

Promises: a hidden count is null, an empty cell, never a number; all that stands here is codes, days and counts.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any, Final

from relto.base.instants import instant_text
from relto.procedures.statistics import Count, QuarterOfProcedure
from relto.services.alignment.measures import WorkMeasured

COLUMNS: Final = ("measure", "of", "side", "count", "median_days", "nine_of_ten_days")
Row = tuple[str, str, str, int | None, int | None, int | None]


def as_json(found: WorkMeasured) -> dict[str, Any]:
    """The measures as JSON values; a hidden count is null."""
    group, refusals = found.group, found.group.refusals
    return {
        "since": instant_text(group.since),
        "until": instant_text(group.until),
        "spans": [
            {
                "span": one.code,
                "side": one.side,
                "ended": one.ended.shown,
                "median_days": one.median,
                "nine_of_ten_days": one.nine_of_ten,
            }
            for one in group.spans
        ],
        "ageing": [
            {"kind": one.kind, "open": one.open.shown, "ages": {age: count.shown for age, count in one.ages.items()}}
            for one in group.ageing
        ],
        "decisions": {
            "weighed": refusals.weighed,
            "refused": refusals.refused.shown,
            "by_rule": [{"rule": rule, "refused": count.shown} for rule, count in refusals.by_rule.items()],
            "on_unconfirmed": refusals.on_unconfirmed.shown,
        },
        "procedures": [_quarter(one) for one in found.quarters],
    }


def as_rows(found: WorkMeasured) -> Iterator[Row]:
    """One row for each number."""
    group, refusals = found.group, found.group.refusals
    for span in group.spans:
        yield "days", span.code, span.side, span.ended.shown, span.median, span.nine_of_ten
    for ageing in group.ageing:
        yield _counted("open", ageing.kind, ageing.open)
        for age, count in ageing.ages.items():
            yield _counted("open_by_age", f"{ageing.kind} {age}", count)
    yield "decisions", "weighed", "", refusals.weighed, None, None
    yield _counted("decisions", "refused", refusals.refused)
    yield _counted("decisions", "on_unconfirmed", refusals.on_unconfirmed)
    for rule, count in refusals.by_rule.items():
        yield _counted("refused_by", rule, count)
    for one in found.quarters:
        place = f"{one.quarter} {one.procedure}"
        yield _counted("procedure_opened", place, one.opened)
        yield _counted("procedure_sent", place, one.sent)
        yield _counted("procedure_passed_first", place, one.passed_first)
        for step in one.days:
            of = f"{place} {step.step}"
            yield "procedure_days", of, step.side, step.taken.shown, step.median, step.nine_of_ten


def as_csv(found: WorkMeasured) -> bytes:
    """The rows as CSV (RFC 4180), with a header."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    writer.writerows([["" if value is None else value for value in row] for row in as_rows(found)])
    return out.getvalue().encode("utf-8")


def _counted(measure: str, of: str, count: Count) -> Row:
    return measure, of, "", count.shown, None, None


def _quarter(one: QuarterOfProcedure) -> dict[str, Any]:
    return {
        "quarter": one.quarter,
        "procedure": one.procedure,
        "opened": one.opened.shown,
        "sent": one.sent.shown,
        "passed_first": one.passed_first.shown,
        "steps": [
            {
                "step": step.step,
                "side": step.side,
                "taken": step.taken.shown,
                "median_days": step.median,
                "nine_of_ten_days": step.nine_of_ten,
            }
            for step in one.days
        ],
    }
