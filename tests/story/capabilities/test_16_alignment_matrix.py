"""Capability 16 (domain.md section 9): the alignment matrix of both nations' rules and the agreement.

Accept: filter "RESTRICTED handling" shows both sides' citation, the open gap and the meeting that discussed it.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from relto.base.errors import MalformedInput, Refused
from relto.services.alignment import meetings, saying
from relto.services.alignment.matrix import MatrixTopic, search
from tests.support.houses import IND, START, USA
from tests.support.two_houses import TwoHouses

pytestmark = pytest.mark.django_db
QUESTION = "RESTRICTED handling: how does each side protect what the other marks RESTRICTED?"
HINDI = "RESTRICTED सामग्री की संभाल किस नियम से हो?"


def row(rows: list[MatrixTopic], topic: str) -> MatrixTopic:
    return next(one for one in rows if one.topic == topic)


def test_restricted_handling_shows_both_citations_the_open_gap_and_the_meeting(two: TwoHouses) -> None:
    gap = two.do(
        USA,
        "co_chair",
        saying.raise_divergence,
        question=QUESTION,
        provisions=["ISA-28", "IND-27"],
        owner="IND",
        options=["treat it as CONFIDENTIAL", "modified handling"],
    )
    two.do(
        IND,
        "co_chair",
        saying.raise_divergence,
        question=HINDI,
        provisions=["GSO-52", "GAP-IND-equivalence"],
        owner="IND",
    )
    two.deliver()
    planned = meetings.Plan(
        host="IND",
        place="New Delhi",
        starts=START + timedelta(days=60),
        ends=START + timedelta(days=60, hours=6),
        zone="Asia/Kolkata",
        form="in_person",
    )
    meeting = two.do(IND, "co_chair", meetings.plan, planned)
    two.do(IND, "co_chair", meetings.set_agenda, meeting, [(gap, "IND")])
    two.deliver()
    for nation in (USA, IND):
        rows = two.do(nation, "inspector", search, text="RESTRICTED handling")
        marking = row(rows, "marking")
        cited = {side.whose: {one.id: one.citation for one in side.provisions} for side in marking.sides}
        assert "32 CFR" in str(cited["USA"]["ISA-28"])
        assert cited["IND"]["IND-27"] == "SMLDI 2014, Category A, ch. 5"
        entry = next(one for one in marking.entries if one.entry == gap)
        assert (entry.state, entry.open, entry.title) == ("open", True, QUESTION)
        assert [(one.entry, one.number) for one in entry.meetings] == [(meeting, "JWG-2026-1")]
        equivalence = two.do(nation, "co_chair", search, text="restricted संभाल")
        assert [one.topic for one in equivalence] == ["equivalence"]
        india = next(side for side in equivalence[0].sides if side.whose == "IND")
        assert (india.is_gap, [one.id for one in india.provisions]) == (True, ["GAP-IND-equivalence"])


def test_it_is_narrowed_by_topic_and_nobody_of_a_company_looks_into_it(two: TwoHouses) -> None:
    every = two.do(USA, "inspector", search)
    assert len(every) > 20
    assert [one.topic for one in two.do(USA, "inspector", search, topic="register")] == ["register"]
    assert two.do(USA, "inspector", search, text="zebra") == []
    storage = row(two.do(USA, "inspector", search, text="foreign RESTRICTED handling"), "storage")
    india = next(side for side in storage.sides if side.whose == "IND")
    assert (india.provisions, india.is_gap) == ((), False)
    with pytest.raises(MalformedInput):
        two.do(USA, "inspector", search, text="x" * 101)
    for who in ("security_officer", "engineer"):
        with pytest.raises(Refused):
            two.do(USA, who, search)
