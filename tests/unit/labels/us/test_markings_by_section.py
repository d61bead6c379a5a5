"""Markings written by hand from the text of the standards, section by section, through the lines of a batch.

`markings_by_section.txt` holds a marking in each line, then after a bar what is right: `ok` when it is written again as
it stands, `= TEXT` when its canonical form is another, `legacy` when it is read and never written, or the codes of its
faults. A marking with outer or needless spaces stands in quotes.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from relto.labels.batch import answer
from relto.labels.us.faults import RULES

_TABLE = Path(__file__).with_name("markings_by_section.txt")


def rows() -> Iterator[tuple[str, str]]:
    for line in _TABLE.read_text(encoding="utf-8").splitlines():
        if not line.startswith("# "):
            text, expected = map(str.strip, line.split(" | "))
            yield ast.literal_eval(text) if text.startswith("'") else text, expected


def asked(text: str, profile: str = "dod", **more: Any) -> Any:
    kind = "portion" if text.startswith("(") else "banner"
    return answer({"kind": kind, "policy": "USA", "text": text, "profile": profile, **more})


def faults_of(found: Any) -> list[str]:
    by_message = {(rule.message, rule.rule, rule.paragraph): code for code, rule in RULES.items()}
    return [by_message[fault["message"], fault["rule"], fault["paragraph"]] for fault in found["faults"]]


@pytest.mark.parametrize(("text", "expected"), list(rows()))
def test_a_marking_reads_as_the_standard_says(text: str, expected: str) -> None:
    found = asked(text)
    kind = "portion" if text.startswith("(") else "banner"
    if not found["ok"]:
        assert " ".join(faults_of(found)) == expected
        assert all(fault["fix"] for fault in found["faults"])
        return
    written = found["rendered"][kind]
    assert written == {"legacy": None, "ok": text}.get(expected, expected.removeprefix("= "))
    if written is not None:
        assert asked(written)["label"] == found["label"]
        assert answer({"op": "render", "label": found["label"]}) == found


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("SECRET//NOFORN/ORCON", "control_order"),
        ("TOP SECRET//TK/SI//NOFORN", "control_order"),
        ("TOP SECRET//HCS-P-O//NOFORN", "control_order"),
        ("TOP SECRET//SI-G WXYZ ABCD//ORCON/NOFORN", "control_order"),
        ("SECRET//SAR-GB/BP", "control_order"),
        ("SECRET//RD-SIGMA 18 14", "control_order"),
        ("SECRET//FRD/RD", "control_order"),
        ("SECRET//NOFORN//NODIS/LIMDIS", "control_order"),
        ("SECRET//NOFORN//ACCM-FOO/BAR", "control_order"),
        ("SECRET//NOFORN//ACCM-FOO/LIMDIS", "control_order"),
        ("SECRET//REL TO USA, IND/RELIDO", "control_order"),
        ("SECRET//REL TO USA,IND", "comma_missing"),
    ],
)
def test_the_strict_reading_asks_for_the_order_of_the_register(text: str, code: str) -> None:
    assert asked(text)["ok"]
    assert faults_of(asked(text, "dod-strict")) == [code]
    assert asked(asked(text)["rendered"]["banner"], "dod-strict")["ok"]


def test_the_order_is_that_of_the_profile() -> None:
    text = "SECRET//NOFORN/IMCON"
    assert asked(text, "dod-strict")["ok"]
    assert faults_of(asked(text, "ism")) == ["control_order"]
    assert asked("SECRET//IMCON/NOFORN", "ism")["rendered"]["banner"] == "SECRET//IMCON/NOFORN"
