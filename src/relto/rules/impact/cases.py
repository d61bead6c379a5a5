"""The question asked of one person and one item: the facts that their rows state.

`open`: may this person open the item at her facility? The decision is her own nation's. Where her nation is an owner
she is at home: its own node gives the item and no release is shown. Otherwise the item's releaser gives it, under the
release to her facility, if there is one.
`release`: may the releaser's node release the item to her facility, for her as the only reader, over the channel? Asked
only of people of another nation than the releaser's; the item's authorisations for her nation are shown, no release.
In both, consents are those to her facility, and the listing is her entry in the item's need-to-know list.
A pair that is not asked is not permitted.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Literal, cast

import numpy as np

from relto.base.errors import MalformedInput
from relto.base.instants import Instant, Period
from relto.base.nations import Nation
from relto.labels.audience import Everyone, only
from relto.rules.bundle import Bundle
from relto.rules.decide import decide
from relto.rules.decision import Decision
from relto.rules.engine import Verdict
from relto.rules.facts import (
    AuthorisationFacts,
    ConsentFacts,
    DecisionFacts,
    FacilityFacts,
    ItemFacts,
    LevelCode,
    ListingFacts,
    PersonFacts,
    ReleaseFacts,
)
from relto.rules.impact.holdings import KINDS, STATES, Holdings
from relto.rules.questions import ask, contradictions

ACTIONS = ("open", "release")
DEFAULT_CHANNEL = "link"
NOT_LISTED = -1
_MOST_KEPT = 4096
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def check_action(action: str) -> str:
    """`action` if its impact can be weighed. Raises MalformedInput."""
    if action not in ACTIONS:
        raise MalformedInput("action", field="action", expected=" or ".join(ACTIONS))
    return action


def instant_of(seconds: int) -> Instant:
    """Seconds since 1970 as an instant."""
    return _EPOCH + timedelta(seconds=int(seconds))


def seconds_of(at: Instant) -> int:
    """Whole seconds since 1970."""
    return (at - _EPOCH) // timedelta(seconds=1)


class Cases:
    """The facts of any pair, one at a time: what Cedar is asked."""

    def __init__(self, holdings: Holdings, action: str, channel: str = DEFAULT_CHANNEL) -> None:
        """Raises MalformedInput for an action that is not weighed."""
        self._holdings = holdings
        self._action = check_action(action)
        self._channel = channel
        self._papers: dict[str, tuple[Any, Any]] = {}
        # The same cells are asked under two rule sets, of few people and facilities.
        self._stated = lru_cache(maxsize=_MOST_KEPT)(self._facts)
        self._described = lru_cache(maxsize=_MOST_KEPT)(self._item)
        self._placed = lru_cache(maxsize=_MOST_KEPT)(self._facility)

    def decide(self, bundle: Bundle, person: int, item: int, listing: int, at: Instant) -> Decision | None:
        """Cedar's decision of a pair with a row of the listings (or NOT_LISTED); None when it is not asked."""
        facts = self.facts(person, item, listing)
        return None if facts is None else decide(bundle, self._action, facts, at)

    def verdicts(self, bundle: Bundle, person: int, item: int, listing: int, at: Instant) -> list[Verdict] | None:
        """Cedar's answers to the questions that `decide` asks of the pair; None when it is not asked.

        Facts that contradict each other give none at all.
        """
        facts = self.facts(person, item, listing)
        if facts is None:
            return None
        if contradictions(self._action, facts):
            return []
        return bundle.engine.judge_all([one.question for one in ask(bundle, self._action, facts, at)])

    def listing_of(self, person: int, item: int) -> int:
        """The row of the listings that puts this person on this item's list, or NOT_LISTED."""
        held = self._holdings
        rows = self._rows_of("listing", "list", int(held["item.list"][item]))
        found = [int(row) for row in rows if held["listing.person"][row] == person]
        return found[0] if found else NOT_LISTED

    def facts(self, person: int, item: int, listing: int) -> DecisionFacts | None:
        """The facts of a pair, None when it is not asked."""
        return self._stated(person, item, listing)

    def _facts(self, person: int, item: int, listing: int) -> DecisionFacts | None:
        held, nations = self._holdings, self._holdings.words["nations"]
        place = int(held["person.facility"][person])
        nation, releaser = int(held["facility.nation"][place]), int(held["item.releaser"][item])
        owners = held.sets["owner_sets"][held["item.owners"][item]]
        releasing, at_home = self._action == "release", bool(owners[nation])
        if releasing and nation == releaser:
            return None
        described = self._described(item)
        her = self._person(person, place, Nation(nations[nation]))
        from_nation = nation if at_home and not releasing else releaser
        released = not (releasing or at_home)
        return DecisionFacts(
            node=Nation(nations[releaser if releasing else nation]),
            item=described,
            facility=self._placed(place),
            people=(her,),
            releaser=Nation(nations[from_nation]),
            channel=self._channel if releasing else None,
            authorisations=self._authorisations(item, nation, described.item) if releasing else (),
            consents=self._consents(item, place, described.item),
            listings=() if listing == NOT_LISTED else (self._listing(listing, her.pseudonym, described.item),),
            release=self._release(item, place, described.item) if released else None,
        )

    def _rows_of(self, group: str, column: str, value: int) -> Any:
        if group not in self._papers:
            order = np.argsort(self._holdings[f"{group}.{column}"], kind="stable")
            self._papers[group] = (order, self._holdings[f"{group}.{column}"][order])
        order, ordered = self._papers[group]
        start, end = np.searchsorted(ordered, [value, value + 1])
        return order[start:end]

    def _level(self, group: str, column: str, row: int) -> LevelCode | None:
        found, words = int(self._holdings[f"{group}.{column}"][row]), self._holdings.words
        return None if found < 0 else LevelCode(words["policies"][found], words["level_names"][found])

    def _period(self, group: str, row: int, prefix: str = "") -> Period:
        held = self._holdings
        start, end = (int(held[f"{group}.{prefix}{name}"][row]) for name in ("from", "until"))
        return Period(instant_of(start), instant_of(max(start, end)))

    def _known(self, group: str, row: int) -> tuple[Period | None, Instant | None, bool]:
        held = self._holdings
        start, end, status = (int(held[f"{group}.{name}"][row]) for name in ("valid_from", "valid_until", "status_at"))
        valid = Period(instant_of(start), instant_of(end)) if start < end else None
        return valid, instant_of(status) if status else None, bool(held[f"{group}.suspended"][row])

    def _members(self, sets: str, row: int) -> frozenset[str]:
        words = {"caveat_sets": "caveats", "programme_sets": "programmes"}.get(sets, "nations")
        return frozenset(self._holdings.words[words][place] for place in np.flatnonzero(self._holdings.sets[sets][row]))

    def _facility(self, row: int) -> FacilityFacts:
        held = self._holdings
        valid, status_at, suspended = self._known("facility", row)
        nation = Nation(held.words["nations"][held["facility.nation"][row]])
        levels = self._level("facility", "level", row), self._level("facility", "safeguarding", row)
        return FacilityFacts(held.words["facilities"][row], nation, *levels, valid, status_at, suspended=suspended)

    def _person(self, row: int, place: int, nation: Nation) -> PersonFacts:
        held = self._holdings
        valid, status_at, suspended = self._known("person", row)
        return PersonFacts(
            pseudonym=held.name("person", row),
            nation=nation,
            facility=held.words["facilities"][place],
            level=self._level("person", "level", row),
            caveats=self._members("caveat_sets", held["person.caveats"][row]),
            valid=valid,
            status_at=status_at,
            programmes=self._members("programme_sets", held["person.programmes"][row]),
            suspended=suspended,
        )

    def _item(self, row: int) -> ItemFacts:
        held = self._holdings
        audience, programme = int(held["item.audience"][row]), int(held["item.programme"][row])
        named = (Nation(nation) for nation in self._members("audiences", audience))
        level = self._level("item", "level", row)
        return ItemFacts(
            item=held.name("item", row),
            owners=frozenset(Nation(one) for one in self._members("owner_sets", held["item.owners"][row])),
            level=cast("LevelCode", level),
            audience=Everyone() if held.everyone[audience] else only(named),
            caveats=self._members("caveat_sets", held["item.caveats"][row]),
            programme=None if programme < 0 else held.words["programmes"][programme],
            export_controlled=bool(held["item.export"][row]),
            physical=bool(held["item.physical"][row]),
            registered=bool(held["item.registered"][row]),
        )

    def _authorisations(self, item: int, nation: int, code: str) -> tuple[AuthorisationFacts, ...]:
        held, found = self._holdings, []
        for row in self._rows_of("authorisation", "papers", int(held["item.papers"][item])):
            if held["authorisation.nation"][row] == nation:
                programme = int(held["authorisation.programme"][row])
                of_item, of_programme = (code, None) if programme < 0 else (None, held.words["programmes"][programme])
                kind = cast("Literal['disclosure', 'export']", KINDS[held["authorisation.kind"][row]])
                name = Nation(held.words["nations"][nation])
                found.append(
                    AuthorisationFacts(
                        kind, f"AUT-{row}", name, of_item, of_programme, self._period("authorisation", row)
                    )
                )
        return tuple(found)

    def _consents(self, item: int, place: int, code: str) -> tuple[ConsentFacts, ...]:
        held, nations = self._holdings, self._holdings.words["nations"]
        to = Nation(nations[held["facility.nation"][place]])
        return tuple(
            ConsentFacts(
                f"CON-{row}", Nation(nations[held["consent.by"][row]]), code, to, held.words["facilities"][place],
                self._period("consent", row),
            )
            for row in self._rows_of("consent", "papers", int(held["item.papers"][item]))
            if held["consent.facility"][row] == place
        )  # fmt: skip

    def _release(self, item: int, place: int, code: str) -> ReleaseFacts | None:
        held = self._holdings
        for row in self._rows_of("release", "papers", int(held["item.papers"][item])):
            if held["release.facility"][row] == place:
                to = Nation(held.words["nations"][held["facility.nation"][place]])
                state: Any = STATES[held["release.state"][row]]
                code_of_place = held.words["facilities"][place]
                return ReleaseFacts(f"REL-{row}", code, to, code_of_place, "live", state, self._period("release", row))
        return None

    def _listing(self, row: int, pseudonym: str, code: str) -> ListingFacts:
        reason = f"rsn_{row}" if self._holdings["listing.reason"][row] else ""
        return ListingFacts(pseudonym, code, reason, self._period("listing", row))
