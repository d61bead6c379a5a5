"""Joint templates on pages: proposed, signed by both, filled in by officers, checked by anybody of either nation."""

from __future__ import annotations

import io
import json
import re
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from pypdf import PdfReader

from relto.alignment.shared_record import SIGNATURE
from relto.alignment.shipped_templates import shipped_template
from relto.alignment.signatures import SIGNED
from relto.base.nations import Nation
from relto.services.alignment.templates import propose_template, template
from relto.store.models import AlignmentStatement
from tests.support.peer_simulator import Peer
from tests.unit.services.test_alignment import heard
from tests.unit.web.portal import Portal

VALUES = {
    "value_contract": "N-42",
    "value_contractor": "Alpha Systems",
    "value_reporting_office": "the national authority",
    "value_disposition": "It is returned.",
}


def content(*, hours: str = "") -> dict[str, Any]:
    made: dict[str, Any] = json.loads(json.dumps(shipped_template("contract_security_clauses")))
    if hours:
        text = made["clauses"][4]["text"]
        text["en"] = text["en"].replace("at once", f"within {hours}")
    return made


def published(portal: Portal, entry: str = "", **changes: str) -> str:
    """A version that both nations signed: this node's co-chair on the page, the partner by its node."""
    chair = portal.node.actor("co_chair")
    entry = propose_template(portal.node.house, chair, content(**changes), entry=entry)
    said = AlignmentStatement.objects.filter(entry=entry).order_by("number").last()
    assert said is not None
    browser = portal.as_person("co_chair")
    answer = browser.post(
        f"/en/alignment/{entry}/sign/",
        {"digest": said.statement, "word": SIGNED, "back": f"/en/templates/{entry}/"},
    )
    assert answer.status_code == 302
    body = {"about": entry, "line": "USA", "number": said.number, "digest": said.statement, "word": SIGNED}
    count = AlignmentStatement.objects.filter(kind=SIGNATURE, nation="IND").count()
    peer = _peer(portal)
    code, _ = heard(portal.node, peer, f"ale_{'abcdefg'[count] * 24}", body, kind=SIGNATURE, at=portal.node.clock.now())
    assert code == ""
    portal.node.clock.forward(minutes=1)
    return entry


def _peer(portal: Portal) -> Peer:
    """The partner's node, the same one through a story: its messages are numbered."""
    partner = Nation("IND")
    if not isinstance(portal.node.house.partners.get(partner), Peer):
        portal.node.house.partners[partner] = Peer(partner, Nation("USA"))  # type: ignore[index]
    found = portal.node.house.partners[partner]
    assert isinstance(found, Peer)
    return found


def test_a_draft_is_proposed_signed_by_both_and_read_by_officers(portal: Portal) -> None:
    browser = portal.as_person("co_chair")
    listed = browser.get("/en/templates/").content.decode()
    assert "Begin from a draft of relto" in listed
    place = browser.post("/en/templates/", {"draft": "visit_letter"})["Location"]
    page = browser.get(place).content.decode()
    assert "proposed, not signed by both" in page
    assert "unconfirmed draft" in page
    assert portal.as_person("security_officer").get(place).status_code == 404
    assert "No joint template" in portal.as_person("security_officer").get("/en/templates/").content.decode()
    entry = published(portal)
    officer = portal.as_person("security_officer")
    for language, words in (("en", "Security clauses of a contract"), ("hi", "अनुबंध के सुरक्षा खंड")):
        shown = officer.get(f"/{language}/templates/{entry}/").content.decode()
        assert words in shown
        assert "Sign" not in re.findall(r"<button[^>]*>([^<]*)", shown)


def test_a_document_is_made_and_stays_valid_after_the_next_version(portal: Portal) -> None:
    entry = published(portal)
    officer = portal.as_person("security_officer")
    place = f"/en/templates/{entry}/generate/"
    assert "Number of the contract" in officer.get(place).content.decode()
    made = officer.post(place, {**VALUES, "form": "data"})
    assert json.loads(made.content)["signatures"]
    paper = officer.post(place, {**VALUES, "form": "hi"})
    assert "N-42" in "".join(page.extract_text() for page in PdfReader(io.BytesIO(paper.content)).pages)
    missing = officer.post(place, {**VALUES, "value_contract": "", "form": "data"})
    assert missing.status_code == 422
    assert "field-value_contract" in missing.content.decode()
    published(portal, entry, hours="24 hours")
    checked = portal.as_person("inspector").post("/en/templates/check/", {"file": _file(made.content)})
    words = checked.content.decode()
    assert "Valid under v1" in words
    assert "A newer version changes nothing of that" in words
    shown = officer.get(f"/en/templates/{entry}/compare/?older=v1&newer=v2").content.decode()
    assert re.search(r"<ins>.*24 hours", shown)
    altered = made.content.replace(b"a", b"b", 1)
    for wrong in (altered, b"{}", b"no data"):
        assert officer.post("/en/templates/check/", {"file": _file(wrong)}).status_code == 422


def test_a_version_comes_from_a_file_and_what_is_wrong_is_said(portal: Portal) -> None:
    entry = published(portal)
    browser = portal.as_person("co_chair")
    place = f"/en/templates/{entry}/"
    good = browser.post(place, {"what": "file", "file": _file(json.dumps(content(hours="24 hours")).encode())})
    assert good.status_code == 302
    assert [one.label for one in template(portal.node.house, portal.node.actor("co_chair"), entry).proposed] == ["v2"]
    for wrong in (b"{}", b"[", json.dumps({**content(), "code": "another"}).encode()):
        answer = browser.post(place, {"what": "file", "file": _file(wrong)})
        assert answer.status_code == 422
        assert "govuk-error-summary" in answer.content.decode()
    assert browser.post(place, {"what": "file"}).status_code == 422
    assert browser.post("/en/templates/", {"draft": "treaty"}).status_code == 404
    for who in ("engineer", "operator"):
        for path in ("/en/templates/", place, f"{place}generate/", "/en/templates/check/"):
            assert portal.as_person(who).get(path).status_code == 404
    assert portal.as_person("security_officer").post("/en/templates/", {"draft": "visit_letter"}).status_code == 404


def _file(content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("document.json", content, "application/json")
