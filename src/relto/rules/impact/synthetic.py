"""Synthetic holdings of any size: nobody and nothing in them exists, and everything about them says so.

Two nations and a third share programmes; each programme has facilities, work packages (need-to-know lists), papers and
items. The same numbers and the same seed give the same holdings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from relto.base.errors import MalformedInput
from relto.base.instants import Instant
from relto.rules.impact.cases import seconds_of
from relto.rules.impact.holdings import STATES, Column, Holdings

DAY = 86400
MOST_PEOPLE = 2_000_000
MOST_ITEMS = 100_000_000
NATIONS = ("USA", "IND", "FRA")
LEVELS = {
    "2.999.840.1": ("UNCLASSIFIED", "CONFIDENTIAL", "SECRET", "TOP SECRET"),
    "2.999.356.1": ("UNCLASSIFIED", "RESTRICTED", "CONFIDENTIAL", "SECRET", "TOP SECRET"),
}
_CAVEATS = tuple(f"example/SYN-{letter}" for letter in "ABCDE")
_FIRST = {0: 0, 1: len(LEVELS["2.999.840.1"])}
PAPERS_EACH = 12
LISTS_EACH = 10
KINDS_EACH = 400


def synthetic_holdings(
    people: int,
    items: int,
    seed: int,
    at: Instant,
    *,
    facilities: Sequence[tuple[str, str]] = (),
    programmes: Sequence[str] = (),
) -> Holdings:
    """Holdings as of `at`. `facilities` (code, nation) and `programmes`: real codes of a bundle that lead the lists.

    Raises MalformedInput for sizes out of bounds or a facility of another nation.
    """
    if not 0 <= people <= MOST_PEOPLE or not 0 <= items <= MOST_ITEMS:
        expected = f"at most {MOST_PEOPLE} people and {MOST_ITEMS} items"
        raise MalformedInput("holdings", field="people, items", expected=expected)
    if any(nation not in NATIONS for _, nation in facilities):
        raise MalformedInput("holdings", field="facilities", expected="facilities of " + ", ".join(NATIONS))
    draw, now = np.random.default_rng(seed), seconds_of(at)
    program = [*programmes, *(f"SYNTHETIC-{one:03d}" for one in range(min(max(people // 500, 2), 200)))]
    places = [
        *facilities,
        *((f"SYN-{one:03d}", NATIONS[min(one % 20 // 9, 2)]) for one in range(max(20, len(program) * 2))),
    ]
    nation_of = np.array([NATIONS.index(nation) for _, nation in places], dtype=np.int16)
    lists = len(program) * LISTS_EACH
    columns: dict[str, Column] = {
        "facility.nation": nation_of,
        "facility.level": _held(draw, nation_of, 0.97),
        "facility.safeguarding": _held(draw, nation_of, 0.9),
        **_assured("facility", draw, len(places), now),
    }
    home = draw.integers(0, len(places), people, dtype=np.int32)
    first = draw.integers(0, len(program), people)
    held = np.zeros((len(program), len(program)), dtype=bool)
    held[np.arange(len(program)), np.arange(len(program))] = True
    held[np.arange(len(program)), (np.arange(len(program)) + 1) % len(program)] = True
    columns |= {
        "person.facility": home,
        "person.level": _held(draw, nation_of[home], 0.97),
        "person.caveats": draw.choice(_caveat_rows(), people).astype(np.int8),
        "person.programmes": first.astype(np.int16),
        **_assured("person", draw, people, now),
    }
    listed = np.concatenate([np.arange(people)] * 5) if people else np.zeros(0, dtype=np.int64)
    of_list = ((first[listed] + draw.integers(0, 2, len(listed))) % len(program)) * LISTS_EACH + draw.integers(
        0, LISTS_EACH, len(listed)
    )
    _, once = np.unique(of_list * max(people, 1) + listed, return_index=True)
    start = np.full(len(once), now - 100 * DAY)
    columns |= {
        "listing.list": of_list[once].astype(np.int32),
        "listing.person": listed[once].astype(np.int32),
        "listing.reason": draw.random(len(once)) < 0.98,  # noqa: PLR2004
        "listing.from": start,
        "listing.until": start + draw.choice([50, 200, 400], len(once), p=[0.03, 0.57, 0.4]) * DAY,
    }
    columns |= {**_items(draw, items, lists), **_papers(draw, lists, nation_of, now)}
    policies = [policy for policy, names in LEVELS.items() for _ in names]
    return Holdings(
        columns=columns,
        words={
            "nations": NATIONS,
            "policies": tuple(policies),
            "level_names": tuple(name for names in LEVELS.values() for name in names),
            "programmes": tuple(program),
            "caveats": _CAVEATS,
            "facilities": tuple(code for code, _ in places),
        },
        sets={
            "owner_sets": np.array([[1, 0, 0], [0, 1, 0], [1, 1, 0], [0, 0, 1]], dtype=bool),
            "audiences": np.array([[0, 0, 0], [0, 0, 0], [1, 1, 0], [1, 0, 0], [0, 1, 0], [1, 1, 1]], dtype=bool),
            "caveat_sets": np.array([[row >> bit & 1 for bit in range(5)] for row in range(32)], dtype=bool),
            "programme_sets": held,
        },
        everyone=np.array([True, False, False, False, False, False]),
        counts={"lists": lists, "papers": lists * PAPERS_EACH},
        names={},
    )


def _caveat_rows() -> Column:
    """Most hold none or all."""
    return np.array([0] * 20 + [31] * 20 + list(range(32)))


def _held(draw: np.random.Generator, nation: Column, known: float) -> Column:
    """A level of the own nation's policy; of the third nation none, there is no policy of it here."""
    rank = draw.choice(5, len(nation), p=[0.03, 0.02, 0.15, 0.5, 0.3])
    usa = np.minimum(rank, 3)
    level = np.where(nation == 0, usa, _FIRST[1] + rank)
    return np.where((nation == 2) | (draw.random(len(nation)) >= known), -1, level).astype(np.int8)  # noqa: PLR2004


def _assured(group: str, draw: np.random.Generator, rows: int, now: int) -> Mapping[str, Column]:
    start = now - draw.integers(10, 700, rows) * DAY
    return {
        f"{group}.valid_from": start,
        f"{group}.valid_until": start + draw.choice([1, 720, 1500], rows, p=[0.03, 0.47, 0.5]) * DAY,
        f"{group}.status_at": now - draw.choice([1, 5, 11, 20, 30], rows, p=[0.3, 0.3, 0.2, 0.16, 0.04]) * 3600,
        f"{group}.suspended": draw.random(rows) < 0.01,  # noqa: PLR2004
    }


def _items(draw: np.random.Generator, items: int, lists: int) -> Mapping[str, Column]:
    """Each work package has its own kinds of items; most items of a kind are alike."""
    kinds = lists * KINDS_EACH
    of_list = np.arange(kinds, dtype=np.int32) // KINDS_EACH
    owners = np.array([0, 0, 1, 1, 0, 1, 2, 3, 0, 1], dtype=np.int8)[draw.integers(0, 10, lists)][of_list]
    level = np.array([0, 1, 2, 2, 2, 3, 3, 3], dtype=np.int8)[draw.integers(0, 8, kinds)]
    indian = np.array([False, True, False, False])[owners]
    level = np.where(indian, level + _FIRST[1] + (level > 0), level).astype(np.int8)
    level[indian & (draw.random(kinds) < 0.1)] = _FIRST[1] + 1  # noqa: PLR2004
    programme = np.where(draw.random(kinds) < 0.1, -1, of_list // LISTS_EACH).astype(np.int16)  # noqa: PLR2004
    of_kind: dict[str, Column] = {
        "item.list": of_list,
        "item.owners": owners,
        "item.releaser": np.array([0, 1, 0, 0], dtype=np.int8)[owners],
        "item.level": level,
        "item.audience": draw.choice(np.array([0, 2, 2, 2, 2, 5, 1, 3], dtype=np.int8), kinds),
        "item.caveats": draw.choice(np.array([0, 0, 0, 0, 1, 2, 3, 8], dtype=np.int8), kinds),
        "item.programme": programme,
        "item.papers": of_list * PAPERS_EACH + draw.integers(0, PAPERS_EACH, kinds, dtype=np.int32),
        "item.export": draw.random(kinds) < 0.5,  # noqa: PLR2004
        "item.physical": draw.random(kinds) < 0.25,  # noqa: PLR2004
    }
    kind = draw.integers(0, max(kinds, 1), items, dtype=np.int32)
    found = {name: column[kind] for name, column in of_kind.items()}
    return {**found, "item.registered": draw.random(items, dtype=np.float32) < 0.995}  # noqa: PLR2004


def _papers(draw: np.random.Generator, lists: int, nation_of: Column, now: int) -> Mapping[str, Column]:
    """Releases to some facilities, authorisations for some nations, consents of the third nation."""
    papers = lists * PAPERS_EACH
    each = max(2, len(nation_of) // 8)
    of, place = np.repeat(np.arange(papers), each), draw.integers(0, len(nation_of), papers * each)
    _, once = np.unique(of * len(nation_of) + place, return_index=True)
    found: dict[str, Any] = {
        "release.papers": of[once].astype(np.int32),
        "release.facility": place[once].astype(np.int32),
        "release.state": draw.choice(len(STATES), len(once), p=[0.02, 0.1, 0.8, 0.04, 0.04]).astype(np.int8),
        **_periods("release", draw, len(once), now),
    }
    granted = np.flatnonzero(draw.random(papers * 4) < 0.8)  # noqa: PLR2004  nations by kinds
    found |= {
        "authorisation.papers": (granted // 4).astype(np.int32),
        "authorisation.kind": (granted % 2).astype(np.int8),
        "authorisation.nation": (granted // 2 % 2).astype(np.int8),
        "authorisation.programme": np.where(granted % 3 == 0, granted // 4 // PAPERS_EACH // LISTS_EACH, -1).astype(
            np.int16
        ),
        **_periods("authorisation", draw, len(granted), now),
    }
    asked = np.flatnonzero(draw.random(papers) < 0.3)  # noqa: PLR2004
    found |= {
        "consent.papers": asked.astype(np.int32),
        "consent.by": np.full(len(asked), 2, dtype=np.int8),
        "consent.facility": draw.integers(0, len(nation_of), len(asked), dtype=np.int32),
        **_periods("consent", draw, len(asked), now),
    }
    return found


def _periods(group: str, draw: np.random.Generator, rows: int, now: int) -> Mapping[str, Column]:
    start = now - draw.integers(5, 60, rows) * DAY
    return {f"{group}.from": start, f"{group}.until": start + draw.choice([4, 300], rows, p=[0.05, 0.95]) * DAY}
