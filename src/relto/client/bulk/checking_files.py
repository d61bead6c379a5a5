"""Bulk checking of markings: the work of one partition. Each document is read in a child process of its own.

A document that is clean is done. One with faults, or of which not all could be read, fails, with each fault's rule,
page and fix, never with words of the document. With a rule file its markings are compared with the label stated there.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from relto.adapters.documents.reading import read_document
from relto.base.errors import FaultsFound, MalformedInput, ReltoError
from relto.client.bulk.archive import open_planned
from relto.client.bulk.label_rules import Rule, RuleFile
from relto.client.bulk.work import Outcome, Planned, failed
from relto.labels.checking.check import Asked, check_document
from relto.labels.checking.report import Report
from relto.labels.checking.stated import asked_of_label, home_of_nation, stated_label
from relto.labels.shipped import shipped_policies

_SHOWN: Final = ("rule", "paragraph", "page", "fix")
_MOST_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class CheckFiles:
    """What every worker is told. `nation`: whose documents they are; `rules`: which label each should say, if any."""

    archive: str
    nation: str
    rules: RuleFile | None = None


def check_files(order: CheckFiles, rows: Sequence[Planned]) -> list[Outcome]:
    """Check a partition. What one document fails by is its outcome; the others go on."""
    return [_check(order, row) for row in rows]


def _check(order: CheckFiles, row: Planned) -> Outcome:
    try:
        with open_planned(order.archive, row) as source:
            asked = _asked(order, None if order.rules is None else order.rules.rule_for(row.path))
            report = check_document(read_document(source, PurePath(os.fsdecode(row.path)).suffix), asked)
    except ReltoError as error:
        return failed(row.number, error)
    return _outcome(row, report)


def _outcome(row: Planned, report: Report) -> Outcome:
    if report.outcome == "clean":
        return Outcome(row.number, size=row.size)
    if report.outcome == "not_fully_read":
        unread = MalformedInput("bulk_not_read", field="document", expected="a document that can be read as a whole")
        return failed(row.number, unread)
    faults = [finding.as_dict() for finding in report.findings]
    found = FaultsFound(
        "document", faults=faults, field="document", found=len(faults), expected="a document without faults"
    )
    shown = [{name: fault[name] for name in _SHOWN} for fault in faults[:_MOST_SHOWN]]
    return Outcome(row.number, error={**found.as_dict(), "faults": shown})


def _asked(order: CheckFiles, rule: Rule | None) -> Asked:
    policies = shipped_policies()
    if rule is None:
        return Asked(None, home_of_nation(order.nation, policies))
    label = stated_label(
        order.nation,
        level=rule.level,
        audience=rule.stated_audience,
        caveats=rule.caveats,
        owners=(),
        policies=policies,
    )
    return asked_of_label(label, order.nation, policies)
