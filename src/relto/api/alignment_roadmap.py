"""The roadmap for carrying the annex out, as the shared record and the rules in force show it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Query, Router

from relto.alignment.roadmap import UNITS
from relto.api.alignment_actions import Action, action_answer
from relto.api.alignment_meetings import Meeting, Next, next_answer
from relto.api.answers import Answer, plain
from relto.api.surroundings import caller, house
from relto.services.alignment.roadmap import roadmap_of

router = Router(tags=["alignment"])


class RoadmapStep(Answer):
    """A step of a topic: `done` of `of` in `unit`s. `word`: nothing (there is none of the unit), none, part, all."""

    code: str
    done: int
    of: int
    unit: str
    word: str
    entries: list[str]


class RoadmapTopic(Answer):
    """A topic and its steps: compared, settled, proposed, proven, signed, in_force."""

    topic: str
    steps: list[RoadmapStep]


class Roadmap(Answer):
    """The topics between two nations. `bundle`: version of the rules in force; `reached`: step -> finished topics."""

    one: str
    other: str
    bundle: int
    topics: list[RoadmapTopic]
    reached: dict[str, int]
    owed: list[Action]
    coming: Meeting | None
    proposed: Next


@router.get("/alignment/roadmap", response=Roadmap)
def read_roadmap(request: HttpRequest, nation: Query[str] = "") -> dict[str, Any]:
    """The roadmap with a partner (the first one without `nation`); nothing of it is the annex's text."""
    found = roadmap_of(house(), caller(request), nation)
    return {
        "one": str(found.one),
        "other": str(found.other),
        "bundle": found.bundle,
        "topics": [
            {
                "topic": road.topic,
                "steps": [{**plain(step), "unit": UNITS[step.code], "word": step.word} for step in road.steps],
            }
            for road in found.topics
        ],
        "reached": found.reached,
        "owed": [action_answer(one) for one in found.owed],
        "coming": plain(found.coming) if found.coming is not None else None,
        "proposed": next_answer(found.proposed),
    }
