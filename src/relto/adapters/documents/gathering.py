"""Blocks of a page as they are read, bounded and numbered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from relto.adapters.documents.limits import MAX_ATTACHMENTS, MAX_BLOCKS, MAX_CHARACTERS, MAX_PAGES, Unreadable
from relto.labels.checking.document import Block, DocumentText, Page, Unread, UnreadKind, Where

_ILLEGAL = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 127, 0xAD, 0x200B, 0x2060, 0xFEFF))
_SPACES = dict.fromkeys((0xA0, 0x2002, 0x2003, 0x2007, 0x2009, 0x202F, 0x3000), " ")


class Allowance:
    """What may still be read of a document with all its parts."""

    def __init__(self) -> None:
        self._characters = MAX_CHARACTERS
        self._blocks = MAX_BLOCKS
        self._pages = MAX_PAGES
        self._attachments = 0

    def block(self, characters: int) -> None:
        """One more. Raises Unreadable."""
        self._characters -= characters
        self._blocks -= 1
        if self._characters < 0 or self._blocks < 0:
            raise Unreadable("text")

    def attachment(self) -> int:
        """The number of one more, over all depths. Raises Unreadable."""
        self._attachments += 1
        if self._attachments > MAX_ATTACHMENTS:
            raise Unreadable("attachments")
        return self._attachments

    def page(self) -> None:
        """One more. Raises Unreadable."""
        self._pages -= 1
        if self._pages < 0:
            raise Unreadable("text")


class PageDraft:
    """One page being read."""

    def __init__(self, allowance: Allowance, number: int, name: str = "", part: str = "") -> None:
        allowance.page()
        self._allowance = allowance
        self._number, self._name, self._part = number, name, part
        self._blocks: list[Block] = []
        self._counts: Counter[str] = Counter()
        self._unread: Counter[UnreadKind] = Counter()

    @property
    def has_body(self) -> bool:
        """True when something beside headers and footers was read."""
        return any(block.where not in {"header", "footer"} for block in self._blocks)

    def add(self, where: Where, lines: Iterable[str], *, group: int = 0, origin: str = "") -> None:
        """A block, unless there is nothing in it. Raises Unreadable beyond the allowance."""
        plain = tuple(line for text in lines for line in (cleaned(text),) if line.strip())
        if not plain:
            return
        self._allowance.block(sum(map(len, plain)))
        counted = "edge" if where in {"header", "footer"} else where if where != "heading" else "body"
        self._counts[counted] += 1
        self._blocks.append(Block(where, self._counts[counted], plain, group, origin))

    def could_not_read(self, kind: UnreadKind, count: int = 1) -> None:
        """Say that something was not read."""
        if count > 0:
            self._unread[kind] = min(self._unread[kind] + count, MAX_BLOCKS)

    def page(self) -> Page:
        """The page as it was read."""
        unread = tuple(Unread(kind, count) for kind, count in self._unread.items())
        return Page(self._number, tuple(self._blocks), unread, self._name, self._part)


def cleaned(text: str) -> str:
    """The text without signs that nobody sees, with spaces of every width as spaces."""
    plain = text.translate(_ILLEGAL).translate(_SPACES)
    return "".join("\ufffd" if "\ud800" <= letter <= "\udfff" else letter for letter in plain).rstrip()


def document(form: str, pages: Iterable[PageDraft], unread: Iterable[Unread] = ()) -> DocumentText:
    """The document of these pages."""
    return DocumentText(form, tuple(draft.page() for draft in pages), tuple(unread))
