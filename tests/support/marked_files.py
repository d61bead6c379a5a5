"""Marked documents as files: text, HTML, DOCX and PDF."""

from __future__ import annotations

import html
import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import docx
import typst
from docx.enum.section import WD_SECTION

from tests.support.marked_contents import TRAINING, MarkedDocument


def _front(made: MarkedDocument, number: int) -> list[str]:
    return [made.statement] if number == 1 and made.statement else []


def _write_text(made: MarkedDocument, path: Path) -> None:
    written = []
    for number, page in enumerate(made.pages, start=1):
        blocks = [f"{page.top}\n{TRAINING if page.has_training_line else ''}".strip()]
        blocks += _front(made, number)
        blocks += [textwrap.fill(f"{portion.mark} {portion.text}".strip(), 78) for portion in page.portions]
        if number == len(made.pages):
            blocks.append("\n".join(made.authority))
        blocks += [f"Page {number} of {len(made.pages)}", page.bottom]
        written.append("\n\n".join(block for block in blocks if block))
    path.write_text("\f".join(written), encoding="utf-8")


def _write_html(made: MarkedDocument, path: Path) -> None:
    page = made.pages[0]
    lines = ["<!doctype html><html><head><title>Training</title><style>p { margin: 1em }</style></head><body>"]
    lines.append(f"<header><div>{html.escape(page.top)}</div></header>")
    if page.has_training_line:
        lines.append(f"<p><b>{TRAINING}</b></p>")
    lines += [f"<p>{html.escape(line)}</p>" for line in _front(made, 1)]
    lines += [
        f"<p>{html.escape(portion.mark)} <span>{html.escape(portion.text)}</span></p>" for portion in page.portions
    ]
    lines.append("<p>" + "<br>".join(html.escape(line) for line in made.authority) + "</p>")
    lines.append(f"<footer>{html.escape(page.bottom)}</footer></body></html>")
    path.write_text("\n".join(lines), encoding="utf-8")


def _write_docx(made: MarkedDocument, path: Path) -> None:
    written = docx.Document()
    for number, page in enumerate(made.pages, start=1):
        section = written.sections[0] if number == 1 else written.add_section(WD_SECTION.NEW_PAGE)
        for edge, banner in ((section.header, page.top), (section.footer, page.bottom)):
            edge.is_linked_to_previous = False
            edge.paragraphs[0].text = banner
        if page.has_training_line:
            section.header.add_paragraph(TRAINING)
        for line in _front(made, number):
            written.add_paragraph(line)
        for portion in page.portions:
            paragraph = written.add_paragraph()
            paragraph.add_run(f"{portion.mark} ".lstrip())
            paragraph.add_run(portion.text).italic = True
        if number == len(made.pages):
            for line in made.authority:
                written.add_paragraph(line)
    written.save(str(path))


def _write_pdf(made: MarkedDocument, path: Path) -> None:
    parts = ["#set text(size: 10.5pt)"]
    for number, page in enumerate(made.pages, start=1):
        training = f"\\ #text(8pt)[{TRAINING}]" if page.has_training_line else ""
        body = [*_front(made, number), *(f"{portion.mark} {portion.text}".strip() for portion in page.portions)]
        text = "\n\n".join(escaped(line) for line in body)
        if number == len(made.pages):
            text += "\n\n" + " \\\n".join(escaped(line) for line in made.authority)
        parts.append(
            f'#page(paper: "a4", header: align(center)[*{escaped(page.top)}* {training}], '
            f"footer: align(center)[{number} \\ *{escaped(page.bottom)}*])[{text}]"
        )
    path.write_bytes(typst.compile("\n".join(parts).encode()))


def escaped(text: str) -> str:
    """Text as typst takes it."""
    return "".join(f"\\{letter}" if letter in "\\#$/*_@<>`[]~=-+" else letter for letter in text)


WRITERS: Final[Mapping[str, Callable[[MarkedDocument, Path], None]]] = {
    "txt": _write_text,
    "html": _write_html,
    "docx": _write_docx,
    "pdf": _write_pdf,
}
