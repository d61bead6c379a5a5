"""Binding a STANAG 4774 label to a document: STANAG 4778 inside a DOCX (profile OOXML) and inside a PDF (profile XMP).

The label is the one given; nothing is derived here. A binding that is there already is replaced. It is not signed: it
says what the label is, and not that nobody changed it (labels.md section 3).
"""

from __future__ import annotations

import io
import zipfile

import pikepdf

from relto.adapters.documents.limits import EXPECTED, MAX_UNPACKED_BYTES
from relto.base.errors import TooLarge, UnknownValue
from relto.labels.nato.carriers import XMP_NAMESPACE, XMP_PREFIX, XMP_PROPERTY, xmp_binding, xmp_value
from relto.labels.nato.label_xml import read_policy_label
from relto.labels.nato.ooxml_binding import place_binding
from relto.labels.nato.policy_label import PolicyLabel


def bound(form: str, data: bytes, label_xml: bytes) -> bytes:
    """The document with the label bound to it. Raises UnknownValue for another form than pdf and docx."""
    label = read_policy_label(label_xml)
    if form == "docx":
        return _bound_package(data, label)
    if form == "pdf":
        return _bound_pdf(data, label)
    raise UnknownValue("document.form", field="document", found=form, expected="PDF or DOCX")


def _bound_package(data: bytes, label: PolicyLabel) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as after:
        names = [member.filename for member in before.infolist() if not member.is_dir()]
        if sum(member.file_size for member in before.infolist()) > MAX_UNPACKED_BYTES:
            raise TooLarge("document.archive", field="document", expected=EXPECTED["archive"])
        changed = place_binding(names, before.read, [label])
        for name in names:
            after.writestr(name, changed.pop(name) if name in changed else before.read(name))
        for name, content in changed.items():
            after.writestr(name, content)
    return held.getvalue()


def _bound_pdf(data: bytes, label: PolicyLabel) -> bytes:
    held = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as document:
        with document.open_metadata(set_pikepdf_as_editor=False) as packet:  # what else stands there stays
            packet.register_xml_namespace(XMP_NAMESPACE, XMP_PREFIX)
            packet[f"{{{XMP_NAMESPACE}}}{XMP_PROPERTY}"] = xmp_value(xmp_binding([label], "application/pdf"))
        document.save(held, deterministic_id=True)
    return held.getvalue()
