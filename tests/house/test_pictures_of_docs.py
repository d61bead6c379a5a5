"""The pictures in the documentation are those that the script makes, small, each shown with words in their place."""

from __future__ import annotations

import re

import pytest

from tests.house.conftest import PROJECT
from tests.support.portal_survey.pictures_of_docs import FOLDER, LARGEST, SHOWN, Shown

_PICTURE = re.compile(r"!\[([^]]*)]\(\.\./_static/pictures/([a-z-]+)\.webp\)")
_FEWEST_WORDS = 8


def test_the_folder_holds_what_the_script_makes() -> None:
    assert {one.name for one in FOLDER.iterdir()} == {one.file.name for one in SHOWN}


@pytest.mark.parametrize("shown", SHOWN, ids=lambda one: one.name)
def test_a_picture_is_small_and_its_page_says_what_is_seen(shown: Shown) -> None:
    content = shown.file.read_bytes()
    assert (content[:4], content[8:12]) == (b"RIFF", b"WEBP")
    assert len(content) <= LARGEST
    words = {name: text for text, name in _PICTURE.findall((PROJECT / "docs" / shown.in_page).read_text("utf-8"))}
    assert len(words[shown.name].split()) >= _FEWEST_WORDS


def test_no_page_shows_a_picture_that_the_script_does_not_make() -> None:
    pages = (PROJECT / "docs").rglob("*.md")
    found = {name for page in pages for _, name in _PICTURE.findall(page.read_text("utf-8"))}
    assert found == {one.name for one in SHOWN}
