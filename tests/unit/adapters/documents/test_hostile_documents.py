"""Whatever a document does to its reader, the person gets a clear error that names the document, and soon."""

from __future__ import annotations

import io
import tempfile
import time

import pytest

from relto.adapters.documents.limits import EXPECTED
from relto.adapters.documents.reading import read_document
from relto.base.errors import MalformedInput
from tests.unit.adapters.documents.hostile_documents import Hostile, hostile_documents


def _outcome(hostile: Hostile) -> str:
    """The reason why it was not read; empty when it was."""
    with tempfile.TemporaryFile() as source:
        source.write(hostile.data)
        try:
            read_document(source, hostile.suffix)
        except MalformedInput as error:
            reason = error.reason.removeprefix("document.")
            is_clear = error.field == "document" and error.expected == EXPECTED[reason]
            return reason if is_clear else "unclear"
    return ""


def test_fifty_hostile_documents_each_give_a_clear_error() -> None:
    hostile = hostile_documents()
    assert len(hostile) >= 50
    started = time.monotonic()
    odd = {each.name: found for each in hostile if (found := _outcome(each)) not in each.reasons}
    assert odd == {}
    assert time.monotonic() - started < 60


def test_what_is_no_real_file_is_measured_first() -> None:
    with pytest.raises(MalformedInput) as refusal:
        read_document(io.BytesIO(b""), ".pdf", field="attachment")
    assert (refusal.value.full_code, refusal.value.field) == ("malformed.document.empty", "attachment")
