"""Pages of proposals: tabled without a script, read as a redline in words, answered, proven, signed, drawn up."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from relto.services.alignment import proposals_view, saying
from tests.unit.api.test_proposals import loosened
from tests.unit.web.portal import Portal, wrong
from tests.unit.web.test_signing_page import held

NEW = "/en/alignment/proposals/new/"


def written(**changes: Any) -> dict[str, Any]:
    """The form of a new proposal, whole and right."""
    return {
        "title": "RESTRICTED handling",
        "topic": "equivalence",
        "clause-0-code": "1",
        "clause-0-heading": "Scope",
        "clause-0-en": "Items at RESTRICTED are covered.",
        "clause-0-hi": "मदें शामिल हैं।",
        "clause-1-code": "2",
        "clause-1-en": "They are handled as CONFIDENTIAL.",
        "clause-2-code": "",
        "draft": SimpleUploadedFile("next.bundle", loosened(), "application/json"),
        "silence_days": "5",
        "silence_count": "calendar_days",
        **changes,
    }


def tabled(browser: Client, **changes: Any) -> str:
    """The address of a proposal that was put on the table."""
    answer = browser.post(NEW, written(**changes))
    assert answer.status_code == 302, wrong(answer.content.decode())
    return str(answer["Location"])


def text(page: bytes) -> str:
    """What a reader reads, without marks."""
    return " ".join(re.sub(r"<[^>]+>", " ", page.decode()).split())


def test_a_proposal_is_tabled_and_both_texts_stand_as_a_redline(portal: Portal) -> None:
    browser = portal.as_person("co_chair")
    place = tabled(browser)
    first = text(browser.get(place).content)
    assert "Items at RESTRICTED are covered." in first
    assert "Equivalence: changed" in first
    assert "has not been asked yet" in first
    entry = place.split("/")[3]
    form = browser.get(f"{place}version/").content.decode()
    assert "They are handled as CONFIDENTIAL." in form
    changed = written(change="keep", draft="", **{"clause-1-en": "They are handled as American CONFIDENTIAL."})
    answer = browser.post(f"{place}version/", changed)
    assert answer.status_code == 302, wrong(answer.content.decode())
    page = browser.get(place).content.decode()
    assert re.search(r"<ins><span[^>]*>new: </span>American </ins>", page)
    detail = proposals_view.proposal(portal.node.house, portal.node.actor("co_chair"), entry)
    assert (detail.shown.number, len(detail.changes)) == (2, 5)
    older = browser.get(f"{place}?digest={detail.compared.digest}").content.decode() if detail.compared else ""
    assert "another text leads" in older


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("What is proposed, and who acts next?", "on the table", "takes delivery of this version")),
        ("hi", ("क्या प्रस्तावित है", "विचार के लिए रखा गया", "यह संस्करण प्राप्त करे")),
    ],
)
def test_the_list_says_whose_turn_it_is(portal: Portal, language: str, words: tuple[str, ...]) -> None:
    tabled(portal.as_person("co_chair"))
    page = portal.as_person("inspector").get(f"/{language}/alignment/proposals/").content.decode()
    assert [word for word in words if word not in page] == []
    assert "RESTRICTED handling" in page
    assert "proposals/new" not in page
    home = portal.as_person("co_chair").get(f"/{language}/alignment/").content.decode()
    assert "RESTRICTED handling" in home


def test_more_rows_keep_what_was_written_and_faults_stand_at_their_row(portal: Portal) -> None:
    browser = portal.as_person("co_chair")
    more = browser.post(NEW, written(more="1", draft="")).content.decode()
    assert "Items at RESTRICTED are covered." in more
    assert 'name="clause-5-code"' in more
    answer = browser.post(NEW, written(**{"clause-1-code": "A B"}))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'id="clause-1-error"' in page
    assert "They are handled as CONFIDENTIAL." in page
    empty = browser.post(NEW, {})
    assert empty.status_code == 422
    assert "Choose a topic of the rule book." in empty.content.decode()
    stale = browser.post(NEW, written(draft=SimpleUploadedFile("x.bundle", b"{}", "application/json")))
    assert (stale.status_code, "field-draft-error" in stale.content.decode()) == (422, True)
    assert proposals_view.proposals(portal.node.house, portal.node.actor("co_chair")) == []


def test_comments_stand_by_clause_with_what_became_of_them(portal: Portal) -> None:
    browser = portal.as_person("co_chair")
    place = tabled(browser)
    said = {"what": "comment", "clause": "2", "comment": "Since when?"}
    assert browser.post(place, said).status_code == 302
    page = browser.get(place).content.decode()
    assert 'id="remarks-2"' in page
    (way,) = re.findall(r'href="(/en/alignment/comments/ale_\w+/)"', page)
    assert "Since when?" in browser.get(way).content.decode()
    refused = browser.post(way, {"resolution": "rejected"})
    assert (refused.status_code, "field-reason-error" in refused.content.decode()) == (422, True)
    assert browser.post(way, {"resolution": "rejected", "reason": "Clause 1 says it."}).status_code == 302
    assert "Clause 1 says it." in browser.get(place).content.decode()
    assert portal.as_person("inspector").get(way).status_code == 404


def test_the_draft_is_a_file_and_the_impact_stays_with_its_readers(portal: Portal) -> None:
    place = tabled(portal.as_person("co_chair"))
    entry = place.split("/")[3]
    detail = proposals_view.proposal(portal.node.house, portal.node.actor("inspector"), entry)
    assert detail.draft is not None
    file = portal.as_person("inspector").get(f"{place}draft.bundle")
    assert file["Content-Disposition"].endswith('.bundle"')
    assert detail.draft.digest in portal.as_person("inspector").get(place).content.decode()
    assert (
        "What would this draft change here?"
        in portal.as_person("release_officer").get(f"{place}impact/").content.decode()
    )
    assert portal.as_person("registrar").get(f"{place}impact/").status_code == 404


def test_a_withdrawn_text_says_so_and_nothing_more_is_offered(portal: Portal) -> None:
    browser = portal.as_person("co_chair")
    place = tabled(browser)
    assert browser.post(f"{place}withdraw/").status_code == 302
    page = text(browser.get(place).content)
    assert "It is withdrawn." in page
    assert "Sign the position" not in page
    again = browser.post(f"{place}withdraw/")
    assert again.status_code == 409


def test_a_question_stands_on_top_and_leads_to_a_proposal(portal: Portal) -> None:
    browser = portal.as_person("co_chair")
    raised = saying.raise_divergence(
        portal.node.house,
        portal.node.actor("co_chair"),
        question="Whose level counts?",
        provisions=["USR-66"],
        owner="IND",
    )
    question = browser.get(f"/en/alignment/{raised}/").content.decode()
    assert f"proposals/new/?divergences={raised}" in question
    form = browser.get(f"{NEW}?divergences={raised}&topic=equivalence").content.decode()
    assert f'value="{raised}"' in form
    page = browser.get(tabled(browser, divergences=raised)).content.decode()
    assert '<h1 class="govuk-heading-l">Whose level counts?</h1>' in page


def test_every_kind_of_entry_has_one_address(portal: Portal) -> None:
    browser = portal.as_person("co_chair")
    places = {
        "meeting": "/en/meetings/{}/",
        "action": "/en/meetings/actions/{}/",
        "law_change": "/en/law/{}/",
        "template": "/en/templates/{}/",
    }
    proposed = tabled(browser)
    assert browser.post(proposed, {"what": "comment", "clause": "", "comment": "Why?"}).status_code == 302
    (way,) = re.findall(r"/alignment/comments/(ale_\w+)/", browser.get(proposed).content.decode())
    assert browser.get(f"/en/alignment/{way}/")["Location"] == proposed
    for number, (kind, place) in enumerate(places.items()):
        entry = f"ale_{kind[0] * 24}"
        held(f"{number}" * 64, kind=kind, entry=entry)
        assert browser.get(f"/en/alignment/{entry}/")["Location"] == place.format(entry), kind


def test_companies_and_strangers_find_nothing(portal: Portal) -> None:
    place = tabled(portal.as_person("co_chair"))
    for who in ("engineer", "security_officer", "operator"):
        for path in (place, "/en/alignment/proposals/", NEW, f"{place}draft.bundle", f"{place}impact/"):
            assert portal.as_person(who).get(path).status_code == 404
    inspector = portal.as_person("inspector")
    assert inspector.get(NEW).status_code == 404
    assert inspector.post(place, {"what": "comment", "comment": "x"}).status_code == 404
    assert inspector.post(f"{place}proof/").status_code == 404
    assert inspector.get("/en/alignment/ale_unknown/draft.bundle").status_code == 404
