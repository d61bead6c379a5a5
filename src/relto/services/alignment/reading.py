"""The shared record as the authority's people read it: entries, both sides' words, coverage, what it costs.

Nobody of a company reads the negotiation; private notes are for the co-chairs alone. The consequence of a divergence is
counted over the newest decisions of this node, as codes: how many rested on a rule that rests on its provisions, and
how many of those were refused by it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from relto.alignment.coverage import TopicCoverage, cells_of, joined, topics
from relto.alignment.divergences import standing
from relto.alignment.places import PLACED, pair_of
from relto.alignment.shared_record import COMMENT, DIVERGENCE, Entry, Said
from relto.base.errors import NotAvailable, UnknownValue
from relto.base.instants import Instant
from relto.base.nations import Nation
from relto.procedures.actors import Actor
from relto.rules.bundle import Bundle
from relto.rules.provisions import Provision
from relto.services import active_bundle
from relto.services.alignment.places import WEIGHED_AT_ONCE, book_of, place_under
from relto.services.house import House
from relto.store.queries.alignment import READERS, entries_of, entry_of, newest_decided, notes, visible_entries
from relto.store.queries.alignment_places import Sought, count_outdated, counted_cells, outdated, page_of, sought_places

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


def record(
    house: House,
    actor: Actor,
    *,
    kind: str = "",
    topic: str = "",
    state: str = "",
    word: str = "",
    whose: str = "",
    provision: str = "",
    after: str = "",
) -> list[EntryView]:
    """Relations and divergences, the oldest first, 100 at most; `after`: the last entry of the page before.

    Each of the others narrows: `word`, `whose` as in the picture of coverage, `provision` what they are about. Raises
    Refused("role"), UnknownValue("alignment.kind").
    """
    actor.require(*READERS)
    now = house.now()
    bundle = active_bundle.active(house, now)
    page = page_of(
        sought_places(actor, _sought(kind, topic=topic, state=state, word=word, whose=whose, provision=provision)),
        after,
    )
    found = entries_of(page)
    return [_view(bundle, found[identity], now) for identity in page if identity in found]


def count(
    house: House,
    actor: Actor,
    *,
    kind: str = "",
    topic: str = "",
    state: str = "",
    word: str = "",
    whose: str = "",
    provision: str = "",
) -> int:
    """How many entries `record` would list on all its pages. Raises as `record`."""
    del house
    actor.require(*READERS)
    return sought_places(
        actor, _sought(kind, topic=topic, state=state, word=word, whose=whose, provision=provision)
    ).count()


def _sought(kind: str, **narrowed: str) -> Sought:
    if kind and kind not in PLACED:
        raise UnknownValue("alignment.kind", field="kind", expected=", ".join(PLACED))
    return Sought(kinds=(kind,) if kind else (), **narrowed)


def entry(house: House, actor: Actor, identity: str) -> EntryDetail:
    """One entry whole. Raises Refused("role"), NotAvailable("alignment")."""
    actor.require(*READERS)
    now = house.now()
    bundle = active_bundle.active(house, now)
    found = entry_of(identity)
    if found is None or found.kind not in PLACED:
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


def named(house: House, actor: Actor, identities: Iterable[str]) -> list[EntryView]:
    """Those of these relations and divergences that this node holds, the oldest first. Raises Refused("role")."""
    actor.require(*READERS)
    now = house.now()
    bundle = active_bundle.active(house, now)
    return [_view(bundle, found, now) for found in entries_of(identities).values() if found.kind in PLACED]


def covered(house: House, actor: Actor, other: str = "") -> tuple[tuple[Nation, Nation], tuple[TopicCoverage, ...]]:
    """How the own rules stand to those of `other` (the first partner without it), topic by topic."""
    actor.require(*READERS)
    bundle = active_bundle.active(house)
    partners = sorted(nation for nation in bundle.parties if nation != house.nation)
    chosen = Nation(other) if other else partners[0]
    if chosen not in partners:
        raise UnknownValue("nation", field="nation", expected=", ".join(partners))
    waiting = outdated(book_of(bundle), WEIGHED_AT_ONCE)
    cells, said = counted_cells(actor, pair_of(house.nation, chosen), waiting)
    if waiting:
        places = [place_under(bundle, one) for one in entries_of(waiting).values()]
        fresh, more = cells_of(places, house.nation, chosen)
        cells, said = joined(cells, fresh), said | more
    return (house.nation, chosen), topics(bundle.provisions, cells, said, house.nation, chosen)


def not_weighed(house: House, actor: Actor) -> int:
    """How many entries the worker has yet to weigh against the rule book in force, beyond what `covered` weighs."""
    actor.require(*READERS)
    bundle = active_bundle.active(house)
    return max(0, count_outdated(book_of(bundle)) - WEIGHED_AT_ONCE)


def _view(bundle: Bundle, found: Entry, now: Instant) -> EntryView:
    place = place_under(bundle, found)
    first = found.newest[found.opened_by].body
    is_divergence = found.kind == DIVERGENCE
    return EntryView(
        entry=found.entry,
        kind=found.kind,
        topic=place.topic,
        title=str(first["question" if is_divergence else "relation"]),
        state=place.state,
        owner=str(standing(found, sorted(bundle.parties), now).owner or "") if is_divergence else "",
        opened_by=str(found.opened_by),
        opened=found.opened,
        changed=found.changed,
        days=max(0, (now - found.opened).days),
        provisions=place.named,
        older_text=place.older_text,
    )


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
