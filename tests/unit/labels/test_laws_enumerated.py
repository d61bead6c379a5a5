"""The laws of labels over everything in a small universe, and over whatever hypothesis chooses.

Three nations, all audiences, the four levels of the United States, two caveats: every pair and every triple of labels,
every clearance. What is measured here is what labels.md section 6 says of the NATO rules: dropping an empty or missing
category lets people read a whole who may not read its parts.
"""

from __future__ import annotations

from itertools import combinations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relto.base.nations import Nation
from relto.labels.audience import Audience, Everyone, Nobody, Only, only
from relto.labels.joining import Undecided, dominates, join
from relto.labels.label import Label
from tests.support.label_laws import (
    CAVEATS,
    IND,
    NATIONS,
    TABLE,
    USA,
    any_clearance,
    any_us_label,
    check_label_alone,
    check_laws,
    check_together,
    check_translation,
    may_read,
    us_clearance,
    us_label,
)

law = settings(max_examples=60, deadline=None)


def _subsets(items: tuple[str, ...]) -> list[frozenset[str]]:
    return [frozenset(chosen) for size in range(len(items) + 1) for chosen in combinations(items, size)]


def _universe() -> list[Label]:
    """Every valid label: each level, each audience with the owner in it, stated or not, each set of caveats."""
    found = []
    for entry, others, caveats in product(USA.entries, _subsets(NATIONS[1:]), _subsets(CAVEATS)):
        if "ORCON" in caveats and entry.may_be_public:
            continue
        name = entry.level.name
        found.append(us_label(name, Only(frozenset(map(Nation, others)) | {Nation("USA")}), caveats=caveats))
        if not others:
            found.append(us_label(name, Only(frozenset({Nation("USA")})), caveats=caveats, release_stated=False))
            if entry.may_be_public:
                found.append(us_label(name, Everyone(), caveats=caveats))
    return found


LABELS = _universe()
CLEARANCES = [
    us_clearance(height, caveats, nation) for height, caveats, nation in product(range(5), _subsets(CAVEATS), NATIONS)
]
INDEX = {label: number for number, label in enumerate(LABELS)}


@pytest.fixture(scope="module")
def joins() -> list[list[int]]:
    """The join of every pair, as the number of the label that it is: the universe is closed under join."""
    table = []
    for one in LABELS:
        row = []
        for other in LABELS:
            joined = join([one, other])
            assert isinstance(joined, Label)
            row.append(INDEX[joined])
        table.append(row)
    return table


@pytest.fixture(scope="module")
def readers() -> list[int]:
    """For every label the clearances that may read it, one bit each."""
    return [sum(may_read(label, holder) << bit for bit, holder in enumerate(CLEARANCES)) for label in LABELS]


def test_the_universe_is_whole() -> None:
    assert len(LABELS) == len(INDEX) == 3 * 4 * 5 + 2 * 6
    assert len(CLEARANCES) == 60


def test_join_is_a_semilattice_on_every_pair_and_triple(joins: list[list[int]]) -> None:
    everyone = range(len(LABELS))
    for one in everyone:
        assert joins[one][one] == one
        assert all(joins[one][other] == joins[other][one] for other in everyone)
    for one, other in product(everyone, everyone):
        left = joins[joins[one][other]]
        right = joins[one]
        assert all(left[third] == right[joins[other][third]] for third in everyone)


def test_the_join_is_the_least_label_above_both(joins: list[list[int]]) -> None:
    above = [[dominates(high, low) for low in LABELS] for high in LABELS]
    for one, other in product(range(len(LABELS)), repeat=2):
        joined = joins[one][other]
        assert above[joined][one]
        assert above[joined][other]
        assert all(above[third][joined] for third in range(len(LABELS)) if above[third][one] and above[third][other])


def test_nobody_reads_the_whole_who_may_not_read_every_part(joins: list[list[int]], readers: list[int]) -> None:
    permitted = 0
    for one, other in product(range(len(LABELS)), repeat=2):
        whole = readers[joins[one][other]]
        assert not whole & ~(readers[one] & readers[other])
        permitted += whole != 0
    assert permitted > 0


def test_protecting_more_never_adds_a_reader(readers: list[int]) -> None:
    for (number, high), (lower, low) in product(enumerate(LABELS), enumerate(LABELS)):
        if dominates(high, low):
            assert not readers[number] & ~readers[lower]


def test_a_translation_keeps_every_protection_of_every_label() -> None:
    mapped = 0
    for label in LABELS:
        check_translation(label, TABLE, IND)
        mapped += not label.caveats
    for level, others in product([entry.level.name for entry in IND.entries], _subsets(("USA", "GBR"))):
        audience = Only(frozenset(map(Nation, others)) | {Nation("IND")})
        check_translation(us_label(level, audience, IND), TABLE, USA)
    assert mapped > 0


def test_portions_of_another_owner_join_into_a_document_that_stays_american() -> None:
    """Every American label with every Indian portion in its words: the document says whose information it contains."""
    american = (Nation("USA"),)
    for one in LABELS:
        for level, others in product(["SECRET", "TOP SECRET"], _subsets(("GBR",))):
            audience = Only(frozenset(map(Nation, others)) | {Nation("IND"), Nation("USA")})
            portion = us_label(level, audience, owner=(Nation("IND"),))
            whole = join([one, portion], owner=american)
            assert isinstance(whole, Label)
            assert whole.owner == american
            assert dominates(whole, portion)
            assert dominates(whole, one)
            assert join([portion, one], owner=american) == whole == join([whole, portion], owner=american)
            for holder in CLEARANCES:
                if may_read(whole, holder):
                    assert may_read(one, holder)
                    assert may_read(portion, holder)
    closed = us_label("SECRET", Only(frozenset({Nation("IND")})), owner=(Nation("IND"),))
    assert join([LABELS[0], closed], owner=american) == Undecided("release")


def test_the_nato_rule_widens_and_the_safe_rule_never_does() -> None:
    """Three nations, an audience absent or any non-empty subset, all pairs, any subject: 512 cells (section 6)."""
    audiences: list[frozenset[str] | None] = [None, *(s for s in _subsets(NATIONS) if s)]
    cells = nato_wider = safe_wider = 0
    for one, other, subject in product(audiences, audiences, _subsets(NATIONS)):
        cells += 1
        parts = (_as_audience(one), _as_audience(other))
        may_read_parts = all(_acdf(part, subject) for part in parts)
        nato = (one & other) or None if one is not None and other is not None else None
        nato_wider += _acdf(_as_audience(nato), subject) and not may_read_parts
        safe_wider += _acdf(parts[0].intersect(parts[1]), subject) and not may_read_parts
    assert (cells, nato_wider, safe_wider) == (512, 104, 0)


def _as_audience(nations: frozenset[str] | None) -> Audience:
    return Everyone() if nations is None else only(map(Nation, nations))


def _acdf(audience: Audience, subject: frozenset[str]) -> bool:
    """At least one value is held, as the ACDF reads a permissive tag."""
    if isinstance(audience, Everyone):
        return True
    return not isinstance(audience, Nobody) and bool(audience.nations & subject)


def test_an_absent_audience_is_the_identity_and_nobody_absorbs() -> None:
    for one in LABELS:
        public = us_label("UNCLASSIFIED", Everyone(), created=one.created, review_by=one.review_by)
        assert join([one, public]) == one


@law
@given(st.data())
def test_the_laws_hold_for_labels_with_every_control(data: st.DataObject) -> None:
    def choose(values: object) -> object:
        return data.draw(st.sampled_from(list(values)))  # type: ignore[call-overload]

    one, other, third = (any_us_label(choose) for _ in range(3))
    clearance = any_clearance(choose)
    check_label_alone(one, other, clearance)
    check_together(one, other, third, clearance)


def test_the_laws_hold_for_random_cases() -> None:
    check_laws(cases=300, seed=4)
