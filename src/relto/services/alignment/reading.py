"""The shared record as the authority's people read it: entries, both sides' words, coverage, what it costs.

Nobody of a company reads the negotiation; private notes are for the co-chairs alone. The consequence of a divergence is
counted over the newest decisions of this node, as codes: how many rested on a rule that rests on its provisions, and
how many of those were refused by it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from relto.alignment.coverage import TopicCoverage, coverage
from relto.alignment.divergences import Standing, read_divergence, standing
from relto.alignment.relations import read_relation, same_reading
from relto.alignment.shared_record import COMMENT, DIVERGENCE, RELATION, Entry, Said
from relto.base.errors import NotAvailable, UnknownValue
from relto.base.instants import Instant
from relto.base.nations import Nation
from relto.procedures.actors import Actor
from relto.rules.bundle import Bundle
from relto.rules.provisions import Provision
from relto.services import active_bundle
from relto.services.house import House
from relto.store.queries.alignment import READERS, newest_decided, notes, visible_entries

_LISTED = (RELATION, DIVERGENCE)
WEIGHED_DECISIONS = 2000
"""Of so many newest decisions the consequence of a divergence is counted."""


@dataclass(frozen=True, slots=True)
class Word:
    """One version of one nation's line. `by`: whose co-chair's pseudonym is not told; the nation speaks."""

    nation: str
    number: int
    at: Instant
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class EntryView:
    """An entry in a list. `state`: agreed, in_dispute or one_sided of a relation; that of `standing` of a divergence.

    `older_text`: what it was about has changed since. `days`: since the first word.
    """

    entry: str
    kind: str
    topic: str
    title: str
    state: str
    owner: str
    opened_by: str
    opened: Instant
    changed: Instant
    days: int
    provisions: tuple[str, ...]
    older_text: bool


@dataclass(frozen=True, slots=True)
class Consequence:
    """What a divergence touched, of the newest `weighed` decisions: how many rested on its rules, how many failed."""

    weighed: int
    touched: int
    refused: int
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Note:
    """A private note."""

    note: str
    text: str
    at: Instant


@dataclass(frozen=True, slots=True)
class EntryDetail:
    """An entry whole: each nation's versions, the newest last; the provisions named; comments; own private notes."""

    view: EntryView
    words: tuple[Word, ...]
    provisions: tuple[Provision, ...]
    comments: tuple[Word, ...]
    notes: tuple[Note, ...]
    consequence: Consequence | None


def record(house: House, actor: Actor, *, kind: str = "", topic: str = "", state: str = "") -> list[EntryView]:
    """Relations and divergences, the oldest first; of one kind, topic or state when named. Raises Refused("role")."""
    actor.require(*READERS)
    if kind and kind not in _LISTED:
        raise UnknownValue("alignment.kind", field="kind", expected=", ".join(_LISTED))
    kinds = (kind,) if kind else _LISTED
    now = house.now()
    bundle = active_bundle.active(house, now)
    found = visible_entries(actor, kinds=kinds, topic=topic).values()
    views = [_view(bundle, entry, now) for entry in found]
    return [view for view in views if state in {"", view.state}]


def entry(house: House, actor: Actor, identity: str) -> EntryDetail:
    """One entry whole. Raises Refused("role"), NotAvailable("alignment")."""
    actor.require(*READERS)
    now = house.now()
    bundle = active_bundle.active(house, now)
    found = visible_entries(actor, kinds=(RELATION, DIVERGENCE)).get(identity)
    if found is None:
        raise NotAvailable("alignment", field="entry")
    view = _view(bundle, found, now)
    said = visible_entries(actor, kinds=(COMMENT,), about=identity).values()
    return EntryDetail(
        view=view,
        words=_words(one for line in found.lines.values() for one in line),
        provisions=tuple(bundle.provisions[one] for one in view.provisions if one in bundle.provisions),
        comments=_words(one for comment in said for line in comment.lines.values() for one in line),
        notes=tuple(Note(row.id, row.text, row.at) for row in notes(actor, identity)),
        consequence=_consequence(bundle, actor, view.provisions) if found.kind == DIVERGENCE else None,
    )


def covered(house: House, actor: Actor, other: str = "") -> tuple[tuple[Nation, Nation], tuple[TopicCoverage, ...]]:
    """How the own rules stand to those of `other` (the first partner without it), topic by topic."""
    actor.require(*READERS)
    bundle = active_bundle.active(house)
    partners = sorted(nation for nation in bundle.parties if nation != house.nation)
    chosen = Nation(other) if other else partners[0]
    if chosen not in partners:
        raise UnknownValue("nation", field="nation", expected=", ".join(partners))
    found = visible_entries(actor, kinds=(RELATION,)).values()
    return (house.nation, chosen), coverage(bundle.provisions, found, house.nation, chosen)


def _view(bundle: Bundle, found: Entry, now: Instant) -> EntryView:
    newest = found.newest
    first = newest[found.opened_by].body
    named = sorted({one for said in newest.values() for one in _named(said.kind, said.body)})
    if found.kind == DIVERGENCE:
        parties = sorted(bundle.parties)
        stands: Standing = standing(found, parties, now)
        title, state, owner = read_divergence(first).question, stands.state, str(stands.owner or "")
        older = any(one not in bundle.provisions for one in named)
    else:
        readings = [read_relation(said.body) for said in newest.values()]
        agreed = len(readings) > 1 and all(same_reading(readings[0], one) for one in readings[1:])
        title, owner = readings[0].relation, ""
        state = "agreed" if agreed else "in_dispute" if len(readings) > 1 else "one_sided"
        older = any(not one.is_about_present(bundle.provisions) for one in readings)
    return EntryView(
        entry=found.entry,
        kind=found.kind,
        topic=first["topic"],
        title=title,
        state=state,
        owner=owner,
        opened_by=str(found.opened_by),
        opened=found.opened,
        changed=found.changed,
        days=max(0, (now - found.opened).days),
        provisions=tuple(named),
        older_text=older,
    )


def _named(kind: str, body: Mapping[str, Any]) -> Sequence[str]:
    return list(body["texts"]) if kind == RELATION else list(body["provisions"])


def _words(said: Iterable[Said]) -> tuple[Word, ...]:
    ordered = sorted(said, key=lambda one: (one.at, one.nation, one.number))
    return tuple(Word(str(one.nation), one.number, one.at, one.body) for one in ordered)


def _consequence(bundle: Bundle, actor: Actor, provisions: Sequence[str]) -> Consequence:
    rules = {gate.rule for gate in bundle.gates.gates if set(gate.provisions) & set(provisions)}
    touched = refused = 0
    newest = newest_decided(actor, WEIGHED_DECISIONS)
    for decided in newest:
        outcomes = {gate["outcome"] for gate in decided.get("gates", ()) if gate["rule"] in rules}
        touched += bool(outcomes - {"does_not_apply"})
        refused += bool(outcomes & {"fails", "undecided"})
    return Consequence(len(newest), touched, refused, tuple(sorted(rules)))
