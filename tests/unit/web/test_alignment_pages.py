"""The working group's pages: what is compared, where the sides differ, what each says; signed by a co-chair only."""

from __future__ import annotations

import pytest

from relto.services.alignment import saying
from relto.store.models import AlignmentNote, AlignmentStatement
from tests.unit.web.portal import Portal

PAIR = ("USR-66", "IND-27.1")
RAISED = {
    "what": "divergence",
    "question": "Who counts, and when?",
    "provisions": "USR-66, IND-27.1",
    "owner": "IND",
    "options": "count together; accept both",
    "state": "open",
}
READ = {
    "what": "relation",
    "pair": " ".join(PAIR),
    "to": "IND",
    "relation": "intersects",
    "reason": "both ask for a count",
    "confidence": "low",
}


@pytest.mark.parametrize(
    ("language", "heading", "words"),
    [
        ("en", "What is compared, and what is not?", ("not compared", "only USA", "No rule loaded")),
        ("hi", "किसकी तुलना हुई, किसकी नहीं?", ("तुलना नहीं हुई", "केवल USA", "नियम दर्ज नहीं")),
    ],
)
def test_coverage_says_what_nobody_compared(
    portal: Portal, language: str, heading: str, words: tuple[str, ...]
) -> None:
    page = portal.as_person("inspector").get(f"/{language}/rules/coverage/").content.decode()
    assert heading in page
    assert [word for word in words if word not in page] == []


def test_a_co_chair_raises_a_question_and_everybody_of_the_authority_reads_it(portal: Portal) -> None:
    browser = portal.as_person("co_chair")
    answer = browser.post("/en/alignment/say/divergence/", RAISED)
    assert answer.status_code == 302
    page = portal.as_person("release_officer").get(answer["Location"]).content.decode()
    assert "Who counts, and when?" in page
    assert "count together" in page
    assert "Only a co-chair speaks here" in page
    listed = portal.as_person("registrar").get("/en/alignment/").content.decode()
    assert "Who counts, and when?" in listed


def test_a_reading_stands_under_coverage_with_who_read_it(portal: Portal) -> None:
    browser = portal.as_person("co_chair")
    assert browser.post("/en/alignment/say/relation/", READ).status_code == 302
    page = browser.get("/en/rules/coverage/").content.decode()
    assert "read by USA alone" in page
    assert AlignmentStatement.objects.get().entry in page


def test_what_does_not_fit_is_said_at_its_field_and_nothing_written_is_lost(portal: Portal) -> None:
    browser = portal.as_person("co_chair")
    answer = browser.post("/en/alignment/say/divergence/", {**RAISED, "provisions": "USR-66 LIM-999"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "govuk-error-summary" in page
    assert "USR-66 LIM-999" in page
    assert AlignmentStatement.objects.count() == 0
    empty = browser.post("/en/alignment/say/relation/", {"what": "relation"})
    assert empty.status_code == 422
    assert browser.post("/en/alignment/say/everything/", {"what": "everything"}).status_code == 404


def test_comments_go_and_notes_stay(portal: Portal) -> None:
    browser = portal.as_person("co_chair")
    place = browser.post("/en/alignment/say/divergence/", RAISED)["Location"]
    assert browser.post(place, {"what": "comment", "comment": "see chapter 5"}).status_code == 302
    assert browser.post(place, {"what": "note", "note": "our fallback"}).status_code == 302
    assert AlignmentNote.objects.get().text == "our fallback"
    own = browser.get(place).content.decode()
    assert "see chapter 5" in own
    assert "our fallback" in own
    assert "our fallback" not in portal.as_person("inspector").get(place).content.decode()
    again = browser.post(place, {**RAISED, "state": "settled"})
    assert again.status_code == 302
    assert AlignmentStatement.objects.filter(kind="divergence").count() == 2


def test_companies_and_strangers_find_nothing(portal: Portal) -> None:
    entry = saying.raise_divergence(
        portal.node.house, portal.node.actor("co_chair"), question="Q", provisions=PAIR, owner="IND"
    )
    for who in ("engineer", "security_officer", "operator"):
        for path in ("/en/rules/coverage/", "/en/alignment/", f"/en/alignment/{entry}/"):
            assert portal.as_person(who).get(path).status_code == 404
    assert portal.as_person("inspector").get("/en/alignment/ale_unknown/").status_code == 404
    assert portal.as_person("inspector").post("/en/alignment/say/divergence/", RAISED).status_code == 404


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("How both nations read these provisions", "USA", "has not spoken yet", "Who counts, and when?")),
        ("hi", ("दोनों राष्ट्र इन उपबंधों को कैसे पढ़ते हैं", "अभी कुछ नहीं कहा", "Who counts, and when?")),
    ],
)
def test_a_provision_stands_with_what_both_nations_say_of_it(
    portal: Portal, language: str, words: tuple[str, ...]
) -> None:
    browser = portal.as_person("co_chair")
    browser.post("/en/alignment/say/divergence/", RAISED)
    browser.post("/en/alignment/say/relation/", READ)
    page = portal.as_person("inspector").get(f"/{language}/rules/USR-66/").content.decode()
    assert [word for word in words if word not in page] == []
    assert "proposals/new" not in page
    own = browser.get(f"/{language}/rules/USR-66/").content.decode()
    assert "proposals/new/?provisions=USR-66" in own
    assert words[0] not in portal.as_person("engineer").get(f"/{language}/rules/USR-66/").content.decode()


def test_the_record_is_narrowed_by_kind_topic_state_and_provision(portal: Portal) -> None:
    browser = portal.as_person("co_chair")
    browser.post("/en/alignment/say/divergence/", RAISED)
    browser.post("/en/alignment/say/relation/", READ)
    for asked, question, count in (
        ("", True, 2),
        ("?kind=relation", False, 1),
        ("?state=open&topic=register", True, 1),
        ("?provision=IND-27.1", True, 2),
        ("?provision=LIM-12", False, 0),
        ("?kind=everything", True, 2),
    ):
        page = browser.get(f"/en/alignment/record/{asked}").content.decode()
        assert ("Who counts, and when?" in page, f"Entries: {count}" in page) == (question, True), asked
    home = browser.get("/en/alignment/").content.decode()
    assert "Who counts, and when?" in home
    assert "None is planned." in home
