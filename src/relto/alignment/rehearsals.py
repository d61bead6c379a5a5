"""What a rehearsal of a proposal's draft showed: which course, under which draft, how it went, and what differed.

A statement of kind "rehearsed" about a proposal (`relto.alignment.shared_record`). It says counts and digests alone:
who played is in no part of it, and the after-action report itself stays where it was made; whoever is given the file
checks it by its digest. `draft` is the digest of the bundle file that was rehearsed, so that a rehearsal of an older
draft never counts for a newer one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from relto.base.canonical import Json, read_object, sha256_hex
from relto.base.errors import MalformedInput

REPORT: Final = "relto-rehearsal-report"
"""What an after-action report says of itself, in its member `type`."""
LARGEST_REPORT: Final = 8 * 1024 * 1024
LARGEST_COUNT: Final = 100_000
_DIGEST = re.compile(r"[0-9a-f]{64}")
_SCENARIO = re.compile(r"[a-z][a-z0-9_]{1,47}")


@dataclass(frozen=True, slots=True)
class Course:
    """How the course went under one set of rules, counted.

    `steps` in all; of these `refused` by the rules, as was meant or not; `errors`: came out otherwise than the scenario
    says; `undone`: nobody did them.
    """

    steps: int
    refused: int
    errors: int
    undone: int

    def body(self) -> dict[str, Any]:
        """As it stands in the statement."""
        return {"steps": self.steps, "refused": self.refused, "errors": self.errors, "undone": self.undone}


@dataclass(frozen=True, slots=True)
class Differences:
    """Steps that the draft would permit and the rules in force refuse, the other way round, and permit only later."""

    permitted: int
    refused: int
    delayed: int

    def body(self) -> dict[str, Any]:
        """As it stands in the statement."""
        return {"permitted": self.permitted, "refused": self.refused, "delayed": self.delayed}


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """One rehearsal. `draft`, `report`: SHA-256 of the two files, in lower-case hex."""

    about: str
    draft: str
    report: str
    scenario: str
    in_force: Course
    proposed: Course
    differences: Differences

    def body(self) -> dict[str, Any]:
        """As it stands in the statement."""
        return {
            "about": self.about,
            "draft": self.draft,
            "report": self.report,
            "scenario": self.scenario,
            "in_force": self.in_force.body(),
            "proposed": self.proposed.body(),
            "differences": self.differences.body(),
        }


def read_rehearsed(body: Mapping[str, Any]) -> Rehearsed:
    """A nation's words from a checked statement."""
    return Rehearsed(
        about=body["about"],
        draft=body["draft"],
        report=body["report"],
        scenario=body["scenario"],
        in_force=_course(body["in_force"], "in_force"),
        proposed=_course(body["proposed"], "proposed"),
        differences=_differences(body["differences"]),
    )


def rehearsed_from(about: str, report: bytes) -> Rehearsed:
    """What to say of the proposal `about`, from the file of an after-action report.

    Raises MalformedInput("rehearsal_report") naming the member, also for a report of a rehearsal without a draft:
    nothing of it would speak of the proposal.
    """
    told = read_object(report, field="report", max_bytes=LARGEST_REPORT)
    if told.get("type") != REPORT or told.get("version") != 1:
        raise MalformedInput("rehearsal_report", field="type", expected=f"{REPORT}, version 1")
    counts = _table(told.get("counts"), "counts")
    return Rehearsed(
        about=about,
        draft=_matching(told.get("draft"), _DIGEST, "draft", "the digest of the draft that was rehearsed"),
        report=sha256_hex(report),
        scenario=_matching(told.get("scenario"), _SCENARIO, "scenario", "the code of a scenario"),
        in_force=_course(counts.get("in_force"), "counts.in_force"),
        proposed=_course(counts.get("proposed"), "counts.proposed"),
        differences=_differences(counts.get("differences")),
    )


def _course(given: object, field: str) -> Course:
    table = _table(given, field)
    return Course(*(_count(table, name, field) for name in ("steps", "refused", "errors", "undone")))


def _differences(given: object) -> Differences:
    table = _table(given, "differences")
    return Differences(*(_count(table, name, "differences") for name in ("permitted", "refused", "delayed")))


def _count(table: Mapping[str, Json], name: str, field: str) -> int:
    found = table.get(name)
    if not isinstance(found, int) or isinstance(found, bool) or not 0 <= found <= LARGEST_COUNT:
        raise MalformedInput("rehearsal_report", field=f"{field}.{name}", expected=f"0 to {LARGEST_COUNT}")
    return found


def _table(given: object, field: str) -> Mapping[str, Json]:
    if not isinstance(given, Mapping):
        raise MalformedInput("rehearsal_report", field=field, expected="its counts")
    return given


def _matching(given: object, form: re.Pattern[str], field: str, expected: str) -> str:
    if not isinstance(given, str) or not form.fullmatch(given):
        raise MalformedInput("rehearsal_report", field=field, expected=expected)
    return given
