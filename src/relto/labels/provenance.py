"""Where a fact of a policy comes from, how well it is known, and whether an authority stands behind it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a fact comes from, how well it is known, and whether an authority confirmed it."""

    source: str
    evidence: str
    confirmed: bool
