"""Pages of a PDF checked in a second, beside PDFium's bare text of the same pages in a process of the same kind.

The limit reads the same file from standard input in a fresh interpreter of its own, takes the text of every page and
looks at nothing: what any reader of these pages costs at least. The checker's figure is that of the whole: the child
process that finds lines, places, pictures and forms, and the check of every banner and portion afterwards.

    python bench/document_pages.py [--quick]
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from measuring import arguments, beside, heading, rates

from relto.adapters.documents.reading import read_document
from relto.labels.checking.check import check_document
from tests.support.many_pages import write_many_pages

PAGES = 200
QUICK_PAGES = 40
BARE = """
import sys
import pypdfium2
opened = pypdfium2.PdfDocument(sys.stdin.buffer.read())
sys.stdout.write("\\f".join(opened[number].get_textpage().get_text_range() for number in range(len(opened))))
"""


def main() -> None:
    """Print the table."""
    given = arguments(__doc__ or "")
    pages = QUICK_PAGES if given.quick else PAGES
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pages.pdf"
        write_many_pages(path, pages)

        def bare() -> int:
            with path.open("rb") as source:
                run = subprocess.run(
                    [sys.executable, "-I", "-B", "-c", BARE], stdin=source, capture_output=True, check=True
                )
            return run.stdout.count(b"\f") + 1

        def read() -> int:
            with path.open("rb") as source:
                return len(read_document(source, ".pdf").pages)

        def check() -> int:
            with path.open("rb") as source:
                report = check_document(read_document(source, ".pdf"))
            if report.outcome != "clean":
                raise SystemExit("a measured document is not a clean one")
            return len(report.pages)

        works = {"pypdfium2, text alone, own process": bare, "pages read": read, "pages read and checked": check}
        speed = rates(works, seconds=2 if given.quick else 20, rounds=2 if given.quick else 4)
        size = path.stat().st_size
    heading(f"one thread and one child process; a PDF of {pages} pages, {size:,} bytes, six marked paragraphs on each")
    limit = "pypdfium2, text alone, own process"
    beside(speed, {"pages read": limit, "pages read and checked": limit}, "a second")


if __name__ == "__main__":
    main()
