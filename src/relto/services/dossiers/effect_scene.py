"""An effect of a step and what it finds around it; see `relto.services.dossiers.effects`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from relto.base.instants import Instant
from relto.procedures.actors import Actor
from relto.services.house import House
from relto.store.models import Dossier


@dataclass(frozen=True, slots=True)
class EffectScene:
    """What an effect finds. `actor`: None when the node itself acts. `answers`: the main form after the step.

    `row`: the dossier, already in its new state; the engine saves it after the effects. `step`: the step's name.
    """

    house: House
    actor: Actor | None
    row: Dossier
    step: str
    answers: Mapping[str, Any]
    step_answers: Mapping[str, Any]
    at: Instant


class Effect(Protocol):
    """Something that a step does outside its dossier, inside the step."""

    def __call__(self, scene: EffectScene) -> None:
        """Do it; raise a ReltoError when it cannot be done: then the step is not taken."""
