"""Where an entry stands, in the few codes by which it is found and counted: a list needs no more than this.

A place is derived from the entry's statements, the provisions of the rule book in force and its parties, and from
nothing else: both nodes find the same, and a kept place can be thrown away and made again.

Promises: an entry's `word` is empty when nothing was said of the present texts, so that what was read of an older text
never counts as compared; readings that the nations do not share are in dispute; one nation's reading is one-sided.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from relto.alignment.divergences import read_divergence, standing
from relto.alignment.relations import Relation, read_relation, same_reading, text_digest
from relto.alignment.shared_record import DIVERGENCE, RELATION, Entry
from relto.base.instants import Instant
from relto.base.nations import Nation
from relto.rules.provisions import Provision

IN_DISPUTE: Final = "in_dispute"
ONE_SIDED: Final = "one_sided"
"""Only one nation has said how it reads the provisions; the other has not answered."""
AGREED: Final = "agreed"
ONLY: Final = "only"
STRICTER_HERE: Final = "stricter"
PLACED: Final = (RELATION, DIVERGENCE)
"""The kinds that have a place: those of which there are very many."""


@dataclass(frozen=True, slots=True)
class Place:
    """One entry. `state`: agreed, in_dispute or one_sided of a relation; of a divergence that of `standing`.

    `word`, `whose`: what it says in the picture of coverage between the nations of `pair` ("IND-USA"), empty for a
    divergence and for what is about older texts only. `named`: the provisions of the newest words; `compared`: of
    these, the ones that `word` is about. `older_text`: what it is about has changed since.
    """

    entry: str
    kind: str
    topic: str
    opened_by: Nation
    opened: Instant
    changed: Instant
    state: str
    word: str
    whose: str
    pair: str
    older_text: bool
    named: tuple[str, ...]
    compared: tuple[str, ...]


class PresentTexts:
    """The digests of a rule book's provisions, each made once, when it is first asked for."""

    def __init__(self, provisions: Mapping[str, Provision]) -> None:
        """`provisions`: of the rule book in force."""
        self.provisions = provisions
        self._digests: dict[str, str] = {}

    def holds(self, identity: str, digest: str) -> bool:
        """Whether the provision is there with this very text."""
        known = self._digests.get(identity)
        if known is None and identity in self.provisions:
            known = self._digests[identity] = text_digest(self.provisions[identity])
        return known == digest

    def are_of(self, reading: Relation) -> bool:
        """Whether every provision still has the text that was read."""
        return all(self.holds(identity, digest) for identity, digest in reading.texts.items())


def pair_of(one: Nation | str, other: Nation | str) -> str:
    """Two nations in the order of their codes: "IND-USA"."""
    return "-".join(sorted((str(one), str(other))))


def place_of(entry: Entry, texts: PresentTexts, parties: Sequence[Nation]) -> Place:
    """Where a relation or a divergence stands under this rule book and between these parties."""
    return _divergence(entry, texts, parties) if entry.kind == DIVERGENCE else _relation(entry, texts)


def _divergence(entry: Entry, texts: PresentTexts, parties: Sequence[Nation]) -> Place:
    newest = [read_divergence(said.body) for said in entry.newest.values()]
    named = tuple(sorted({one for words in newest for one in words.provisions}))
    return Place(
        entry=entry.entry,
        kind=entry.kind,
        topic=read_divergence(entry.newest[entry.opened_by].body).topic,
        opened_by=entry.opened_by,
        opened=entry.opened,
        changed=entry.changed,
        state=standing(entry, parties, entry.changed).state,
        word="",
        whose="",
        pair="",
        older_text=any(one not in texts.provisions for one in named),
        named=named,
        compared=(),
    )


def _relation(entry: Entry, texts: PresentTexts) -> Place:
    readings = {nation: read_relation(said.body) for nation, said in entry.newest.items()}
    first = readings[entry.opened_by]
    present = [one for one in readings.values() if {one.of, one.to} == {first.of, first.to} and texts.are_of(one)]
    word, whose = _word(present, readings) if present else ("", "")
    every = list(readings.values())
    shared = len(every) > 1 and all(same_reading(every[0], one) for one in every[1:])
    return Place(
        entry=entry.entry,
        kind=entry.kind,
        topic=present[0].topic if present else first.topic,
        opened_by=entry.opened_by,
        opened=entry.opened,
        changed=entry.changed,
        state=AGREED if shared else IN_DISPUTE if len(every) > 1 else ONE_SIDED,
        word=word,
        whose=whose,
        pair=pair_of(first.of, first.to),
        older_text=not all(texts.are_of(one) for one in every),
        named=tuple(sorted({identity for one in every for identity in one.texts})),
        compared=tuple(sorted({identity for one in present for identity in one.texts})),
    )


def _word(present: Sequence[Relation], readings: Mapping[Nation, Relation]) -> tuple[str, str]:
    """(word, whose) of the readings that are about the present texts."""
    if len(present) == 1:
        return ONE_SIDED, str(next(nation for nation, one in readings.items() if one is present[0]))
    first, second = present[:2]
    if not same_reading(first, second):
        return IN_DISPUTE, ""
    if first.relation == "missing":
        having = [nation for nation, ids in first.provisions.items() if ids]
        return ONLY, str(having[0]) if len(having) == 1 else str(first.of)
    if first.relation in {"stricter", "looser"}:
        return STRICTER_HERE, str(first.of if first.relation == "stricter" else first.to)
    return first.relation, ""
