"""The picture of what is compared, narrowed by words or topic: citations, gaps, questions, meetings."""

from __future__ import annotations

from relto.services.alignment import saying
from tests.unit.web.portal import Portal


def test_the_matrix_is_narrowed_by_words_and_by_topic(portal: Portal) -> None:
    raised = saying.raise_divergence(
        portal.node.house,
        portal.node.actor("co_chair"),
        question="RESTRICTED handling: which rule?",
        provisions=["ISA-28", "IND-27"],
        owner="IND",
    )
    browser = portal.as_person("inspector")
    page = browser.get("/en/rules/coverage/?q=restricted+handling").content.decode()
    for words in ("SMLDI 2014, Category A, ch. 5", "RESTRICTED handling: which rule?", "On no agenda yet", raised):
        assert words in page
    assert "No rule loaded" in browser.get("/en/rules/coverage/?topic=equivalence").content.decode()
    hindi = browser.get("/hi/rules/coverage/?q=RESTRICTED").content.decode()
    assert "किसी विषय की खोज" in hindi
    assert "Nothing in the rule book" in browser.get("/en/rules/coverage/?q=zebra").content.decode()
    assert "What each side has on it" not in browser.get("/en/rules/coverage/?topic=nothing").content.decode()


def test_an_entry_of_any_kind_is_reached_at_one_address(portal: Portal) -> None:
    chair = portal.as_person("co_chair")
    place = chair.post("/en/templates/", {"draft": "visit_letter"})["Location"]
    answer = chair.get(place.replace("/templates/", "/alignment/"))
    assert (answer.status_code, answer["Location"]) == (302, place)
