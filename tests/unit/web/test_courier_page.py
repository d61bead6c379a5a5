"""The operator makes a courier bundle on a page, and reads there what came and whom to call; never what is inside."""

from __future__ import annotations

import pytest

from relto.exchange.courier_file import CourierReader
from relto.services.media import record_medium
from relto.store.models import CourierBundle
from tests.support.houses import IND, vouch
from tests.unit.web.portal import Portal


def test_before_anything_the_page_says_so(portal: Portal) -> None:
    page = portal.as_person("operator").get("/en/node/courier/").content.decode()
    assert "The link is up; nothing waits for a courier." in page
    assert "Nothing that went by courier waits for a receipt." in page


def test_a_bundle_is_made_downloaded_and_its_receipt_is_waited_for(portal: Portal) -> None:
    node = portal.node
    vouch(node, IND, "engineer")
    browser = portal.as_person("operator")
    made = browser.post("/en/node/courier/", {"partner": "IND"})
    assert (made.status_code, made.headers.get("Location")) == (302, "/en/node/courier/#IND-1"), made.content.decode()
    record_medium(
        node.house,
        node.actor("operator"),
        medium="M-7",
        partner="IND",
        direction="out",
        number=1,
        step="packed",
        performer="courier/C-114",
        seal="S-88",
    )
    page = browser.get("/en/node/courier/").content.decode()
    for words in ("Went:", "No rule loaded", "Registrar", "Packed and sealed", "courier/C-114", "S-88"):
        assert words in page
    answer = browser.get("/en/node/courier/IND/1/")
    data = b"".join(answer)
    assert len(data) == int(answer["Content-Length"])
    assert CourierReader([data]).manifest() == bytes(CourierBundle.objects.get().note)
    nothing = browser.post("/en/node/courier/", {"partner": "IND"})
    assert (nothing.status_code, "Nothing waits to be carried" in nothing.content.decode()) == (409, True)


@pytest.mark.parametrize(("who", "status"), [("registrar", 200), ("inspector", 200), ("engineer", 404)])
def test_who_may_look_and_who_may_not(portal: Portal, who: str, status: int) -> None:
    browser = portal.as_person(who)
    assert browser.get("/en/node/courier/").status_code == status
    assert browser.get("/en/node/courier/IND/1/").status_code == 404
    assert browser.post("/en/node/courier/", {"partner": "IND"}).status_code in (403, 404)
    assert not CourierBundle.objects.exists()


def test_the_page_speaks_hindi(portal: Portal) -> None:
    page = portal.as_person("operator").get("/hi/node/courier/").content.decode()
    assert "वाहक से क्या जाता है, क्या आया?" in page
