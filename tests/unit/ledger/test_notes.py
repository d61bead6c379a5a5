from __future__ import annotations

import base64
import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relto.base.errors import MalformedInput, NotVerified, ReltoError, TooLarge, UnknownValue
from relto.ledger.checkpoint import Checkpoint, accept_lines, add_lines, cosign, read_checkpoint, signed_checkpoint
from relto.ledger.notes import KeyType, NoteKey, read_note, read_vkey, sign, verify_note
from relto.ledger.tree_head import read_checkpoint_text
from tests.unit.ledger.workshop import USA, WITNESS_USA, cosigner_keys, log_keys, seed

EXAMPLE_VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
EXAMPLE_LINE = (
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
EXAMPLE = f"This is an example message.\n\n{EXAMPLE_LINE}".encode()
ROOT = seed("root")
CHECKPOINT = Checkpoint(USA, 20852163, ROOT)


def test_the_specification_example_verifies() -> None:
    key = read_vkey(EXAMPLE_VKEY)
    assert key.vkey == EXAMPLE_VKEY
    verified = verify_note(EXAMPLE, [key])
    assert verified.note.text == b"This is an example message.\n"
    assert verified.note.data == EXAMPLE
    assert verified.lines[0].time is None


def test_every_altered_byte_of_a_known_note_is_refused() -> None:
    key = read_vkey(EXAMPLE_VKEY)
    for at in range(len(EXAMPLE)):
        altered = bytearray(EXAMPLE)
        altered[at] ^= 1
        with pytest.raises(ReltoError):
            verify_note(bytes(altered), [key])


def test_unknown_lines_are_ignored_and_a_wrong_known_one_condemns_the_note() -> None:
    known, stranger = NoteKey.from_seed("a.example", KeyType.ED25519, seed("a")), log_keys("b.example")[0]
    note = sign(b"text\n", [stranger, known], 1)
    assert [line.key for line in verify_note(note, [known.verifier]).lines] == [known.verifier]
    with pytest.raises(NotVerified, match="no_known_key"):
        verify_note(sign(b"text\n", [stranger], 1), [known.verifier])
    mixed = read_note(b"other\n\n" + note.data.partition(b"\n\n")[2])
    good = sign(b"other\n", [stranger], 1)
    both = add_lines(good.data, [line for line in mixed.signatures if line.name == "a.example"])
    with pytest.raises(NotVerified, match=r"note\.signature"):
        verify_note(both, [known.verifier, stranger.verifier])


def test_the_last_empty_line_separates_the_text() -> None:
    key = NoteKey.from_seed("a.example", KeyType.ED25519, seed("a"))
    note = sign(b"one\n\ntwo\n", [key], 1)
    assert verify_note(note.data, [key.verifier]).note.text == b"one\n\ntwo\n"


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u00a0b", "a\u2003b", "a\nb", "x" * 256])
def test_names_that_a_line_cannot_carry_are_refused(name: str) -> None:
    with pytest.raises(MalformedInput):
        NoteKey.from_seed(name, KeyType.ED25519, seed("a"))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"text\n",
        b"text\n\n",
        b"text\n" + EXAMPLE_LINE.encode(),
        EXAMPLE[:-1],
        EXAMPLE + b"\n",
        EXAMPLE.replace(b"example message", b"tab\tmessage"),
        EXAMPLE.replace(b"message", b"mess\xffage"),
        EXAMPLE.replace("— ".encode(), b"- "),
        EXAMPLE.replace(b" Uw2Q", b"  Uw2Q"),
        EXAMPLE.replace(b"aQM=", b"aQM"),
        EXAMPLE.replace(b"aQM=", b"aQN="),
        b"text\n\n" + "— a.example AAAAAA==\n".encode(),
    ],
)
def test_malformed_notes_are_refused(data: bytes) -> None:
    with pytest.raises(MalformedInput):
        read_note(data)


def test_notes_are_bounded_but_hold_sixteen_post_quantum_lines() -> None:
    keys = [NoteKey.from_seed(f"w{number}.example", KeyType.MLDSA44_COSIGNATURE, seed("w")) for number in range(16)]
    note = sign(CHECKPOINT.text, keys, 1).data
    assert len(verify_note(note, [key.verifier for key in keys]).lines) == 16
    with pytest.raises(TooLarge):
        read_note(b"t\n\n" + EXAMPLE_LINE.encode() * 129)
    with pytest.raises(TooLarge):
        read_note(b"x" * 600_000)


@pytest.mark.parametrize("key", [*log_keys(USA), *cosigner_keys(WITNESS_USA)], ids=repr)
def test_keys_read_back_from_their_vkey_and_never_show_their_seed(key: NoteKey) -> None:
    assert read_vkey(key.vkey) == key.verifier
    secret = seed("cosigner").hex()
    assert secret not in repr(key)
    assert not hasattr(key, "__dict__")


@pytest.mark.parametrize(
    ("vkey", "error"),
    [
        ("example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", MalformedInput),
        ("example.com/fop+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", MalformedInput),
        ("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U0=", MalformedInput),
        ("example.com/foo+530d903a", MalformedInput),
        ("example.com/foo+530d903a+AuN5", UnknownValue),
        ("a" * 5000, TooLarge),
    ],
)
def test_vkeys_that_do_not_hold_together_are_refused(vkey: str, error: type[ReltoError]) -> None:
    with pytest.raises(error):
        read_vkey(vkey)


def test_a_checkpoint_reads_back_with_its_extension_lines() -> None:
    for checkpoint in (CHECKPOINT, Checkpoint("o", 0, ROOT, ("extension one", "two"))):
        assert read_checkpoint_text(checkpoint.text) == checkpoint


@pytest.mark.parametrize(
    "body",
    [
        b"origin\n01\n" + base64.b64encode(ROOT) + b"\n",
        b"origin\n1\n" + base64.b64encode(ROOT),
        b"origin\n1\n",
        b"\n1\n" + base64.b64encode(ROOT) + b"\n",
        b"origin\n1\nAAAA\n",
        b"origin\n1\n" + base64.b64encode(ROOT) + b"\n\n",
        b"origin\n9223372036854775808\n" + base64.b64encode(ROOT) + b"\n",
        b"origin\n\xd9\xa1\n" + base64.b64encode(ROOT) + b"\n",
    ],
)
def test_malformed_checkpoints_are_refused(body: bytes) -> None:
    with pytest.raises(MalformedInput):
        read_checkpoint_text(body)


def test_cosignatures_state_their_time_and_bind_name_origin_size_and_root() -> None:
    note = signed_checkpoint(CHECKPOINT, log_keys(USA), 1_700_000_000)
    keys = cosigner_keys(WITNESS_USA)
    lines = cosign(note, keys, 1_700_000_007)
    whole = accept_lines(note, lines, [key.verifier for key in keys])
    verified = verify_note(whole, [key.verifier for key in keys])
    assert [line.time for line in verified.lines] == [1_700_000_007] * 2
    assert read_checkpoint(whole) == CHECKPOINT
    for other in (
        Checkpoint(USA, 20852164, ROOT),
        Checkpoint(USA, 20852163, seed("x")),
        Checkpoint("o", 20852163, ROOT),
    ):
        moved = signed_checkpoint(other, log_keys(other.origin), 1)
        for key in keys:
            with pytest.raises(NotVerified):
                accept_lines(moved, lines, [key.verifier])
    renamed = NoteKey.from_seed("witness.other", KeyType.MLDSA44_COSIGNATURE, seed("same"))
    original = NoteKey.from_seed("witness.name", KeyType.MLDSA44_COSIGNATURE, seed("same"))
    with pytest.raises(NotVerified):
        renamed.verifier.verify(CHECKPOINT.text, original.signature(CHECKPOINT.text, 5))


def test_cosignature_messages_are_those_of_the_specification() -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey  # noqa: PLC0415

    classic, quantum = cosigner_keys(WITNESS_USA)
    text = Checkpoint(USA, 300, ROOT, ("extension",)).text
    made = classic.signature(text, 1_679_315_147)
    assert made[:8] == (1_679_315_147).to_bytes(8, "big")
    Ed25519PublicKey.from_public_bytes(classic.verifier.public_key).verify(
        made[8:], b"cosignature/v1\ntime 1679315147\n" + text
    )
    made = quantum.signature(text, 1_679_315_147)
    name, origin = WITNESS_USA.encode(), USA.encode()
    message = b"subtree/v1\n\x00" + bytes([len(name)]) + name + made[:8] + bytes([len(origin)]) + origin
    message += bytes(8) + (300).to_bytes(8, "big") + ROOT
    MLDSA44PublicKey.from_public_bytes(quantum.verifier.public_key).verify(made[8:], message)


def test_a_newer_cosignature_replaces_the_older_and_time_zero_is_never_signed() -> None:
    keys = cosigner_keys(WITNESS_USA)
    note = signed_checkpoint(CHECKPOINT, log_keys(USA), 10)
    twice = add_lines(add_lines(note, cosign(note, keys, 11)), cosign(note, keys, 12))
    assert [line.time for line in verify_note(twice, [key.verifier for key in keys]).lines] == [12, 12]
    with pytest.raises(MalformedInput):
        cosign(note, keys, 0)
    with pytest.raises(MalformedInput):
        cosign(note, log_keys(USA)[:1], 1)
    with pytest.raises(MalformedInput):
        signed_checkpoint(CHECKPOINT, log_keys("other.example"), 1)


@given(st.binary(max_size=200))
@settings(max_examples=100, deadline=None)
def test_readers_answer_any_bytes_with_a_value_or_one_of_our_errors(data: bytes) -> None:
    for read in (read_note, read_checkpoint_text):
        with contextlib.suppress(MalformedInput):
            read(data)
