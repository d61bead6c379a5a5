"""Two authorities sign statements; a reader believes exactly what trusted owners signed with both algorithms."""

from __future__ import annotations

import base64
import json
import pickle
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from relto.base.canonical import canonical_bytes
from relto.base.errors import MalformedInput, NotVerified, ReltoError, TooLarge, UnknownValue
from relto.signing.envelope import pre_authentication_encoding
from relto.signing.keys import StatementKey, StatementPublicKey
from relto.signing.statements import Statement, add_signature, read_statement, sign_statement

GOLDEN = Path(__file__).parent / "golden" / "assurance.v1.dsse.json"


def authority(owner: str, number: int) -> StatementKey:
    return StatementKey.from_seeds(owner, bytes([number]) * 32, bytes([number + 128]) * 32)


USA = authority("dsa:USA", 1)
USA_SECOND = authority("dsa:USA", 2)
IND = authority("dsa:IND", 3)
STRANGER = authority("dsa:XXX", 4)
BODY: dict[str, Any] = {
    "subject": "psn_aaaaaaaaaaaaaaaaaaaaaaaa",
    "levels": ["SECRET"],
    "valid_to": "2027-01-01T00:00:00Z",
}
ENVELOPE = sign_statement("assurance", 1, BODY, [USA])
BOTH = add_signature(sign_statement("agreement-bundle", 2, {"sequence": 1}, [USA]), IND)


def read(envelope: bytes, **changes: Any) -> Statement:
    arguments = {"kind": "assurance", "versions": {1}, "trusted": [USA.public, IND.public]} | changes
    return read_statement(envelope, **arguments)


def changed(envelope: bytes, **members: Any) -> bytes:
    return canonical_bytes(json.loads(envelope) | members)


def entries(envelope: bytes) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(envelope)["signatures"]
    return found


def test_a_signed_statement_is_read_with_its_signer_and_digest() -> None:
    found = read(ENVELOPE)
    assert found.body == {"type": "assurance", "version": 1, **BODY}
    assert found.signers == {USA.public.key_id}
    assert found.owners == {"dsa:USA"}
    assert found.payload == canonical_bytes(found.body)


def test_a_bundle_needs_both_authorities() -> None:
    arguments: dict[str, Any] = {"kind": "agreement-bundle", "versions": {1, 2}, "need": 2}
    assert read(BOTH, **arguments).owners == {"dsa:USA", "dsa:IND"}
    alone = sign_statement("agreement-bundle", 2, {"sequence": 1}, [USA])
    with pytest.raises(NotVerified) as refusal:
        read(alone, **arguments)
    assert refusal.value.full_code == "not_verified.signature"


def test_one_authority_with_two_keys_is_one_voice() -> None:
    twice = sign_statement("agreement-bundle", 2, {"sequence": 1}, [USA, USA_SECOND])
    with pytest.raises(NotVerified):
        read(twice, kind="agreement-bundle", versions={2}, trusted=[USA.public, USA_SECOND.public], need=2)


def test_signatures_added_in_either_order_give_the_same_payload_and_members() -> None:
    other = add_signature(sign_statement("agreement-bundle", 2, {"sequence": 1}, [IND]), USA)
    assert [entry["keyid"] for entry in entries(other)] == [entry["keyid"] for entry in entries(BOTH)]
    assert json.loads(other)["payload"] == json.loads(BOTH)["payload"]


def test_adding_one_s_signature_again_renews_it_and_does_not_double_it() -> None:
    assert len(entries(add_signature(BOTH, IND))) == 4
    assert read(add_signature(BOTH, IND), kind="agreement-bundle", versions={2}, need=2)


@pytest.mark.parametrize("half", [0, 1])
def test_a_trusted_key_with_only_one_algorithm_is_refused(half: int) -> None:
    with pytest.raises(NotVerified):
        read(changed(ENVELOPE, signatures=[entries(ENVELOPE)[half]]))


@pytest.mark.parametrize("half", [0, 1, 2, 3])
def test_one_wrong_half_of_one_signer_rejects_the_whole(half: int) -> None:
    found = entries(BOTH)
    damaged = bytearray(base64.b64decode(found[half]["sig"]))
    damaged[10] ^= 1
    found[half]["sig"] = base64.b64encode(damaged).decode()
    with pytest.raises(NotVerified):
        read(changed(BOTH, signatures=found), kind="agreement-bundle", versions={2})


@pytest.mark.parametrize("signature", ["", "AAAA"])
def test_a_signature_of_the_wrong_length_is_refused_and_not_a_crash(signature: str) -> None:
    for half in (0, 1):
        found = entries(ENVELOPE)
        found[half]["sig"] = signature
        with pytest.raises(NotVerified):
            read(changed(ENVELOPE, signatures=found))


def test_a_doubled_signature_is_refused() -> None:
    found = entries(ENVELOPE)
    with pytest.raises(NotVerified):
        read(changed(ENVELOPE, signatures=[*found, found[0]]))


def test_signatures_by_unknown_keys_are_ignored_and_count_for_nothing() -> None:
    mixed = sign_statement("assurance", 1, BODY, [USA, STRANGER])
    assert read(mixed).owners == {"dsa:USA"}
    with pytest.raises(NotVerified):
        read(sign_statement("assurance", 1, BODY, [STRANGER]))


def test_a_statement_of_another_kind_or_version_is_refused() -> None:
    with pytest.raises(MalformedInput):
        read(ENVELOPE, kind="notice")
    with pytest.raises(UnknownValue) as refusal:
        read(ENVELOPE, versions={2, 3})
    assert refusal.value.expected == "2, 3"


def test_the_type_is_bound_to_the_signature() -> None:
    relabelled = changed(ENVELOPE, payloadType="application/vnd.relto.assurance.v2+json")
    with pytest.raises(NotVerified):
        read(relabelled, versions={2})


def _signed_raw(payload: bytes, payload_type: str) -> bytes:
    classical, post_quantum = USA.sign(pre_authentication_encoding(payload_type, payload))
    signatures = [
        {"keyid": USA.public.key_id + suffix, "sig": base64.b64encode(value).decode()}
        for suffix, value in ((".ed25519", classical), (".ml-dsa-87", post_quantum))
    ]
    body = {"payload": base64.b64encode(payload).decode(), "payloadType": payload_type, "signatures": signatures}
    return canonical_bytes(body)


@pytest.mark.parametrize(
    "payload",
    [
        b'{"type":"notice","version":1}',
        b'{"type":"assurance","version":2}',
        b'{"type":"assurance","version":true}',
        b'{"version":1}',
        b'{"type": "assurance", "version": 1}',
        b'{"version":1,"type":"assurance"}',
        b'{"type":"assurance","type":"assurance","version":1}',
        b"[]",
        b"",
    ],
)
def test_even_a_well_signed_payload_must_be_canonical_and_say_what_the_envelope_says(payload: bytes) -> None:
    with pytest.raises(MalformedInput):
        read(_signed_raw(payload, "application/vnd.relto.assurance.v1+json"))


def test_a_critical_member_that_the_reader_does_not_know_refuses_the_statement() -> None:
    envelope = sign_statement("assurance", 1, {**BODY, "escort": True, "critical": ["escort"]}, [USA])
    with pytest.raises(UnknownValue):
        read(envelope)
    assert read(envelope, understands={"escort"}).body["escort"] is True


@pytest.mark.parametrize(
    "body",
    [
        {"type": "x"},
        {"version": 3},
        {"critical": "escort"},
        {"critical": ["absent"]},
        {"critical": ["critical"]},
        {"escort": 1, "critical": ["escort", "escort"]},
        {"escort": 1, "critical": ["escort", 1]},
    ],
)
def test_a_body_may_not_set_what_belongs_to_the_envelope(body: dict[str, Any]) -> None:
    with pytest.raises(MalformedInput):
        sign_statement("assurance", 1, body, [USA])


@pytest.mark.parametrize(("kind", "version"), [("Assurance", 1), ("assurance", 0), ("a..b", 1), ("a/b", 1), ("", 1)])
def test_a_kind_is_dotted_lower_case_and_a_version_positive(kind: str, version: int) -> None:
    with pytest.raises(MalformedInput):
        sign_statement(kind, version, {}, [USA])


def test_nobody_signing_is_not_a_statement() -> None:
    with pytest.raises(MalformedInput):
        sign_statement("assurance", 1, BODY, [])
    with pytest.raises(NotVerified):
        read(ENVELOPE, trusted=[], need=0)
    with pytest.raises(NotVerified):
        read(ENVELOPE, need=0, trusted=[IND.public])


def test_an_envelope_above_the_bound_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(TooLarge):
        read(ENVELOPE, max_bytes=100)


def test_dsse_freedoms_are_accepted() -> None:
    """DSSE 1.0.2: URL-safe base64, a signature without keyid, and unknown members."""
    found = entries(ENVELOPE)
    found[1]["sig"] = found[1]["sig"].replace("+", "-").replace("/", "_")
    loose = changed(ENVELOPE, signatures=[*found, {"sig": "AAAA"}], note="ignored")
    assert read(loose).owners == {"dsa:USA"}


def test_the_encoding_is_the_specification_s() -> None:
    encoded = pre_authentication_encoding("http://example.com/HelloWorld", b"hello world")
    assert encoded == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"


def test_an_ordinary_dsse_verifier_can_check_the_classical_half() -> None:
    envelope = json.loads(ENVELOPE)
    payload = base64.b64decode(envelope["payload"])
    signature = next(entry["sig"] for entry in envelope["signatures"] if entry["keyid"].endswith(".ed25519"))
    message = b"DSSEv1 %d %b %d %b" % (
        len(envelope["payloadType"]), envelope["payloadType"].encode(), len(payload), payload,
    )  # fmt: skip
    Ed25519PublicKey.from_public_bytes(USA.public.ed25519).verify(base64.b64decode(signature), message)


def test_the_golden_statement_is_still_read_and_its_deterministic_parts_still_made() -> None:
    golden = GOLDEN.read_bytes()
    found = read(golden)
    assert found.digest == "6c3158ccdc7221fdf9cac6985633ee049d0116ae54c3ea87e47dd2e251cf8485"
    assert found.signers == {"759985d239cb02ea71ede845fa34aa94"}
    made = entries(ENVELOPE)[0]
    assert made == entries(golden)[0]
    assert json.loads(golden)["payload"] == json.loads(ENVELOPE)["payload"]


@settings(max_examples=60, deadline=None)
@given(position=st.integers(0, len(BOTH) - 1), value=st.integers(0, 255))
def test_no_changed_byte_yields_another_statement(position: int, value: int) -> None:
    damaged = bytearray(BOTH)
    damaged[position] = value
    arguments: dict[str, Any] = {"kind": "agreement-bundle", "versions": {2}, "need": 2}
    try:
        found = read(bytes(damaged), **arguments)
    except ReltoError:
        return
    assert found == read(BOTH, **arguments)


@settings(max_examples=60, deadline=None)
@given(st.one_of(st.binary(max_size=200), st.text(max_size=100).map(str.encode)))
def test_rubbish_is_refused_with_our_own_errors(rubbish: bytes) -> None:
    with pytest.raises(ReltoError):
        read(rubbish)


def test_public_keys_travel_as_json_and_their_identity_is_checked() -> None:
    written = USA.public.as_dict()
    assert StatementPublicKey.from_dict(written) == USA.public
    with pytest.raises(NotVerified):
        StatementPublicKey.from_dict({**written, "owner": "dsa:IND"})
    with pytest.raises(NotVerified):
        StatementPublicKey.from_dict({**written, "ml_dsa_87": IND.public.as_dict()["ml_dsa_87"]})
    malformed: tuple[object, ...] = (
        {**written, "more": 1},
        {**written, "ed25519": "AAAA"},
        {**written, "owner": 1},
        [],
        None,
    )
    for broken in malformed:
        with pytest.raises(MalformedInput):
            StatementPublicKey.from_dict(broken)


def test_a_private_key_shows_no_secret_and_comes_back_from_its_seeds() -> None:
    seeds = USA.seeds()
    assert len(seeds) == 64
    assert StatementKey.from_seeds("dsa:USA", seeds[:32], seeds[32:]).public == USA.public
    assert seeds[:32].hex() not in repr(USA)
    assert repr(seeds[:4])[2:-1] not in repr(USA)
    with pytest.raises(TypeError):
        pickle.dumps(USA)
    with pytest.raises(MalformedInput):
        StatementKey.from_seeds("dsa:USA", b"short", seeds[32:])
    with pytest.raises(MalformedInput):
        StatementKey.from_seeds("", seeds[:32], seeds[32:])
