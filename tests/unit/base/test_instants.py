"""Instants from others: UTC only, real, and far enough from the calendar's edges to be shown in any zone."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from relto.base.errors import MalformedInput
from relto.base.instants import instant_text, read_instant


@pytest.mark.parametrize("text", ["1947-01-01T00:00:00Z", "2026-11-22T14:15:00Z", "2999-12-31T23:59:59Z"])
def test_what_is_read_can_be_written_and_shown_in_both_nations_zones(text: str) -> None:
    moment = read_instant(text)
    assert instant_text(moment) == text
    for zone in ("America/New_York", "Asia/Kolkata"):
        assert moment.astimezone(ZoneInfo(zone)) == moment


@pytest.mark.parametrize(
    "text", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-02-30T00:00:00Z", "2026-11-22T14:15:00+05:30", 7]
)
def test_an_instant_that_could_break_a_page_is_refused_by_field(text: object) -> None:
    with pytest.raises(MalformedInput) as refused:
        read_instant(text, field="valid_until")
    assert refused.value.field == "valid_until"
