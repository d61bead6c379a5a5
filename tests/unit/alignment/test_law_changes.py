"""A change of law: a nation tells of its own law alone, nothing unread is confirmed, and what it touches is derived."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relto.alignment.law_changes import (
    CONSULTING,
    EVIDENCE,
    LawChange,
    ProvisionChange,
    change_line,
    check_law_change,
    consultation_is_open,
    known_texts,
    make_change,
    make_law_change,
    read_change_line,
    read_law_change,
)
from relto.alignment.touched_by_law import LOADED, OLDER, touched
from relto.base.errors import Conflict, MalformedInput, UnknownValue
from relto.base.nations import Nation
from relto.exchange.schemas import check
from relto.rules.bundle import Bundle, reopen_bundle
from tests.support.houses import NATIONS, drafted, nationhood, signed_by

IND, USA = Nation("IND"), Nation("USA")
UNTIL = date(2027, 1, 31)


@cache
def opened() -> Bundle:
    pinned = {nation: nationhood(nation).authority.public for nation in NATIONS}
    return reopen_bundle(signed_by(drafted()), authorities=pinned, node_kind="training")


@pytest.fixture
def bundle() -> Bundle:
    return opened()


def notice(bundle: Bundle, **changes: Any) -> LawChange:
    """The Indian manual's new edition, as public notes tell of it."""
    said: dict[str, Any] = {
        "nation": IND,
        "source": "Security Manual for Licensed Defence Industries",
        "edition": "SMLDI 2025",
        "replaces": "SMLDI 2014",
        "published": date(2025, 7, 3),
        "in_force_from": date(2025, 7, 3),
        "citation": "SMLDI 2025",
        "evidence": "secondary",
        "confirmed": False,
        "changes": [make_change(bundle.provisions, "IND-02", "repealed")],
        "consultation_until": UNTIL,
    }
    return make_law_change(bundle.provisions, **(said | changes))


def test_the_texts_of_a_nation_are_those_that_its_own_provisions_rest_on(bundle: Bundle) -> None:
    indian, american = (known_texts(bundle.provisions.values(), nation) for nation in (IND, USA))
    assert "LIM-34" in indian["SMLDI 2014"]
    assert "ISA-21.E" in american["32 CFR part 117 (NISPOM rule)"]
    for nation, texts in ((IND, indian), (USA, american)):
        found = [bundle.provisions[one] for ids in texts.values() for one in ids]
        assert {one.nation for one in found} == {nation}
        assert not any(one.is_gap for one in found)


def test_the_older_edition_and_what_rests_on_it_are_found_and_the_new_one_is_told_apart(bundle: Bundle) -> None:
    found = touched(notice(bundle), bundle, [])
    words = {one.provision: one.word for one in found.provisions}
    assert words["LIM-34"] == words["IND-27.1"] == OLDER
    assert words["IND-02"] == "repealed"
    assert words["IND-05"] == LOADED
    assert "IND-05" not in found.changing
    assert [one.code for one in found.rules if one.kind == "gate"] == ["R20-manifest-registered"]
    cited = {(one.procedure, one.kind) for one in found.procedures}
    assert {("ownership", "form"), ("visit", "check"), ("", "limit")} <= cited
    assert all(one.provisions for one in found.rules)
    assert all(one.provisions for one in found.procedures)
    assert all(bundle.provisions[one].nation == "IND" for one in words)


def test_a_change_of_the_american_rule_touches_american_provisions_alone(bundle: Bundle) -> None:
    rule = "32 CFR part 117 (NISPOM rule)"
    change = notice(bundle, nation=USA, replaces=rule, edition="32 CFR part 117, next", changes=[])
    found = touched(change, bundle, [])
    assert "ISA-21.E" in found.changing
    assert {bundle.provisions[one].nation for one in found.changing} == {"USA"}
    assert {"R03-export-authorised", "R05-facility-assurance-valid"} & {one.code for one in found.rules}


def test_nobody_records_another_nations_law(bundle: Bundle) -> None:
    with pytest.raises(UnknownValue):
        notice(bundle, nation=USA)
    with pytest.raises(Conflict):
        notice(bundle, changes=[make_change(bundle.provisions, "LIM-12", "changed")])
    with pytest.raises(Conflict):
        notice(bundle, replaces="", changes=[make_change(bundle.provisions, "GSO-06", "changed")])


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"confirmed": True}, "malformed.alignment.law.confirmed"),
        ({"evidence": "none"}, "unknown.alignment.law.evidence"),
        ({"edition": "SMLDI 2014"}, "malformed.alignment.law.edition"),
        ({"replaces": "", "changes": []}, "malformed.alignment.law.nothing"),
        ({"state": "over"}, "unknown.alignment.state"),
    ],
)
def test_what_does_not_fit_is_named(bundle: Bundle, changes: dict[str, Any], code: str) -> None:
    with pytest.raises(MalformedInput) as caught:
        notice(bundle, **changes)
    assert caught.value.full_code == code


def test_what_a_new_edition_does_to_a_provision_is_checked(bundle: Bundle) -> None:
    made = make_change(bundle.provisions, "IND-40", "new", topic="incident", text="not read")
    assert made == ProvisionChange("IND-40", "new", "incident", "not read")
    for provision, word, topic in (
        ("IND-40", "changed", "incident"),
        ("a new one", "new", "incident"),
        ("IND-40", "new", "weather"),
        ("IND-02", "lost", ""),
    ):
        with pytest.raises(MalformedInput):
            make_change(bundle.provisions, provision, word, topic=topic)
    twice = [make_change(bundle.provisions, "IND-02", "changed")] * 2
    with pytest.raises(MalformedInput):
        notice(bundle, changes=twice)


@settings(deadline=None)  # the first example opens the agreement
@given(
    evidence=st.sampled_from(EVIDENCE),
    published=st.none() | st.dates(date(1923, 1, 1), date(2999, 12, 31)),
    until=st.dates(date(1950, 1, 1), date(2999, 12, 31)),
    today=st.dates(min_value=date(1950, 1, 1)),
)
def test_what_is_said_is_what_is_read(evidence: str, published: date | None, until: date, today: date) -> None:
    bundle = opened()
    made = notice(bundle, evidence=evidence, published=published, consultation_until=until)
    check("alignment-law_change", made.body())
    again = read_law_change(made.body())
    assert again == made
    check_law_change(again, bundle.provisions)
    assert consultation_is_open(again, today) == (again.state == CONSULTING and today <= until)


def test_a_line_about_a_provision_is_read_as_it_is_written() -> None:
    for one in (
        ProvisionChange("IND-02", "changed", "register", "In: own words."),
        ProvisionChange("X-1", "new", "cui", ""),
    ):
        read = read_change_line(change_line(one))
        assert ProvisionChange(read["provision"], read["word"], read["topic"], read["text"]) == one
    assert read_change_line("LIM-34 changed")["topic"] == ""
    for wrong in ("LIM-34", "LIM-34 changed register now: x", ": x"):
        with pytest.raises(MalformedInput):
            read_change_line(wrong)


def test_a_day_that_is_none_is_refused(bundle: Bundle) -> None:
    for day in ("2025-02-30", "20250703", "2025-W27-4"):
        with pytest.raises(MalformedInput):
            read_law_change({**notice(bundle).body(), "in_force_from": day})
