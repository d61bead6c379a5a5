"""Proposals at the terminal: a text and a draft in, a redline out, the next bundle as a file; faults are named."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from relto.base.errors import Conflict, MalformedInput, Refused, UnknownValue
from tests.unit.api.test_proposals import CLAUSES, loosened
from tests.unit.cli.desk import Desk


def test_a_proposal_from_its_text_to_the_next_bundle(desk: Desk, tmp_path: Path) -> None:
    text, draft, out = (tmp_path / name for name in ("clauses.json", "next.bundle", "drawn.bundle"))
    text.write_text(json.dumps({"clauses": CLAUSES}))
    draft.write_bytes(loosened())
    words = ("align", "propose", "--title", "RESTRICTED handling", "--topic", "equivalence", "--text", str(text))
    with pytest.raises(Refused):
        desk.types("inspector", *words)
    entry = desk.asks("co_chair", *words, "--draft", str(draft), "--silence-days", "5")["entry"]
    listed = desk.types("inspector", "align", "proposals")
    assert "on the table" in listed
    assert "USA proves the draft on its node" in listed
    again = [CLAUSES[0], {**CLAUSES[1], "text": {"en": "They are handled as American CONFIDENTIAL."}}]
    text.write_text(json.dumps(again))
    desk.types("co_chair", *words, "--draft", str(draft), "--entry", entry)
    shown = desk.types("inspector", "align", "proposal", entry)
    assert "They are handled as [+American +]CONFIDENTIAL." in shown
    assert "Nobody has rehearsed this draft." in shown
    whole = desk.asks("inspector", "align", "proposal", entry)
    desk.types("inspector", "align", "draft", entry, "--output", str(out))
    assert hashlib.sha256(out.read_bytes()).hexdigest() == whole["draft"]["digest"]
    desk.types("co_chair", "align", "comment", entry, "--clause", "2", "--text", "Since when?")
    (remark,) = desk.asks("co_chair", "align", "proposal", entry)["remarks"]
    desk.types(
        "co_chair", "align", "resolve", remark["comment"], "--resolution", "noted", "--reason", "Clause 1 says it."
    )
    assert "Since when? [noted]" in desk.types("co_chair", "align", "proposal", entry)
    signed = desk.types("inspector", "align", "signatures", entry)
    assert "newest of its line" in signed
    with pytest.raises(Conflict):
        desk.types("co_chair", "align", "sign", entry, "--digest", whole["compared"]["digest"])
    desk.types("co_chair", "align", "withdraw", entry)
    assert "withdrawn" in desk.types("inspector", "align", "proposals")


def test_what_does_not_fit_is_named_by_its_field(desk: Desk, tmp_path: Path) -> None:
    text, other = tmp_path / "clauses.json", tmp_path / "other.json"
    text.write_text(json.dumps(CLAUSES))
    other.write_text('{"clauses": "words"}')
    words = ("align", "propose", "--title", "T", "--topic", "equivalence")
    for given, error, field in (
        (("--text", str(other)), MalformedInput, "text"),
        (("--text", str(tmp_path / "none")), MalformedInput, "text"),
        (("--text", str(text), "--draft", str(text)), MalformedInput, "bundle"),
        (("--text", str(text), "--change", str(text), "--draft", str(text)), MalformedInput, "change"),
        (("--text", str(text), "--provision", "LIM-999"), UnknownValue, "provisions"),
        (("--text", str(text), "--from", "soon"), MalformedInput, "effective_from"),
    ):
        with pytest.raises(error) as wrong:
            desk.types("co_chair", *words, *given)
        assert wrong.value.field == field, given
    assert desk.types("co_chair", "align", "proposals") == "Nobody has proposed anything like that yet.\n"
