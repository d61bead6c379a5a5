"""One line in, one line out: what the batch contract promises."""

from __future__ import annotations

import json
from typing import Any

import pytest

from relto.labels.batch import answer
from relto.labels.us.faults import RULES

BLOCK = "Classified By: J. Smith\nReason: 1.4(a)\nDeclassify On: 20501231"


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("banner", "TOP SECRET//SI-G ABC/TK//SAR-BP-X Y//RD-N//FGI IND//ORCON/NOFORN//LIMDIS/ACCM-PARTY FAVORS"),
        ("banner", "//COSMIC TOP SECRET//BOHEMIA"),
        ("banner", "//JOINT SECRET IND USA//REL TO USA, IND"),
        ("banner", "CUI//SP-CTI//REL TO USA, IND"),
        ("portion", "(//IND R)"),
        ("portion", "(S//REL)"),
        ("authority", BLOCK),
    ],
)
def test_the_label_object_comes_back_as_it_went(kind: str, text: str) -> None:
    parsed: Any = answer({"kind": kind, "policy": "USA", "text": text})
    assert parsed["ok"], parsed
    again: Any = answer(json.loads(json.dumps({"op": "render", "label": parsed["label"]})))
    assert again == parsed
    assert text in parsed["rendered"].values()


def test_a_legacy_mark_is_read_without_a_rendering() -> None:
    parsed: Any = answer({"kind": "banner", "policy": "USA", "text": "U//FOUO"})
    assert parsed["ok"]
    assert set(parsed["rendered"].values()) == {None}
    again: Any = answer({"op": "render", "label": parsed["label"]})
    assert [fault["message"] for fault in again["faults"]] == [RULES["legacy_fouo"].message]


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"kind": "banner", "policy": "USA", "text": "SECRET", "more": 1}, "request_member"),
        ({"kind": "banner", "text": "SECRET"}, "request_policy"),
        ({"kind": "banner", "policy": "FRA", "text": "SECRET"}, "request_policy"),
        ({"kind": "poster", "policy": "USA", "text": "SECRET"}, "request_kind"),
        ({"kind": "banner", "policy": "USA", "text": "é" * 5000}, "request_text"),
        ({"kind": "banner", "policy": "USA", "text": None}, "request_text"),
        ({"kind": "banner", "policy": "USA", "text": "SECRET", "profile": "best"}, "request_profile"),
        ({"op": "guess", "policy": "USA"}, "request_op"),
        ({"op": "render", "policy": "USA", "label": {"type": "US", "classification": "COSMIC"}}, "label_object"),
        ({"op": "render", "policy": "USA", "label": {"type": "US", "classification": "RESTRICTED"}}, "us_restricted"),
        (
            {"op": "render", "policy": "USA", "label": {"type": "US", "classification": "SECRET", "aea_type": "RD"}},
            "label_object",
        ),
    ],
)
def test_a_wrong_request_is_told_what_is_wrong(request_: dict[str, object], code: str) -> None:
    answered: Any = answer(request_)
    assert [fault["message"] for fault in answered["faults"]] == [RULES[code].message]


def test_a_hand_written_label_needs_only_what_it_says() -> None:
    label = {"type": "US", "classification": "SECRET", "rel_to": ["IND", "USA"]}
    answered: Any = answer({"op": "render", "policy": "USA", "label": label})
    assert answered["rendered"]["banner"] == "SECRET//REL TO USA, IND"
    assert answered["rendered"]["portion"] == "(S//REL TO USA, IND)"
