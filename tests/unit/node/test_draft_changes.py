"""What two authorities change in a draft is bounded, named and never called confirmed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from relto.base.errors import MalformedInput, UnknownValue
from relto.node.draft_changes import changed_equivalence, changed_limits

FROM = datetime(2026, 11, 22, tzinfo=UTC)


def test_a_limit_is_replaced_and_says_that_the_draft_set_it() -> None:
    table = changed_limits(["assurance_status_max_age=10 second", "bundle_freshness_max_age=24 hour"])["limits"]
    assert (table["bundle_freshness_max_age"]["value"], table["bundle_freshness_max_age"]["unit"]) == (24, "hour")
    assert table["bundle_freshness_max_age"]["confirmed"] is False
    assert (table["assurance_status_max_age"]["value"], table["assurance_status_max_age"]["unit"]) == (10, "second")
    assert table["assurance_status_max_age"]["evidence"] == "none"
    assert not table["assurance_status_max_age"]["confirmed"]
    assert table["link_clock_skew"]["value"] == 60


def test_an_agreed_equivalent_takes_the_place_of_no_equivalent_in_that_direction_only() -> None:
    rows = changed_equivalence(["IND:RESTRICTED=USA:CONFIDENTIAL"], FROM)["rows"]
    found = [row for row in rows if row["from_level"] == "RESTRICTED"]
    assert [(row["to_level"], row["confirmed"]) for row in found] == [("CONFIDENTIAL", False)]
    assert not [row for row in rows if row["to_level"] == "RESTRICTED"]


@pytest.mark.parametrize("change", ["unheard_of=3 second", "approved_channels=3 second"])
def test_an_unknown_limit_is_named(change: str) -> None:
    with pytest.raises(UnknownValue) as refused:
        changed_limits([change])
    assert refused.value.field == "limit"


@pytest.mark.parametrize("change", ["link_clock_skew", "link_clock_skew=soon", "link_clock_skew=10"])
def test_an_amount_without_number_or_unit_is_refused(change: str) -> None:
    with pytest.raises(MalformedInput):
        changed_limits([change])


@pytest.mark.parametrize(
    "change", ["IND:RESTRICTED", "RESTRICTED=CONFIDENTIAL", "IND:COSMIC=USA:SECRET", "FRA:X=USA:Y"]
)
def test_an_equivalent_names_two_known_levels(change: str) -> None:
    with pytest.raises((MalformedInput, UnknownValue)):
        changed_equivalence([change], FROM)


def test_the_weakest_wrapping_of_one_level_is_replaced_or_taken_out() -> None:
    changes = ["minimum_wrapping_released=USA:TOP SECRET mlkem:1024", "minimum_wrapping_released=IND:SECRET none"]
    found = changed_limits(changes)["limits"]["minimum_wrapping_released"]
    entries = {(one["policy"], one["level"]): one["wrapping"] for one in found["value"]}
    assert entries["2.999.840.1", "TOP SECRET"] == "mlkem:1024"
    assert ("2.999.356.1", "SECRET") not in entries
    assert entries["2.999.840.1", "SECRET"] == "hpqt:secp384r1-mlkem1024"
    assert found["evidence"] == "none"
    assert not found["confirmed"]
    for wrong in ("USA:SECRET rsa:3072", "USA:COSMIC rsa:2048", "rsa:2048", ""):
        with pytest.raises((MalformedInput, UnknownValue)):
            changed_limits([f"minimum_wrapping_registered={wrong}"])
