"""The overlays of this nation that stand: the one in force and those to come, each with all that it changes.

Promise: what a person reads here is what the node decides by. An overlay that never takes hold, because a newer one is
there when it would begin, is not told as one to come.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from relto.base.canonical import read_object
from relto.base.instants import Instant
from relto.procedures.actors import Actor
from relto.rules.overlays import open_overlay
from relto.services.authority_trust import trust
from relto.services.house import House
from relto.store.models import NationalOverlay
from relto.store.queries.governing import governing

Standing = Literal["in_force", "to_come", "past"]


@dataclass(frozen=True, slots=True)
class StandingOverlay:
    """An accepted overlay. `ends` None: until another takes its place; `base_to` None: for all later versions.

    `actions`, `programmes`, `facilities`: what it suspends. `added`: rules that it adds, suspensions included;
    `conditions`: rules of the bundle with a condition of its own. `limits`: code -> the lower value; `listings`:
    (programme, facility) taken off a list; `equivalents`: (nation, level, nation) that holds no longer. `signed_by`:
    the id of the key of the nation's authority.
    """

    nation: str
    version: int
    digest: str
    base_from: int
    base_to: int | None
    effective_from: Instant
    ends: Instant | None
    standing: Standing
    reason: str
    actions: tuple[str, ...]
    programmes: tuple[str, ...]
    facilities: tuple[str, ...]
    added: tuple[str, ...]
    conditions: tuple[str, ...]
    limits: Mapping[str, Any]
    listings: tuple[tuple[str, str], ...]
    equivalents: tuple[tuple[str, str, str], ...]
    withdraws: bool
    signed_by: str
    accepted_at: Instant
    entry: str

    def is_for(self, version: int) -> bool:
        """Whether it is for this version of the agreement."""
        return self.base_from <= version and (self.base_to is None or version <= self.base_to)

    def changes_rule(self, rule: str) -> bool:
        """Whether it added this rule or put another condition into it."""
        return rule in self.added or rule in self.conditions


def standing_overlays(house: House, actor: Actor, also: int | None = None) -> list[StandingOverlay]:
    """The overlay in force, then those to come by their beginning, then the one of version `also` if it is neither.

    Every signed-in person may see what she works under.
    """
    del actor
    now = house.now()
    in_force = governing(now).overlay
    rows = list(NationalOverlay.objects.order_by("effective_from", "version"))
    found: list[tuple[Standing, NationalOverlay]] = [("in_force", row) for row in rows if row.digest == in_force]
    found += [("to_come", row) for row in rows if row.effective_from > now and not _overtaken(row, rows)]
    told = {row.version for _, row in found}
    found += [("past", row) for row in rows if row.version == also and also not in told]
    return [_told(house, row, standing) for standing, row in found]


def _overtaken(one: NationalOverlay, rows: list[NationalOverlay]) -> bool:
    return any(row.version > one.version and row.effective_from <= one.effective_from for row in rows)


def _told(house: House, row: NationalOverlay, standing: Standing) -> StandingOverlay:
    file = bytes(row.file)
    signer = trust(house).signers_of(read_object(file, field="overlay"))[house.nation]
    overlay = open_overlay(file, signer, house.nation)
    body = overlay.body
    suspended = body["suspend"]
    return StandingOverlay(
        nation=overlay.nation,
        version=overlay.version,
        digest=overlay.digest,
        base_from=overlay.base_from,
        base_to=overlay.base_to,
        effective_from=overlay.effective_from,
        ends=overlay.ends,
        standing=standing,
        reason=str(body["reason"]),
        actions=tuple(suspended["actions"]),
        programmes=tuple(suspended["programmes"]),
        facilities=tuple(suspended["facilities"]),
        added=overlay.added_rules,
        conditions=tuple(one["rule"] for one in body["conditions"]),
        limits=dict(body["limits"]),
        listings=tuple((one["programme"], one["facility"]) for one in body["drop_listings"]),
        equivalents=tuple(
            (one["from_nation"], one["from_level"], one["to_nation"]) for one in body["drop_equivalents"]
        ),
        withdraws=overlay.is_withdrawal,
        signed_by=signer.key_id,
        accepted_at=row.accepted_at,
        entry=row.entry,
    )
