"""What steps do outside their dossiers: verbs of the services, by name, run inside the step that has them.

Rules: an effect is part of its step: when it fails, nothing of the step remains. It never commits by itself. It
runs on the node that takes the step, never on the one that follows it: no partner's step reaches beyond its dossier. A
name that a procedure uses and nobody registered stops the step.
"""

from __future__ import annotations

from relto.base.errors import Misconfigured
from relto.services.dossiers import effects_assurance, effects_facility, effects_incidents, effects_transfers
from relto.services.dossiers.effect_scene import Effect, EffectScene

__all__ = ["EFFECTS", "Effect", "EffectScene", "run_effects"]
EFFECTS: dict[str, Effect] = {
    "begin_next_inspection": effects_incidents.begin_next_inspection,
    "contain_incident": effects_incidents.contain_incident,
    "assurance.give": effects_assurance.give_answered,
    "assurance.withdraw": effects_assurance.withdraw_answered,
    "facility.approve_safeguarding": effects_facility.approve_safeguarding,
    "facility.grant": effects_facility.grant,
    "facility.invalidate": effects_facility.invalidate,
    "facility.resume_existing_work": effects_facility.resume_existing_work,
    "facility.revalidate": effects_facility.revalidate,
    "facility.withdraw": effects_facility.withdraw,
    "facility.withdraw_safeguarding": effects_facility.withdraw_safeguarding,
    "hand_carriage.certificate": effects_transfers.number_certificate,
}
"""By name. Whoever owns a procedure adds the effects that it names."""


def run_effects(scene: EffectScene, names: tuple[str, ...]) -> None:
    """Run the effects of a step in order. Raises Misconfigured for one that nobody registered, and what they raise."""
    for name in names:
        effect = EFFECTS.get(name)
        if effect is None:
            raise Misconfigured("effect", field="effect", found=name, expected=", ".join(sorted(EFFECTS)))
        effect(scene)
