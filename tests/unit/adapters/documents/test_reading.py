"""Each form gives the marks that people see in it, wherever they stand, and lists what it could not read."""

from __future__ import annotations

import subprocess
import sys
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import docx
import odfdo
import openpyxl
import pikepdf
import pptx
import pytest
import typst
from openpyxl.comments import Comment
from PIL import Image
from pptx.util import Inches

import relto
from relto.adapters.documents import child
from relto.adapters.documents.gathering import Allowance
from relto.adapters.documents.plain import read_table
from tests.support.marked_documents import check_file, score
from tests.support.marked_files import escaped

BANNER = "SECRET//REL TO USA, IND"
S = "(S//REL TO USA, IND)"
AUTHORITY = ("Classified By: A. Trainer", "Derived From: Guide 7", "Declassify On: 20480101")


def codes(path: Path) -> list[tuple[str, int, str]]:
    return [(found.code, found.page, found.where) for found in check_file(path).findings]


def test_seeded_faults_are_found_and_nothing_else(tmp_path: Path) -> None:
    result = score(tmp_path, 12, 40)
    assert result.sown == 40
    assert (result.missed, result.wrong) == ((), ())


def test_slides_are_pages_with_notes_and_tables(tmp_path: Path) -> None:
    deck = pptx.Presentation()
    for number in range(2):
        slide = deck.slides.add_slide(deck.slide_layouts[5])
        slide.shapes.title.text = "(U) Hull vibration"
        for top, text in ((0, BANNER), (7, BANNER), (3, f"{S} It hums." if number == 0 else "It hums.")):
            slide.shapes.add_textbox(Inches(1), Inches(top), Inches(5), Inches(0.4)).text_frame.text = text
        slide.notes_slide.notes_text_frame.text = "(TS//NF) Say nothing." if number else f"{S} Say it."
    slide.shapes.add_textbox(Inches(1), Inches(5), Inches(5), Inches(1)).text_frame.text = "\n".join(AUTHORITY)
    deck.save(str(tmp_path / "deck.pptx"))
    found = codes(tmp_path / "deck.pptx")
    assert ("portion_unmarked", 2, "body") in found
    assert ("banner_level", 2, "notes") in found
    assert all(code in {"portion_unmarked", "banner_level", "banner_noforn", "banner_rel"} for code, _, _ in found)


def test_sheets_are_pages_with_headers_cells_and_comments(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    first: Any = book.active
    second = book.create_sheet("hidden")
    second.sheet_state = "hidden"
    for sheet in (first, second):
        sheet.oddHeader.center.text = BANNER
        sheet.oddFooter.center.text = BANNER
    first.append([f"{S} Frequencies", "value"])
    first.append(["first", 41.0])
    for line in AUTHORITY:
        first.append([line])
    second.append(["Frequencies", 1.5])
    second["A1"].comment = Comment("(TS//REL TO USA, IND) keep", "a")
    book.save(tmp_path / "book.xlsx")
    assert codes(tmp_path / "book.xlsx") == [("banner_level", 2, "comment"), ("table_unmarked", 2, "cell")]


def test_an_open_document_has_its_edges_from_the_page_style(tmp_path: Path) -> None:
    written = odfdo.Document("text")
    written.body.clear()
    written.body.append(odfdo.Header(1, "(U) Hull vibration"))
    written.body.append(odfdo.Paragraph(f"{S} It hums."))
    written.body.append(odfdo.Paragraph("It hums on."))
    for line in AUTHORITY:
        written.body.append(odfdo.Paragraph(line))
    master: Any = written.get_style("master-page", "Standard")
    master.set_page_header([odfdo.Paragraph(BANNER)])
    master.set_page_footer([odfdo.Paragraph("SECRET//NOFORN")])
    written.save(str(tmp_path / "report.odt"))
    found = codes(tmp_path / "report.odt")
    assert {code for code, _, _ in found} == {"banner_differs", "portion_unmarked"}


def test_word_shows_first_pages_tables_boxes_and_pictures(tmp_path: Path) -> None:
    written: Any = docx.Document()
    section = written.sections[0]
    section.header.paragraphs[0].text = section.footer.paragraphs[0].text = BANNER
    section.different_first_page_header_footer = True
    written.add_paragraph(f"{S} It hums.")
    written.add_paragraph("(U) Table of values")
    cells = written.add_table(1, 2).rows[0].cells
    cells[0].text, cells[1].text = "first", "second"
    for line in AUTHORITY:
        written.add_paragraph(line)
    written.add_page_break()
    written.add_paragraph(f"{S} It hums on.")
    Image.new("RGB", (4, 4)).save(tmp_path / "dot.png")
    written.add_picture(str(tmp_path / "dot.png"))
    written.save(str(tmp_path / "report.docx"))
    report = check_file(tmp_path / "report.docx")
    assert [(found.code, found.page) for found in report.findings] == [("banner_missing", 1)]
    assert [(one.page, one.kind) for one in report.not_read] == [(2, "image")]


def test_a_scan_is_not_called_clean_and_columns_are_not_mixed(tmp_path: Path) -> None:
    Image.new("RGB", (40, 40)).save(tmp_path / "scan.pdf")
    scan = check_file(tmp_path / "scan.pdf")
    assert (scan.outcome, [one.kind for one in scan.not_read]) == ("not_fully_read", ["scan"])
    (tmp_path / "shapes.pdf").write_bytes(typst.compile(b"#line(length: 30pt)"))
    shapes = check_file(tmp_path / "shapes.pdf")
    assert (shapes.outcome, [one.kind for one in shapes.not_read]) == ("not_fully_read", ["drawing"])
    mark = escaped(S)
    text = " ".join(["hum"] * 60)
    edge = f"align(center)[{escaped(BANNER)}]"
    body = "\n\n".join(f"{mark} {text}." for _ in range(6))
    block = " \\\n".join(AUTHORITY)
    source = f"#set page(columns: 2, header: {edge}, footer: {edge})\n{body}\n\n{block}"
    (tmp_path / "c.pdf").write_bytes(typst.compile(source.encode()))
    assert check_file(tmp_path / "c.pdf").outcome == "clean"


def test_comments_and_attachments_of_a_pdf_are_seen(tmp_path: Path) -> None:
    edge = f"[{escaped(BANNER)}]"
    place = tmp_path / "c.pdf"
    place.write_bytes(typst.compile(f"#set page(header: {edge}, footer: {edge})\n(U) one".encode()))
    with pikepdf.open(place, allow_overwriting_input=True) as opened:
        note = {
            "/Type": "/Annot",
            "/Subtype": pikepdf.Name.Text,
            "/Rect": [0, 0, 9, 9],
            "/Contents": "(TS//NF) not here",
        }
        opened.pages[0].Annots = opened.make_indirect(pikepdf.Array([opened.make_indirect(pikepdf.Dictionary(note))]))
        opened.attachments["a.txt"] = b"text"
        opened.save(place)
    report = check_file(place)
    assert "banner_level" in {found.code for found in report.findings if found.where == "comment"}
    assert [one.kind for one in report.not_read] == ["embedded"]


def test_mail_is_read_with_its_attachments(tmp_path: Path) -> None:
    message = EmailMessage()
    message["Subject"] = "(U) Hull vibration"
    message.set_content(f"{BANNER}\n\n{S} It hums.\n\n{chr(10).join(AUTHORITY)}\n\n{BANNER}\n")
    message.add_attachment(
        f"{BANNER}\n\nIt hums.\n\n{BANNER}\n".encode(), maintype="text", subtype="plain", filename="a.txt"
    )
    message.add_attachment(b"\x89PNG", maintype="image", subtype="png", filename="a.png")
    place = tmp_path / "mail.eml"
    place.write_bytes(message.as_bytes())
    report = check_file(place)
    assert [(found.code, found.part) for found in report.findings] == [("portion_unmarked", "attachment 1")]
    assert [one.kind for one in report.not_read] == ["image"]


def test_web_pages_say_what_is_not_text(tmp_path: Path) -> None:
    place = tmp_path / "page.html"
    edge, block = f"<p>{BANNER}</p>", "<br>".join(AUTHORITY)
    place.write_text(f"{edge}<p>{S} It<br>hums.<script>x</script><img src=a.png></p><p>{block}</p>{edge}")
    report = check_file(place)
    assert (report.findings, sorted(one.kind for one in report.not_read)) == ((), ["image", "script"])


@pytest.mark.parametrize("attempt", ["socket.socket()", "open('/etc/hostname')", "bytearray(2_000_000_000)"])
def test_the_reading_process_can_neither_connect_nor_open_nor_grow(attempt: str) -> None:
    root = Path(relto.__file__).resolve().parents[1]
    code = (
        f"import sys, socket; sys.path.insert(0, {str(root)!r})\n"
        f"from {child.__name__} import take_limits; take_limits()\n"
        f"try:\n    {attempt}\nexcept (OSError, MemoryError):\n    sys.exit(7)"
    )
    assert subprocess.run([sys.executable, "-I", "-c", code], check=False).returncode == 7


def test_a_data_file_keeps_the_commas_of_its_portion_mark(tmp_path: Path) -> None:
    banner = "# SECRET//REL TO USA, IND"
    path = tmp_path / "series.csv"
    path.write_text(f"{banner}\n(S//REL TO USA, IND) second,acceleration\n0.0,1.0\n{banner}\n", "utf-8")
    draft = read_table(path.read_bytes(), Allowance())
    assert [block.text for page in draft.pages for block in page.blocks if block.where == "cell"] == [
        "(S//REL TO USA, IND) second acceleration"
    ]
