from __future__ import annotations

import re
from pathlib import Path

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from relto.store.models import Item
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
