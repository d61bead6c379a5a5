"""Due instants of dossiers, kept in rows of their own so that queues and jobs ask an index and open nothing.

They are counted at each step, and again when the rules under which they were counted are no longer the active ones.
"""

from __future__ import annotations

from relto.base.canonical import sha256_hex
from relto.base.nations import Nation
from relto.procedures.dues import due_instants, looking_instants
from relto.procedures.procedure import Procedure
from relto.procedures.table import ANSWERING, ASKING
from relto.services.dossiers.known import Rules
from relto.services.house import House
from relto.store.models import Dossier, DossierDue

_MOST_LOOKS = 64


def rules_digest(rules: Rules) -> str:
    """What names the rules that due instants depend on: bundle, overlay, and what was confirmed beside it."""
    bundle = rules.bundle
    overlay = bundle.overlay.digest if bundle.overlay is not None else ""
    return sha256_hex("\n".join([bundle.digest, overlay, *sorted(rules.stated)]).encode())


def sides_of(house: House, row: Dossier) -> dict[str, Nation]:
    """Which nation stands on which side."""
    sides = {row.side: house.nation}
    if row.partner:
        sides[ANSWERING if row.side == ASKING else ASKING] = Nation(row.partner)
    return sides


def count_dues(house: House, rules: Rules, row: Dossier, pack: Procedure) -> None:
    """Write the due instants of a stored dossier anew, and set what its row says of them. Inside a step."""
    rows = counted(house, rules, row, pack)
    DossierDue.objects.filter(dossier=row).delete()
    DossierDue.objects.bulk_create(rows)


def counted(house: House, rules: Rules, row: Dossier, pack: Procedure) -> list[DossierDue]:
    """The due instants of a dossier, to be stored by the caller; what its row says of them is set."""
    sides = sides_of(house, row)
    every = due_instants(pack, row.state, row.since, row.answers, rules.limits, sides=sides) if row.is_open else []
    rows = [
        DossierDue(
            dossier=row,
            clock=one.clock,
            limit=one.limit,
            nation=one.nation,
            at=one.at,
            provision=one.provision,
            confirmed=one.confirmed,
        )
        for one in every
    ]
    if has_own_steps(pack, row.state, row.side):
        zones = sorted(set(sides.values()))
        ends = {one.at for one in every if one.at is not None and one.at > row.changed_at}
        looks = sorted({row.changed_at, *looking_instants(row.answers, zones, row.changed_at), *ends})
        rows.extend(DossierDue(dossier=row, clock="", at=at) for at in looks[:_MOST_LOOKS])
    row.due_at = min((one.at for one in every if one.at is not None), default=None)
    row.dues_of = rules_digest(rules)
    return rows


def has_own_steps(pack: Procedure, state: str, side: str) -> bool:
    """Whether the node itself may take a step from here: one of nobody's role, under guards, on this side."""
    return any(
        state in one.sources and not one.roles and one.guards and one.side in {"", side}
        for one in pack.table.transitions
    )
