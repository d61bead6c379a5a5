"""Shares travel wrapped: to each kind of service key, and back to each kind of session; a failure tells nothing."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relto.base.errors import MalformedInput, NotVerified, UnknownValue
from relto.sealing import der
from relto.sealing.encapsulation import wrap_bytes
from relto.sealing.hybrid import combine_secrets
from relto.sealing.keys import SERVICE_ALGORITHMS, key_algorithm, key_fingerprint, load_public_key, public_key_of
from relto.sealing.metadata import open_metadata, seal_metadata
from relto.sealing.policy import TdfPolicy, build_policy, read_policy
from relto.sealing.shares import combine, split
from relto.sealing.wrapping import (
    SessionKey,
    SessionWrapper,
    load_private_key,
    policy_binding,
    require_family,
    unwrap_share,
    verify_binding,
    wrap_for_session,
)
from tests.unit.sealing.containers import ATTRIBUTES, POLICY, UUID, seeded, service_key, wrap

SHARE = seeded(21)(32)
FAST = [name for name in SERVICE_ALGORITHMS if name != "rsa:4096"]
LENGTHS = {
    "rsa:2048": 256,
    "ec:secp256r1": 60,
    "ec:secp384r1": 60,
    "ec:secp521r1": 60,
    "mlkem:768": 1158,
    "mlkem:1024": 1638,
    "hpqt:secp256r1-mlkem768": 1223,
    "hpqt:secp384r1-mlkem1024": 1735,
}


@pytest.mark.parametrize("algorithm", FAST)
def test_a_service_unwraps_what_was_wrapped_for_its_key(algorithm: str) -> None:
    private_pem = service_key(algorithm)
    wrapped = wrap(SHARE, algorithm)
    assert len(base64.b64decode(wrapped.wrapped_key)) == LENGTHS[algorithm]
    assert unwrap_share(wrapped, private_pem, POLICY) == SHARE
    assert key_algorithm(private_pem) == key_algorithm(public_key_of(private_pem)) == algorithm
    assert bool(wrapped.ephemeral_public_key) is algorithm.startswith("ec:")


@pytest.mark.parametrize("algorithm", FAST)
def test_an_answer_reaches_the_session_it_was_made_for(algorithm: str) -> None:
    session = SessionKey(load_private_key(service_key(algorithm)))
    answer = wrap_for_session(SHARE, session.public_pem)
    assert session.unwrap(answer.wrapped, answer.session_public_key_pem) == SHARE
    assert (answer.session_public_key_pem is not None) is algorithm.startswith("ec:")
    with pytest.raises(NotVerified, match="share"):
        session.unwrap(answer.wrapped[:-1] + bytes([answer.wrapped[-1] ^ 1]), answer.session_public_key_pem)


def test_one_answer_carries_several_shares_under_one_session_key() -> None:
    session = SessionKey.generate("ec:secp256r1")
    wrapper = SessionWrapper(session.public_pem, seeded())
    first, second = wrapper.wrap(SHARE), wrapper.wrap(bytes(32))
    assert first[:12] != second[:12]
    assert session.unwrap(first, wrapper.session_public_key_pem) == SHARE
    assert session.unwrap(second, wrapper.session_public_key_pem) == bytes(32)
    assert session.algorithm == "ec:secp256r1"
    assert session.fingerprint == key_fingerprint(session.public_pem)
    with pytest.raises(NotVerified):
        session.unwrap(first)
    with pytest.raises(NotVerified):
        session.unwrap(first, SessionKey.generate("ec:secp384r1").public_pem)
    with pytest.raises(NotVerified):
        wrapper.wrap(b"short")


def test_the_answer_looks_the_same_whatever_is_wrong() -> None:
    private_pem = service_key("rsa:2048")
    good = wrap(SHARE, "rsa:2048")
    curve = wrap(SHARE, "ec:secp256r1")
    garbled_policy = base64.b64encode(b"{not json").decode()
    wrong = [
        (replace(good, wrapped_key=base64.b64encode(bytes(256)).decode()), POLICY),
        (replace(good, wrapped_key="AAAA"), POLICY),
        (replace(good, wrapped_key="?"), POLICY),
        (replace(good, binding_hash=base64.b64encode(bytes(32)).decode()), POLICY),
        (replace(good, binding_hash="x"), POLICY),
        (replace(good, binding_algorithm="none"), POLICY),
        (replace(good, binding_hash=policy_binding(SHARE, garbled_policy)), garbled_policy),
        (good, build_policy(UUID, [])),
        (replace(good, type="ec-wrapped"), POLICY),
        (curve, POLICY),
        (replace(curve, type="wrapped"), POLICY),
    ]
    seen = set()
    for key_access, policy_text in wrong:
        with pytest.raises(NotVerified) as refused:
            unwrap_share(key_access, private_pem, policy_text)
        seen.add(str(refused.value.as_dict()))
    assert seen == {"{'code': 'not_verified.share'}"}
    for ephemeral in ("", "no key", public_key_of(private_pem)):
        with pytest.raises(NotVerified):
            unwrap_share(replace(curve, ephemeral_public_key=ephemeral), service_key("ec:secp256r1"), POLICY)


def test_a_wrapped_share_of_another_length_is_refused() -> None:
    with pytest.raises(MalformedInput):
        wrap_bytes(load_public_key(public_key_of(service_key("rsa:2048"))), bytes(31), seeded())


def test_both_written_forms_of_a_binding_are_read() -> None:
    good = wrap(SHARE, "ec:secp256r1")
    digest = hmac.new(SHARE, POLICY.encode(), hashlib.sha256)
    assert base64.b64decode(good.binding_hash) == digest.hexdigest().encode()
    verify_binding(replace(good, binding_hash=base64.b64encode(digest.digest()).decode()), SHARE, POLICY)
    with pytest.raises(NotVerified):
        verify_binding(replace(good, binding_hash=base64.b64encode(digest.digest()[:31]).decode()), SHARE, POLICY)


def test_the_composite_combiner_gives_the_value_of_the_draft() -> None:
    key = combine_secrets(
        bytes.fromhex("ca48920ded22e063f98a79a4091508678b7042cab63f78c571ff392e82612d43"),
        bytes.fromhex("ef1c92443aaf987000e3470d34332b4c53ff0cdd4554b6bf377bf7bdb677d3d0"),
        bytes.fromhex(
            "041d155f6d3078d7e2cd4f9f758947029795dd9ab6d6e92d81d19171270cdefcd4"
            "abb682edbb22faf961ce75fc688109931bfa24468f646b97eca4d57d5f5e7610"
        ),
        bytes.fromhex(
            "04ba2bfbf7b91182eb1fad54a2940c8b1dfd53de55fa3c02d199a3159ff73d38d2"
            "9aa94f32e3e82bcc99b165320297149455997d7c3ea5ac97cd987d3e80396a3e"
        ),
        b"MLKEM768-P256",
    )
    assert key.hex() == "d6c69aa6e986b620a2777d8cf1fb6be1b2255d6efae0566deb34c882b38846ee"


def test_a_profile_can_refuse_a_kind_of_wrapping() -> None:
    require_family(wrap(SHARE, "mlkem:1024"), frozenset({"mlkem-wrapped", "hybrid-wrapped"}))
    with pytest.raises(UnknownValue):
        require_family(wrap(SHARE, "rsa:2048"), frozenset({"mlkem-wrapped", "hybrid-wrapped"}))


@pytest.mark.parametrize(
    "text", ["", "no pem", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "x" * 20000]
)
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(MalformedInput):
        load_public_key(text)
    with pytest.raises(MalformedInput):
        key_algorithm("-----BEGIN PRIVATE KEY-----" + text)


def test_an_algorithm_outside_the_table_is_refused() -> None:
    with pytest.raises(UnknownValue):
        SessionKey.generate("rsa:1024")
    with pytest.raises(UnknownValue):
        SessionKey.generate("ec:secp256k1")


@given(st.binary(max_size=400), st.binary(max_size=400))
@settings(max_examples=30, deadline=None)
def test_the_envelope_has_one_form(ciphertext: bytes, sealed: bytes) -> None:
    written = der.envelope(ciphertext, sealed)
    assert der.read_envelope(written) == (ciphertext, sealed)
    with pytest.raises(MalformedInput):
        der.read_envelope(written + b"\x00")
    with pytest.raises(MalformedInput):
        der.read_envelope(written[:-1])


@given(st.binary(min_size=32, max_size=32), st.integers(1, 8), st.integers())
@settings(max_examples=40, deadline=None)
def test_all_shares_together_are_the_key_and_any_fewer_are_not(key: bytes, count: int, seed: int) -> None:
    shares = split(key, count, seeded(seed))
    assert combine(shares) == key
    assert len(shares) == count
    if count > 1:
        assert combine(shares[1:]) != key


def test_shares_are_fresh_and_of_one_length() -> None:
    source = seeded(2)
    assert not set(split(SHARE, 3, source)) & set(split(SHARE, 3, source))
    with pytest.raises(MalformedInput):
        combine([SHARE, SHARE[:31]])
    with pytest.raises(MalformedInput):
        combine([])
    with pytest.raises(MalformedInput):
        split(SHARE, 0, source)


def test_metadata_is_sealed_under_its_share() -> None:
    written = seal_metadata("remark", SHARE, seeded())
    assert open_metadata(written, SHARE) == "remark"
    assert open_metadata(seal_metadata("", SHARE, seeded()), SHARE) == ""
    with pytest.raises(NotVerified):
        open_metadata(written, bytes(32))
    with pytest.raises(MalformedInput):
        open_metadata(base64.b64encode(b'{"ciphertext":"AAAA","iv":"AAAA"}').decode(), SHARE)


def test_a_policy_says_its_attributes_and_people() -> None:
    text = build_policy(UUID, ATTRIBUTES, ["ind-0001"])
    assert read_policy(text) == TdfPolicy(UUID, ATTRIBUTES, ("ind-0001",))
    nulls = base64.b64encode(b'{"uuid":"u","body":{"dataAttributes":null,"dissem":null}}').decode()
    assert read_policy(nulls) == TdfPolicy("u", (), ())
    for bad in (
        b"[]",
        b"{}",
        b'{"uuid":""}',
        b'{"uuid":"u","uuid":"v","body":{}}',
        b'{"uuid":"u","body":{"dataAttributes":[{}]}}',
        b'{"uuid":"u","body":{"dataAttributes":[{"attribute":""}]}}',
        b'{"uuid":"u","body":{"dissem":[1]}}',
        b'{"uuid":"u","body":[1]}',
        b'{"uuid":"u","body":""}',
        b'{"uuid":"u"}',
    ):
        with pytest.raises(MalformedInput):
            read_policy(base64.b64encode(bad).decode())
    with pytest.raises(MalformedInput):
        build_policy("", ATTRIBUTES)
