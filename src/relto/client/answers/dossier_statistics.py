"""Statistics of dossiers: counts and days by quarter; None where too few to be shown."""

from __future__ import annotations

from dataclasses import dataclass

from relto.client.answers.reading import Answer


@dataclass(frozen=True, kw_only=True)
class StateCount(Answer):
    """How many of the dossiers opened in the quarter stand in this state now."""

    state: str
    words: str
    count: int | None


@dataclass(frozen=True, kw_only=True)
class StepDays(Answer):
    """How long a step was waited for on a side, in whole days: the median, and within how many nine of ten were."""

    step: str
    words: str
    side: str
    taken: int | None
    median: int | None
    nine_of_ten: int | None


@dataclass(frozen=True, kw_only=True)
class ProcedureQuarter(Answer):
    """One procedure in one quarter. `fewest`: smaller counts are not shown.

    `sent`: left the hands of their writers; `passed_first`: of these, never returned to be mended.
    """

    quarter: str
    procedure: str
    title: str
    fewest: int
    opened: int | None
    sent: int | None
    passed_first: int | None
    states: tuple[StateCount, ...]
    days: tuple[StepDays, ...]
