"""Measures, the annual report and the files of the alignment at the API: what a query says is text, and is read."""

from __future__ import annotations

import json

from tests.house.conftest import PROJECT
from tests.unit.api.door import Door


def test_the_year_of_a_report_is_read_from_the_query(door: Door) -> None:
    report = door.call("co_chair", "GET", "/alignment/annual-report?year=2026&language=hi")
    assert report.status == 200
    assert report.content.startswith(b"%PDF-")
    assert door.call("inspector", "GET", "/alignment/measures?year=2026").status == 200
    assert door.call("co_chair", "GET", "/alignment/annual-report?year=1492").status == 400


def test_a_file_goes_out_and_comes_in_as_a_dry_run_and_for_good(door: Door) -> None:
    body = {"question": "Who counts?", "provisions": ["LIM-12", "LIM-34"], "owner": "IND"}
    assert door.call("co_chair", "POST", "/alignment/divergences", body).status == 201
    file = door.call("co_chair", "GET", "/alignment/exchange?as=json")
    assert file.status == 200
    content = file.content
    for applied in ("false", "true"):
        told = door.call(
            "co_chair",
            "POST",
            f"/alignment/exchange?as=json&apply={applied}",
            content,
            content_type="application/octet-stream",
        )
        assert told.status == 200, told.content
        assert told.json["said"] == []


def test_a_file_is_of_a_type_that_the_document_names_and_one_of_json_is_an_object(door: Door) -> None:
    promised = json.loads((PROJECT / "docs" / "reference" / "openapi.json").read_text("utf-8"))["paths"]
    files = promised["/api/v1/alignment/exchange"]["get"]["responses"]["200"]["content"]
    assert door.call("co_chair", "GET", "/alignment/exchange?as=json").response["Content-Type"] in files
    assert door.call("co_chair", "GET", "/alignment/exchange?as=xlsx").response["Content-Type"] in files
    bundle = door.call("engineer", "GET", "/bundles/active/file")
    [schema] = promised["/api/v1/bundles/active/file"]["get"]["responses"]["200"]["content"].values()
    assert bundle.status == 200
    assert isinstance(bundle.json, dict)
    assert schema["schema"]["type"] == "object"
