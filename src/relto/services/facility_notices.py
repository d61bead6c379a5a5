"""Open dossiers that name a facility whose clearance no longer holds say so, until it holds again (ISA-17).

Their own people read it in their lists: the prime's, the subcontractor's and the authority's. It changes no state.
"""

from __future__ import annotations

from relto.procedures.packs.registry import procedures
from relto.store.models import Dossier
from relto.store.queries.dossiers import concerning

INVALIDATED = "facility_invalidated"
"""What such a dossier is marked with."""
_CLEARANCE = "facility_clearance"
_CONTRACT = "contract_security"
_MOST = 5000


def open_dossiers(facility: str) -> tuple[list[Dossier], list[Dossier]]:
    """(contracts, others) that are open and name the facility; the others with what stands above or below a contract.

    Clearance dossiers are left out. Part of verbs that checked the role.
    """
    among = [code for code in procedures() if code != _CLEARANCE]
    found = [one for one in concerning({("facility", facility)}, among, _MOST) if one.is_open]
    contracts = [one for one in found if one.procedure == _CONTRACT]
    below = Dossier.objects.filter(is_open=True, parent__in={one.number for one in contracts})
    above = Dossier.objects.filter(is_open=True, number__in={one.parent for one in contracts} - {""})
    held = {one.id for one in found}
    family = [one for one in (*below, *above) if one.id not in held]
    return contracts, [*(one for one in found if one.procedure != _CONTRACT), *family]


def mark(rows: list[Dossier]) -> None:
    """Each of these dossiers says that a facility which it names is invalidated."""
    Dossier.objects.filter(id__in=[one.id for one in rows]).update(attention=INVALIDATED)


def mark_naming(facility: str) -> None:
    """Every open dossier that names the facility says so. Inside a step."""
    contracts, others = open_dossiers(facility)
    mark([*contracts, *others])


def unmark_naming(facility: str) -> None:
    """The facility's clearance holds again. Inside a step."""
    contracts, others = open_dossiers(facility)
    ids = [one.id for one in (*contracts, *others) if one.attention == INVALIDATED]
    if ids:
        Dossier.objects.filter(id__in=ids).update(attention="")
