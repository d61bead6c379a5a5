"""Signatures under versions: both or nothing, never under an older text, the same on both nodes in any order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as some

from relto.alignment.shared_record import PROPOSAL, SIGNATURE, Said, entries
from relto.alignment.signatures import SIGNED, TAKEN_BACK, Agreed, agreed, body_of, signed_versions
from relto.base.nations import Nation

USA, IND = Nation("USA"), Nation("IND")
PARTIES = (IND, USA)
START = datetime(2026, 11, 23, 9, tzinfo=UTC)
THING = "ale_" + "a" * 24


def version(number: int, *, hours: int, nation: Nation = USA) -> Said:
    previous = f"{nation}{number - 1}" if number > 1 else ""
    at = START + timedelta(hours=hours)
    return Said(THING, PROPOSAL, nation, number, previous, f"{nation}{number}", at, {})


def word(nation: Nation, about: Said, said: str, *, hours: int, number: int = 1) -> Said:
    entry = "ale_" + {"USA": "b", "IND": "c"}[nation] * 24
    at = START + timedelta(hours=hours)
    return Said(entry, SIGNATURE, nation, number, "", f"{entry}{number}", at, body_of(THING, about, said))


def held(*said: Said) -> tuple[Agreed, ...]:
    found = entries(said)
    return agreed(found[THING], found.values(), PARTIES)


FIRST = version(1, hours=0)
SECOND = version(2, hours=5)


def test_one_signature_agrees_nothing_and_two_agree_at_the_second() -> None:
    one = word(USA, FIRST, SIGNED, hours=1)
    assert held(FIRST, one) == ()
    both = held(FIRST, one, word(IND, FIRST, SIGNED, hours=2))
    assert both == (Agreed(USA, 1, "USA1", START + timedelta(hours=2)),)


def test_a_signature_under_an_older_text_completes_nothing() -> None:
    one = word(USA, FIRST, SIGNED, hours=1)
    late = word(IND, FIRST, SIGNED, hours=6)
    assert held(FIRST, SECOND, one, late) == ()
    shown = signed_versions(entries([FIRST, SECOND, one, late])[THING], entries([one, late]).values())
    assert [(one.version.number, sorted(one.signed), one.superseded) for one in shown] == [
        (1, ["IND", "USA"], True),
        (2, [], False),
    ]


def test_a_signature_may_be_taken_back_until_both_stand_and_then_no_more() -> None:
    signed = word(USA, FIRST, SIGNED, hours=1)
    back = word(USA, FIRST, TAKEN_BACK, hours=2, number=2)
    assert held(FIRST, signed, back, word(IND, FIRST, SIGNED, hours=3)) == ()
    agreed_before = held(
        FIRST, signed, word(IND, FIRST, SIGNED, hours=2), word(USA, FIRST, TAKEN_BACK, hours=3, number=2)
    )
    assert [one.number for one in agreed_before] == [1]


def test_what_was_agreed_stays_agreed_when_a_newer_version_is_said() -> None:
    words = [word(USA, FIRST, SIGNED, hours=1), word(IND, FIRST, SIGNED, hours=2)]
    assert [one.number for one in held(FIRST, SECOND, *words)] == [1]


@given(some.permutations([FIRST, SECOND, word(USA, SECOND, SIGNED, hours=6), word(IND, SECOND, SIGNED, hours=7)]))
def test_both_nodes_find_the_same_in_whatever_order_it_came(order: list[Said]) -> None:
    assert [(one.number, one.digest) for one in held(*order)] == [(2, "USA2")]
