"""What crosses the link is read exactly as it was signed, or refused whole."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relto.base.canonical import Json
from relto.base.errors import MalformedInput, NotVerified, ReltoError, UnknownValue
from relto.base.nations import Nation
from relto.exchange.answers import LinkRefusal, Receipt, SentMessage, read_answer, write_receipt, write_refusal
from relto.exchange.messages import Message, PayloadFact, check_body, read_message, write_message
from relto.exchange.retry import TRAINING
from relto.exchange.schemas import NAMES
from relto.signing.envelope import read_envelope
from relto.signing.statements import sign_statement
from tests.unit.exchange import make_golden
from tests.unit.exchange.make_golden import BODIES, CREATED, GOLDEN, IND, KEY, MESSAGE_ID, PARTNER_KEY, USA


def written(kind: str = "assurance", **changes: Any) -> bytes:
    members: dict[str, Any] = {
        "message_id": MESSAGE_ID,
        "sender": USA,
        "recipient": IND,
        "sequence": 1,
        "previous": "",
        "created": CREATED,
        "kind": kind,
        "body": BODIES[kind],
        "payload": None,
        "key": KEY,
    }
    return write_message(**{**members, **changes})[0]


def read(envelope: bytes, sender: Nation = USA, recipient: Nation = IND) -> Message:
    return read_message(envelope, sender=sender, recipient=recipient, trusted=[KEY.public])


def statement(**changes: Json) -> bytes:
    members: dict[str, Json] = {
        "id": MESSAGE_ID,
        "from": "USA",
        "to": "IND",
        "sequence": 1,
        "previous": "",
        "created": "2026-11-22T14:00:00Z",
        "kind": "assurance",
        "body": BODIES["assurance"],
    }
    return sign_statement("message", 1, {**members, **changes}, [KEY])


def test_a_message_is_read_as_it_was_written() -> None:
    message = read(written(payload=PayloadFact("b" * 64, 7), sequence=3, previous="c" * 64))
    assert (message.id, message.sequence, message.previous, message.created) == (MESSAGE_ID, 3, "c" * 64, CREATED)
    assert message.payload == PayloadFact("b" * 64, 7)
    assert message.body == BODIES["assurance"]


def test_a_message_for_another_channel_is_not_taken() -> None:
    for sender, recipient in ((IND, USA), (USA, USA), (Nation("FRA"), IND)):
        with pytest.raises(NotVerified):
            read(written(), sender, recipient)


def test_unknown_members_are_ignored_unless_they_are_critical() -> None:
    assert read(statement(note="later versions say more")).id == MESSAGE_ID
    with pytest.raises(UnknownValue):
        read(statement(note="must be understood", critical=["note"]))


def test_a_later_version_is_refused_and_an_unknown_kind_has_no_meaning() -> None:
    members = json.loads(read_envelope(statement(), max_bytes=100_000).payload)
    body = {name: value for name, value in members.items() if name not in {"type", "version"}}
    with pytest.raises(UnknownValue):
        read(sign_statement("message", 2, body, [KEY]))
    with pytest.raises(MalformedInput, match=r"message\.kind"):
        check_body(read(statement(kind="gossip", body={})))


@pytest.mark.parametrize(
    ("member", "wrong"),
    [
        ("id", "msg_1"),
        ("id", MESSAGE_ID + "\n"),
        ("from", "USA\n"),
        ("sequence", 0),
        ("sequence", True),
        ("sequence", "1"),
        ("previous", "x" * 64),
        ("previous", "a" * 64 + "\n"),
        ("created", "yesterday"),
        ("created", "2026-11-22T14:00:00+05:30"),
        ("kind", "a b"),
        ("body", []),
        ("payload", {"sha256": "a" * 64}),
        ("payload", {"sha256": "a" * 64, "size": 0}),
        ("payload", {"sha256": "A" * 64, "size": 1}),
        ("payload", {"sha256": "a" * 64, "size": 2**40}),
    ],
)
def test_a_member_of_another_form_refuses_the_whole(member: str, wrong: Json) -> None:
    with pytest.raises(ReltoError) as refusal:
        read(statement(**{member: wrong}))
    assert refusal.value.field


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_no_changed_byte_passes(data: st.DataObject) -> None:
    envelope = bytearray(_ENVELOPE)
    at = data.draw(st.integers(0, len(envelope) - 1))
    envelope[at] ^= data.draw(st.integers(1, 255))
    try:
        message = read(bytes(envelope))
    except ReltoError:
        return
    assert message == read(_ENVELOPE)


_ENVELOPE = written()


def test_a_receipt_settles_only_the_message_that_it_names() -> None:
    message = read(written(payload=PayloadFact("b" * 64, 7)))
    receipt = write_receipt(message, received_at=CREATED, entry="ent_" + "a" * 24, key=PARTNER_KEY)
    sent = SentMessage(message.id, message.digest, 1, "b" * 64)
    assert read_answer(receipt, sent, trusted=[PARTNER_KEY.public]) == Receipt(message.id, CREATED, "ent_" + "a" * 24)
    for other in (
        SentMessage("msg_" + "b" * 24, message.digest, 1, "b" * 64),
        SentMessage(message.id, "0" * 64, 1, "b" * 64),
        SentMessage(message.id, message.digest, 2, "b" * 64),
        SentMessage(message.id, message.digest, 1, "c" * 64),
        SentMessage(message.id, message.digest, 1, None),
    ):
        with pytest.raises(NotVerified):
            read_answer(receipt, other, trusted=[PARTNER_KEY.public])
    with pytest.raises(NotVerified):
        read_answer(receipt, sent, trusted=[KEY.public])


def test_a_refusal_without_the_messages_digest_is_never_final() -> None:
    message = read(written())
    sent = SentMessage(message.id, message.digest, 1, None)

    def told(refusal: bytes) -> Receipt | LinkRefusal:
        return read_answer(refusal, sent, trusted=[PARTNER_KEY.public])

    assert told(write_refusal(message, code="refused.x", final=True, key=PARTNER_KEY)) == LinkRefusal(
        message.id, "refused.x", final=True, expected_sequence=None
    )
    assert told(write_refusal(None, code="not_verified.signature", final=False, key=PARTNER_KEY)) == LinkRefusal(
        message.id, "not_verified.signature", final=False, expected_sequence=None
    )
    with pytest.raises(MalformedInput):
        write_refusal(None, code="refused.x", final=True, key=PARTNER_KEY)
    forged: dict[str, Json] = {"message": "", "digest": "", "sequence": 0, "code": "refused.x", "final": True}
    answer = told(sign_statement("link-refusal", 1, forged, [PARTNER_KEY]))
    assert isinstance(answer, LinkRefusal)
    assert not answer.final


def test_what_is_written_today_is_byte_for_byte_what_the_golden_files_hold() -> None:
    for name, payload in make_golden.payloads().items():
        assert (GOLDEN / f"{name}.json").read_bytes() == payload, f"{name}: run tests/unit/exchange/make_golden.py"


def test_envelopes_signed_in_the_past_are_still_read() -> None:
    for kind in BODIES:
        message = read((GOLDEN / f"{kind}.envelope.json").read_bytes())
        assert message.kind == kind
        check_body(message)


def test_every_schema_has_a_golden_file() -> None:
    held = {path.name.removesuffix(".json") for path in Path(GOLDEN).glob("*.json")}
    assert held >= {name for name in NAMES if name != "message"}


@given(st.integers(1, 100), st.binary(min_size=4, max_size=4))
def test_retries_come_later_and_later_but_never_later_than_the_cap(attempts: int, random: bytes) -> None:
    delay = TRAINING.delay(attempts, random)
    assert timedelta(0) <= delay <= TRAINING.cap
    if attempts == 1:
        assert delay <= TRAINING.first


def test_instants_before_the_first_release_are_no_reason_to_refuse() -> None:
    assert read(written(created=datetime(1999, 1, 1, tzinfo=UTC))).created.year == 1999
