from __future__ import annotations

import re
import threading
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from relto.store.models import Item
from relto.web import checking
from tests.unit.web.portal import SENTENCE, Portal


def _on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_a_sealed_upload_is_registered_and_its_plaintext_is_nowhere(portal: Portal, tmp_path: Path) -> None:
    item = portal.seal()
    assert item.state == "registered"
    assert item.plaintext_size == len(SENTENCE) * 1000
    held = _on_disk(tmp_path)
    assert len(held) > item.plaintext_size
    assert SENTENCE not in held
    assert b"Hull vibration" not in held
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1, (
        "the first copy of the ciphertext is gone"
    )
    page = portal.as_person("engineer").get(f"/en/documents/{item.id}/").content.decode()
    assert "relto open" in page


def test_an_empty_document_can_be_sealed(portal: Portal) -> None:
    answer = portal.as_person("engineer").post(
        "/en/seal/", portal.form(document=SimpleUploadedFile("nothing.dat", b"", "application/octet-stream"))
    )
    assert answer.status_code == 302
    assert Item.objects.get().plaintext_size == 0


def test_a_form_with_wrong_input_names_the_field_keeps_what_was_written_and_leaves_nothing(
    portal: Portal, tmp_path: Path
) -> None:
    engineer = portal.as_person("engineer")
    blank = engineer.get("/en/seal/").content.decode()
    assert not re.search(r"<input[^>]* checked", blank), "nothing is chosen for anybody"
    wrong = portal.form(level="COSMIC", review_by="soon", nations=["IND"])
    answer = engineer.post("/en/seal/", wrong)
    page = answer.content.decode()
    assert answer.status_code == 422
    for field in ("level", "review_by", "nations"):
        assert f'href="#field-{field}"' in page, field
        assert f'id="field-{field}"' in page, field
    assert 'value="Hull vibration test report"' in page
    assert 'value="soon"' in page
    assert Item.objects.count() == 0
    assert _on_disk(tmp_path) == b""
    without_file = engineer.post("/en/seal/", {**portal.form(), "document": ""})
    assert 'href="#field-document"' in without_file.content.decode()


def test_only_who_may_seal_can_make_the_node_take_in_a_file(portal: Portal, tmp_path: Path, visitor: Client) -> None:
    document = SimpleUploadedFile("x.bin", SENTENCE * 100)
    for browser in (visitor, portal.as_person("release_officer")):
        assert browser.post("/en/seal/", portal.form()).status_code in (302, 404)
        browser.post("/en/account/sign-in/", {"login": "x", "password": "y", "file": document})
    assert Item.objects.count() == 0
    assert _on_disk(tmp_path) == b""


def _unmarked() -> SimpleUploadedFile:
    return SimpleUploadedFile("hull.txt", SENTENCE, "text/plain")


def test_faults_in_the_markings_are_listed_and_stop_the_sealing_until_a_reason_is_given(
    portal: Portal, tmp_path: Path
) -> None:
    engineer = portal.as_person("engineer")
    assert 'name="despite"' not in engineer.get("/en/seal/").content.decode()
    answer = engineer.post("/en/seal/", portal.form(document=_unmarked(), despite=""))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "No marking was found anywhere in the document." in page
    assert 'name="despite"' in page
    assert (Item.objects.count(), _on_disk(tmp_path)) == (0, b"")

    item = portal.seal(document=_unmarked(), despite="needed at sea today")
    assert (item.marking_check["outcome"], item.check_reason) == ("faults", "needed at sea today")
    shown = engineer.get(f"/en/documents/{item.id}/").content.decode()
    assert "sealed despite faults" in shown
    assert "needed at sea today" in shown


def test_a_rightly_marked_document_is_clean_and_a_reason_for_nothing_is_forgotten(portal: Portal) -> None:
    mark = portal.node.house.nation
    banner = "SECRET//REL TO USA, IND" if mark == "USA" else "//IND SECRET//REL TO USA, IND"
    authority = "Classified By: A. Trainer, cell\nDerived From: Guide 7\nDeclassify On: 20480101"
    text = f"{banner}\n\n(S//REL TO USA, IND) The rotor hums.\n\n{authority}\n\n{banner}\n"
    item = portal.seal(document=SimpleUploadedFile("marked.txt", text.encode(), "text/plain"))
    assert (item.marking_check["outcome"], item.check_reason) == ("clean", "")


def test_the_release_officer_is_told_beside_the_gates_in_both_languages(portal: Portal) -> None:
    portal.partner_vouches()
    faulty = portal.ask(portal.seal(document=_unmarked(), despite="needed at sea today"))
    unread = portal.ask(portal.seal(document=SimpleUploadedFile("data.bin", b"\0" * 100, "application/octet-stream")))
    officer = portal.as_person("release_officer")
    page = officer.get(f"/en/cases/{faulty}/").content.decode()
    assert "Sealed despite 1 fault in its markings" in page
    assert "needed at sea today" in page
    assert portal.node.people["engineer"] in page
    assert "Its markings were not checked" in officer.get(f"/en/cases/{unread}/").content.decode()
    assert "इसके अंकन जाँचे नहीं गए" in officer.get(f"/hi/cases/{unread}/").content.decode()


def test_documents_that_wait_for_their_check_leave_the_portal_s_other_threads_free(
    portal: Portal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "_HERE", threading.BoundedSemaphore(1))
    engineer = portal.as_person("engineer")
    with checking._HERE:  # another document is being checked
        answer = engineer.post("/en/seal/", portal.form())
    assert answer.status_code == 503
    assert "The node is busy." in answer.content.decode()
    assert Item.objects.count() == 0
    assert _on_disk(tmp_path) == b""
    assert engineer.post("/en/seal/", portal.form()).status_code == 302
