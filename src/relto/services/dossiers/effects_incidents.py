"""What steps of incidents and inspections do outside their own form: contain in one action, begin the next inspection.

Rules enforced here (domain.md 2.7; design.md section 2):
 1. Containment is part of its step: every named person is suspended and every named release withdrawn, or nothing is.
    Each keeps its own entry, and the partner its own message. What is contained already stays so.
 2. Nobody contains by suspending herself; a release is withdrawn by a release officer only.
 3. The next inspection of a series is opened in the step that ends the one before, with a checklist of its own day.
"""

from __future__ import annotations

from relto.base.errors import Conflict, Refused
from relto.procedures import release
from relto.procedures.actors import Actor
from relto.procedures.packs.registry import procedure
from relto.services.dossiers.beginning import open_dossier
from relto.services.dossiers.effect_scene import EffectScene
from relto.services.suspensions import suspend_now
from relto.services.texts import LONGEST_REASON, read_text
from relto.services.withdrawals import withdraw_now

_CARRIED_OVER = ("facility", "programme", "profile", "subjects", "kind")
_PERIODIC = "periodic"
_ONCE_ONLY = frozenset({"initial", "for_cause"})


def contain_incident(scene: EffectScene) -> None:
    """Suspend the named people and withdraw the named releases.

    Raises Refused("own_suspension" or "role"), NotAvailable("subject" or "case"), Conflict("state") for a release that
    was never in force.
    """
    actor = _actor(scene)
    reason = read_text(scene.step_answers["reason"], field="reason", longest=LONGEST_REASON)
    for row in scene.step_answers.get("people", ()):
        _suspend(scene, actor, row["person"], reason)
    for row in scene.step_answers.get("releases", ()):
        _withdraw(scene, actor, row["release"], reason)


def begin_next_inspection(scene: EffectScene) -> None:
    """Open the next inspection of the same facility by the same person, in the same step."""
    answers = {code: scene.answers[code] for code in _CARRIED_OVER if code in scene.answers}
    if answers.get("kind") in _ONCE_ONLY:
        answers["kind"] = _PERIODIC
    open_dossier(scene.house, _actor(scene), procedure(scene.row.procedure), answers, scene.at)


def _suspend(scene: EffectScene, actor: Actor, person: str, reason: str) -> None:
    if person == actor.person:
        raise Refused("own_suspension", field="people", expected="another person: somebody else contains it")
    try:
        suspend_now(scene.house, actor, kind="person", subject=person, reason=reason, now=scene.at)
    except Conflict as error:
        if error.reason != "suspended":
            raise


def _withdraw(scene: EffectScene, actor: Actor, case: str, reason: str) -> None:
    try:
        withdraw_now(scene.house, actor, case, reason=reason, now=scene.at)
    except Conflict as error:
        if error.found != release.WITHDRAWN:
            raise


def _actor(scene: EffectScene) -> Actor:
    if scene.actor is None:
        raise Refused("role", field="role", expected="a person")
    return scene.actor
