"""Not one byte of a courier bundle may change, lack, or be added: laws of the format, without a node."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relto.base.errors import Conflict, MalformedInput, NotVerified, ReltoError
from relto.base.nations import Nation
from relto.exchange.courier import (
    HEADING,
    CarriedFile,
    Manifest,
    Verdict,
    read_manifest,
    stated_manifest,
    verdict_on,
    write_manifest,
)
from relto.exchange.courier_file import END, CourierReader, member, stream_size
from relto.exchange.node_note import sign_node_note, verify_node_note
from relto.ledger.notes import KeyType, VerifierKey, verify_note
from relto.signing.keys import StatementKey

USA, IND = Nation("USA"), Nation("IND")
AT = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
KEY = StatementKey.from_seeds("USA/node", b"u" * 32, b"U" * 32)
FILES = {"message-7": bytes(range(256)) * 5, "answer-2": b"", f"payload-{'ab' * 32}": b"ciphertext" * 200}


in_any_time = settings(deadline=None)


def manifest(**changes: object) -> Manifest:
    described = {
        "sender": USA,
        "recipient": IND,
        "number": 3,
        "previous": "c" * 96,
        "created": AT,
        "expires": AT + timedelta(days=30),
        "awaited": 4,
        "settled": 7,
        "taken": 1,
        "taken_digest": "d" * 96,
        "cosigned": 12,
        "key": {"kid": "ind-1"},
        "files": tuple(CarriedFile(name, len(data), hashlib.sha384(data).hexdigest()) for name, data in FILES.items()),
    }
    return Manifest(**(described | changes))  # type: ignore[arg-type]


NOTE, DIGEST = write_manifest(manifest(), KEY)
HELD = {"manifest": NOTE, **FILES}
BUNDLE = b"".join(b"".join(member(name, len(data), [data])) for name, data in HELD.items()) + END


def taken(data: bytes, size: int = 600) -> Manifest:
    """A bundle read as a node reads it: everything checked. Raises what does not hold."""
    pieces: Iterator[bytes] = (data[start : start + size] for start in range(0, len(data), size))
    reader = CourierReader(pieces)
    found = read_manifest(reader.manifest(), sender=USA, recipient=IND, trusted=[KEY.public])
    for file in found.files:
        if hashlib.sha384(b"".join(reader.file(file))).hexdigest() != file.sha384:
            raise NotVerified("courier.digest", field=file.name)
    reader.end()
    return found


@in_any_time
@given(st.integers(1, 9000))
def test_what_was_written_is_read_in_pieces_of_any_size(size: int) -> None:
    found = taken(BUNDLE, size)
    assert (found.number, found.digest, found.files) == (3, DIGEST, manifest().files)
    assert stated_manifest(NOTE) == found


@in_any_time
@given(st.integers(0, len(BUNDLE) - 1), st.integers(1, 255))
def test_no_byte_may_change(at: int, by: int) -> None:
    with pytest.raises(ReltoError):
        taken(BUNDLE[:at] + bytes([BUNDLE[at] ^ by]) + BUNDLE[at + 1 :])


@in_any_time
@given(st.integers(0, len(BUNDLE) - 1))
def test_nothing_may_lack_at_its_end(length: int) -> None:
    with pytest.raises(ReltoError):
        taken(BUNDLE[:length])


@in_any_time
@given(st.integers(0, len(BUNDLE)), st.binary(min_size=1, max_size=600))
def test_nothing_may_be_added(at: int, more: bytes) -> None:
    changed = BUNDLE[:at] + more + BUNDLE[at:]
    if changed != BUNDLE:
        with pytest.raises(ReltoError):
            taken(changed)


@in_any_time
@given(st.binary(max_size=3000))
def test_what_is_no_bundle_is_refused_with_an_error_of_ours(data: bytes) -> None:
    with pytest.raises(ReltoError):
        taken(data)


def test_any_tar_lists_it_and_its_size_is_known_beforehand() -> None:
    with tarfile.open(fileobj=io.BytesIO(BUNDLE)) as archive:
        assert archive.getnames() == list(HELD)
        assert all(one.isreg() and not one.mtime and one.mode == 0o600 for one in archive)
    assert stream_size(len(NOTE), [len(data) for data in FILES.values()]) == len(BUNDLE)


def test_any_verifier_of_signed_notes_reads_the_classical_line() -> None:
    public = VerifierKey("USA/node", KeyType.ED25519, KEY.public.ed25519)
    assert verify_note(NOTE, [public]).note.text.startswith(HEADING.encode() + b"\n")


def test_a_note_of_another_kind_is_no_manifest() -> None:
    other = sign_node_note("relto something else v1", "{}\n", KEY)
    with pytest.raises(MalformedInput, match=r"note\.heading"):
        verify_node_note(other, HEADING, [KEY.public])
    with pytest.raises(MalformedInput):
        sign_node_note(HEADING, "{}\n\n{}\n", KEY)


def test_what_a_number_is_depends_on_what_came_before() -> None:
    found = stated_manifest(NOTE)
    chain = {"expected": 3, "last_digest": "c" * 96}
    assert verdict_on(found, known=None, **chain) is Verdict.NEXT  # type: ignore[arg-type]
    assert verdict_on(found, known=None, expected=2, last_digest="x") is Verdict.EARLY
    assert verdict_on(found, known=DIGEST, expected=4, last_digest=DIGEST) is Verdict.REPEAT
    for known, expected, last, code in (
        ("e" * 96, 4, DIGEST, "other_digest"),
        (None, 4, "x", "other_digest"),
        (None, 3, "f" * 96, "other_previous"),
        (DIGEST, 3, "f" * 96, "other_previous"),  # held, and what came before it is not what it follows
    ):
        with pytest.raises(Conflict, match=code):
            verdict_on(found, known=known, expected=expected, last_digest=last)
