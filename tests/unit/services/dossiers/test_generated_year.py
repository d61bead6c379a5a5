"""A small generated year: loaded once however often it comes, and every page that lists its dossiers answers."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django import Settings

from relto.adapters.log_files import FolderLogFiles
from relto.services.dossiers.importing import take_over
from relto.store.models import Dossier, LedgerEntry
from tests.support.generated_year import load, look, records
from tests.support.houses import USA
from tests.unit.web.portal import open_portal

pytestmark = pytest.mark.django_db
VISITS, TRANSFERS = 30, 60


def test_a_small_year_loads_whole_and_is_looked_at(tmp_path: Path, settings: Settings) -> None:
    portal = open_portal(tmp_path, USA)
    settings.RELTO_HOUSE = portal.node.house
    settings.RELTO_LOG_FILES = FolderLogFiles(tmp_path / "log")
    settings.ROOT_URLCONF = "tests.support.portal_urls"
    settings.ALLOWED_HOSTS = ["testserver"]
    year = load(portal, 3, VISITS, TRANSFERS)
    assert year.refused == 0
    assert Dossier.objects.count() == VISITS + TRANSFERS
    assert 0 < year.open < VISITS + TRANSFERS
    assert LedgerEntry.objects.filter(event="dossier:begun").count() == VISITS + TRANSFERS
    lines = list(records(3, VISITS, TRANSFERS, portal.node.clock.now()))
    again = take_over(portal.node.house, portal.node.actor("registrar"), lines)
    assert (again.numbers, again.known) == ((), VISITS + TRANSFERS)
    assert len(look(portal)) == 20
