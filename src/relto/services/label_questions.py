"""Questions about labels and markings, answered under the agreement in force; before there is any, under training data.

A question changes nothing and leaves nothing: no entry, no record, and nothing of it in a log.
"""

from __future__ import annotations

from relto.adapters.label_answers import Answer, answer_label, bundle_surroundings, training_surroundings
from relto.base.errors import Conflict
from relto.labels.answering.given import Surroundings
from relto.services.active_bundle import active
from relto.services.house import House


def surroundings(house: House) -> Surroundings:
    """The policies and equivalents that hold now."""
    now = house.now()
    try:
        return bundle_surroundings(active(house, now), now)
    except Conflict:
        return training_surroundings(now)


def ask(house: House, operation: str, request: object, language: str) -> Answer:
    """One answer, as `relto.adapters.label_answers` gives it."""
    return answer_label(operation, request, surroundings(house), language)
