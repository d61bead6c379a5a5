"""A story's record: what was done, by whom, what was expected, what came of it, and where the ledger says so."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from relto.base.errors import Refused, ReltoError

Outcome = Literal["done", "permitted", "refused", "verified"]


@dataclass
class Step:
    """One line of the story. `entry` is `origin#index` once the ledger has sequenced it."""

    step: str
    what: str
    who: str
    expected: Outcome
    outcome: str = "failed"
    seconds: float = 0.0
    entry: str = ""
    found: str = ""

    @property
    def as_expected(self) -> bool:
        """True when the outcome is the expected one."""
        return self.outcome == self.expected

    def as_dict(self) -> dict[str, Any]:
        """The step as the report lists it."""
        return {
            "step": self.step,
            "what": self.what,
            "who": self.who,
            "expected": self.expected,
            "outcome": self.outcome,
            "seconds": round(self.seconds, 3),
            "entry": self.entry,
        }


@dataclass
class Story:
    """Steps in order; `tell` is called as each one ends."""

    tell: Callable[[Step], None]
    steps: list[Step] = field(default_factory=list)
    pending: list[tuple[Step, str, str]] = field(default_factory=list)

    @contextmanager
    def step(self, what: str, who: str, expected: Outcome) -> Iterator[Step]:
        """Run one step. The body sets `outcome`; a refusal that relto raises is the outcome "refused"."""
        step = Step(f"{len(self.steps) + 1}", what, who, expected)
        self.steps.append(step)
        begun = time.monotonic()
        try:
            yield step
            step.outcome = expected if step.outcome == "failed" else step.outcome
        except Refused as refusal:
            step.outcome = "refused"
            step.found = step.found or str(refusal.details.get("reference", refusal.full_code))
            if expected != "refused":
                step.found = str(refusal)
                raise
        except ReltoError as error:
            step.found = str(error)
            raise
        finally:
            step.seconds = time.monotonic() - begun
            self.tell(step)

    @property
    def as_expected(self) -> bool:
        """True when every outcome is the expected one."""
        return bool(self.steps) and all(step.as_expected for step in self.steps)
