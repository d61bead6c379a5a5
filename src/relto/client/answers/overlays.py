"""National overlays as a node answers them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from relto.client.answers.reading import Answer


@dataclass(frozen=True, kw_only=True)
class NationalOverlay(Answer):
    """An accepted overlay. `rules`: those it adds; `changes`: its members that change something.

    `withdraws`: it changes nothing and takes the place of an earlier one; `in_force`: it is on the bundle followed now.
    """

    nation: str
    agreement: str
    version: int
    digest: str
    base_from: int
    base_to: int | None = None
    effective_from: datetime
    ends: datetime | None = None
    reason: str
    changes: tuple[str, ...]
    rules: tuple[str, ...]
    withdraws: bool
    in_force: bool
    proof: str
    accepted_at: datetime
    entry: str
