"""A container of another OpenTDF client, handed in at the terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from relto.base.errors import Conflict, NotVerified
from relto.client.sealing import ServiceKey
from relto.store.models import Item
from tests.support.houses import PROGRAMME, USA, nationhood
from tests.support.stock_containers import stock_container
from tests.unit.cli.desk import Desk

STATED = ("--title", "Hull", "--programme", PROGRAMME, "--audience", "USA", "--audience", "IND", "--export-controlled")


@pytest.fixture
def container(tmp_path: Path) -> Path:
    own = nationhood(USA)
    pem = str(own.as_party()["kas_keys"][0]["pem"])  # type: ignore[index,call-overload]
    place = tmp_path / "hull.pdf.tdf"
    place.write_bytes(stock_container(b"training" * 400_000, ServiceKey(own.urls.key_service, own.kid, pem)))
    return place


def test_a_container_is_registered_with_what_is_stated_of_it(desk: Desk, container: Path) -> None:
    item = desk.asks("engineer", "submit", str(container), *STATED, "--level", "SECRET")
    assert (item["state"], item["banner"], item["file_name"]) == (
        "registered",
        "SECRET//REL TO USA, IND",
        "hull.pdf",
    )
    assert (item["media_type"], item["title"]) == ("application/pdf", "Hull")
    assert item["entry"].startswith("ent_")
    assert item["id"] in desk.types("security_officer", "items", "list")
    with pytest.raises(Conflict, match="item"):
        desk.types("engineer", "submit", str(container), *STATED, "--level", "SECRET")


def test_what_is_stated_must_be_what_it_was_sealed_with(desk: Desk, container: Path) -> None:
    with pytest.raises(NotVerified, match="label_policy_mismatch"):
        desk.types("engineer", "submit", str(container), *STATED, "--level", "CONFIDENTIAL")
    assert not Item.objects.exists()
