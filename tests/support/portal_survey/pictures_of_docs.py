"""The pictures that the documentation shows: which page, as whom, and how much of it.

They are made anew with `make screenshots ARGS=--docs`; a house test holds the folder and the pages to this list.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.support.vectors import PROJECT

FOLDER: Final = PROJECT / "docs" / "_static" / "pictures"
LARGEST: Final = 60 * 1024
"""In bytes, each."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture of the documentation: the first page of a route that somebody reaches, from its top."""

    name: str
    who: str
    route: str
    in_page: str
    """The page of the documentation that shows it, below docs."""
    language: str = "en"
    width: int = 1280
    height: int = 1000

    @property
    def file(self) -> Path:
        """Where it is kept."""
        return FOLDER / f"{self.name}.webp"


SHOWN: Final = (
    Shown("next-decision", "release officer, USA", "desk", "tutorials/first-release.md"),
    Shown("case", "release officer, USA", "case", "tutorials/first-release.md", height=1300),
    Shown("today", "security officer, USA", "company", "tutorials/ten-minutes-for-your-role.md"),
    Shown("next-decision-hindi", "release officer, IND", "desk", "tutorials/ten-minutes-for-your-role.md", "hi"),
    Shown("custody", "inspector, USA", "custody", "how-to/reconstruct-custody.md", height=1100),
    Shown("meeting", "co-chair, USA", "meeting", "how-to/hold-a-meeting.md"),
    Shown("rules", "co-chair, USA", "rules", "how-to/read-a-decision.md"),
)
