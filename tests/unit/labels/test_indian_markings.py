"""Indian markings in both languages, and the statements about foreign information, both ways."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relto.base.nations import Nation
from relto.labels.answering.given import Surroundings, read_given
from relto.labels.controls import ConcealedForeignInformation, Controls, OpenForeignInformation
from relto.labels.indian import RULES, IndianMarking, Place, answer_indian, parse_indian, render_indian
from relto.labels.markings import banner, portion
from relto.labels.statements import read_statement, statements_for
from relto.labels.us.faults import MarkingFaults
from tests.unit.labels.labels_support import IND, NOW, POLICIES, TABLE, USA, label, to, unstated

PLACES: tuple[Place, ...] = ("banner", "portion")


OWNERS = [("IND",), ("USA",), ("GBR",), ("IND", "USA"), ("GBR", "IND"), ("GBR", "USA"), ("FRA", "IND", "USA")]


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_what_is_written_is_read_again_in_both_languages(data: st.DataObject) -> None:
    others = data.draw(st.sets(st.sampled_from(["USA", "GBR", "IND"])))
    owners = data.draw(st.sampled_from(OWNERS))
    rel_to = tuple(sorted({*owners, *others}, key=lambda code: (code != "USA", code)))
    # What the United States own too is never RESTRICTED.
    levels = [one for one in IND.entries if "USA" not in owners or one.level.name != "RESTRICTED"]
    is_release = len(rel_to) > 1 or rel_to == ("USA",)
    marking = IndianMarking(
        entry=data.draw(st.sampled_from(levels)),
        owners=owners,
        fgi=data.draw(st.sampled_from([None, (), ("JPN",), ("AUS", "JPN")])),
        rel_to=rel_to if is_release and data.draw(st.booleans()) else (),
    )
    for place in PLACES:
        for language in ("hi", "en"):
            assert parse_indian(render_indian(marking, place, IND, language), place, IND) == marking
        answered: Any = answer_indian({"kind": place, "text": render_indian(marking, place, IND)}, IND)
        assert answer_indian({"op": "render", "label": answered["label"]}, IND) == answered


FOREIGN = [
    Controls(),
    Controls(fgi=ConcealedForeignInformation()),
    Controls(fgi=OpenForeignInformation(frozenset({"JPN"}))),
]


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_every_label_of_the_indian_policy_is_written_as_a_mark_that_says_it_again(data: st.DataObject) -> None:
    owners = data.draw(st.sampled_from(OWNERS))
    levels = [one.level.name for one in IND.entries if "USA" not in owners or one.level.name != "RESTRICTED"]
    release = to(*owners, *data.draw(st.sets(st.sampled_from(["USA", "GBR", "IND"]))))
    is_stated = data.draw(st.booleans())
    item = label(
        IND,
        data.draw(st.sampled_from(levels)),
        release if is_stated else to(*owners),
        owner=tuple(map(Nation, owners)),
        controls=data.draw(st.sampled_from(FOREIGN)),
        release_stated=is_stated,
    )
    surroundings = Surroundings(POLICIES, TABLE, "training", NOW)
    making = {
        "originator_id": item.originator_id,
        "created": "2026-11-22T14:00:00Z",
        "review_by": "2036-11-22T00:00:00Z",
    }
    for write, place in ((banner, "banner"), (portion, "portion")):
        # In English what the United States own alone has the form of their own documents, which is read under theirs.
        for language in ("hi",) if owners == ("USA",) else ("hi", "en"):
            text = write(item, POLICIES, language)
            found = read_given({"text": text, "kind": place, "policy": "IND", **making}, surroundings).label
            assert write(found, POLICIES, language) == text
            assert (found.owner, found.level, found.controls) == (item.owner, item.level, item.controls)
            # No mark says that an owner who is not the United States keeps it to himself: it has no mark of release.
            has_mark = is_stated and (len(release.nations) > 1 or owners == ("USA",))  # type: ignore[union-attr]
            assert found.release == item.release
            assert found.release_stated == has_mark


def test_what_india_holds_of_the_united_states_names_its_owner() -> None:
    for text in ("(//USA गुप्त / S//REL TO USA, IND)", "(//USA S//REL TO USA, IND)", "(//USA गुप्त / S//NF)"):
        found = parse_indian(text, "portion", IND)
        assert found.owners == ("USA",)
        assert render_indian(found, "portion", IND) == text.replace("USA S", "USA गुप्त / S")


def test_an_indian_label_is_written_as_the_banner_of_every_label_is() -> None:
    for item in (
        label(IND, "RESTRICTED", to("IND", "USA")),
        unstated(IND, "SECRET"),
        label(IND, "TOP SECRET", to("IND")),
    ):
        for language in ("hi", "en"):
            read = parse_indian(banner(item, POLICIES, language), "banner", IND)
            assert render_indian(read, "banner", IND, language) == banner(item, POLICIES, language)
            assert render_indian(read, "portion", IND, language) == portion(item, POLICIES, language)


def test_either_word_or_both_name_the_level_and_none_is_confirmed() -> None:
    for text in ("SECRET", "गुप्त", "गुप्त / SECRET", "//IND SECRET"):
        found = parse_indian(text, "banner", IND)
        assert found.entry.level == IND.level("SECRET")
        assert not found.confirmed
    other_word = parse_indian("अति गुप्त", "banner", IND)
    assert render_indian(other_word, "banner", IND) == "परम गुप्त / TOP SECRET"
    assert parse_indian("(परम गुप्त / TS)", "portion", IND) == other_word


@pytest.mark.parametrize(
    ("text", "place", "code"),
    [
        ("", "banner", "text"),
        ("SECRET\nSECRET", "banner", "text"),
        ("S", "portion", "parentheses"),
        ("VERY SECRET", "banner", "level"),
        ("secret", "banner", "level"),
        ("SECRET / SECRET / SECRET", "banner", "level"),
        ("गुप्त / TOP SECRET", "banner", "words_differ"),
        ("//XQX SECRET", "banner", "owner"),
        ("//USA RESTRICTED", "banner", "joint_restricted"),
        ("SECRET//REL TO USA", "banner", "release_owner"),
        ("//USA SECRET//REL TO USA", "banner", "release_owner"),
        ("//GBR SECRET//NOFORN", "banner", "field"),
        ("//JOINT SECRET IND USA//NOFORN", "banner", "field"),
        ("//USA SECRET//NF", "banner", "field"),
        ("//USA SECRET//NOFORN//REL TO USA, IND", "banner", "field"),
        ("//USA", "banner", "level"),
        ("//JOINT SECRET IND", "banner", "owner"),
        ("//JOINT SECRET IND IND", "banner", "codes"),
        ("SECRET//NOFORN", "banner", "field"),
        ("SECRET//REL TO USA, IND//FGI", "banner", "field"),
        ("SECRET//FGI XQX", "banner", "codes"),
        ("SECRET//FGI IND", "banner", "fgi_owner"),
        ("//JOINT SECRET IND USA//FGI USA", "banner", "fgi_owner"),
        ("//JOINT RESTRICTED IND USA", "banner", "joint_restricted"),
        ("(//JOINT प्रतिबंधित / R IND USA)", "portion", "joint_restricted"),
        ("गुप्त/SECRET", "banner", "level"),
        ("गुप्त\u200d", "banner", "text"),
        ("MOST SECRET", "banner", "level"),
        ("अत्यंत गुप्त", "banner", "level"),
        ("//COSMIC TOP SECRET", "banner", "owner"),
        ("SECRET//DISPLAY ONLY USA", "banner", "field"),
        ("SECRET//SI", "banner", "field"),
        ("SECRET//", "banner", "field"),
        ("TOP  SECRET", "banner", "level"),
        ("()", "portion", "level"),
        ("(SECRET", "portion", "parentheses"),
        ("SECRET//REL TO USA, USA, IND", "banner", "codes"),
        ("SECRET//REL TO IND, FVEY", "banner", "codes"),
        ("SECRET//REL TO USA, GBR", "banner", "release_owner"),
        ("SECRET//REL TO IND", "banner", "release_owner"),
    ],
)
def test_a_wrong_mark_is_refused_with_the_rule_and_a_way_to_put_it_right(text: str, place: Place, code: str) -> None:
    with pytest.raises(MarkingFaults) as refusal:
        parse_indian(text, place, IND)
    assert [fault.code for fault in refusal.value.faults] == [code]
    assert RULES[code].fix


@pytest.mark.parametrize(
    ("text", "level", "owners", "fgi", "rel_to", "written"),
    [
        ("परम गुप्त", "TOP_SECRET", ["IND"], [], [], "परम गुप्त / TOP SECRET"),
        ("गोपनीय", "CONFIDENTIAL", ["IND"], [], [], "गोपनीय / CONFIDENTIAL"),
        ("प्रतिबंधित", "RESTRICTED", ["IND"], [], [], "प्रतिबंधित / RESTRICTED"),
        ("प्रतिबन्धित", "RESTRICTED", ["IND"], [], [], "प्रतिबंधित / RESTRICTED"),
        ("UNCLASSIFIED", "UNCLASSIFIED", ["IND"], [], [], "अवर्गीकृत / UNCLASSIFIED"),
        ("SECRET / गुप्त", "SECRET", ["IND"], [], [], "गुप्त / SECRET"),
        ("//IND गुप्त / SECRET", "SECRET", ["IND"], [], [], "गुप्त / SECRET"),
        ("(//IND R)", "RESTRICTED", ["IND"], [], [], "(प्रतिबंधित / R)"),
        ("(गुप्त)", "SECRET", ["IND"], [], [], "(गुप्त / S)"),
        ("SECRET//REL TO IND, USA", "SECRET", ["IND"], [], ["USA", "IND"], "गुप्त / SECRET//REL TO USA, IND"),
        ("RESTRICTED//FGI USA", "RESTRICTED", ["IND"], ["USA"], [], "प्रतिबंधित / RESTRICTED//FGI USA"),
        ("गुप्त//FGI USA GBR", "SECRET", ["IND"], ["GBR", "USA"], [], "गुप्त / SECRET//FGI GBR USA"),
        ("//JOINT SECRET USA IND", "SECRET", ["IND", "USA"], [], [], "//JOINT गुप्त / SECRET IND USA"),
        ("(//JOINT S IND USA)", "SECRET", ["IND", "USA"], [], [], "(//JOINT गुप्त / S IND USA)"),
    ],
)
def test_each_way_of_writing_gives_the_one_label(
    text: str, level: str, owners: list[str], fgi: list[str], rel_to: list[str], written: str
) -> None:
    kind = "portion" if text.startswith("(") else "banner"
    found: Any = answer_indian({"kind": kind, "policy": "IND", "text": text}, IND)
    said = found["label"]
    assert (said["classification"], said["owners"], said["fgi_countries"]) == (level, owners, fgi)
    assert (said["rel_to"], said["confirmed"], found["rendered"][kind]) == (rel_to, False, written)


def test_a_batch_line_answers_with_the_label_and_takes_it_back() -> None:
    request: dict[str, Any] = {"kind": "portion", "policy": "IND", "text": "(गुप्त / S//FGI//REL TO USA, IND)"}
    found = answer_indian(request, IND)
    assert found["ok"] is True
    assert found["label"] == {
        "kind": "portion",
        "policy": "IND",
        "classification": "SECRET",
        "owners": ["IND"],
        "fgi_countries": [],
        "concealed_fgi": True,
        "rel_to": ["USA", "IND"],
        "confirmed": False,
    }
    assert answer_indian({"op": "render", "label": found["label"]}, IND) == found


@pytest.mark.parametrize(
    "request_",
    [
        {},
        {"op": "guess", "kind": "banner", "text": "SECRET"},
        {"kind": [], "text": "SECRET"},
        {"kind": "banner", "text": 1},
        {"op": "render"},
        {"op": "render", "label": {"classification": 1}},
        {"op": "render", "label": {"classification": "SECRET", "owners": [1]}},
        {"op": "render", "label": {"classification": "SECRET", "owners": ["NATO"]}},
        {"op": "render", "label": {"classification": "SECRET", "more": 1}},
        {"op": "render", "label": {"classification": "SECRET", "fgi_countries": ["GBR"], "concealed_fgi": True}},
    ],
)
def test_a_batch_line_that_is_not_understood_is_answered_too(request_: dict[str, Any]) -> None:
    found = answer_indian(request_, IND)
    assert found["ok"] is False
    assert found["faults"]


def foreign(*sources: str) -> Controls:
    return Controls(fgi=OpenForeignInformation(frozenset(sources)))


def test_an_american_document_with_indian_information_says_so() -> None:
    item = label(USA, "SECRET", to("USA"), controls=foreign("IND"))
    assert [line.text for line in statements_for(item, POLICIES)] == ["THIS DOCUMENT CONTAINS INDIA INFORMATION"]
    several = statements_for(label(USA, "SECRET", to("USA"), controls=foreign("IND", "GBR", "BRA")), POLICIES)
    assert [line.country for line in several] == ["BRA", "GBR", "IND"]
    assert several[0].text == "THIS DOCUMENT CONTAINS BRA INFORMATION"


def test_what_another_government_receives_or_makes_says_that_it_holds_american_secrets() -> None:
    line = "THIS DOCUMENT CONTAINS UNITED STATES CLASSIFIED INFORMATION"
    for item in (
        label(USA, "SECRET", to("USA", "IND")),
        label(USA, "SECRET", to("USA", "IND"), owner=("USA", "IND")),
        label(IND, "SECRET", to("IND", "USA"), controls=foreign("USA")),
    ):
        assert line in [one.text for one in statements_for(item, POLICIES)]
    for item in (
        label(USA, "SECRET", to("USA")),
        unstated(USA, "SECRET"),
        label(USA, "UNCLASSIFIED", to("USA", "IND")),
    ):
        assert not statements_for(item, POLICIES)


def test_a_concealed_source_is_announced_without_a_name() -> None:
    item = label(USA, "SECRET", to("USA"), controls=Controls(fgi=ConcealedForeignInformation()))
    assert [line.text for line in statements_for(item, POLICIES)] == [
        "THIS DOCUMENT CONTAINS FOREIGN GOVERNMENT INFORMATION"
    ]


def test_the_statements_are_known_again_and_the_hindi_ones_are_not_reviewed() -> None:
    for item in (
        label(USA, "SECRET", to("USA", "GBR"), controls=foreign("IND", "NATO")),
        label(USA, "SECRET", to("USA"), controls=Controls(fgi=ConcealedForeignInformation())),
    ):
        for language in ("en", "hi"):
            lines = statements_for(item, POLICIES, language)
            assert lines
            for line in lines:
                assert read_statement(f"  {line.text}. ") == line
                assert line.reviewed == (language == "en")
                assert line.provenance.source.startswith("32 CFR")
    for text in ("THIS DOCUMENT CONTAINS INFORMATION", "THIS DOCUMENT CONTAINS SOME INFORMATIONS", "X" * 300, ""):
        assert read_statement(text) is None
