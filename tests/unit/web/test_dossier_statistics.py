"""The page of statistics: counts by quarter in both languages, and nothing that names a case."""

from __future__ import annotations

import pytest

from relto.services import dossiers
from relto.store.models import Dossier
from tests.support.houses import PROGRAMME
from tests.unit.web.portal import Portal

SUBJECT = "A subject that nobody counts"


@pytest.mark.parametrize(("language", "quarter", "few"), [("en", "Opened", "Too few"), ("hi", "खोले गए", "बहुत कम")])
def test_figures_stand_by_quarter_and_name_nothing(portal: Portal, language: str, quarter: str, few: str) -> None:
    officer = portal.node.actor("security_officer")
    for _ in range(4):
        dossiers.begin(
            portal.node.house,
            officer,
            "visit",
            {"pertains_to": "programme", "programme": PROGRAMME, "subject": SUBJECT},
        )
    dossiers.begin(portal.node.house, officer, "transfer", {})
    page = portal.as_person("inspector").get(f"/{language}/dossiers/statistics/").content.decode()
    assert "2026-Q4" in page
    assert quarter in page
    assert "below 3 is" in page or "3 से कम" in page
    assert few in page
    held = {str(value) for row in Dossier.objects.values_list("id", "number") for value in row}
    assert not [one for one in (*held, SUBJECT, PROGRAMME, "USA-F014") if one in page]


def test_an_empty_time_says_so_and_engineers_find_no_such_page(portal: Portal) -> None:
    page = portal.as_person("security_officer").get("/en/dossiers/statistics/").content.decode()
    assert "No dossier was opened or taken further in this time." in page
    assert (
        'href="/en/dossiers/statistics/"' in portal.as_person("security_officer").get("/en/dossiers/").content.decode()
    )
    assert portal.as_person("engineer").get("/en/dossiers/statistics/").status_code == 404
    assert portal.as_person("inspector").get("/en/dossiers/statistics/?since=now").status_code == 400
