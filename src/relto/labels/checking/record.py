"""What is recorded of a check before sealing: codes, counts and one digest, never text of the document.

The record is the sealer's own statement: it is made on her machine, where the document is, and the node, which gets
ciphertext only, cannot repeat it. Whoever may open the document can: the same checker over the same document gives the
same digest. `outcome` is `clean` only when everything was read and no fault was found; what no checker looked at is
`not_checked`, with the reason why.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, cast

from relto.base.canonical import Json, canonical_bytes
from relto.base.errors import MalformedInput
from relto.labels.checking.report import Finding, NotRead, Report

CHECKER_VERSION: Final = 2  # raised with every change of the rules or of how documents are read
NOT_STATED: Final = "not_stated"  # whoever announced or submitted it said nothing about a check
UNCOMPARED: Final = "declared"
TOO_LARGE: Final = "document.size"
FROM_A_PIPE: Final = "document.pipe"
RecordedOutcome = Literal["clean", "faults", "not_fully_read", "not_checked"]
_OUTCOMES: Final = frozenset({"clean", "faults", "not_fully_read", "not_checked"})
_MEMBERS: Final = frozenset({"outcome", "why", "checker", "faults", "not_read", "findings_sha256"})
_CODE: Final = re.compile(r"\A[a-z][a-z0-9_]{0,63}(?:\.[a-z][a-z0-9_]{0,63})?\Z", re.ASCII)
_DIGEST: Final = re.compile(r"\A[0-9a-f]{64}\Z", re.ASCII)
_MOST_CODES = 128
_MOST_COUNTED = 1_000_000
_MOST_VERSION = 1_000_000


@dataclass(frozen=True, slots=True)
class MarkingCheck:
    """The record. `faults` and `not_read`: how often each code; `why`: the code of why nothing was checked.

    `checker`: version of the checker, 0 when none ran; `findings_sha256`: of all findings with their places, "" when
    none ran.
    """

    outcome: RecordedOutcome
    why: str = ""
    checker: int = 0
    faults: Mapping[str, int] = field(default_factory=dict)
    not_read: Mapping[str, int] = field(default_factory=dict)
    findings_sha256: str = ""

    @property
    def fault_count(self) -> int:
        """How many faults were found."""
        return sum(self.faults.values())

    def as_dict(self) -> dict[str, Json]:
        """The record as announcements, the store and ledger entries have it."""
        return {
            "outcome": self.outcome,
            "why": self.why,
            "checker": self.checker,
            "faults": dict(self.faults),
            "not_read": dict(self.not_read),
            "findings_sha256": self.findings_sha256,
        }


def recorded(report: Report) -> MarkingCheck:
    """The record of a report. A label that could not be compared counts as something that was not read."""
    not_read = _unread_counts(report.not_read)
    outcome = report.outcome
    if report.declared is None:
        not_read[UNCOMPARED] = 1
        outcome = "not_fully_read" if outcome == "clean" else outcome
    return MarkingCheck(
        outcome=outcome,
        checker=CHECKER_VERSION,
        faults=dict(sorted(Counter(each.code for each in report.findings).items())),
        not_read=not_read,
        findings_sha256=findings_digest(report.findings, report.not_read),
    )


def not_checked(why: str) -> MarkingCheck:
    """The record of a document that was not checked, for this reason."""
    return MarkingCheck("not_checked", why=why)


def findings_digest(findings: Iterable[Finding], not_read: Iterable[NotRead]) -> str:
    """Hex SHA-256 of the canonical findings: code, rule, page, place and number of each; no text, no file names."""
    faults: list[Json] = [
        {
            "code": each.code,
            "rule": each.rule,
            "paragraph": each.paragraph,
            "page": each.page,
            "place": each.where,
            "number": each.number,
            "because": [*each.because],
        }
        for each in findings
    ]
    unread: list[Json] = [{"kind": one.kind, "page": one.page, "count": one.count} for one in not_read]
    content = {"checker": CHECKER_VERSION, "faults": faults, "not_read": unread}
    return hashlib.sha256(canonical_bytes(content)).hexdigest()


def read_check(value: Mapping[str, Json], *, path: str = "check") -> MarkingCheck:
    """The record that somebody states. Raises MalformedInput, naming the member, unless it is one that can be."""
    if unknown := set(value) - _MEMBERS:
        raise MalformedInput("check", field=path, found=len(unknown), expected=", ".join(sorted(_MEMBERS)))
    outcome = value.get("outcome")
    if not isinstance(outcome, str) or outcome not in _OUTCOMES:
        raise MalformedInput("check", field=f"{path}.outcome", expected=", ".join(sorted(_OUTCOMES)))
    found = MarkingCheck(
        outcome=cast("RecordedOutcome", outcome),
        why=_text(value, "why", path, _CODE, "the code of why nothing was checked"),
        checker=_whole_number(value.get("checker", 0), f"{path}.checker", 0, _MOST_VERSION),
        faults=_counts(value.get("faults", {}), f"{path}.faults"),
        not_read=_counts(value.get("not_read", {}), f"{path}.not_read"),
        findings_sha256=_text(value, "findings_sha256", path, _DIGEST, "a SHA-256 in hexadecimal"),
    )
    ran = found.outcome != "not_checked"
    fitting = (
        (bool(found.why) != ran, "why", "a reason exactly when nothing was checked"),
        (bool(found.checker) == ran, "checker", "the checker's version exactly when it ran"),
        (bool(found.findings_sha256) == ran, "findings_sha256", "a digest exactly when the checker ran"),
        (bool(found.faults) == (outcome == "faults"), "faults", "counts exactly when there are faults"),
        (not found.not_read or outcome in {"faults", "not_fully_read"}, "not_read", "nothing unread when it is clean"),
        (bool(found.not_read) or outcome != "not_fully_read", "not_read", "what was not read"),
    )
    for holds, member, expected in fitting:
        if not holds:
            raise MalformedInput("check", field=f"{path}.{member}", expected=expected)
    return found


def _unread_counts(not_read: Iterable[NotRead]) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for one in not_read:
        counts[one.kind] += one.count
    return {kind: min(count, _MOST_COUNTED) for kind, count in sorted(counts.items())}


def _text(value: Mapping[str, Json], name: str, path: str, form: re.Pattern[str], expected: str) -> str:
    found = value.get(name, "")
    if not isinstance(found, str) or (found and not form.match(found)):
        raise MalformedInput("check", field=f"{path}.{name}", expected=expected)
    return found


def _whole_number(found: Json, path: str, least: int, most: int) -> int:
    if not isinstance(found, int) or isinstance(found, bool) or not least <= found <= most:
        raise MalformedInput("check", field=path, expected=f"a whole number from {least} to {most}")
    return found


def _counts(found: Json, path: str) -> dict[str, int]:
    if not isinstance(found, dict) or len(found) > _MOST_CODES or not all(map(_CODE.match, found)):
        raise MalformedInput("check", field=path, expected=f"at most {_MOST_CODES} codes with their counts")
    return {code: _whole_number(count, path, 1, _MOST_COUNTED) for code, count in sorted(found.items())}
