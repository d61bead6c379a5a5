"""Which national overlay was on the bundle that decided."""

from __future__ import annotations

from dataclasses import dataclass

from relto.base.nations import Nation


@dataclass(frozen=True, slots=True)
class OverlayName:
    """A nation's overlay by its version (relto.rules.overlays). `digest`: of its text."""

    nation: Nation
    version: int
    digest: str
