"""The page of measures: for the authority's people, in both languages, the drawing beside a table with its numbers."""

from __future__ import annotations

from datetime import timedelta

from relto.services.alignment import saying
from tests.support.houses import START
from tests.unit.web.portal import Portal


def test_what_waits_is_shown_by_age_and_small_counts_are_not(portal: Portal) -> None:
    house, chair = portal.node.house, portal.node.actor("co_chair")
    for number in range(4):
        saying.raise_divergence(house, chair, question=f"Q{number}?", provisions=["USR-66"], owner="IND")
    page = portal.as_person("inspector").get("/en/measures/").content.decode()
    assert "How long does it take from a gap to an enforced rule?" in page
    assert '<th scope="row">Divergences</th><td class="relto-num">4</td>' in page
    assert "Q1?" not in page
    assert "अंतर से लागू नियम" in portal.as_person("co_chair").get("/hi/measures/").content.decode()
    for who in ("engineer", "security_officer"):
        assert portal.as_person(who).get("/en/measures/").status_code == 404


def test_the_numbers_are_files_and_the_report_a_paper(portal: Portal) -> None:
    browser = portal.as_person("co_chair")
    assert browser.get("/en/measures/file/?as=csv").content.startswith(b"measure,of,side,count")
    assert browser.get("/en/measures/file/?as=json").json()["decisions"]["weighed"] == 0
    assert browser.get("/en/measures/file/?as=xml").status_code == 404
    report = browser.get(f"/en/measures/report/?year={START.year}&language=en")
    assert report.content.startswith(b"%PDF")
    later = (START + timedelta(days=800)).year
    assert browser.get(f"/en/measures/report/?year={later}").status_code == 400
    assert portal.as_person("registrar").get(f"/en/measures/report/?year={START.year}").status_code == 404
