"""The pages and pictures of the procedures say what the tables say; the page of faults names what the corpus makes."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from tools.write_procedures import PICTURES, machines, pictures, written

_SVG = "{http://www.w3.org/2000/svg}"


def test_the_pages_are_what_the_tables_make() -> None:
    stale = [place.name for place, text in written() if not place.is_file() or place.read_text("utf-8") != text]
    assert not stale, "run make reference"
    assert {place.name for place in PICTURES.glob("*.svg")} == set(pictures())


@pytest.mark.parametrize("code", machines())
def test_a_picture_shows_each_state_and_step_and_can_be_read_without_seeing(code: str) -> None:
    # Made here from the tables, so nothing foreign is parsed.
    picture = ET.fromstring(pictures()[f"{code}.svg"])  # noqa: S314  as said
    procedure = machines()[code]
    assert picture.get("role") == "img"
    description = picture.find(f"{_SVG}desc")
    assert description is not None
    assert description.text is not None
    numbers = {
        number.strip("+ ")
        for text in picture.iter(f"{_SVG}text")
        if text.get("class") == "n"
        for number in (text.text or "").split(",")
    }
    assert {number.strip() for number in numbers} == {
        str(number) for number in range(1, len(procedure.table.transitions) + 1)
    }
    frames = [rect for rect in picture.iter(f"{_SVG}rect") if rect.get("class") == "s"]
    assert len(frames) == len(procedure.table.states) + len(procedure.table.final)
