"""The check before sealing: what cannot be read is not checked, and what changed since is not sealed."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from relto.adapters.documents import before_sealing
from relto.adapters.documents.before_sealing import as_checked, checked_file, checked_pieces
from relto.base.errors import Conflict, NotVerified
from relto.labels.checking.check import Asked

BANNER = "SECRET//REL TO USA, IND"
CLEAN = f"""{BANNER}

(S//REL TO USA, IND) The rotor hums.

Classified By: A. Trainer, cell
Derived From: Guide 7
Declassify On: 20480101

{BANNER}
""".encode()
ASKED = Asked(BANNER)


def test_a_clean_document_is_clean_and_stands_at_its_beginning_again(tmp_path: Path) -> None:
    place = tmp_path / "report.txt"
    place.write_bytes(CLEAN)
    with place.open("rb") as source:
        found = checked_file(source, len(CLEAN), "report.txt", ASKED)
        assert (found.record.outcome, found.findings) == ("clean", ())
        assert as_checked(source, found.digest).read() == CLEAN


def test_faults_come_with_their_places() -> None:
    data = CLEAN.replace(b"(S//REL TO USA, IND) ", b"")
    found = checked_pieces(iter([data[:10], data[10:]]), len(data), "report.txt", ASKED)
    assert dict(found.record.faults) == {"portion_unmarked": 1}
    assert [(each.page, each.where) for each in found.findings] == [(1, "body")]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "document.empty"),
        (b"a\0b" * 100, "document.form"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "document.legacy"),
        (b"PK\x03\x04 and no more", "document.damaged"),
    ],
    ids=["empty", "form", "legacy", "damaged"],
)
def test_what_cannot_be_read_is_not_checked_and_says_why(data: bytes, why: str) -> None:
    record = checked_pieces(iter([data]), len(data), "report.bin", ASKED).record
    assert (record.outcome, record.why, record.checker) == ("not_checked", why, 0)


def test_a_document_beyond_the_checkers_size_is_not_even_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(before_sealing, "MAX_FILE_BYTES", 10)

    def unwanted() -> bytes:
        pytest.fail("it was read")

    record = checked_pieces((unwanted() for _ in range(1)), 11, "report.txt", ASKED).record
    assert (record.outcome, record.why) == ("not_checked", "document.size")


def test_an_error_of_what_is_decrypted_is_told_and_never_taken_for_an_unreadable_document() -> None:
    def pieces() -> Iterator[bytes]:
        yield CLEAN[:20]
        raise NotVerified("segment", field="segments", expected="an authentic segment")

    with pytest.raises(NotVerified):
        checked_pieces(pieces(), len(CLEAN), "report.txt", ASKED)


def test_a_document_that_changed_after_its_check_is_not_sealed() -> None:
    digest = checked_pieces(iter([CLEAN]), len(CLEAN), "report.txt", ASKED).digest
    changed = as_checked(io.BytesIO(CLEAN.replace(b"hums", b"hisses")), digest)
    with pytest.raises(Conflict, match="document_changed"):
        changed.read()
