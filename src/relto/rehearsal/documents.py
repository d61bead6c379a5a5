"""The demo's own documents: a marked PDF, a marked DOCX and a technical data file, all plainly for training.

Every page carries the line of 32 CFR 117.14(h) for samples: MARKINGS ARE FOR TRAINING PURPOSES ONLY, OTHERWISE
UNCLASSIFIED. The numbers are made by a formula; nothing describes a real thing. What relto checks before sealing finds
no fault in them; `faulty_document` is the one that has some.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path

import docx
import typst
from docx.enum.text import WD_ALIGN_PARAGRAPH

TRAINING_LINE = "MARKINGS ARE FOR TRAINING PURPOSES ONLY, OTHERWISE UNCLASSIFIED"
KNOWN_SENTENCE = "The training hull hums at a made-up forty-one hertz."
_BANNER = "SECRET//REL TO USA, IND"
_PORTION = "(S//REL TO USA, IND)"
_PARAGRAPHS = (
    f"{_PORTION} {KNOWN_SENTENCE}",
    f"{_PORTION} The second training resonance lies at twice the first, because the formula says so.",
    "(U) This document exists to rehearse a release between two training nodes.",
)
_AUTHORITY = ("Classified By: demo engineer, training", "Derived From: training guide", "Declassify On: 20480101")
_SAMPLES = 240


@dataclass(frozen=True, slots=True)
class DemoDocument:
    """A document of the story: where it lies, what it is called in the register, its media type.

    `despite`: the reason to seal it although its markings have faults; "" for one that has none.
    """

    path: Path
    title: str
    media_type: str
    despite: str = ""


def make_documents(folder: Path) -> list[DemoDocument]:
    """Write the three documents into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    return [_pdf(folder), _docx(folder), data_series(folder)]


def _pdf(folder: Path) -> DemoDocument:
    body = "\n\n".join(_escaped(paragraph) for paragraph in _PARAGRAPHS)
    authority = " \\ \n".join(_AUTHORITY)
    source = f"""
#set document(title: "Training report", author: "relto demo")
#set page(paper: "a4", margin: 25mm,
  header: align(center)[*{_escaped(_BANNER)}* \\ #text(8pt)[{TRAINING_LINE}]],
  footer: align(center)[*{_escaped(_BANNER)}* \\ #text(8pt)[{TRAINING_LINE}]])
#set text(size: 11pt)
= (U) Hull vibration, training report
{body}

#v(1em)
{authority}
"""
    path = folder / "hull-vibration-training.pdf"
    path.write_bytes(typst.compile(source.encode("utf-8")))
    return DemoDocument(path, "Hull vibration, training report", "application/pdf")


def _escaped(text: str) -> str:
    for letter in ("\\", "#", "$", "/", "*", "_", "@", "<", "`"):
        text = text.replace(letter, f"\\{letter}")
    return text


def _docx(folder: Path) -> DemoDocument:
    document = docx.Document()
    document.core_properties.author = "relto demo"
    document.core_properties.title = "Training report"
    for part in (document.sections[0].header, document.sections[0].footer):
        line = part.paragraphs[0]
        line.alignment = WD_ALIGN_PARAGRAPH.CENTER
        line.add_run(_BANNER).bold = True
        part.add_paragraph(TRAINING_LINE).alignment = WD_ALIGN_PARAGRAPH.CENTER
    document.add_heading("(U) Test stand layout, training report", level=1)
    for paragraph in _PARAGRAPHS:
        document.add_paragraph(paragraph)
    for line in _AUTHORITY:
        document.add_paragraph(line)
    path = folder / "test-stand-training.docx"
    document.save(str(path))
    media_type = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    return DemoDocument(path, "Test stand layout, training report", media_type)


def data_series(folder: Path) -> DemoDocument:
    """The technical data file alone, for a story that needs no other document."""
    return _series(folder / "vibration-series-training.csv", _BANNER, _PORTION)


def marked_as(document: DemoDocument, banner: str, portion: str) -> DemoDocument:
    """The demo's data file under other marks, beside the one it is made from; any other document as it is."""
    if document.path.name != "vibration-series-training.csv" or banner == _BANNER:
        return document
    words = re.sub(r"[^a-z]+", "-", banner.lower()).strip("-")
    return _series(document.path.with_name(f"vibration-series-{words}.csv"), banner, portion)


def _series(path: Path, banner: str, portion: str) -> DemoDocument:
    rows = [f"# {TRAINING_LINE}", f"# {banner}", *(f"# {line}" for line in _AUTHORITY)]
    rows += [f"{portion} second,acceleration_m_s2"]
    rows += [f"{step / 100:.2f},{math.sin(step * 0.41):.6f}" for step in range(_SAMPLES)]
    rows += [f"# {banner}", f"# {TRAINING_LINE}"]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return DemoDocument(path, "Vibration series, training data", "text/csv")


def faulty_document(folder: Path) -> DemoDocument:
    """A note whose markings have faults: an unmarked portion, one that its banner does not support, no lower banner."""
    lines = (
        _BANNER,
        TRAINING_LINE,
        f"{_PORTION} The training stand was moved to another hall.",
        "The hall has no number, because nothing describes a real thing.",
        "(S//NF) The training stand hums.",
        "\n".join(_AUTHORITY),
        TRAINING_LINE,
    )
    path = folder / "training-note-with-faults.txt"
    path.write_text("\n\n".join(lines) + "\n", encoding="utf-8")
    return DemoDocument(path, "A training note with faults", "text/plain")
