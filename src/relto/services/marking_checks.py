"""What a sealer states of the check of a document's markings, kept beside the item.

The node gets ciphertext and cannot repeat the check: what it keeps are her words, under her pseudonym. Faults without a
reason are refused here too. The reason is free text: it is kept encrypted, and the ledger has its digest only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from relto.base.canonical import Json
from relto.base.errors import Conflict, MalformedInput
from relto.labels.checking.record import NOT_STATED, MarkingCheck, not_checked, read_check
from relto.labels.checking.rules import known_rule
from relto.services.texts import LONGEST_REASON, read_text
from relto.store.models import Item

_REASON = "reason"


@dataclass(frozen=True, slots=True)
class CountedFault:
    """How often a fault was found; `rule` and `message` are "" for one that this node's checker does not know."""

    code: str
    rule: str
    paragraph: str
    message: str
    count: int


@dataclass(frozen=True, slots=True)
class CheckView:
    """The statement as people see it. `by`: the pseudonym of who sealed despite faults, for the stated `reason`."""

    outcome: str
    why: str
    checker: int
    faults: tuple[CountedFault, ...]
    not_read: Mapping[str, int]
    findings_sha256: str
    reason: str
    by: str

    @property
    def fault_count(self) -> int:
        """How many faults there are."""
        return sum(each.count for each in self.faults)


def state_check(row: Item, stated: Mapping[str, Json] | None) -> None:
    """Write the statement into the unsaved item; None: nothing was stated.

    Raises MalformedInput for one that cannot be, Conflict("marking_faults") for faults without a reason.
    """
    if stated is None:
        row.marking_check = not_checked(NOT_STATED).as_dict()
        return
    check = read_check({name: value for name, value in stated.items() if name != _REASON})
    reason = stated.get(_REASON) or ""
    if check.outcome == "faults":
        if not reason:
            raise Conflict(
                "marking_faults",
                field="check.reason",
                found=check.fault_count,
                expected="a reason to seal despite them",
            )
        row.check_reason = read_text(reason, field="check.reason", longest=LONGEST_REASON)
    elif reason:
        raise MalformedInput("check", field="check.reason", expected="a reason only where there are faults")
    row.marking_check = check.as_dict()


def check_of(row: Item) -> MarkingCheck:
    """What was stated; of an item from before this was asked: not checked."""
    return read_check(row.marking_check) if row.marking_check else not_checked(NOT_STATED)


def check_details(row: Item) -> dict[str, Json]:
    """The statement in the ledger entry of the sealing: codes and counts, and the reason's digest."""
    digest = hashlib.sha256(row.check_reason.encode("utf-8")).hexdigest() if row.check_reason else ""
    return {**check_of(row).as_dict(), "reason_sha256": digest}


def check_view(row: Item) -> CheckView | None:
    """The statement; None for what was received, whose sealer stated it at her own node."""
    if row.held_as != "own":
        return None
    check = check_of(row)
    return CheckView(
        outcome=check.outcome,
        why=check.why,
        checker=check.checker,
        faults=tuple(_counted(code, count) for code, count in check.faults.items()),
        not_read=check.not_read,
        findings_sha256=check.findings_sha256,
        reason=row.check_reason,
        by=row.sealed_by if check.outcome == "faults" else "",
    )


def _counted(code: str, count: int) -> CountedFault:
    row = known_rule(code)
    if row is None:
        return CountedFault(code, "", "", "", count)
    return CountedFault(code, row.rule, row.paragraph, row.message, count)
