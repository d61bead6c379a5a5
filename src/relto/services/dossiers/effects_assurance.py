"""What an answer to an information sheet does: a positive one is an assurance, a withdrawn one is revoked (ISA-12).

Rules kept here: the assurance says what the register says in that step, and holds no longer than the answer; it is
signed and sent as every other, so that each gate of the partner decides by it, and it is proved in the same way.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from relto.base.calendars import zone_of
from relto.base.errors import Refused
from relto.base.instants import Instant
from relto.base.nations import Nation
from relto.procedures.actors import Actor
from relto.procedures.assurance import REVOKED
from relto.services.assurances import change_status, vouch
from relto.services.dossiers.effect_scene import EffectScene
from relto.store.queries.assurances import newest_given
from relto.store.queries.narrowing import narrow

_DAY_AFTER = timedelta(days=1)
_SUBJECT = {"facility_assurance": ("facility", "facility"), "personnel_assurance": ("person", "person")}
"""Procedure -> kind of subject, and the field of the sheet that names it."""


def give_answered(scene: EffectScene) -> None:
    """The assurance that the answer gives. Raises Conflict("suspended" or "not_cleared"), NotAvailable("subject")."""
    kind, field = _SUBJECT[scene.row.procedure]
    vouch(
        scene.house,
        acting(scene),
        subject_kind=kind,
        subject=str(scene.answers[field]),
        recipient=Nation(scene.row.partner),
        until=end_of(str(scene.step_answers["valid_until"]), scene.house.nation),
        now=scene.at,
    )


def withdraw_answered(scene: EffectScene) -> None:
    """The assurance that governs towards the partner is revoked, unless it is already."""
    kind, field = _SUBJECT[scene.row.procedure]
    row = newest_given(kind, str(scene.answers[field]), scene.row.partner)
    if row is not None and row.status != REVOKED:
        narrow()
        change_status(scene.house, acting(scene), row, "revoke", scene.at)


def acting(scene: EffectScene) -> Actor:
    """Who takes the step. Raises Refused("role") where nobody does: these effects are people's only."""
    if scene.actor is None:
        raise Refused("role", field="role", expected="a person")
    return scene.actor


def end_of(day: str, nation: Nation) -> Instant:
    """The instant at which the legal day ends in the nation's zone."""
    return datetime.combine(date.fromisoformat(day) + _DAY_AFTER, time(), tzinfo=zone_of(nation))
