"""Proposals at the API: tabled with a text and a change, read as a redline, answered, drawn up as a bundle."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from functools import cache
from typing import Any

from relto.alignment.next_bundle import changes_of
from relto.base.instants import instant_text
from relto.node.draft_changes import changed_equivalence
from tests.support.houses import START, YEAR, drafted
from tests.unit.api.door import Door

PATH = "/alignment/proposals"
DAY = timedelta(days=1)
CLAUSES: list[dict[str, Any]] = [
    {"code": "1", "heading": "Scope", "text": {"en": "Items at RESTRICTED are covered.", "hi": "मदें शामिल हैं।"}},
    {"code": "2", "heading": "Handling", "text": {"en": "They are handled as CONFIDENTIAL."}},
]


@cache
def loosened() -> bytes:
    """A draft, made with the usual tools: Indian RESTRICTED is handled as an American level."""
    rows = changed_equivalence(["IND:RESTRICTED=USA:CONFIDENTIAL"], START - DAY)
    return drafted(2, START + 10 * DAY, equivalence=rows)


def asked(door: Door, **changes: Any) -> dict[str, Any]:
    """A whole, right proposal of a text and a change."""
    newest = door.call("co_chair", "GET", "/bundles/active").json
    file = door.call("co_chair", "GET", "/bundles/active/file").content
    return {
        "title": "RESTRICTED handling",
        "topic": "equivalence",
        "clauses": CLAUSES,
        "change": [one.body() for one in changes_of(file, loosened())],
        "base": newest["digest"],
        "effective_from": instant_text(START + 10 * DAY),
        "expires": instant_text(START + YEAR),
        **changes,
    }


def test_a_proposal_is_tabled_read_as_a_redline_and_drawn_up(door: Door) -> None:
    entry = door.call("co_chair", "POST", PATH, asked(door)).json["entry"]
    (row,) = door.call("inspector", "GET", f"{PATH}?topic=equivalence").json
    assert (row["entry"], row["state"], row["is_executable"]) == (entry, "tabled", True)
    assert {"nation": "IND", "act": "wait"} in row["turns"]
    again = [CLAUSES[0], {**CLAUSES[1], "text": {"en": "They are handled as American CONFIDENTIAL."}}]
    assert door.call("co_chair", "POST", PATH, asked(door, clauses=again, entry=entry)).status == 201
    whole = door.call("registrar", "GET", f"{PATH}/{entry}").json
    assert [(one["code"], one["change"]) for one in whole["redline"]] == [("1", "same"), ("2", "changed")]
    inserted = [run["text"] for run in whole["redline"][1]["texts"]["en"] if run["kind"] == "inserted"]
    assert inserted == ["American "]
    assert (whole["shown"]["number"], whole["compared"]["number"]) == (2, 1)
    assert whole["changes"][0]["member"] == "equivalence.json"
    draft = door.call("inspector", "GET", f"{PATH}/{entry}/draft").content
    assert hashlib.sha256(draft).hexdigest() == whole["draft"]["digest"]


def test_comments_positions_and_resolutions_stand_by_clause(door: Door) -> None:
    entry = door.call("co_chair", "POST", PATH, asked(door)).json["entry"]
    remark = door.call(
        "co_chair", "POST", f"/alignment/entries/{entry}/comments", {"text": "Since when?", "clause": "2"}
    ).json["entry"]
    resolved = {"resolution": "rejected", "reason": "Clause 1 says it."}
    assert door.call("co_chair", "POST", f"/alignment/comments/{remark}/resolution", resolved).status == 201
    whole = door.call("co_chair", "GET", f"{PATH}/{entry}").json
    (one,) = whole["remarks"]
    assert (one["clause"], one["resolution"]["resolution"], whole["state"]) == ("2", "rejected", "commented")
    digest = whole["shown"]["digest"]
    position = {"digest": digest, "position": "objects"}
    refused = door.call("co_chair", "POST", f"{PATH}/{entry}/positions", position)
    assert (refused.status, refused.json["field"]) == (400, "reason")
    assert door.call("co_chair", "POST", f"{PATH}/{entry}/withdrawal").status == 201
    assert door.call("co_chair", "GET", f"{PATH}/{entry}").json["state"] == "withdrawn"


def test_what_does_not_fit_is_named(door: Door) -> None:
    whole = asked(door)
    for changes, status, field in (
        ({"topic": "weather"}, 422, "topic"),
        ({"base": "0" * 64}, 409, "base"),
        ({"clauses": [{"code": "A B", "text": {"en": "words"}}]}, 400, "clauses/0/code"),
        ({"change": [{"member": "equivalence.json", "op": "move", "path": "/0"}]}, 422, "change/0/op"),
        ({"effective_from": "soon"}, 400, "effective_from"),
        ({"provisions": ["LIM-999"]}, 422, "provisions"),
        ({"silence_days": 0}, 400, "silence_days"),
    ):
        answer = door.call("co_chair", "POST", PATH, {**whole, **changes})
        assert (answer.status, str(answer.json["field"]).endswith(field)) == (status, True), (changes, answer.json)
    assert door.call("co_chair", "GET", PATH).json == []
