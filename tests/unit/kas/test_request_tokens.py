from __future__ import annotations

import base64
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relto.kas.failures import RequestFailure
from relto.kas.request_tokens import read_request_token
from tests.unit.services_kas.node import START

NOW = int(START.timestamp())


def part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def token(claims: dict[str, Any], header: dict[str, Any] | None = None, signature: str = "c2ln") -> str:
    return f"{part(header or {'alg': 'RS256', 'typ': 'JWT'})}.{part(claims)}.{signature}"


def claims(**changes: Any) -> dict[str, Any]:
    return {"requestBody": '{"clientPublicKey":"pem"}', "iat": NOW - 5, "exp": NOW + 60, **changes}


@pytest.mark.parametrize(
    "written",
    [
        claims(),
        claims(iat=NOW - 3600, exp=NOW + 3600),
        claims(iat=NOW - 0.5, exp=NOW + 59.5),
        claims(exp=NOW - 59),
        {"requestBody": '{"clientPublicKey":"pem"}', "exp": NOW + 60},
    ],
)
def test_the_request_tokens_of_all_clients_are_read(written: dict[str, Any]) -> None:
    for algorithm in ("RS256", "PS512", "ES256", "ES384"):
        found = read_request_token(token(written, {"alg": algorithm}), START)
        assert found == {"clientPublicKey": "pem"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "could not parse token"),
        ("a.b", "could not parse token"),
        ("a.b.c.d", "could not parse token"),
        (f"{part({'alg': 'RS256'})}.{part(claims())}.", "could not parse token"),
        (f"{part([])}.{part(claims())}.c2ln", "could not parse token"),
        (f"{part({'alg': 'RS256'})}.é.c2ln", "could not parse token"),
        (token(claims(), {"alg": "none"}), "unable to verify request token"),
        (token(claims(), {"alg": "HS256"}), "unable to verify request token"),
        (token(claims(), {"alg": ["RS256"]}), "unable to verify request token"),
        (token(claims(), {"alg": "RS256", "crit": ["exp"]}), "unable to verify request token"),
        (token(claims(exp=NOW - 60)), "unable to verify request token"),
        (token(claims(exp=None)), "unable to verify request token"),
        (token(claims(exp=True)), "unable to verify request token"),
        (token(claims(exp=float("nan"))), "unable to verify request token"),
        (token(claims(exp=10**400)), "unable to verify request token"),
        (token(claims(iat=NOW + 61)), "unable to verify request token"),
        (token(claims(nbf=NOW + 61)), "unable to verify request token"),
        (token(claims(requestBody="")), "missing request body"),
        (token({"exp": NOW + 60}), "missing request body"),
        (token(claims(requestBody={"clientPublicKey": "pem"})), "invalid request body"),
        (token(claims(requestBody="[]")), "invalid request body"),
        (token(claims(requestBody='{"a":1,"a":2}')), "invalid request body"),
        (token(claims(requestBody="[" * 5000)), "invalid request body"),
    ],
)
def test_a_request_token_that_does_not_hold_is_refused_in_the_words_clients_match(text: str, message: str) -> None:
    with pytest.raises(RequestFailure) as refused:
        read_request_token(text, START)
    assert refused.value.message == message
    assert refused.value.status == (400 if "body" in message else 401)


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.text(max_size=200), st.builds("{}.{}.{}".format, *[st.text(max_size=60)] * 3)))
def test_no_text_breaks_the_reader(text: str) -> None:
    with pytest.raises(RequestFailure):
        read_request_token(text, START)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from(["exp", "iat", "nbf", "requestBody"]), st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2),
    max_leaves=3,
)))  # fmt: skip
def test_no_claims_break_the_reader(written: dict[str, Any]) -> None:
    with suppress(RequestFailure):
        assert isinstance(read_request_token(token(written), START), dict)
