"""Which form a document has, by what it is and not by what it is called, and the reader of that form."""

from __future__ import annotations

from relto.adapters.documents.gathering import Allowance
from relto.adapters.documents.html import read_html
from relto.adapters.documents.limits import MAX_FILE_BYTES, Unreadable
from relto.adapters.documents.message import read_message
from relto.adapters.documents.open_document import read_odt
from relto.adapters.documents.package import Package
from relto.adapters.documents.pdf import read_pdf
from relto.adapters.documents.plain import read_table, read_text
from relto.adapters.documents.presentation import read_pptx
from relto.adapters.documents.spreadsheet import read_xlsx
from relto.adapters.documents.wordprocessing import read_docx
from relto.labels.checking.document import DocumentText

_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")
_ODT = b"application/vnd.oasis.opendocument.text"
_MAIN_PARTS = {"wordprocessingml": read_docx, "presentationml": read_pptx, "spreadsheetml": read_xlsx}
_BINARY = (
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"II*\0",
    b"MM\0*",
    b"\x7fELF",
    b"MZ",
    b"\x1f\x8b",
    b"7z\xbc\xaf",
    b"Rar!",
)
_NOT_TEXT = frozenset({".pdf", ".docx", ".pptx", ".xlsx", ".odt", ".docm", ".pptm", ".xlsm"})
_HTML = (b"<!doctype html", b"<html", b"<?xml")
_HEAD = 2048


def read_bytes(data: bytes, suffix: str, allowance: Allowance, part: str = "", depth: int = 0) -> DocumentText:
    """The text of a document. `suffix` (such as `.eml`) decides only between kinds of text. Raises Unreadable."""
    if not data.strip(b"\0 \t\r\n"):
        raise Unreadable("empty")
    if len(data) > MAX_FILE_BYTES:
        raise Unreadable("size")
    if b"%PDF-" in data[:1024]:
        return read_pdf(data, allowance, part)
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _package(data, allowance, part)
    if data.startswith(_OLD_OFFICE):
        raise Unreadable("encrypted" if _ENCRYPTED_PACKAGE in data else "legacy")
    if data.startswith(_BINARY):
        raise Unreadable("form")
    if suffix in _NOT_TEXT:
        raise Unreadable("damaged")
    return _plain(data, suffix, allowance, part, depth)


def _plain(data: bytes, suffix: str, allowance: Allowance, part: str, depth: int) -> DocumentText:
    """The kinds of text."""
    if suffix == ".eml":
        return read_message(data, allowance, part, depth, read_bytes)
    if suffix in {".html", ".htm", ".xhtml"} or data[:_HEAD].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_HTML):
        return read_html(data, allowance, part)
    if suffix in {".csv", ".tsv"}:
        return read_table(data, allowance, part)
    return read_text(data, allowance, part)


def _package(data: bytes, allowance: Allowance, part: str) -> DocumentText:
    package = Package(data)
    if "mimetype" in package and package.read("mimetype").strip().startswith(_ODT):
        return read_odt(package, allowance, part)
    if "[Content_Types].xml" not in package:
        raise Unreadable("form")
    main = next((name for kind, name in package.relations("").values() if kind == "officeDocument"), "")
    if main not in package:
        raise Unreadable("damaged")
    namespace = str(package.xml(main).tag).partition("}")[0]
    for name, read in _MAIN_PARTS.items():
        if f"/{name}/" in namespace:
            return read(package, main, allowance, part)
    raise Unreadable("form")
