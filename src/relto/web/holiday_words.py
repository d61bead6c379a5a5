"""Holidays by their names, in the reader's language."""

from __future__ import annotations

from relto.adapters.words import catalogue
from relto.web.words import language, said

_TABLE = "holiday"


def holiday_words(code: str) -> str:
    """The name of a holiday of `relto.base.calendars`; one that the catalogue does not have is called by its code."""
    if f"{_TABLE}.{code}" in catalogue(language()):
        return said(_TABLE, code)
    return code.partition(".")[2].replace("-", " ").capitalize()
