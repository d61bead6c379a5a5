"""Fifty documents that somebody made to break a reader: damaged, encrypted, huge, bombs, deeply nested, empty."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.message import EmailMessage

import pikepdf

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_ODT = b"application/vnd.oasis.opendocument.text"
_MIB = 1024**2


@dataclass(frozen=True)
class Hostile:
    """A file, and the reasons that an honest reader can give for not reading it. None: it may be read, and listed."""

    name: str
    suffix: str
    data: bytes
    reasons: frozenset[str]


def package(members: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP file."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return held.getvalue()


def word(body: bytes, **more: bytes) -> bytes:
    """A DOCX file with that main part."""
    return package(
        {
            "[Content_Types].xml": b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
            "_rels/.rels": _relation("word/document.xml", "officeDocument"),
            "word/document.xml": body,
            **more,
        }
    )


def _relation(target: str, kind: str) -> bytes:
    row = f'<Relationship Id="r1" Type="{_OFFICE}/{kind}" Target="{target}"/>'
    return f'<Relationships xmlns="{_RELATIONS}">{row}</Relationships>'.encode()


def paragraphs(text: str) -> bytes:
    """The main part of a DOCX with one paragraph."""
    inside = f"<w:body><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:body>"
    return f'<w:document xmlns:w="{WORD}">{inside}</w:document>'.encode()


def encrypted_pdf() -> bytes:
    """A PDF that opens with a password only."""
    held = io.BytesIO()
    with pikepdf.new() as made:
        made.add_blank_page()
        made.save(held, encryption=pikepdf.Encryption(owner="training", user="training"))
    return held.getvalue()


def plain_pdf(content: bytes = b"", pages: int = 1) -> bytes:
    """A PDF whose pages have that content."""
    held = io.BytesIO()
    with pikepdf.new() as made:
        for _ in range(pages):
            made.add_blank_page()
            made.pages[-1].Contents = made.make_stream(content)
        made.save(held)
    return held.getvalue()


def _pdf_with(objects: list[bytes]) -> bytes:
    data = b"%PDF-1.7\n"
    places = []
    for number, body in enumerate(objects, start=1):
        places.append(len(data))
        data += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    tail = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + table
    return data + tail + b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, len(data))


def _message(attachments: int, depth: int = 0) -> bytes:
    message = EmailMessage()
    message["Subject"] = "(U) Training"
    message["From"] = "a@example.org"
    message.set_content("UNCLASSIFIED\n\nText\n\nUNCLASSIFIED")
    for number in range(attachments):
        message.add_attachment(b"text", maintype="text", subtype="plain", filename=f"{number}.txt")
    for _ in range(depth):
        outer = EmailMessage()
        outer["Subject"] = "(U) Forwarded"
        outer.set_content("UNCLASSIFIED")
        outer.add_attachment(message)
        message = outer
    return message.as_bytes()


def _doubled() -> bytes:
    held = io.BytesIO(word(paragraphs("one")))
    with zipfile.ZipFile(held, "a") as archive:
        archive.writestr("word/extra.xml", b"<x/>")
    return held.getvalue().replace(b"word/extra.xml", b"word/document.xml"[:14])


def _flagged_encrypted() -> bytes:
    data = bytearray(word(paragraphs("one")))
    place = 0
    while (place := data.find(b"PK\x01\x02", place)) >= 0:
        data[place + 8] |= 1
        place += 4
    return bytes(data)


def _lying_sizes() -> bytes:
    data = bytearray(word(paragraphs("A" * 5000)))
    place = data.rfind(b"PK\x01\x02")
    data[place + 24 : place + 28] = (10).to_bytes(4, "little")
    return bytes(data)


def _stream_bomb() -> bytes:
    squeeze = zlib.compressobj(9)
    mebibyte = squeeze.compress(b"\0" * _MIB) + squeeze.flush(zlib.Z_FULL_FLUSH)
    again = squeeze.compress(b"\0" * _MIB) + squeeze.flush(zlib.Z_FULL_FLUSH)  # the same bytes each time
    packed = zlib.compress(mebibyte + again * 1023 + squeeze.flush(), 9)
    length = str(len(packed)).encode()
    return _pdf_with(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>",
            b"<</Length " + length + b"/Filter[/FlateDecode/FlateDecode]>>stream\n" + packed + b"\nendstream",
        ]
    )


def _any(*reasons: str) -> frozenset[str]:
    return frozenset(reasons)


_CATALOGUE = b"<</Type/Catalog/Pages 2 0 R>>"


def hostile_documents() -> list[Hostile]:
    """All of them, made anew."""
    good_pdf, good_word = plain_pdf(b"BT ET"), word(paragraphs("(U) one"))
    deep = 100_000
    nested_word = f'<w:document xmlns:w="{WORD}"><w:body>'.encode() + b"<w:sdt>" * 300 + b"</w:sdt>" * 300
    entities = b'<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>' + paragraphs("&c;")
    outside = b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]>' + paragraphs("&b;")
    spaces = b" " * (50 * _MIB)
    damaged, form, empty = _any("damaged"), _any("form"), _any("empty")
    archive = _any("archive")
    rows: list[tuple[str, str, bytes | Callable[[], bytes], frozenset[str]]] = [
        ("nothing", ".txt", b"", empty),
        ("nothing, called PDF", ".pdf", b"", empty),
        ("nothing, called DOCX", ".docx", b"", empty),
        ("nothing, called mail", ".eml", b"", empty),
        ("only spaces", ".txt", b"   \n \n", empty),
        ("only zeros", ".docx", b"\0" * 4096, empty),
        ("PDF, encrypted", ".pdf", encrypted_pdf, _any("encrypted")),
        ("PDF cut in half", ".pdf", good_pdf[: len(good_pdf) // 2], damaged),
        ("PDF, head alone", ".pdf", b"%PDF-1.7\n", damaged),
        ("PDF of noise", ".pdf", b"%PDF-1.7\n" + bytes(range(256)) * 400, damaged),
        ("PDF whose pages are their own parents", ".pdf",
         _pdf_with([_CATALOGUE, b"<</Type/Pages/Kids[2 0 R]/Count 1>>"]), _any("damaged", "")),
        ("PDF with two billion pages", ".pdf",
         _pdf_with([_CATALOGUE, b"<</Type/Pages/Kids[]/Count 2000000000>>"]),
         _any("text", "damaged")),
        ("PDF with deeply nested arrays", ".pdf",
         _pdf_with([_CATALOGUE[:-2] + b"/X " + b"[" * deep + b"]" * deep + b">>", b"<</Type/Pages/Kids[]/Count 0>>"]),
         damaged),
        ("PDF with a stream that unpacks to a gigabyte", ".pdf", _stream_bomb,
         _any("memory", "crashed", "time", "damaged", "")),
        ("PDF without pages", ".pdf",
         _pdf_with([_CATALOGUE, b"<</Type/Pages/Kids[]/Count 0>>"]), damaged),
        ("PDF with a long content", ".pdf", lambda: plain_pdf(b"q Q\n" * 2_000_000), _any("", "time")),
        ("PDF of many pages", ".pdf", lambda: _pdf_with([
             _CATALOGUE,
             b"<</Type/Pages/Count 5001/Kids[" + b"".join(b"%d 0 R " % number for number in range(3, 5_004)) + b"]>>",
             *[b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"] * 5_001,
         ]), _any("text")),
        ("text called PDF", ".pdf", b"SECRET\n\nhello", damaged),
        ("DOCX cut in half", ".docx", good_word[: len(good_word) // 2], damaged),
        ("DOCX, head alone", ".docx", b"PK\x03\x04", damaged),
        ("DOCX without its end", ".docx", good_word[:-22], damaged),
        ("DOCX with broken bytes", ".docx", good_word.replace(b"word/document.xml", b"word/dokument.xml", 1), damaged),
        ("DOCX with an unclosed element", ".docx", word(b"<w:document>"), damaged),
        ("DOCX without its main part", ".docx", package({"[Content_Types].xml": b"<Types/>"}), damaged),
        ("DOCX with entities", ".docx", word(entities), _any("doctype")),
        ("DOCX with an outside entity", ".docx", word(outside), _any("doctype")),
        ("DOCX with UTF-16 to hide a DOCTYPE", ".docx",
         word(outside.decode().encode("utf-16")), _any("doctype", "damaged")),
        ("DOCX nested 300 deep", ".docx", word(nested_word + b"</w:body></w:document>"), _any("nested", "damaged")),
        ("DOCX nested 100,000 deep", ".docx", word(b"<a>" * deep + b"</a>" * deep), _any("nested", "damaged")),
        ("DOCX bomb", ".docx", lambda: word(paragraphs("A" * (60 * _MIB))), archive),
        ("DOCX bomb in another member", ".docx", lambda: word(paragraphs("one"), **{"word/media": spaces}),
         _any("archive", "")),
        ("DOCX of many members", ".docx",
         lambda: word(paragraphs("one"), **{f"x/{number}": b"" for number in range(5_000)}), archive),
        ("DOCX whose directory lies about sizes", ".docx", _lying_sizes, damaged),
        ("DOCX that says it is encrypted", ".docx", _flagged_encrypted, _any("encrypted")),
        ("DOCX with a doubled member", ".docx", _doubled, _any("damaged", "")),
        ("DOCX with a member outside", ".docx", word(paragraphs("one"), **{"../../etc/passwd": b"x"}), damaged),
        ("Office file, encrypted", ".docx",
         b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512 + "EncryptedPackage".encode("utf-16-le"), _any("encrypted")),
        ("Office file of before 2007", ".doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 4096, _any("legacy")),
        ("ZIP of nothing", ".xlsx", package({}), form),
        ("ZIP in a ZIP", ".zip", package({"inner.zip": package({"a": spaces[:_MIB]})}), form),
        ("ODT, encrypted", ".odt", package({
            "mimetype": _ODT,
            "META-INF/manifest.xml": b'<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
            b"<m:file-entry><m:encryption-data/></m:file-entry></m:manifest>",
            "content.xml": b"\x01\x02",
        }), _any("encrypted")),
        ("ODT without content", ".odt", package({"mimetype": _ODT}), damaged),
        ("ODT with entities", ".odt", package({"mimetype": _ODT, "content.xml": entities}), _any("doctype")),
        ("HTML nested 100,000 deep", ".html", b"<div>" * deep + b"x", _any("nested")),
        ("HTML of 40 MB", ".html", lambda: b"<p>(U) text of a paragraph</p>" * 1_400_000,
         _any("text", "nested", "memory")),
        ("text of 30 MB", ".txt", lambda: b"(U) text of a paragraph\n\n" * 1_200_000, _any("text")),
        ("text of binary signs", ".txt", bytes(range(1, 32)) * 400 + b"\xff", form),
        ("mail with a hundred attachments", ".eml", _message(100), _any("attachments")),
        ("mail in mail in mail in mail", ".eml", _message(1, depth=8), _any("attachments")),
        ("picture called PDF", ".pdf", b"\x89PNG\r\n\x1a\n" + b"\0" * 200, form),
        ("programme", ".txt", b"\x7fELF" + b"\x01" * 200, form),
    ]  # fmt: skip
    return [Hostile(name, suffix, data() if callable(data) else data, reasons) for name, suffix, data, reasons in rows]
