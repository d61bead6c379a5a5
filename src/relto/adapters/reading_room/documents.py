"""The three forms in which a document is shown: PDF by its pages, a picture as one page, and text laid out anew.

What is neither PDF nor picture is read by the readers of `relto.adapters.documents` and laid out as plain lines: its
words and their order, not its looks; the page says so.
"""

from __future__ import annotations

import io
from typing import Final, Protocol

import pypdfium2
from PIL import Image, UnidentifiedImageError

from relto.adapters.documents.forms import read_bytes
from relto.adapters.documents.gathering import Allowance
from relto.adapters.documents.limits import MAX_FILE_BYTES, Unreadable
from relto.adapters.reading_room.drawing import MAX_PIXELS, TALLEST, WIDTH, draw_lines, fitted, lines_of, pages_of
from relto.adapters.reading_room.plaintext import Plaintext

PDF: Final = "pdf"
PICTURE: Final = "picture"
LAID_OUT: Final = "laid_out"
MAX_WORDS: Final = 64 * 1024
_PICTURES: Final = ("PNG", "JPEG")
_PICTURE_HEADS: Final = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
_HEAD: Final = 1024


class ShownDocument(Protocol):
    """A document by its pages, numbered from 0."""

    form: str

    def __len__(self) -> int:
        """How many pages."""
        ...

    def picture(self, number: int) -> Image.Image:
        """A page."""
        ...

    def words(self, number: int) -> str:
        """Its words."""
        ...


def shown_document(source: Plaintext, suffix: str) -> ShownDocument:
    """The document in `source`, by what it is and not by what it is called. Raises Unreadable."""
    head = source.read(_HEAD) or b""
    source.seek(0)
    if b"%PDF-" in head:
        return _Pdf(source)
    if head.startswith(_PICTURE_HEADS):
        return _Picture(source)
    size = source.seek(0, io.SEEK_END)
    source.seek(0)
    if size > MAX_FILE_BYTES:
        raise Unreadable("size")
    return _LaidOut(io.BufferedReader(source).read(), suffix)


class _Pdf:
    form = PDF

    def __init__(self, source: Plaintext) -> None:
        try:
            self._document = pypdfium2.PdfDocument(io.BufferedReader(source))
        except pypdfium2.PdfiumError as error:
            raise Unreadable("damaged") from error

    def __len__(self) -> int:
        return len(self._document)

    def picture(self, number: int) -> Image.Image:
        page = self._document[number]
        width, height = page.get_size()
        scale = min(WIDTH / max(width, 1), TALLEST / max(height, 1))
        picture: Image.Image = page.render(scale=scale, may_draw_forms=False).to_pil()
        return fitted(picture)

    def words(self, number: int) -> str:
        text: str = self._document[number].get_textpage().get_text_bounded()
        return text[:MAX_WORDS]


class _Picture:
    form = PICTURE

    def __init__(self, source: Plaintext) -> None:
        try:
            picture = Image.open(io.BufferedReader(source), formats=_PICTURES)
            if picture.width * picture.height > MAX_PIXELS:
                raise Unreadable("size")
            self._picture = fitted(picture)
        except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
            raise Unreadable("damaged") from error

    def __len__(self) -> int:
        return 1

    def picture(self, number: int) -> Image.Image:
        del number
        return self._picture

    def words(self, number: int) -> str:
        del number
        return ""


class _LaidOut:
    form = LAID_OUT

    def __init__(self, data: bytes, suffix: str) -> None:
        read = read_bytes(data, suffix, Allowance())
        self._pages: list[list[str]] = []
        for page in read.pages:
            lines = [page.name] if page.name else []
            for block in page.blocks:
                lines += lines_of("\n".join(block.lines))
            self._pages += pages_of(lines)

    def __len__(self) -> int:
        return max(1, len(self._pages))

    def picture(self, number: int) -> Image.Image:
        return draw_lines(self._pages[number] if self._pages else [])

    def words(self, number: int) -> str:
        return "\n".join(self._pages[number] if self._pages else [])[:MAX_WORDS]
