"""Signing on a page: both nations have a box, the button names the text that was read, one alone changes nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from relto.alignment.shared_record import LAW_CHANGE
from relto.services.alignment import signing
from relto.store.models import AlignmentStatement
from relto.web.pages import PageRequest
from relto.web.signing import signature_boxes
from tests.support.houses import START
from tests.unit.web.portal import Portal

ENTRY = "ale_" + "t" * 24
FIRST, SECOND = "1" * 64, "2" * 64


def held(digest: str = FIRST, number: int = 1, nation: str = "IND", kind: str = LAW_CHANGE, entry: str = ENTRY) -> str:
    """A text of the partner, as the record keeps it."""
    AlignmentStatement.objects.create(
        statement=digest,
        entry=entry,
        kind=kind,
        nation=nation,
        number=number,
        previous="" if number == 1 else FIRST,
        body={"topic": "register"},
        at=START + timedelta(minutes=number),
        taken_at=START,
        ledger_entry="ent_x",
        envelope=b"{}",
    )
    return digest


def seen(portal: Portal, who: str = "co_chair") -> PageRequest:
    """The request of a page on which the boxes stand."""
    request = PageRequest()
    request.actor = portal.node.actor(who)
    request.path = f"/en/alignment/{ENTRY}/"
    return request


def test_one_signature_is_shown_under_the_text_and_agrees_nothing(portal: Portal) -> None:
    held()
    shown = signature_boxes(seen(portal), ENTRY)
    assert [(box.nation, box.state) for box in shown.boxes] == [("USA", "unsigned"), ("IND", "unsigned")]
    assert [(offer.digest, offer.word) for offer in shown.offers] == [(FIRST, "signed")]
    browser = portal.as_person("co_chair")
    answer = browser.post(f"/en/alignment/{ENTRY}/sign/", {"digest": FIRST, "word": "signed", "back": shown.back})
    assert answer["Location"] == f"{shown.back}#signatures"
    shown = signature_boxes(seen(portal), ENTRY)
    assert [(box.nation, box.state, box.number) for box in shown.boxes] == [
        ("USA", "signed", 1),
        ("IND", "unsigned", 0),
    ]
    assert shown.agreed is None
    assert [offer.word for offer in shown.offers] == ["taken_back"]
    assert signature_boxes(seen(portal, "inspector"), ENTRY).offers == ()


@pytest.mark.parametrize(
    ("language", "words"), [("en", "The text has changed since you read it"), ("hi", "पाठ बदल गया है")]
)
def test_a_signature_under_an_older_text_is_refused_in_words(portal: Portal, language: str, words: str) -> None:
    held()
    signing.sign(portal.node.house, portal.node.actor("co_chair"), ENTRY, digest=FIRST)
    held(SECOND, 2)
    shown = signature_boxes(seen(portal), ENTRY)
    assert (shown.boxes[0].state, shown.boxes[0].number) == ("older", 1)
    assert [offer.digest for offer in shown.offers] == [SECOND]
    browser = portal.as_person("co_chair")
    answer = browser.post(f"/{language}/alignment/{ENTRY}/sign/", {"digest": FIRST, "word": "signed"})
    assert (answer.status_code, words in answer.content.decode()) == (409, True)


def test_the_way_back_leads_nowhere_else(portal: Portal) -> None:
    held()
    browser = portal.as_person("co_chair")
    for back in ("https://elsewhere.example/", "//elsewhere.example/", "javascript:1"):
        word = {"digest": FIRST, "word": "signed", "back": back}
        answer = browser.post(f"/en/alignment/{ENTRY}/sign/", word)
        assert "elsewhere" not in answer.get("Location", "") + answer.content.decode()


def test_nobody_but_a_co_chair_signs(portal: Portal) -> None:
    held()
    for who in ("inspector", "engineer", "registrar"):
        word = {"digest": FIRST, "word": "signed"}
        assert portal.as_person(who).post(f"/en/alignment/{ENTRY}/sign/", word).status_code == 404
    assert portal.as_person("co_chair").get(reverse("alignment_sign", args=[ENTRY])).status_code == 405
    assert portal.as_person("co_chair").post("/en/alignment/ale_x/sign/", {"digest": FIRST}).status_code == 404
