"""Meetings, actions, agenda and roadmap as values: the same on both nodes, nothing counted that nobody signed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from relto.alignment import actions, agenda, meeting_standing, meetings, roadmap
from relto.alignment.agenda import Matter, agenda_of
from relto.alignment.bilingual import read_bilingual
from relto.alignment.coverage import coverage
from relto.alignment.heads import heads
from relto.alignment.roadmap import TopicMatter
from relto.alignment.shared_record import ACTION, DIVERGENCE, MEETING, PROPOSAL, REHEARSED, SIGNATURE, Said, entries
from relto.alignment.signatures import SIGNED, body_of
from relto.base.errors import Conflict, MalformedInput, UnknownValue
from relto.base.nations import Nation
from tests.support.known import shipped_provisions

USA, IND = Nation("USA"), Nation("IND")
PARTIES = (IND, USA)
START = datetime(2026, 11, 23, 9, tzinfo=UTC)
THING, OTHER = "ale_" + "a" * 24, "ale_" + "b" * 24


def planned(**changes: Any) -> meetings.Meeting:
    usual: dict[str, Any] = {
        "number": "JWG-2026-1",
        "host": IND,
        "place": "New Delhi",
        "starts": START,
        "ends": START + timedelta(hours=6),
        "zone": "Asia/Kolkata",
        "form": meetings.IN_PERSON,
    }
    return meetings.make_meeting(PARTIES, **(usual | changes))


def version(nation: Nation, number: int, *, minutes: int, on: str = "", kind: str = MEETING) -> Said:
    previous = f"{nation}{number - 1}" if number > 1 else ""
    at = START + timedelta(minutes=minutes)
    return Said(THING, kind, nation, number, previous, f"{nation}{number}", at, {**planned().body(), "on": on})


def signed(nation: Nation, about: Said, *, minutes: int) -> Said:
    entry = "ale_" + {USA: "c", IND: "d"}[nation] * 24
    at = START + timedelta(minutes=minutes)
    return Said(entry, SIGNATURE, nation, 1, "", f"{entry}1", at, body_of(THING, about, SIGNED))


def read(*said: Said) -> tuple[str, ...]:
    found = entries(said)
    return tuple(one.digest for one in heads(found[THING], found.values()))


FIRST = version(USA, 1, minutes=0)


def test_who_writes_on_a_version_overtakes_it_whatever_her_clock_says() -> None:
    answer = version(IND, 1, minutes=-3, on="USA1")  # her clock is late
    assert read(FIRST, answer) == ("IND1",)
    assert read(FIRST, answer, version(USA, 2, minutes=9, on="IND1")) == ("USA2",)


def test_who_writes_at_once_is_kept_beside_the_other_and_the_later_clock_is_read_first() -> None:
    second, answer = version(USA, 2, minutes=5), version(IND, 1, minutes=7, on="USA1")
    assert read(FIRST, second, answer) == ("IND1", "USA2")


def test_a_nation_that_signs_the_other_text_after_its_own_lets_its_own_go() -> None:
    answer = version(IND, 1, minutes=7)
    assert read(FIRST, answer) == ("IND1", "USA1")
    assert read(FIRST, answer, signed(IND, FIRST, minutes=8)) == ("USA1",)
    assert read(FIRST, answer, signed(IND, FIRST, minutes=6)) == ("IND1", "USA1")
    crossed = (signed(IND, FIRST, minutes=8), signed(USA, answer, minutes=8))
    assert read(FIRST, answer, *crossed) == ("IND1", "USA1")


@given(some.permutations([FIRST, version(USA, 2, minutes=5), version(IND, 1, minutes=7, on="USA1")]))
def test_both_nodes_read_the_same_version_in_whatever_order_it_came(order: list[Said]) -> None:
    assert read(*order) == ("IND1", "USA2")


def test_the_host_alternates_from_the_last_one_held_and_two_a_year_is_only_a_default() -> None:
    one = meetings.with_minutes(planned(), [], [])
    found = meeting_standing.propose_next([(one, True)], PARTIES, START)
    assert (found.host, found.after, found.number) == (USA, "JWG-2026-1", "JWG-2027-1")
    assert (found.per_year, found.per_year_agreed) == (2, False)
    three = meetings.with_minutes(planned(per_year=3, number="JWG-2026-2"), [], [])
    assert meeting_standing.propose_next([(three, True)], PARTIES, START).per_year_agreed
    assert not meeting_standing.propose_next([(three, False)], PARTIES, START).per_year_agreed
    taken = ["JWG-2026-99", "JWG-2026-1", "JWG-2025-7", "another"]
    assert meeting_standing.next_number(taken, 2026) == "JWG-2026-2"
    nothing = meeting_standing.propose_next([(planned(), False)], PARTIES, START)
    assert (nothing.host, nothing.not_after, nothing.number) == (None, None, "JWG-2026-2")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"number": "2026/1"}, "number"),
        ({"host": Nation("FRA")}, "host"),
        ({"form": "hybrid"}, "form"),
        ({"zone": "../etc"}, "zone"),
        ({"ends": START}, "ends"),
        ({"ends": START + timedelta(days=15)}, "ends"),
        ({"per_year": 13}, "per_year"),
    ],
)
def test_a_plan_that_does_not_fit_is_refused_at_its_field(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(MalformedInput) as caught:
        planned(**changes)
    assert caught.value.field == field


def test_minutes_are_of_items_and_a_cancelled_meeting_takes_none() -> None:
    item = meetings.AgendaItem(THING, "Who counts?", IND, agenda.DIVERGENCE_OPEN)
    held = meetings.with_minutes(
        meetings.with_agenda(planned(), [item], PARTIES),
        [(THING, {"hi": "  दोनों   गिनते हैं। "})],
        [(THING, {"en": "Yes."})],
    )
    assert (held.minutes[0].text, held.decisions[0].code) == ({"hi": "दोनों गिनते हैं।"}, "D1")
    assert meetings.read_meeting(held.body()) == held
    with pytest.raises(UnknownValue):
        meetings.with_minutes(held, [(OTHER, {"en": "No."})], [])
    with pytest.raises(Conflict):
        meetings.cancelled(held, "no")
    with pytest.raises(Conflict):
        meetings.with_minutes(meetings.cancelled(planned(), "no"), [], [])
    with pytest.raises(MalformedInput):
        meetings.with_agenda(planned(), [item, item], PARTIES)


def test_what_a_partner_writes_of_a_meeting_is_checked_beside_its_form() -> None:
    body = planned().body()
    for changes in (
        {"ends": body["starts"]},
        {"starts": "soon"},
        {"zone": "a/../b"},
        {"decisions": [{"code": "D2", "entry": THING, "text": {"en": "x"}}]},
        {"minutes": [{"entry": THING, "text": {"en": "x"}}]},
    ):
        with pytest.raises(MalformedInput):
            meetings.check_meeting(Said(THING, MEETING, IND, 1, "", "d", START, {**body, **changes}))


def test_an_action_is_late_by_its_owners_calendar_and_only_when_it_was_agreed() -> None:
    made = actions.make_action(
        PARTIES, about=OTHER, what={"en": "Draft it."}, owner=IND, role="co_chair", due=date(2026, 12, 18)
    )
    evening = datetime(2026, 12, 18, 19, tzinfo=UTC)  # the next day has begun in India
    assert (actions.days_late(made, evening - timedelta(hours=2)), actions.days_late(made, evening)) == (0, 1)
    assert actions.days_late(actions.closed(made, actions.DONE, {"hi": "हो गया।"}), evening) == 0
    said = Said(THING, ACTION, IND, 1, "", "d", START, made.body())
    found = entries([said])[THING]
    alone = actions.standing(found, (), PARTIES, evening)
    assert (alone.word, alone.late, alone.waits_for) == ("proposed", 0, PARTIES)
    both = [
        Said(f"ale_{one * 24}", SIGNATURE, nation, 1, "", one, START, body_of(THING, said, SIGNED))
        for one, nation in (("x", USA), ("y", IND))
    ]
    agreed = actions.standing(found, entries(both).values(), PARTIES, evening)
    assert (agreed.word, agreed.late, agreed.waits_for) == ("agreed", 1, ())


@pytest.mark.parametrize("due", ["2026-12-32", "18 Dec 2026", "20261218", "1900-01-01"])
def test_a_day_that_is_none_is_refused(due: str) -> None:
    with pytest.raises(MalformedInput):
        actions.read_day(due, field="due")


def test_a_text_stands_in_its_own_language_and_joiners_stay_within_indian_words() -> None:
    assert read_bilingual({"hi": "क्\u200dष", "en": " "}, field="text", longest=10) == {"hi": "क्\u200dष"}
    for given_text in ({"en": "a\u200db"}, {"fr": "oui"}, {"en": ""}, {"en": "x" * 11}):
        with pytest.raises(MalformedInput):
            read_bilingual(given_text, field="text", longest=10)


def matter(kind: str, word: str, *, days: int = 1, **more: Any) -> Matter:
    entry = "ale_" + str(days).rjust(24, "a")
    return Matter(more.pop("entry", entry), kind, "title", word, START - timedelta(days=days), **more)


def test_the_agenda_offers_what_is_ripe_with_why_and_takes_nothing() -> None:
    every = [
        matter(DIVERGENCE, "open", days=3),
        matter(DIVERGENCE, "settled", days=4),
        matter(PROPOSAL, "ripe", days=2),
        matter(PROPOSAL, "tabled", days=9),
        matter(ACTION, "agreed", days=5, due=date(2026, 11, 20), late=3),
        matter(ACTION, "agreed", days=6, due=date(2026, 12, 20)),
        matter(ACTION, "agreed", days=7, due=date(2026, 12, 1)),
        matter(REHEARSED, "", days=8, about=OTHER),
        matter(REHEARSED, "", days=1, about=OTHER),
    ]
    found = agenda_of(
        every, meeting_day=date(2026, 12, 2), at=START, discussed={OTHER: START - timedelta(days=4)}, taken={THING}
    )
    assert [(one.why, one.days) for one in found] == [
        ("proposal_ripe", 2),
        ("action_overdue", 5),
        ("action_due", 7),
        ("divergence_open", 3),
        ("rehearsal_new", 1),
    ]
    old = [matter(DIVERGENCE, "open", days=days) for days in range(1, 30)]
    offered = agenda_of(old, meeting_day=date(2026, 12, 2), at=START)
    assert [one.days for one in offered] == list(range(29, 19, -1))


def test_the_roadmap_counts_with_units_and_says_where_there_is_nothing() -> None:
    covered = coverage(shipped_provisions(), (), USA, IND)
    tabled = [TopicMatter("p1", "register", "agreed"), TopicMatter("p2", "register", "proven")]
    gone = [TopicMatter("p3", "register", "withdrawn"), TopicMatter("p4", "visit", "superseded")]
    differences = [TopicMatter("d1", "register", "settled"), TopicMatter("d2", "register", "open")]
    roads = {one.topic: one for one in roadmap.roadmap(covered, differences, [*tabled, *gone])}
    assert [(one.code, one.done, one.of, one.word) for one in roads["register"].steps[1:]] == [
        ("settled", 1, 2, "part"),
        ("proposed", 2, 2, "all"),
        ("proven", 2, 2, "all"),
        ("signed", 1, 2, "part"),
        ("in_force", 0, 2, "none"),
    ]
    assert {one.word for one in roads["visit"].steps[1:]} == {"nothing"}
    compared = roads["register"].steps[0]
    assert (compared.done, compared.word) == (0, "none")
    assert compared.of > 0
    assert roadmap.reached(roads.values()) == {
        "compared": 0,
        "settled": 0,
        "proposed": 1,
        "proven": 1,
        "signed": 0,
        "in_force": 0,
    }
