"""Capability 18 (domain.md section 9): change-of-law notices.

Accept: "SMLDI 2025 replaces 2014" drafts a notice, starts consultation, lists affected rules; old results stay
reproducible by date. Told with both nations in both parts.
"""

from __future__ import annotations

import io
from datetime import date, timedelta
from typing import Any

import pytest
from pypdf import PdfReader

from relto.base.errors import Conflict, NotAvailable, Refused
from relto.base.nations import Nation
from relto.rules.bundle import Bundle
from relto.services import active_bundle, bundles
from relto.services.alignment import reading, saying
from relto.services.alignment.law_changes import (
    LawChangeDetail,
    answer_consultation,
    end_consultation,
    known,
    law_change,
    law_changes,
    record_law_change,
)
from relto.services.alignment.law_notices import notice
from relto.services.as_of import as_of
from relto.store.models import DecisionRecord, OutboxMessage
from tests.support.houses import IND, START, USA, drafted, signed_by
from tests.support.two_houses import OTHER, TwoHouses
from tests.support.two_releases import ask, released

pytestmark = pytest.mark.django_db
UNTIL = (START + timedelta(days=60)).date()
SMLDI: dict[str, Any] = {
    "source": "Security Manual for Licensed Defence Industries",
    "edition": "SMLDI 2025",
    "replaces": "SMLDI 2014",
    "published": date(2025, 7, 3),
    "in_force_from": date(2025, 7, 3),
    "citation": "SMLDI 2025; DPIIT Press Note 3 (2025)",
    "evidence": "secondary",
    "provisions": [
        {"provision": "IND-02", "word": "changed", "text": "Categories A and B remain; category C is dropped."},
        {"provision": "LIM-34", "word": "changed"},
        {"provision": "IND-29", "word": "new", "text": "Subcontracting is covered."},
    ],
}
NISPOM: dict[str, Any] = {
    "source": "32 CFR part 117 (NISPOM rule)",
    "edition": "32 CFR part 117, amended",
    "replaces": "32 CFR part 117 (NISPOM rule)",
    "in_force_from": START.date(),
    "citation": "32 CFR part 117",
    "evidence": "unverified",
    "provisions": [{"provision": "USR-66", "word": "changed", "text": "An example of this story, no real amendment."}],
}
NEWER = "Of the newer edition; its text was not read."
NOTICES = {IND: (SMLDI, ("IND-27.1", "LIM-34"), "ISA-23"), USA: (NISPOM, ("USR-66", "ISA-23"), "IND-27.1")}


def told(two: TwoHouses, nation: Nation) -> str:
    """The nation's co-chair records its notice, and the link has worked since."""
    entry = two.do(nation, "co_chair", record_law_change, **NOTICES[nation][0], consultation_until=UNTIL)
    two.deliver()
    return entry


def shown(two: TwoHouses, nation: Nation, entry: str, who: str = "co_chair") -> LawChangeDetail:
    return two.do(nation, who, law_change, entry)


@pytest.mark.parametrize("nation", [IND, USA])
def test_a_new_edition_drafts_a_notice_lists_what_is_affected_and_opens_consultation(
    two: TwoHouses, nation: Nation
) -> None:
    """Also: comments count until the last day."""
    ask(two, nation)
    partner, changing = OTHER[nation], NOTICES[nation][1]
    two.do(
        nation,
        "co_chair",
        saying.relate,
        provisions=["USR-66", "IND-27.1"],
        to=str(partner),
        relation="intersects",
        reason="both count",
        confidence="low",
    )
    divergence = two.do(
        partner, "co_chair", saying.raise_divergence, question="Who counts?", provisions=changing, owner="USA"
    )
    two.deliver()
    assert NOTICES[nation][0]["replaces"] in {one.text for one in two.do(nation, "co_chair", known)}
    entry = told(two, nation)

    at_home, there = shown(two, nation, entry), shown(two, partner, entry)
    assert at_home.touched == there.touched
    touched = there.touched
    assert set(changing) <= set(touched.changing)
    assert NOTICES[nation][2] not in touched.changing
    assert len(touched.relations) == 1
    assert touched.divergences == (divergence,)
    assert "R20-manifest-registered" in {one.code for one in touched.rules}
    assert touched.procedures
    assert {one.kind for one in at_home.open_work} >= {"case"}
    assert (there.row.open, there.row.state, there.change.confirmed) == (True, "consulting", False)
    assert {one.nation for one in there.calendars} == {USA, IND}
    assert len({one.ends for one in there.calendars}) == 1

    paper = two.do(partner, "inspector", notice, entry, "both" if nation == IND else "hi")
    words = "".join(page.extract_text() for page in PdfReader(io.BytesIO(paper.content)).pages)
    assert NOTICES[nation][0]["edition"] in words
    assert "R20-manifest-registered" in words

    two.do(partner, "co_chair", saying.comment, about=entry, text="From when does it bind companies?")
    reason = "Article 3 asks for talks first."
    two.do(partner, "co_chair", answer_consultation, entry, position="objects", reason=reason)
    with pytest.raises(Conflict):
        two.do(nation, "co_chair", answer_consultation, entry, position="no_objection")
    two.forward(days=61)
    two.do(partner, "co_chair", saying.comment, about=entry, text="Too late to count.")
    two.deliver()
    after = shown(two, nation, entry)
    assert [(one.position, one.late) for one in after.words] == [("", False), ("objects", False), ("", True)]
    assert not after.row.open
    two.do(nation, "co_chair", end_consultation, entry, "closed")
    two.deliver()
    assert shown(two, partner, entry).row.state == "closed"


def test_old_decisions_stay_reproducible_after_the_next_bundle_came(two: TwoHouses) -> None:
    """Decided on both nodes before either notice; the next bundle has other texts of what both notices changed."""
    released(two, IND)
    notices = {nation: told(two, nation) for nation in (IND, USA)}
    relation = two.do(
        USA,
        "co_chair",
        saying.relate,
        provisions=["USR-66", "IND-27.1"],
        to="IND",
        relation="intersects",
        reason="both count",
        confidence="low",
    )
    two.deliver()
    _next_bundle_has_other_texts(two)
    for nation, (_, changing, _) in NOTICES.items():
        with two.at(nation) as node:
            decided = list(DecisionRecord.objects.all())
            assert decided
            assert active_bundle.active(node.house).version == 2
            for row in decided:
                again = as_of(node.house, node.actor("inspector"), row.id)
                assert (again.same, again.of_the_day, again.version) == (True, True, row.decision["bundle_version"])
                assert again.version == 1
            of_the_day = active_bundle.bundle_of_decision(node.house, decided[0].decision)
            assert not any(one in of_the_day.provisions and _is_newer(of_the_day, one) for one in changing)
            assert reading.entry(node.house, node.actor("co_chair"), relation).view.older_text
        assert shown(two, nation, notices[OTHER[nation]]).touched.relations == (relation,)


def _is_newer(bundle: Bundle, provision: str) -> bool:
    return bundle.provisions[provision].record.get("note") == NEWER


def _next_bundle_has_other_texts(two: TwoHouses) -> None:
    """Both nodes take the next bundle, in which the provisions of both notices have another text."""
    changing = {one for _, ids, _ in NOTICES.values() for one in ids}
    with two.at(USA) as node:
        book = [dict(one.record) for one in active_bundle.active(node.house).provisions.values()]
    for one in book:
        if one["id"] in changing:
            one["note"] = NEWER
    file = signed_by(drafted(2, START + timedelta(days=1), provisions=book))
    for nation in (USA, IND):
        two.do(nation, "co_chair", bundles.submit_bundle, file)
    two.forward(days=2)


def test_nobody_records_another_nations_law_and_companies_read_nothing(two: TwoHouses) -> None:
    entry = told(two, IND)
    with pytest.raises(Refused):
        two.do(IND, "registrar", record_law_change, **SMLDI, consultation_until=UNTIL)
    with pytest.raises(Conflict):
        two.do(USA, "co_chair", record_law_change, **NISPOM, consultation_until=UNTIL, entry=entry)
    with pytest.raises(Conflict):
        two.do(USA, "co_chair", end_consultation, entry, "closed")
    for verb in (law_changes, known):
        with pytest.raises(Refused):
            two.do(USA, "security_officer", verb)
    with pytest.raises(Refused):
        shown(two, USA, entry, "engineer")
    with pytest.raises(NotAvailable):
        shown(two, USA, "ale_" + "z" * 24)
    with pytest.raises(Conflict):
        two.do(IND, "co_chair", record_law_change, **SMLDI, consultation_until=date(2020, 1, 1))
    assert [one.entry for one in two.do(USA, "release_officer", law_changes)] == [entry]
    with two.at(IND):
        sent = b"".join(bytes(row.envelope) for row in OutboxMessage.objects.filter(kind="alignment"))
        assert b"open_work" not in sent
