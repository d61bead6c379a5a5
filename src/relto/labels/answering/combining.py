"""Labels joined, and a label carried over to the other nation: the laws of `joining` and `mapping` as answers.

The request of a join: `labels` (1 to 1,000, as `given` reads them) and, where their owners differ, `owner`: whose the
whole is. The request of a map: `label`, and `to`: a policy by nation, name or object identifier; without it the one
other policy.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from relto.base.canonical import Json
from relto.base.errors import MalformedInput, TooLarge
from relto.base.nations import read_nation
from relto.labels.answering.given import Given, Surroundings, Unanswered, read_given
from relto.labels.answering.showing import row_shown, shown
from relto.labels.joining import Undecided, join
from relto.labels.label import Label
from relto.labels.mapping import Mapped, NeedsPerson, map_label
from relto.labels.policy import ClassificationPolicy

MAX_LABELS: Final = 1000
MAX_OWNERS: Final = 32


def answer_join(request: Mapping[str, object], surroundings: Surroundings) -> dict[str, Json]:
    """The least label that dominates all. Raises Unanswered("join", …) where the laws do not give one."""
    _members(request, {"labels", "owner"})
    labels, owner = request.get("labels"), request.get("owner")
    if not isinstance(labels, list) or not labels:
        raise MalformedInput("label_given", field="labels", expected=f"1 to {MAX_LABELS} labels")
    if len(labels) > MAX_LABELS:
        raise TooLarge("label_given", field="labels", found=len(labels), expected=f"at most {MAX_LABELS} labels")
    if owner is not None and (not isinstance(owner, list) or not 0 < len(owner) <= MAX_OWNERS):
        raise MalformedInput("label_given", field="owner", expected="a list of nations")
    owners = None if owner is None else tuple(read_nation(code, field="owner") for code in owner)
    given = [read_given(one, surroundings, field=f"labels.{place}") for place, one in enumerate(labels)]
    is_whole = all(one.is_whole for one in given)
    made = given[0].label
    joined = join(
        [one.label for one in given],
        originator_id=None if is_whole else made.originator_id,
        owner=owners,
        policies=surroundings.policies,
    )
    if isinstance(joined, Undecided):
        raise Unanswered("join", joined.reason)
    answered = shown(joined, surroundings, is_whole=is_whole)
    if not is_whole and answered["marking"] is None:  # of markings, the answer is a marking or nothing
        raise Unanswered("join", "marking")
    return {"outcome": "joined", **answered}


def answer_map(request: Mapping[str, object], surroundings: Surroundings) -> dict[str, Json]:
    """Mapped, or no equivalent and how to handle it. Raises Unanswered("map", …) where a person is needed."""
    _members(request, {"label", "to"})
    given: Given = read_given(request.get("label"), surroundings)
    target = _target(request.get("to"), given.label, surroundings)
    found = map_label(given.label, surroundings.table, target, surroundings.at)
    if isinstance(found, NeedsPerson):
        raise Unanswered("map", found.reason)
    answered: dict[str, Json] = {
        "to": target.name,
        "level": found.label.level.name if isinstance(found, Mapped) else None,
        "handling": found.row.handling,
        "row": row_shown(found.row, surroundings),
    }
    label: Label = found.label if isinstance(found, Mapped) else given.label
    outcome = "mapped" if isinstance(found, Mapped) else "no_equivalent"
    return {"outcome": outcome, **answered, **shown(label, surroundings, is_whole=given.is_whole)}


def _target(to: object, label: Label, surroundings: Surroundings) -> ClassificationPolicy:
    if isinstance(to, str):
        return surroundings.policies.find(to)
    others = [policy for policy in surroundings.policies if policy.identity != label.policy]
    if to is not None or len(others) != 1:
        raise MalformedInput("label_given", field="to", expected="a policy: nation, name or object identifier")
    return others[0]


def _members(request: Mapping[str, object], known: set[str]) -> None:
    if not set(request) <= known:
        raise MalformedInput("label_given", field="request", expected="no member but " + ", ".join(sorted(known)))
