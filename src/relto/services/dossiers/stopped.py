"""What a dossier's verb refuses, with all that was found, so that doors can show each finding at its field.

The errors are those of the one tree; `weighed` holds every finding as it was weighed, what stops first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from relto.base.errors import MalformedInput, Refused, Shown
from relto.procedures.findings import Finding, Weighed

_MOST_NAMED = 12


class StepStopped(Refused):
    """A step that findings stop: Refused("guard"), or Refused("form") when the main form itself is not right."""

    code: ClassVar[str] = Refused.code

    def __init__(
        self,
        reason: str = "",
        *,
        weighed: Sequence[Weighed] = (),
        reference: str | None = None,
        field: str | None = None,
        found: Shown = None,
        expected: str | None = None,
        **details: Shown,
    ) -> None:
        """`weighed`: everything that was found."""
        super().__init__(reason, reference=reference, field=field, found=found, expected=expected, **details)
        self.weighed = tuple(weighed)


class AnswersRefused(MalformedInput):
    """Answers that cannot be read: MalformedInput("answers"), which names the first field that is wrong."""

    code: ClassVar[str] = MalformedInput.code

    def __init__(
        self,
        reason: str = "",
        *,
        weighed: Sequence[Weighed] = (),
        field: str | None = None,
        found: Shown = None,
        expected: str | None = None,
        **details: Shown,
    ) -> None:
        """`weighed`: everything that was found."""
        super().__init__(reason, field=field, found=found, expected=expected, **details)
        self.weighed = tuple(weighed)


def step_stopped(reason: str, step: str, guard: str, weighed: Sequence[Weighed]) -> StepStopped:
    """The refusal of a step: the first finding that stops gives field and code, the others stand beside it."""
    first = next(one for one in weighed if one.stops)
    return StepStopped(
        reason,
        weighed=weighed,
        field=first.finding.path or guard,
        found=step,
        expected=guard,
        finding=first.finding.code,
        provisions=", ".join(first.finding.rules),
        findings=", ".join(one.finding.code for one in weighed[:_MOST_NAMED] if one.stops),
    )


def answers_refused(findings: Sequence[Finding]) -> AnswersRefused:
    """The refusal of answers that cannot be read."""
    weighed = tuple(Weighed(one, stops=True) for one in findings)
    first = findings[0]
    return AnswersRefused("answers", weighed=weighed, field=first.path, expected=first.code, findings=len(findings))
