"""The authority sees what custodians recovered, and which record to ask for."""

from __future__ import annotations

import pytest

from relto.store.models import CustodianRecord, CustodianUse
from tests.support.houses import START, USA
from tests.unit.web.portal import Portal

REASON = "The key service's token was destroyed."
CONTAINER = "3f1c8f1e-2a55-4a7c-9f2e-0a6d5b1f7c11"


def on_record(portal: Portal) -> None:
    """The second recovery of custodian 1; her first was never handed in."""
    record = CustodianRecord.objects.create(
        id="rcv_aaaaaaaaaaaaaaaaaaaaaaaa",
        digest="0" * 64,
        container=CONTAINER,
        manifest="1" * 64,
        recovered_at=START,
        imported_at=START,
        imported_by="prs_x",
        reason=REASON,
        findings=["unknown_container"],
        statement=b"{}",
        entry="ent_x",
    )
    nation = portal.node.house.nation
    CustodianUse.objects.create(record=record, nation=nation, number=1, kid="2" * 32, use=2, previous="3" * 64)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("Record overdue", "The container is not known here", "nobody can recover", "Records to ask for")),
        ("hi", ("अभिलेख लंबित", "कंटेनर यहाँ ज्ञात नहीं है", "कोई पुनर्प्राप्त नहीं कर सकता", "माँगे जाने वाले अभिलेख")),
    ],
)
def test_the_inspector_reads_the_record_and_sees_what_is_overdue(
    portal: Portal, language: str, words: tuple[str, ...]
) -> None:
    on_record(portal)
    page = portal.as_person("inspector").get(f"/{language}/recoveries/").content.decode()
    for word in (*words, CONTAINER, f"1, {portal.node.house.nation}"):
        assert word in page
    assert "token was destroyed" in page
    assert portal.node.house.nation == USA


def test_before_any_recovery_the_page_says_so(portal: Portal) -> None:
    page = portal.as_person("release_officer").get("/en/recoveries/").content.decode()
    assert "No recovery is on record." in page
    assert "Records to ask for" not in page
