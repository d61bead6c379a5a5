"""The chain of custody: no event lost, and gaps exactly where something expected is missing."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from relto.procedures.custody_chain import (
    ANY_OUTCOME,
    ENTRY_MISSING,
    EVIDENCE_FAILS,
    EXPECTATIONS,
    FAILS,
    CustodyEvent,
    build_chain,
    matches,
)

START = datetime(2026, 10, 1, 8, tzinfo=UTC)
NOW = START + timedelta(days=400)
LIMITS = {"receipt_days": 45}
KINDS = sorted({kind for one in EXPECTATIONS for kind, _ in one.after | one.seen} | {"opening:granted", "item:sealed"})
OUTCOMES = sorted({outcome for one in EXPECTATIONS for _, outcome in one.after | one.seen} - {ANY_OUTCOME} | {"", "x"})


def event(kind: str, hours: float = 0, thread: str = "rel_1", **other: object) -> CustodyEvent:
    given: dict[str, object] = {"outcome": "", "nation": "USA", "signer": "prs_a", "entry": "ent_a", "index": 1}
    given |= {"state": "agreed", "order": int(hours * 10), **other}
    return CustodyEvent(thread=thread, kind=kind, at=START + timedelta(hours=hours), **given)  # type: ignore[arg-type]


@st.composite
def histories(draw: st.DrawFn) -> list[CustodyEvent]:
    times = draw(st.lists(st.integers(0, 30), max_size=25))
    return [
        event(
            draw(st.sampled_from(KINDS)),
            hours,
            draw(st.sampled_from(("rel_1", "cpy_1", "cpy_2"))),
            outcome=draw(st.sampled_from(OUTCOMES)),
            order=number,
            state=draw(st.sampled_from(("agreed", "recorded", "missing"))),
            signature=draw(st.sampled_from(("holds", "none_kept", FAILS))),
        )
        for number, hours in enumerate(times)
    ]


@given(histories(), st.randoms(use_true_random=False))
def test_no_event_is_lost_doubled_or_invented_and_their_order_is_that_of_their_instants(
    events: list[CustodyEvent], chance: object
) -> None:
    mixed = list(events)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    chain = build_chain(mixed, now=NOW, limits=LIMITS)
    assert Counter(link.event for link in chain.links) == Counter(events)
    assert [link.number for link in chain.links] == list(range(1, len(events) + 1))
    instants = [(link.event.at, link.event.order) for link in chain.links]
    assert instants == sorted(instants)
    assert chain == build_chain(events, now=NOW, limits=LIMITS)


@given(histories())
def test_gaps_stand_exactly_where_what_is_expected_is_missing(events: list[CustodyEvent]) -> None:
    chain = build_chain(events, now=NOW, limits=LIMITS)
    found = {(gap.code, gap.thread) for gap in chain.gaps if gap.code not in {ENTRY_MISSING, EVIDENCE_FAILS}}
    expected = set()
    for thread in {one.thread for one in events}:
        its = [link.event for link in chain.links if link.event.thread == thread]
        for rule in EXPECTATIONS:
            asking = [place for place, one in enumerate(its) if matches(one, rule.after)]
            if asking and not any(matches(one, rule.seen) for one in its[asking[-1] + 1 :]):
                expected.add((rule.code, thread))
    assert found == expected
    faults = sum(one.state == "missing" or FAILS in {one.entry_evidence, one.signature} for one in events)
    assert sum(gap.code in {ENTRY_MISSING, EVIDENCE_FAILS} for gap in chain.gaps) == faults
    assert chain.is_unbroken == (not chain.gaps)


def test_a_receipt_that_never_came_is_late_after_the_loaded_limit_and_only_then() -> None:
    sent = [event("release:prepared"), event("transfer:receipted", 1)]
    gap = build_chain(sent, now=START + timedelta(days=45, hours=1), limits=LIMITS).gaps[0]
    assert (gap.code, gap.day, gap.limit, gap.late, gap.other_side) == ("custody_receipt", 45, 45, False, True)
    assert build_chain(sent, now=START + timedelta(days=46), limits=LIMITS).gaps[0].late
    no_rule = build_chain(sent, now=START + timedelta(days=460), limits={}).gaps[0]
    assert (no_rule.limit, no_rule.late) == (None, False)
    whole = [*sent, event("acceptance:receipted", 30)]
    assert build_chain(whole, now=NOW, limits=LIMITS).is_unbroken


def test_a_copy_without_a_place_and_a_destruction_without_its_second_signature_are_gaps() -> None:
    placeless = [event("copy:recorded", thread="cpy_1", outcome="no_location")]
    assert [gap.code for gap in build_chain(placeless, now=NOW, limits={}).gaps] == ["location"]
    placed = [*placeless, event("copy:handed_over", 2, "cpy_1")]
    assert build_chain(placed, now=NOW, limits={}).is_unbroken
    signed = [*placed, event("copy:destruction_signed", 5, "cpy_1")]
    assert [gap.code for gap in build_chain(signed, now=NOW, limits={}).gaps] == ["second_signature"]
    assert build_chain([*signed, event("copy:destroyed", 6, "cpy_1")], now=NOW, limits={}).is_unbroken
