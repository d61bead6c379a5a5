"""Signatures at the API: named by the digest of what was read; told to whoever reads the record."""

from __future__ import annotations

from tests.unit.api.door import Door
from tests.unit.web.test_signing_page import ENTRY, FIRST, SECOND, held

PATH = f"/alignment/entries/{ENTRY}/signatures"


def test_a_co_chair_signs_what_she_read_and_takes_it_back(door: Door) -> None:
    held()
    assert door.call("co_chair", "POST", PATH, {"digest": FIRST}).json == {"entry": ENTRY}
    found = door.call("inspector", "GET", PATH).json
    (version,) = found["versions"]
    assert (version["nation"], version["digest"], list(version["signed"]), found["agreed"]) == (
        "IND",
        FIRST,
        ["USA"],
        [],
    )
    twice = door.call("co_chair", "POST", PATH, {"digest": FIRST})
    assert (twice.status, twice.json["code"]) == (409, "conflict.alignment.signed")
    assert door.call("co_chair", "POST", PATH, {"digest": FIRST, "word": "taken_back"}).status == 201
    assert door.call("inspector", "GET", PATH).json["versions"][0]["signed"] == {}


def test_what_was_superseded_or_never_said_is_not_signed(door: Door) -> None:
    held()
    held(SECOND, 2)
    for digest, code in ((FIRST, "superseded"), ("0" * 64, "version")):
        answer = door.call("co_chair", "POST", PATH, {"digest": digest})
        assert (answer.status, answer.json["code"], answer.json["field"]) == (
            409,
            f"conflict.alignment.{code}",
            "digest",
        )
    assert door.call("co_chair", "POST", PATH, {"digest": FIRST, "word": "maybe"}).status == 400
