"""The page of ways in: every test that it names is there, and it names one in every line."""

from __future__ import annotations

import re

from tests.house.conftest import PROJECT

PAGE = (PROJECT / "docs" / "reference" / "sign-in-flows.md").read_text("utf-8")
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def test_every_line_names_a_test_that_is_there() -> None:
    lines = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith(("| way", "| what"))]
    assert len(lines) > 30
    assert [line for line in lines if not NAMED.search(line)] == []
    gone = {
        f"{file}::{name}"
        for file, name in NAMED.findall(PAGE)
        if f"def {name}(" not in (PROJECT / file).read_text("utf-8")
    }
    assert gone == set()
