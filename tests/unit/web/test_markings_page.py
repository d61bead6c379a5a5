"""The page of markings: what a marking says, in both nations, joined, carried over; without a script."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.test import Client

from relto.store.models import LedgerEntry
from tests.unit.web.portal import Portal

PATH = "labels/"
AMERICAN = "SECRET//REL TO USA, IND"
BLOCK = "Classified By: J. Smith, Analyst, Example Office\r\nDerived From: Guide 1\r\nDeclassify On: 20501231"


def looked(portal: Portal, language: str = "en", *, status: int = 200, **form: Any) -> str:
    answer = portal.as_person("engineer").post(f"/{language}/{PATH}", {"do": "read", "policy": "USA"} | form)
    assert answer.status_code == status, answer.content.decode()
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split()))


def test_a_marking_is_shown_as_both_nations_write_it(portal: Portal) -> None:
    page = looked(portal, text=AMERICAN, other="(C//REL TO USA, IND)", review_by="2036-01-01")
    assert "SECRET//AUTHORIZED FOR RELEASE TO USA, IND" in page
    assert "//USA गुप्त / SECRET//REL TO USA, IND Unconfirmed" in page
    assert "A page with both markings" in page
    assert "There is an equivalent" in page
    assert "training default, an inference" in page
    assert 'ReviewDateTime="2036-01-01T00:00:00Z"' in page
    assert "none is made up here" in looked(portal, text=AMERICAN)


def test_a_fault_stands_with_its_rule_and_what_to_do(portal: Portal) -> None:
    page = looked(portal, text="SECRET//NOFORN/REL TO USA, IND", status=422)
    assert "NOFORN excludes REL TO" in page
    assert "What to do: Keep the one that was decided." in page
    assert "DoDM-5200.01-V2-E4" in page
    assert "ठीक" in looked(portal, "hi", text="", status=422) or "अंकन" in looked(portal, "hi", text="", status=422)


def test_indian_marks_are_read_and_called_unconfirmed(portal: Portal) -> None:
    page = looked(portal, text="प्रतिबंधित / RESTRICTED", policy="IND")
    assert "no Indian authority stands behind these words" in page
    assert "There is no equivalent" in page
    assert "protected as CONFIDENTIAL" in page
    assert "//IND RESTRICTED" in page


def test_what_only_a_person_can_say_is_said_so(portal: Portal) -> None:
    page = looked(portal, "hi", text="SECRET//ORCON", other="//IND CONFIDENTIAL")
    assert "चेतावनी का सहमत समतुल्य नहीं है" in page
    assert "अलग नीतियों के हैं" in page
    assert "What this marking means" in looked(portal, text="//NATO SECRET") or "policy is not loaded" in looked(
        portal, text="//NATO SECRET"
    )


def test_an_authority_block_is_read_in_its_lines(portal: Portal) -> None:
    assert "Declassify On: 20501231" in looked(portal, text=BLOCK)


@pytest.mark.parametrize(
    ("owner", "level", "release", "nations", "status", "shown"),
    [
        ("USA", "SECRET", "rel", ["USA", "IND"], 200, AMERICAN),
        ("USA", "TOP SECRET", "noforn", [], 200, "TOP SECRET//NOFORN"),
        ("IND", "RESTRICTED", "unstated", [], 200, "//IND RESTRICTED"),
        ("both", "SECRET", "rel", ["USA", "IND"], 200, "//JOINT SECRET IND USA//REL TO USA, IND"),
        ("USA", "RESTRICTED", "unstated", [], 422, "What to do:"),
        ("USA", "SECRET", "rel", [], 422, "Tick the nations"),
        ("USA", "SECRET", "noforn", ["IND"], 422, "Tick no nation"),
        ("", "", "", [], 422, "Choose one."),
    ],
)
def test_a_marking_is_built_from_its_parts(
    portal: Portal, owner: str, level: str, release: str, nations: list[str], status: int, shown: str
) -> None:
    form: dict[str, Any] = {"owner": owner, "level": level, "release": release, "nations": nations}
    assert shown in looked(portal, do="build", status=status, **form)


def test_it_is_for_everybody_who_is_signed_in_and_leaves_nothing(portal: Portal, visitor: Client) -> None:
    assert visitor.get(f"/en/{PATH}").status_code == 302
    for who in ("engineer", "registrar", "inspector", "co_chair", "release_officer"):
        browser = portal.as_person(who)
        assert browser.get(f"/en/{PATH}").status_code == 200
        assert f"/en/{PATH}" in browser.get("/en/account/").content.decode()
    before = LedgerEntry.objects.count()
    looked(portal, text=AMERICAN)
    assert LedgerEntry.objects.count() == before


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "\x00", "S" * 2001, "🙂" * 300, "\u202eSECRET"])
def test_what_is_pasted_is_never_run_and_always_answered(portal: Portal, text: str) -> None:
    answer = portal.as_person("engineer").post(f"/en/{PATH}", {"do": "read", "policy": "USA", "text": text})
    assert answer.status_code == 422
    assert b"<script>alert" not in answer.content


def test_a_hindi_page_says_in_hindi_what_is_to_be_mended(portal: Portal) -> None:
    page = looked(portal, "hi", text="SECRET//NOFORN/RELIDO", status=422)
    assert "NOFORN के साथ REL TO और RELIDO नहीं चलते।" in page
    assert "excludes REL TO" not in page
    english = looked(portal, "en", text="SECRET//NOFORN/RELIDO", status=422)
    assert "NOFORN excludes REL TO and RELIDO." in english
