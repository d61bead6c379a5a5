"""What a sealer states of her document's markings: kept, shown, in the ledger as codes, and never taken for granted."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from relto.base.errors import Conflict, MalformedInput
from relto.services import items, releases
from relto.store.models import Item, LedgerEntry
from tests.support.houses import Node
from tests.support.peer_simulator import Peer
from tests.unit.services.stories import announce, ask_release, seal_item
from tests.unit.services.test_submitted_containers import submitted

REASON = "needed at sea today"
CLEAN: dict[str, Any] = {"outcome": "clean", "checker": 1, "findings_sha256": "a" * 64}
FAULTY: dict[str, Any] = {
    "outcome": "faults",
    "checker": 1,
    "findings_sha256": "b" * 64,
    "faults": {"portion_unmarked": 2, "a_later_checkers": 1},
    "not_read": {"image": 1},
}


def test_an_announcement_without_a_statement_is_not_checked(usa: Node) -> None:
    found = seal_item(usa).check
    assert found is not None
    assert (found.outcome, found.why, found.by) == ("not_checked", "not_stated", "")


def test_what_a_stock_client_sealed_is_not_checked(usa: Node) -> None:
    found = submitted(usa).check
    assert found is not None
    assert (found.outcome, found.why) == ("not_checked", "not_stated")


def test_an_item_from_before_checks_were_stated_is_not_checked(usa: Node) -> None:
    item = seal_item(usa, check=CLEAN)
    Item.objects.filter(id=item.id).update(marking_check={})
    found = items.item(usa.house, usa.actor("engineer"), item.id).check
    assert found is not None
    assert found.outcome == "not_checked"


def test_a_clean_document_says_so_with_the_checkers_version(usa: Node) -> None:
    found = seal_item(usa, check=CLEAN).check
    assert found is not None
    assert (found.outcome, found.checker, found.faults, found.reason) == ("clean", 1, (), "")


def test_the_release_officer_sees_faults_reason_and_who_sealed_despite_them(usa: Node, india: Peer) -> None:
    item = seal_item(usa, check={**FAULTY, "reason": REASON})
    india.vouch(usa.house, "reader")
    asked = ask_release(usa, india, item)
    found = releases.case(usa.house, usa.actor("release_officer"), asked.id).item.check
    assert found is not None
    assert (found.outcome, found.fault_count, found.reason) == ("faults", 3, REASON)
    assert found.by == usa.people["engineer"]
    known, later = sorted(found.faults, key=lambda each: each.code, reverse=True)
    assert (known.count, known.rule) == (2, "32-CFR-2001.24")
    assert (later.count, later.rule) == (1, ""), "a code that this node does not know is shown as it is"


def test_the_ledger_has_codes_and_digests_and_the_store_no_readable_reason(usa: Node) -> None:
    item = seal_item(usa, check={**FAULTY, "reason": REASON})
    for event in ("item:announced", "item:registered"):
        entry = LedgerEntry.objects.get(event=event, subject=item.id)
        check = entry.details["check"]
        assert check["faults"] == {"a_later_checkers": 1, "portion_unmarked": 2}
        assert check["reason_sha256"] == hashlib.sha256(REASON.encode()).hexdigest()
        assert REASON not in str(entry.details)
        assert REASON.encode() not in bytes(entry.leaf)
    assert Item.objects.get(id=item.id).check_reason == REASON


@pytest.mark.parametrize(
    ("check", "error", "field"),
    [
        (FAULTY, Conflict, "check.reason"),
        ({**FAULTY, "reason": " "}, MalformedInput, "check.reason"),
        ({**FAULTY, "reason": "x" * 1001}, MalformedInput, "check.reason"),
        ({**CLEAN, "reason": REASON}, MalformedInput, "check.reason"),
        ({**CLEAN, "faults": {"portion_unmarked": 1}}, MalformedInput, "check.faults"),
    ],
    ids=["no reason", "an empty reason", "an endless reason", "a reason for nothing", "a contradiction"],
)
def test_a_statement_that_cannot_be_changes_nothing(
    usa: Node, check: dict[str, Any], error: type[Exception], field: str
) -> None:
    before = LedgerEntry.objects.count()
    with pytest.raises(error) as said:
        announce(usa, check=check)
    assert getattr(said.value, "field", None) == field
    assert (Item.objects.count(), LedgerEntry.objects.count()) == (0, before)
