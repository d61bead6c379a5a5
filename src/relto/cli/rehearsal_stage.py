"""A running rehearsal ground as a course needs it: the two rooms beneath the command know nothing of each other."""

from __future__ import annotations

from relto.node.rehearsal_ground import NATIONS, RehearsalGround
from relto.node.settings import read_settings
from relto.node.training_ground import country
from relto.rehearsal.cast import Credential, Place
from relto.rehearsal.troupe import ExerciseStage


def stage_on(ground: RehearsalGround) -> ExerciseStage:
    """The stage of a course on this ground."""
    places = {}
    for nation in NATIONS:
        first = ground.credential(nation)
        portal = read_settings(ground.ground.node(nation)).urls.portal
        credential = Credential(first["client_id"], first["client_secret"])
        places[nation] = Place(nation, country(nation), portal, credential)
    return ExerciseStage(
        places=places,
        now=ground.now,
        ahead=ground.ahead,
        pass_to=ground.pass_to,
        link=ground.link,
        draft=ground.draft,
        sign=ground.sign,
        folder=ground.ground.root,
    )
