"""Pages as pictures: of a PDF, a picture, or text laid out anew; with the marking, and with who reads it and when.

The fonts are read when this module is loaded, because afterwards its process opens no file any more.
"""

from __future__ import annotations

import io
from importlib.resources import files
from typing import Final

from PIL import Image, ImageDraw, ImageFont

WIDTH: Final = 1100
"""Pixels of a page's width: some 130 to an inch of A4."""
TALLEST: Final = 6000
MAX_PIXELS: Final = 60_000_000
_INK, _PAPER, _BAR = (23, 33, 43), (255, 255, 255), (246, 244, 238)
_BAR_HEIGHT: Final = 34
_MARGIN: Final = 70
_LINE: Final = 30
_LINES: Final = 46
_WATERMARK_ALPHA: Final = 46
_STEP: Final = 260

Image.MAX_IMAGE_PIXELS = MAX_PIXELS
_FONT_FILES: Final = {
    name: files("relto.adapters").joinpath("fonts", f"{name}.ttf").read_bytes()
    for name in ("noto-sans-latin-400-normal", "noto-sans-devanagari-devanagari-400-normal")
}


def _font(name: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(io.BytesIO(_FONT_FILES[name]), size)


_LATIN = _font("noto-sans-latin-400-normal", 20)
_DEVANAGARI = _font("noto-sans-devanagari-devanagari-400-normal", 20)
_SMALL = _font("noto-sans-latin-400-normal", 17)
_FIRST_DEVANAGARI, _LAST_DEVANAGARI = "\u0900", "\u097f"


def load_all() -> None:
    """Load what Pillow would load at its first picture, when no file can be opened any more."""
    Image.init()
    marked(fitted(draw_lines(["A", "\u0905"])), "", "")


def lines_of(text: str) -> list[str]:
    """The text in lines that fit the page."""
    found: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.replace("\t", "    ").split(" "):
            longer = f"{line} {word}" if line else word
            if line and _text_width(longer) > WIDTH - 2 * _MARGIN:
                found.append(line)
                line = word
            else:
                line = longer
        found.append(line)
    return found


def pages_of(lines: list[str]) -> list[list[str]]:
    """The lines, a page's worth each; one empty page for none."""
    return [lines[start : start + _LINES] for start in range(0, len(lines), _LINES)] or [[]]


def draw_lines(lines: list[str]) -> Image.Image:
    """A page of text."""
    page = Image.new("RGB", (WIDTH, 2 * _MARGIN + _LINES * _LINE), _PAPER)
    pen = ImageDraw.Draw(page)
    for number, line in enumerate(lines):
        pen.text((_MARGIN, _MARGIN + number * _LINE), line, fill=_INK, font=_font_of(line))
    return page


def fitted(picture: Image.Image) -> Image.Image:
    """A picture at the page's width and TALLEST at most, on paper where it lets through."""
    scale = min(WIDTH / picture.width, TALLEST / picture.height)
    if scale < 1:
        picture = picture.resize((max(1, round(picture.width * scale)), max(1, round(picture.height * scale))))
    paper = Image.new("RGB", picture.size, _PAPER)
    shown = picture.convert("RGBA")
    paper.paste(shown, mask=shown.getchannel("A"))
    return paper


def marked(page: Image.Image, banner: str, reader: str) -> bytes:
    """The page as a PNG with the marking above and below it, and the reader's line across it again and again.

    A narrow page stands in the middle of one that has room for its marking.
    """
    whole = Image.new("RGB", (max(WIDTH, page.width), page.height + 2 * _BAR_HEIGHT), _BAR)
    whole.paste(page, ((whole.width - page.width) // 2, _BAR_HEIGHT))
    _watermark(whole, reader)
    pen = ImageDraw.Draw(whole)
    for top in (0, whole.height - _BAR_HEIGHT):
        pen.rectangle((0, top, whole.width, top + _BAR_HEIGHT), fill=_BAR)
        width = pen.textlength(banner, font=_SMALL)
        pen.text((max(4, (whole.width - width) / 2), top + 6), banner, fill=_INK, font=_SMALL)
    out = io.BytesIO()
    whole.save(out, "PNG", compress_level=1)
    return out.getvalue()


def _watermark(page: Image.Image, reader: str) -> None:
    width = int(_SMALL.getlength(reader)) + 40
    stamp = Image.new("L", (width, 30), 0)
    ImageDraw.Draw(stamp).text((4, 2), reader, fill=_WATERMARK_ALPHA, font=_SMALL)
    turned = stamp.rotate(24, expand=True)
    ink = Image.new("RGB", turned.size, _INK)
    for row, top in enumerate(range(-20, page.height, _STEP)):
        for left in range(-width // 2 if row % 2 else -20, page.width, width + 60):
            page.paste(ink, (left, top), turned)


def _font_of(line: str) -> ImageFont.FreeTypeFont:
    return _DEVANAGARI if any(_FIRST_DEVANAGARI <= one <= _LAST_DEVANAGARI for one in line) else _LATIN


def _text_width(line: str) -> float:
    return _font_of(line).getlength(line)
