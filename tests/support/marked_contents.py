"""What a marked document is made of, before it is a file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

TRAINING: Final = "MARKINGS ARE FOR TRAINING PURPOSES ONLY, OTHERWISE UNCLASSIFIED"
AUTHORITY: Final = (
    "Classified By: A. Trainer, training cell, example office",
    "Derived From: Training guide 7",
    "Declassify On: 20480101",
)


@dataclass(frozen=True)
class Book:
    """One kind of document: its banner, the portions that it may have, and what the front page says besides."""

    banner: str
    highest: str
    others: tuple[str, ...]
    statement: str = ""
    lower: str = "UNCLASSIFIED"
    above: str = "(TS//NF)"
    foreign: str = ""
    has_release: bool = False


@dataclass
class Portion:
    """A paragraph: its mark and its text, in which the token stands once in the whole document."""

    mark: str
    token: str
    text: str
    is_kept: bool = False


@dataclass
class DocumentPage:
    """A page as it is written."""

    top: str
    bottom: str
    portions: list[Portion]
    has_training_line: bool
    is_touched: bool = False


@dataclass(frozen=True)
class Sown:
    """One fault. `token`: text that its report shows; empty for a fault of a page or of the front."""

    page: int
    codes: frozenset[str]
    token: str = ""


@dataclass
class MarkedDocument:
    """A document with the faults that were sown in it."""

    book: Book
    form: str
    pages: list[DocumentPage]
    authority: tuple[str, ...] = AUTHORITY
    statement: str = ""
    faults: list[Sown] = field(default_factory=list)
    done: set[str] = field(default_factory=set)
