"""Labels and markings: read, written, joined, carried over to the other nation's policy, converted.

A label is given as a marking (`{"text": …, "kind": …, "policy": …}`), as the object that parsing answered, as a label
of relto with all its members, or as `{"xml": …}`.
What cannot be answered comes back with `ok` false and raises nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from relto.client.answers.labels import ConvertedLabel, JoinedLabel, LabelAnswers, MappedLabel, Marking
from relto.client.steps import Call, post


def parse_marking(kind: str, policy: str, text: str, profile: str | None = None) -> Call[Marking]:
    """Read a banner, a portion mark or an authority block (`kind`) of policy USA or IND."""
    return post("/labels/parse", Marking, kind=kind, policy=policy, text=text, **_given(profile=profile))


def render_marking(
    label: Mapping[str, Any], kind: str | None = None, policy: str | None = None, profile: str | None = None
) -> Call[Marking]:
    """Write the marking of a label object."""
    return post("/labels/render", Marking, label=dict(label), **_given(kind=kind, policy=policy, profile=profile))


def join_labels(labels: Sequence[Mapping[str, Any]], owner: Sequence[str] | None = None) -> Call[JoinedLabel]:
    """The label of a whole from those of its parts; `owner`: whose the whole is, where the parts' owners differ."""
    owners = None if owner is None else list(owner)
    return post("/labels/join", JoinedLabel, labels=[dict(one) for one in labels], **_given(owner=owners))


def map_label(label: Mapping[str, Any], to: str) -> Call[MappedLabel]:
    """Carry a label over to another nation's policy by the agreed table."""
    return post("/labels/map", MappedLabel, label=dict(label), to=to)


def convert_label(
    to: str,
    label: Mapping[str, Any] | None = None,
    *,
    lenient: bool | None = None,
    originator_id: str | None = None,
    review_by: str | None = None,
) -> Call[ConvertedLabel]:
    """A label in another form: banner, label or xml.

    `lenient`: XML of old writers is read too, and each departure named; what it does not say comes from
    `originator_id` and `review_by`.
    """
    given = _given(label=label, lenient=lenient, originator_id=originator_id, review_by=review_by)
    return post("/labels/convert", ConvertedLabel, to=to, **given)


def answer_label_lines(operation: str, lines: Sequence[Mapping[str, Any]]) -> Call[LabelAnswers]:
    """Up to a thousand questions of one kind (parse, render, join, map), each as its own call takes it."""
    return post("/labels/batch", LabelAnswers, operation=operation, lines=[dict(one) for one in lines])


def _given(**members: Any) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
