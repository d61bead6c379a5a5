"""Documents that a demo must carry, and the search for what they say in what the nodes left behind (for accept.py)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import docx
import typst

SENTENCE = "The quick mongoose measured seventeen amber turbines before dawn."
LARGE = 1024**3
HUGE = 3 * 1024**3
CHUNK = 4 * 1024**2


def write_documents(folder: Path) -> list[Path]:
    """The five hard documents; all but the empty one hold SENTENCE in the clear."""
    folder.mkdir(parents=True, exist_ok=True)
    source = folder / "report.typ"
    source.write_text(f"= MARKINGS ARE FOR TRAINING PURPOSES ONLY\n{SENTENCE}\n", "utf-8")
    (folder / "report.pdf").write_bytes(typst.compile(str(source)) + f"\n%{SENTENCE}\n".encode())
    document = docx.Document()
    document.add_paragraph(f"MARKINGS ARE FOR TRAINING PURPOSES ONLY. {SENTENCE}")
    document.save(str(folder / "minutes.docx"))
    (folder / "nothing.dat").write_bytes(b"")
    with (folder / "large.bin").open("wb") as large:
        for _ in range(LARGE // CHUNK):
            large.write(SENTENCE.encode() + os.urandom(CHUNK - len(SENTENCE)))
    (folder / "तकनीकी आँकड़े of the turbine.csv").write_text(f"value,remark\n17,{SENTENCE}\n", "utf-8")
    names = ("report.pdf", "minutes.docx", "nothing.dat", "large.bin", "तकनीकी आँकड़े of the turbine.csv")
    return [folder / name for name in names]


def write_huge(folder: Path) -> list[Path]:
    """A document of 3 GiB, mostly a hole in a sparse file, with SENTENCE at its beginning, middle and end."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "huge.bin"
    sentence = SENTENCE.encode()
    with path.open("wb") as huge:
        huge.truncate(HUGE)
        for offset in (0, HUGE // 2, HUGE - len(sentence)):
            huge.seek(offset)
            huge.write(sentence)
    return [path]


def in_the_clear(place: Path, documents: list[Path]) -> Iterator[str]:
    """Files under `place` that hold SENTENCE or a document's name."""
    wanted = [SENTENCE.encode(), *(document.name.encode() for document in documents)]
    overlap = max(len(word) for word in wanted)
    for path in place.rglob("*"):
        if not path.is_file():
            continue
        with path.open("rb") as content:
            tail = b""
            while chunk := content.read(CHUNK):
                if any(word in tail + chunk for word in wanted):
                    yield path.relative_to(place).as_posix()
                    break
                tail = chunk[-overlap:]
