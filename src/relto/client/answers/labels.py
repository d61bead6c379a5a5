"""Answers about labels and markings: `ok` first; where it is false, `faults` say why and how to mend it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from relto.client.answers.reading import Answer


@dataclass(frozen=True, kw_only=True)
class LabelFault(Answer):
    """What is wrong: by which rule and paragraph, in words, and how to mend it."""

    rule: str
    paragraph: str
    message: str
    fix: str


@dataclass(frozen=True, kw_only=True)
class Marking(Answer):
    """A marking that was read: its label object and its renderings; or its faults."""

    ok: bool
    faults: tuple[LabelFault, ...] = ()
    label: Mapping[str, Any] | None = None
    rendered: Mapping[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class JoinedLabel(Marking):
    """The least label that protects as much as each; where a person has to decide, `reason` is the code."""

    outcome: str | None = None
    reason: str | None = None
    policy: str | None = None
    marking: Mapping[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class MappedLabel(JoinedLabel):
    """What the label is in the other policy, and `row`: what says so, its source and its evidence.

    `outcome`: mapped, no_equivalent (then `handling` says how it is protected), or needs_person.
    """

    to: str | None = None
    level: str | None = None
    handling: str | None = None
    row: Mapping[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class ConvertedLabel(JoinedLabel):
    """The label in its other form: `rendered`, `label` or `xml`; or a policy as `xml`.

    Of a lenient reading: `departures` from the standard, and `information`, which no decision takes.
    """

    to: str | None = None
    xml: str | None = None
    departures: tuple[str, ...] = ()
    information: Mapping[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class LabelAnswers(Answer):
    """The answers to the lines, in their order, as JSON objects. `ok`: whether every line could be answered."""

    ok: bool
    answers: tuple[Mapping[str, Any], ...]
