"""Two sets are compared by keyed digests: exactly what differs is found, and a partner who lies is found out."""

from __future__ import annotations

import hashlib
import os
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relto.base.errors import MalformedInput, NotVerified, TooLarge
from relto.ledger.reconciliation import (
    EMPTY,
    LEAF_MOST,
    MOST_PARTS,
    Comparison,
    DigestTree,
    Node,
    commitment,
    keyed_digests,
    read_part,
    root_commitment,
    run_key,
)

KEY = b"k" * 32
RECORDS = st.sets(st.binary(min_size=1, max_size=12), max_size=60)


def tree(records: set[bytes]) -> DigestTree:
    return DigestTree(keyed_digests(KEY, sorted(records)))


def compared(left: DigestTree, right: DigestTree) -> tuple[Comparison, Comparison, int]:
    """Both sides after the run, and the bytes of all parts that were shown."""
    here, there = Comparison(left, right.root), Comparison(right, left.root)
    size = 0
    while not here.done:
        mine, theirs = here.shown(), there.shown()
        size += sum(map(len, (*mine.values(), *theirs.values())))
        here.take(theirs)
        there.take(mine)
    assert there.done
    return here, there, size


@given(RECORDS, RECORDS, RECORDS)
@settings(max_examples=150, deadline=None)
def test_exactly_the_symmetric_difference_is_found(common: set[bytes], ours: set[bytes], theirs: set[bytes]) -> None:
    filler = {b"filler" + number.to_bytes(4, "big") for number in range(300)}
    left, right = common | ours | filler, common | theirs | filler
    here, there, _ = compared(tree(left), tree(right))
    assert here.only_here == set(keyed_digests(KEY, left - right)) == there.only_there
    assert here.only_there == set(keyed_digests(KEY, right - left)) == there.only_here


def test_ten_thousand_items_with_seven_differences_cost_few_bytes() -> None:
    every = {hashlib.sha256(number.to_bytes(4, "big")).digest() for number in range(10_000)}
    listed = sorted(every)
    left, right = every - set(listed[:3]), every - set(listed[3:7])
    here, _, size = compared(tree(left), tree(right))
    assert (len(here.only_here), len(here.only_there)) == (4, 3)
    assert size < 60_000


def test_what_differs_only_in_size_class_is_compared_too() -> None:
    """A leaf on one side against children on the other: around the size at which a subtree is shown whole."""
    every = [number.to_bytes(2, "big") for number in range(LEAF_MOST * 3)]
    for size in (0, 1, LEAF_MOST - 1, LEAF_MOST, LEAF_MOST + 1, LEAF_MOST * 3 - 1):
        here, _, _ = compared(tree(set(every)), tree(set(every[:size])))
        assert (len(here.only_here), len(here.only_there)) == (len(every) - size, 0)


def test_equal_sets_show_nothing() -> None:
    same = {number.to_bytes(2, "big") for number in range(500)}
    here = Comparison(tree(same), tree(same).root)
    assert here.done
    assert here.shown() == {}


def test_a_part_that_was_not_committed_to_is_refused() -> None:
    left, right = tree({b"a", b"b"}), tree({b"a", b"c"})
    here = Comparison(left, right.root)
    with pytest.raises(NotVerified, match=r"reconciliation\.part"):
        here.take({"": left.part("").as_bytes()})


def test_parts_beside_those_compared_are_refused() -> None:
    here = Comparison(tree({b"a"}), tree({b"b"}).root)
    with pytest.raises(MalformedInput, match=r"reconciliation\.paths"):
        here.take({"": b"", "a": b""})
    with pytest.raises(MalformedInput, match=r"reconciliation\.paths"):
        here.take({})


def named(data: bytes, count: int) -> Node:
    return Node(count, hashlib.sha256(data).digest())


@pytest.mark.parametrize(
    ("data", "count", "path"),
    [
        (b"\0" + b"b" * 32 + b"a" * 32, 2, ""),  # not ascending
        (b"\0" + b"a" * 32 * 2, 2, ""),  # the same twice
        (b"\0" + b"a" * 32, 2, ""),  # fewer than named
        (b"\0" + b"a" * 32, 1, "0"),  # of another subtree
        (b"\1" + bytes(37 * 16), 0, ""),  # an inner part of nothing
        (b"\1" + bytes(37 * 15), 100, ""),  # a child too few
        (b"\1" + (b"\0\0\0\0\1" + bytes(32)) * 16, 100, ""),  # counts that do not add up
        (b"\1" + (b"\0\0\0\0\7" + bytes(32)) * 16, 112, "0" * 16),  # deeper than any keyed tree
        (b"\2", 0, ""),
        (b"", 0, ""),
    ],
)
def test_a_part_of_another_form_is_refused_though_it_was_committed_to(data: bytes, count: int, path: str) -> None:
    with pytest.raises(MalformedInput, match=r"reconciliation\.part"):
        read_part(data, path, named(data, count))
    with pytest.raises(NotVerified, match=r"reconciliation\.part"):
        read_part(b"\0" + bytes(5000), path, named(data, count))


def test_a_partner_who_declares_nothing_sees_a_bounded_number_of_parts() -> None:
    """It ends the run by differing in everything; what it was shown are keyed digests, and never all of them."""
    many = DigestTree([os.urandom(32) for _ in range(40_000)])
    here, there = Comparison(many, EMPTY), Comparison(DigestTree([]), many.root)
    taken = 0
    with pytest.raises(TooLarge):  # noqa: PT012  whichever step it is
        while True:
            mine, theirs = here.shown(), there.shown()
            taken += len(mine)
            here.take(theirs)
            there.take(mine)
    assert taken <= MOST_PARTS


def test_a_partner_who_claims_too_many_is_refused_at_once() -> None:
    with pytest.raises(TooLarge):
        Comparison(tree({b"a"}), Node(1 << 40, bytes(32)))


def test_the_key_is_of_both_sides_and_of_what_the_run_is_about() -> None:
    one, other = b"1" * 32, b"2" * 32
    keys = [run_key(one, other, b"x"), run_key(other, one, b"x"), run_key(one, one, b"x"), run_key(one, other, b"y")]
    assert len(set(keys)) == 4
    assert len({commitment(one), commitment(other), root_commitment(one, one), root_commitment(other, one)}) == 4
    for wrong in (b"", b"1" * 31, b"1" * 33):
        with pytest.raises(MalformedInput):
            run_key(one, wrong, b"x")


def test_a_record_declared_twice_is_refused() -> None:
    with pytest.raises(MalformedInput, match=r"reconciliation\.doubled"):
        DigestTree([b"d" * 32, b"d" * 32])


def test_the_digests_are_hmac_and_in_order() -> None:
    import hmac  # noqa: PLC0415  the standard library's, as the second opinion

    records = [b"", b"one", b"x" * 500]
    assert keyed_digests(KEY, records) == [hmac.digest(KEY, record, "sha256") for record in records]
    held = tree(set(records)).below("")
    assert all(left < right for left, right in pairwise(held))
