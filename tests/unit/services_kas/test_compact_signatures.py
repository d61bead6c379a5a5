"""The short way to verify says what the library says, of every text."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from relto.services.compact_signatures import ALGORITHMS, SigningKey, signed_payload

P256, OTHER, P384, RSA = (
    ECKey.generate_key("P-256"),
    ECKey.generate_key("P-256"),
    ECKey.generate_key("P-384"),
    RSAKey.generate_key(2048),
)
REGISTRY = jws.JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)


def signed(key: ECKey | RSAKey, algorithm: str, payload: bytes, **more: object) -> str:
    return jws.serialize_compact({"alg": algorithm, **more}, payload, key, registry=REGISTRY)


def by_the_library(text: str, key: ECKey | RSAKey) -> bytes | None:
    try:
        return jws.deserialize_compact(text, key, registry=REGISTRY).payload
    except (JoseError, ValueError, TypeError, KeyError):
        return None


@pytest.mark.parametrize(("key", "algorithm"), [(P256, "ES256"), (P384, "ES384"), (RSA, "RS256"), (RSA, "PS256")])
def test_what_a_key_signed_is_read_and_another_key_signed_nothing(key: ECKey | RSAKey, algorithm: str) -> None:
    text = signed(key, algorithm, b'{"jti":"1"}', typ="dpop+jwt")
    assert signed_payload(text, SigningKey(key)) == b'{"jti":"1"}'
    for one in (P256, OTHER, P384, RSA):
        assert signed_payload(text, SigningKey(one)) == by_the_library(text, one)


@given(st.binary(max_size=64), st.integers(0, 400), st.sampled_from("AZaz09-_.=+/ \x00é"))
def test_a_text_with_one_letter_changed_says_what_the_library_says(payload: bytes, place: int, letter: str) -> None:
    text = signed(P256, "ES256", payload, typ="JWT")
    changed = text[: place % len(text)] + letter + text[place % len(text) + 1 :]
    assert signed_payload(changed, SigningKey(P256)) == by_the_library(changed, P256)


def test_a_signature_in_another_alphabet_or_length_is_none() -> None:
    head, body, signature = signed(P256, "ES256", b"{}").split(".")
    raw = base64.urlsafe_b64decode(signature + "==")
    for other in (f"{signature}==", base64.urlsafe_b64encode(raw[:-1]).decode().rstrip("="), ""):
        assert signed_payload(f"{head}.{body}.{other}", SigningKey(P256)) is None
