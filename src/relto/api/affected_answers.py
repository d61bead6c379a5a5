"""What a suspension, a withdrawn authorisation or an assurance that no longer vouches cuts, as answers show it."""

from __future__ import annotations

from relto.api.answers import Answer


class AffectedPerson(Answer):
    """A person who is cut off."""

    pseudonym: str
    facility: str


class AffectedAssurance(Answer):
    """An assurance that no longer vouches."""

    id: str
    recipient: str
    subject_kind: str
    subject: str


class AffectedRelease(Answer):
    """A release whose openings stop: a case of this node, or an arrival here."""

    id: str
    number: str
    item: str
    banner: str
    nation: str
    facility: str


class Affected(Answer):
    """What depends on a facility, a person or an assurance. `own_items`: how many own items close to somebody."""

    people: list[AffectedPerson]
    assurances: list[AffectedAssurance]
    arrivals: list[AffectedRelease]
    cases: list[AffectedRelease]
    own_items: int
