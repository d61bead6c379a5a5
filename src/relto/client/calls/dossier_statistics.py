"""Statistics of dossiers: counts and days by quarter, none so small that it names a case."""

from __future__ import annotations

from urllib.parse import urlencode

from relto.client.answers.dossier_statistics import ProcedureQuarter
from relto.client.steps import Call, listed


def dossier_statistics(*, procedure: str = "", since: str = "") -> Call[list[ProcedureQuarter]]:
    """Counts and turnaround by quarter, the newest first, from `since` ("2026-Q1") or for a year."""
    query = {name: value for name, value in (("procedure", procedure), ("since", since)) if value}
    return listed(f"/dossier-statistics?{urlencode(query)}" if query else "/dossier-statistics", ProcedureQuarter)
