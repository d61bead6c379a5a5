"""Changes of law and joint templates as people type them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from relto.alignment.shipped_templates import shipped_template
from relto.base.errors import MalformedInput
from tests.unit.cli.desk import Desk

RULE = "32 CFR part 117 (NISPOM rule)"


def test_a_co_chair_records_her_nations_law_and_reads_what_it_touches(desk: Desk, tmp_path: Path) -> None:
    assert RULE in {one["text"] for one in desk.asks("co_chair", "align", "law", "texts")}
    recorded = desk.asks(
        *("co_chair", "align", "law", "record", "--source", RULE, "--edition", "amended", "--replaces", RULE),
        *("--in-force-from", "2026-11-23", "--citation", "32 CFR part 117", "--evidence", "unverified"),
        *("--until", "2027-01-31", "--provision", "USR-66 changed: an example", "--provision", "USR-999 new register"),
    )
    entry = recorded["entry"]
    shown = desk.types("inspector", "align", "law", "show", entry)
    assert "USR-66 (changed): an example" in shown
    assert "rule R20-manifest-registered: " in shown
    assert "unconfirmed" in shown
    assert entry in desk.types("inspector", "align", "law", "list")
    paper = tmp_path / "notice.pdf"
    desk.types("inspector", "align", "law", "notice", entry, "--language", "hi", "--output", str(paper))
    assert paper.read_bytes().startswith(b"%PDF-")
    desk.types("co_chair", "align", "law", "end", entry, "--state", "withdrawn")
    assert "notice withdrawn" in desk.types("inspector", "align", "law", "show", entry)
    with pytest.raises(MalformedInput):
        desk.types(
            *("co_chair", "align", "law", "record", "--source", "x", "--edition", "y", "--in-force-from", "2026-11-23"),
            *("--citation", "z", "--evidence", "read", "--until", "2027-01-31", "--provision", "USR-66"),
        )


def test_drafts_are_proposed_and_shown_and_only_files_in_their_form_are_taken(desk: Desk, tmp_path: Path) -> None:
    assert "visit_letter" in desk.types("inspector", "templates", "drafts")
    entry = desk.asks("co_chair", "templates", "propose", "--draft", "visit_letter")["entry"]
    content = dict(shipped_template("visit_letter"))
    content["clauses"] = content["clauses"][:2]
    content["fields"] = [one for one in content["fields"] if one["code"] != "remark"]
    file = tmp_path / "second.json"
    file.write_text(json.dumps(content))
    assert desk.asks("co_chair", "templates", "propose", "--file", str(file), "--entry", entry)["entry"] == entry
    shown = desk.types("co_chair", "templates", "show", entry)
    assert "v1 proposed, not signed by both" in shown
    assert "GSO-23" in shown
    assert "No joint template" in desk.types("security_officer", "templates", "list")
    digest = desk.asks("co_chair", "templates", "show", entry)["versions"][0]["digest"]
    assert "approval: unchanged" in desk.types("co_chair", "templates", "compare", entry, digest, "v1")
    for words in (("--draft", "visit_letter", "--entry", entry), ()):
        with pytest.raises(MalformedInput):
            desk.types("co_chair", "templates", "propose", *words)
    with pytest.raises(MalformedInput):
        desk.types(
            "co_chair", "templates", "make", entry, "--value", "nothing", "--output", str(tmp_path / "made.json")
        )
    with pytest.raises(MalformedInput):
        desk.types("co_chair", "templates", "check", str(file))
