"""The settings of signing in are bounded, and one that nobody knows is named."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from relto.base.errors import Misconfigured
from relto.node.sign_in_settings import read_sign_in


def test_what_is_left_out_takes_its_default() -> None:
    found = read_sign_in({"idle_minutes": 10})
    assert (found.idle, found.longest, found.step_up) == (
        timedelta(minutes=10),
        timedelta(hours=8),
        timedelta(minutes=15),
    )
    assert found.forwarded_by == ()


def test_the_proxies_whose_word_counts_are_written_alike() -> None:
    assert read_sign_in({"forwarded_by": ["127.0.0.1", "2001:0DB8::1"]}).forwarded_by == ("127.0.0.1", "2001:db8::1")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"idle_minutes": 0}, "sign_in.idle_minutes"),
        ({"session_hours": 24}, "sign_in.session_hours"),
        ({"step_up_minutes": True}, "sign_in.step_up_minutes"),
        ({"step_up_minutes": "15"}, "sign_in.step_up_minutes"),
        ({"stay_for_ever": 1}, "sign_in.stay_for_ever"),
        ({"forwarded_by": "127.0.0.1"}, "sign_in.forwarded_by"),
        ({"forwarded_by": ["proxy.example"]}, "sign_in.forwarded_by"),
        ({"forwarded_by": [2130706433]}, "sign_in.forwarded_by"),
        (7, "sign_in"),
    ],
)
def test_what_is_out_of_bounds_is_refused_by_name(given: Any, field: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        read_sign_in(given)
    assert caught.value.field == field
