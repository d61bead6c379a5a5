"""A long marked document without a fault: what speed and memory are measured on."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from tests.support.marked_contents import DocumentPage, MarkedDocument, Portion
from tests.support.marked_documents import BOOKS
from tests.support.marked_files import WRITERS

_SENTENCE: Final = "the rotor was measured under load, and each bearing's spectrum was kept beside its calibration."
_PORTIONS: Final = 6


def write_many_pages(path: Path, pages: int) -> None:
    """A PDF of so many pages, each with a banner at its top and bottom and six marked paragraphs."""
    book = BOOKS[0]
    marks = (book.highest, *book.others)
    written = [
        DocumentPage(
            book.banner,
            book.banner,
            [
                Portion(marks[number % len(marks)], "", f"On page {page} {' '.join([_SENTENCE] * (2 + number % 3))}")
                for number in range(_PORTIONS)
            ],
            has_training_line=True,
        )
        for page in range(pages)
    ]
    WRITERS["pdf"](MarkedDocument(book, "pdf", written, statement=book.statement), path)
