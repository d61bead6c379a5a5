"""The reading room's settings: off at every level by default, and refused by name when they are not sound."""

from __future__ import annotations

from datetime import timedelta

import pytest

from relto.base.errors import Misconfigured
from relto.node.reading_settings import read_reading_room, readings_of


def test_no_level_is_on_unless_it_is_named() -> None:
    assert readings_of(read_reading_room({})) is None
    found = read_reading_room({"levels": ["USA SECRET"], "again_minutes": 45})
    assert (found.rules.levels, found.rules.again) == (frozenset({"USA SECRET"}), timedelta(minutes=45))
    assert readings_of(found) is not None


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"levels": "USA SECRET"}, "levels"),
        ({"levels": ["SECRET"]}, "levels"),
        ({"levels": ["usa secret"]}, "levels"),
        ({"idle_minutes": 0}, "idle_minutes"),
        ({"idle_minutes": True}, "idle_minutes"),
        ({"most": 1000}, "most"),
        ({"download": True}, "download"),
    ],
)
def test_what_is_not_sound_is_refused_by_name(given: dict[str, object], field: str) -> None:
    with pytest.raises(Misconfigured) as refused:
        read_reading_room(given)
    assert refused.value.field == f"reading_room.{field}"


def test_it_is_a_table() -> None:
    with pytest.raises(Misconfigured):
        read_reading_room([])
