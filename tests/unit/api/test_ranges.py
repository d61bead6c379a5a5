"""Range of RFC 9110 section 14.2, as the container's operation reads it."""

from __future__ import annotations

import pytest
from django.test import RequestFactory

from relto.api.streams import wanted_part
from relto.base.errors import OutOfRange

SIZE = 1000


@pytest.mark.parametrize(
    ("header", "part"),
    [
        ("bytes=0-0", (0, 1)),
        ("bytes=0-499", (0, 500)),
        ("bytes=500-", (500, 1000)),
        ("bytes=-500", (500, 1000)),
        ("bytes=-5000", (0, 1000)),
        ("bytes=990-5000", (990, 1000)),
        ("", None),
        ("bytes=-", None),
        ("bytes=5-2", None),
        ("bytes=0-1,5-6", None),
        ("lines=0-1", None),
        ("bytes=0-1 ", None),
        ("bytes=" + "9" * 16 + "-", None),
    ],
)
def test_one_range_is_taken_and_everything_else_is_ignored(header: str, part: tuple[int, int] | None) -> None:
    assert wanted_part(RequestFactory().get("/", headers={"Range": header}), SIZE) == part


@pytest.mark.parametrize("header", ["bytes=1000-", "bytes=1000-2000", "bytes=-0"])
def test_a_range_behind_the_end_is_said_to_be(header: str) -> None:
    with pytest.raises(OutOfRange):
        wanted_part(RequestFactory().get("/", headers={"Range": header}), SIZE)


def test_a_condition_that_nothing_here_validates_gives_the_whole() -> None:
    asked = RequestFactory().get("/", headers={"Range": "bytes=0-1", "If-Range": '"x"'})
    assert wanted_part(asked, SIZE) is None
