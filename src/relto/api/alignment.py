"""The working group's shared record: relations, divergences, comments, private notes, and what is compared."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router, Status
from pydantic import Field

from relto.api.answers import Answer, plain
from relto.api.forms import Form, Id, NationCode, Reason
from relto.api.surroundings import caller, house
from relto.services.alignment import reading, saying

router = Router(tags=["alignment"])
Provisions = Annotated[list[Annotated[str, Field(min_length=1, max_length=64)]], Field(min_length=1, max_length=64)]
Word = Annotated[str, Field(min_length=1, max_length=16)]
Entry = Annotated[str, Field(max_length=32)]


class SharedEntry(Answer):
    """An entry of the shared record. `title`: the relation, or the question of a divergence, as it was first said.

    `state`: agreed, in_dispute or one_sided of a relation; open, in_review, settled or withdrawn of a divergence.
    `owner`: empty while the nations name different ones. `older_text`: what it is about has changed since.
    """

    entry: str
    kind: str
    topic: str
    title: str
    state: str
    owner: str
    opened_by: str
    opened: str
    changed: str
    days: int
    provisions: list[str]
    older_text: bool


class SaidWord(Answer):
    """One version of one nation's line."""

    nation: str
    number: int
    at: str
    body: dict[str, Any]


class PrivateNote(Answer):
    """A note that never leaves this node."""

    note: str
    text: str
    at: str


class Touched(Answer):
    """Of the newest `weighed` decisions here, how many rested on a rule of the divergence, and how many it refused."""

    weighed: int
    touched: int
    refused: int
    rules: list[str]


class SharedEntryDetail(SharedEntry):
    """An entry whole: every version of both nations, comments, the own private notes, the consequence."""

    words: list[SaidWord]
    comments: list[SaidWord]
    notes: list[PrivateNote]
    consequence: Touched | None


class CoverageCell(Answer):
    """One word of one topic: `nation` is whose rule is stricter or alone.

    `entries` and `provisions` name the first of them; `entry_count` and `provision_count` say how many there are.
    """

    word: str
    nation: str
    entries: list[str]
    provisions: list[str]
    entry_count: int
    provision_count: int


class TopicCovered(Answer):
    """A topic between two nations; `rules`: how many rules each has loaded."""

    topic: str
    rules: dict[str, int]
    cells: list[CoverageCell]


class Covered(Answer):
    """What is compared between two nations, topic by topic. `not_weighed`: entries that are yet to be counted."""

    one: str
    other: str
    topics: list[TopicCovered]
    not_weighed: int


class Told(Answer):
    """The entry in which it was said."""

    entry: str


class RelationForm(Form):
    """How the own provisions stand to the partner's. `entry`: the one that is answered or said anew."""

    provisions: Provisions
    to: NationCode
    relation: Word
    reason: Reason
    confidence: Word
    entry: Entry = ""


class DivergenceForm(Form):
    """A question that both nations must answer. `entry`: the one that is answered or said anew."""

    question: Annotated[str, Field(min_length=1, max_length=500)]
    provisions: Provisions
    owner: NationCode
    options: Annotated[list[Annotated[str, Field(min_length=1, max_length=500)]], Field(max_length=12)] = Field(
        default_factory=list
    )
    state: Word = "open"
    entry: Entry = ""


class CommentForm(Form):
    """A comment that the partner reads. `clause`: what of the entry it is about."""

    text: Annotated[str, Field(min_length=1, max_length=4000)]
    clause: Annotated[str, Field(max_length=200)] = ""


class NoteForm(Form):
    """A private note."""

    text: Annotated[str, Field(min_length=1, max_length=4000)]


class Asked(Form):
    """Which entries: each member narrows; `after` is the last entry of the page before."""

    kind: Annotated[str, Field(max_length=16)] = ""
    topic: Annotated[str, Field(max_length=32)] = ""
    state: Annotated[str, Field(max_length=16)] = ""
    word: Annotated[str, Field(max_length=16)] = ""
    whose: Annotated[str, Field(max_length=3)] = ""
    provision: Annotated[str, Field(max_length=64)] = ""
    after: Annotated[str, Field(max_length=32)] = ""


@router.get("/alignment/entries", response=list[SharedEntry])
def list_alignment(request: HttpRequest, asked: Query[Asked]) -> list[dict[str, Any]]:
    """Relations and divergences, the oldest first, 100 at most."""
    return [plain(view) for view in reading.record(house(), caller(request), **asked.model_dump())]


@router.get("/alignment/entries/{entry}", response=SharedEntryDetail)
def read_alignment(request: HttpRequest, entry: Id) -> dict[str, Any]:
    """One entry whole: what each nation said, version after version."""
    found = reading.entry(house(), caller(request), entry)
    return {
        **plain(found.view),
        "words": [plain(one) for one in found.words],
        "comments": [plain(one) for one in found.comments],
        "notes": [plain(one) for one in found.notes],
        "consequence": plain(found.consequence) if found.consequence is not None else None,
    }


@router.get("/alignment/coverage", response=Covered)
def read_coverage(request: HttpRequest, nation: Query[str] = "") -> dict[str, Any]:
    """What is compared with a partner (the first one without `nation`), topic by topic."""
    own, actor = house(), caller(request)
    (one, other), topics = reading.covered(own, actor, nation)
    left = reading.not_weighed(own, actor)
    return {"one": str(one), "other": str(other), "topics": [_topic(topic) for topic in topics], "not_weighed": left}


def _topic(topic: Any) -> dict[str, Any]:
    rules = {str(nation): count for nation, count in topic.rules.items()}
    return {"topic": topic.topic, "rules": rules, "cells": [plain(cell) for cell in topic.cells]}


@router.post("/alignment/relations", response={201: Told})
def state_relation(request: HttpRequest, body: RelationForm) -> Status[dict[str, str]]:
    """Say how the own provisions stand to the partner's (co-chair)."""
    told = saying.relate(
        house(),
        caller(request),
        provisions=body.provisions,
        to=body.to,
        relation=body.relation,
        reason=body.reason,
        confidence=body.confidence,
        entry=body.entry,
    )
    return Status(201, {"entry": told})


@router.post("/alignment/divergences", response={201: Told})
def state_divergence(request: HttpRequest, body: DivergenceForm) -> Status[dict[str, str]]:
    """Raise a divergence, answer one, or say how it stands (co-chair)."""
    told = saying.raise_divergence(
        house(),
        caller(request),
        question=body.question,
        provisions=body.provisions,
        owner=body.owner,
        options=body.options,
        state=body.state,
        entry=body.entry,
    )
    return Status(201, {"entry": told})


@router.post("/alignment/entries/{entry}/comments", response={201: Told})
def comment_alignment(request: HttpRequest, entry: Id, body: CommentForm) -> Status[dict[str, str]]:
    """Comment an entry; the partner reads it (co-chair)."""
    told = saying.comment(house(), caller(request), about=entry, text=body.text, clause=body.clause)
    return Status(201, {"entry": told})


@router.post("/alignment/entries/{entry}/notes", response={201: Told})
def note_alignment(request: HttpRequest, entry: Id, body: NoteForm) -> Status[dict[str, str]]:
    """Keep a private note on an entry; it never leaves this node (co-chair)."""
    saying.note(house(), caller(request), entry=entry, text=body.text)
    return Status(201, {"entry": entry})
