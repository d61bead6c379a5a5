"""What is written can be read, and says the same; whatever is given, an answer comes back."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from relto.labels.batch import answer
from relto.labels.us.authority import AuthorityBlock, parse_authority, render_authority
from relto.labels.us.checks import validate
from relto.labels.us.label_object import (
    authority_as_dict,
    authority_from_dict,
    marking_as_dict,
    marking_from_dict,
)
from relto.labels.us.profiles import PROFILES, Profile
from relto.labels.us.reading import parse_banner, parse_portion
from relto.labels.us.values import Marking, as_marking
from relto.labels.us.writing import render_banner, render_portion
from tests.unit.labels.us.us_support import authority_blocks, markings

PROFILE = st.sampled_from(sorted(PROFILES)).map(PROFILES.__getitem__)
RELAXED = settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow]
)


@RELAXED
@given(markings(), PROFILE)
def test_a_banner_that_the_rules_allow_reads_as_it_was_written(marking: Marking, profile: Profile) -> None:
    assume(validate(marking, "banner", profile) == ())
    assert parse_banner(render_banner(marking, "short", profile), profile) == marking
    assert parse_banner(render_banner(marking, "long", profile), profile) == marking


@RELAXED
@given(markings(), PROFILE)
def test_a_portion_that_the_rules_allow_reads_as_it_was_written(marking: Marking, profile: Profile) -> None:
    assume(validate(marking, "portion", profile) == ())
    assert parse_portion(render_portion(marking, profile), profile) == marking


@RELAXED
@given(markings())
def test_a_marking_is_its_object(marking: Marking) -> None:
    assert as_marking(marking_from_dict(marking_as_dict(marking, "banner"))) == marking


@RELAXED
@given(authority_blocks(), PROFILE)
def test_an_authority_block_reads_as_it_was_written(block: AuthorityBlock, profile: Profile) -> None:
    assert parse_authority(render_authority(block, profile)) == block
    assert authority_from_dict(authority_as_dict(block)) == block


WORDS = """TOP SECRET|SECRET|S|U|R|JOINT|USA|IND|GBR|NATO|COSMIC|FGI|SI-G|TK|SAR-|RD|SIGMA 14|NOFORN|NF|REL TO|REL
|EYES ONLY|DISPLAY ONLY|ACCM-|CUI|SP-CTI|WAIVED|FOUO|UK-C|Classified By: |Reason: 1.4(a)|Derived From: x
|Declassify On: 20301301"""
PIECES = st.sampled_from(["//", "/", " ", ", ", "-", "(", ")", "\n", *WORDS.replace("\n", "").split("|")])


@RELAXED
@given(
    st.sampled_from(["banner", "portion", "authority"]),
    st.lists(PIECES | st.text(max_size=3), max_size=12).map("".join),
    st.sampled_from([*PROFILES, "none"]),
)
def test_any_text_gets_an_answer(kind: str, text: str, profile: str) -> None:
    answered: Any = answer({"kind": kind, "policy": "USA", "text": text, "profile": profile})
    if answered["ok"]:
        assert set(answered) == {"ok", "label", "rendered"}
    else:
        assert answered["faults"]
        assert all(set(fault) == {"rule", "paragraph", "message", "fix"} for fault in answered["faults"])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@RELAXED
@given(st.dictionaries(st.sampled_from(["op", "kind", "policy", "text", "label", "profile"]), JSON))
def test_any_request_gets_an_answer(request: dict[str, Any]) -> None:
    assert answer(request)["ok"] in {True, False}
    assert answer(request | {"policy": "USA"})["ok"] in {True, False}
    assert answer(request | {"policy": "USA", "text": "SECRET", "op": "parse", "profile": "dod"})["ok"] in {True, False}


@RELAXED
@given(markings(), st.data())
def test_any_damaged_label_gets_an_answer(marking: Marking, data: st.DataObject) -> None:
    label: dict[str, Any] = {**marking_as_dict(marking, "banner")}
    label[data.draw(st.sampled_from(sorted(label)))] = data.draw(JSON)
    assert answer({"op": "render", "policy": "USA", "label": label})["ok"] in {True, False}
