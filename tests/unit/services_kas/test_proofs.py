"""Proofs of possession (RFC 9449 section 4.3), by themselves."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey, OctKey, RSAKey

from relto.base.errors import NotAuthenticated, Unreachable
from relto.services import proofs as module
from relto.services.proofs import INVALID, NONCE_NEEDED, Challenge, Presented, Proofs, challenge_of
from tests.support.proofs import Prover
from tests.unit.services_kas.node import START

URL = "https://kas.usa.example/kas.AccessService/Rewrap"
TOKEN = "header.claims.signature"
AT = START.timestamp()
CLIENT = Prover()
RSA = Prover(RSAKey.generate_key(2048), "RS256")


def presented(*proofs: str, method: str = "POST", url: str = URL) -> Presented:
    return Presented("dpop", proofs, method, url)


def fresh(**settings: Any) -> Proofs:
    found = Proofs(**settings)
    found.begin(START - timedelta(hours=1))
    return found


def proof(**changes: Any) -> str:
    return CLIENT.proof("POST", URL, **{"at": AT, "token": TOKEN, **changes})


def refusal(judge: Proofs, text: str, **asked: Any) -> Challenge:
    with pytest.raises(NotAuthenticated) as refused:
        judge.check(presented(text), **{"token": TOKEN, "bound_to": CLIENT.key.thumbprint(), "now": START, **asked})
    found = challenge_of(refused.value)
    assert found is not None
    assert refused.value.reason == (NONCE_NEEDED if found.nonce else INVALID)
    return found


@pytest.mark.parametrize(
    "client",
    [
        CLIENT,
        RSA,
        Prover(RSA.key, "PS512"),
        Prover(ECKey.generate_key("P-384"), "ES384"),
        Prover(ECKey.generate_key("P-521"), "ES512"),
    ],
)
def test_a_proof_shows_the_key_that_the_token_is_bound_to(client: Prover) -> None:
    text = client.proof("POST", URL, at=AT, token=TOKEN)
    proven = fresh().check(presented(text), token=TOKEN, bound_to=client.key.thumbprint(), now=START)
    assert proven.thumbprint == client.key.thumbprint()


@pytest.mark.parametrize(
    "url",
    [
        URL + "?query=1#part",
        URL.replace("https", "HTTPS").replace("kas.usa.example", "KAS.USA.EXAMPLE:443"),
        URL.replace("Rewrap", "%52ewrap"),
    ],
)
def test_the_same_address_is_written_in_several_ways(url: str) -> None:
    text = CLIENT.proof("POST", url, at=AT, token=TOKEN)
    assert fresh().check(presented(text), token=TOKEN, bound_to=None, now=START)


@pytest.mark.parametrize(
    "changes",
    [
        {"claims": {"htm": "GET"}},
        {"claims": {"htu": URL.replace("https", "http")}},
        {"claims": {"htu": URL.replace("usa", "ind")}},
        {"claims": {"htu": URL + "/more"}},
        {"claims": {"htu": "/kas.AccessService/Rewrap"}},
        {"claims": {"htu": "https://[bad"}},
        {"claims": {"htu": 5}},
        {"claims": {"ath": "AAAA"}},
        {"claims": {"iat": "now"}},
        {"claims": {"iat": True}},
        {"claims": {"jti": ""}},
        {"claims": {"jti": "x" * 257}},
        {"claims": {"jti": 7}},
        {"without": ("htm",)},
        {"without": ("htu",)},
        {"without": ("iat",)},
        {"without": ("jti",)},
        {"without": ("ath",)},
        {"header": {"typ": "JWT"}},
        {"without": ("typ",)},
        {"without": ("jwk",)},
        {"header": {"jwk": CLIENT.key.as_dict(private=True)}},
        {"header": {"jwk": Prover().key.as_dict(private=False)}},
        {"header": {"jwk": RSA.key.as_dict(private=False)}},
        {"header": {"jwk": {**CLIENT.key.as_dict(private=False), "crv": "secp256k1"}}},
        {"header": {"jwk": {**CLIENT.key.as_dict(private=False), "x": "AAAA"}}},
        {"claims": {"pad": "x" * 9000}},
    ],
)
def test_whatever_is_wrong_with_a_proof_is_refused_in_one_way(changes: dict[str, Any]) -> None:
    assert refusal(fresh(), proof(**changes)) == Challenge("invalid_dpop_proof", "")


@pytest.mark.parametrize("away", [-61, 61, -86400, 86400])
def test_a_proof_from_another_time_is_told_a_nonce_and_with_it_a_wrong_clock_does_not_matter(away: int) -> None:
    judge = fresh()
    for near in (-60, 60):
        assert judge.check(presented(proof(at=AT + near)), token=TOKEN, bound_to=None, now=START)
    refused = refusal(judge, proof(at=AT + away))
    assert refused.error == "use_dpop_nonce"
    text = proof(at=AT + away, claims={"nonce": refused.nonce})
    judge.record(judge.check(presented(text), token=TOKEN, bound_to=None, now=START), START)
    for later in (0, 59, 119):
        now = START + timedelta(seconds=later)
        with pytest.raises(NotAuthenticated):
            judge.record(judge.check(presented(text), token=TOKEN, bound_to=None, now=now), now)


@pytest.mark.parametrize("ahead", [200, 300, 540])
def test_a_fast_clock_s_proof_does_not_serve_again_when_its_time_has_come(ahead: int) -> None:
    judge = fresh()
    text = proof(at=AT + ahead, claims={"nonce": judge.nonce(START)})
    judge.record(judge.check(presented(text), token=TOKEN, bound_to=None, now=START), START)
    later = START + timedelta(seconds=ahead)
    assert refusal(judge, text, now=later) == Challenge("use_dpop_nonce", judge.nonce(later))


def test_what_came_just_before_the_memory_turned_is_still_known_as_long_as_it_holds() -> None:
    judge, skew = fresh(), 60
    judge.record(judge.check(presented(proof()), token=TOKEN, bound_to=None, now=START), START)
    late = START + timedelta(seconds=2 * skew + 1)
    text = proof(at=late.timestamp() + skew)
    judge.record(judge.check(presented(text), token=TOKEN, bound_to=None, now=late), late)
    last = late + timedelta(seconds=2 * skew)
    proven = judge.check(presented(text), token=TOKEN, bound_to=None, now=last)
    with pytest.raises(NotAuthenticated):
        judge.record(proven, last)


def test_a_secret_shared_with_the_server_proves_no_key() -> None:
    client = Prover(OctKey.generate_key(256), "HS256")  # type: ignore[arg-type]
    for member in (client.key.as_dict(private=True), {"kty": "oct"}):
        text = client.proof("POST", URL, at=AT, token=TOKEN, header={"jwk": member})
        assert not refusal(fresh(), text).nonce


@pytest.mark.parametrize("size", [1024, 8192])
def test_a_key_of_another_size_is_no_key(size: int) -> None:
    # Made up: an odd number of that size is enough for the size to be judged.
    number = (1 << (size - 1)) | 1
    written = module._base64url(number.to_bytes(size // 8, "big"))
    text = RSA.proof("POST", URL, at=AT, token=TOKEN, header={"jwk": {"kty": "RSA", "e": "AQAB", "n": written}})
    assert not refusal(fresh(), text, bound_to=None).nonce


def test_a_path_alone_is_taken_where_a_door_says_so_and_never_for_a_token() -> None:
    path = "/kas.AccessService/Rewrap"
    lenient = Presented("dpop", (proof(claims={"htu": path}),), "POST", URL, path_suffices=True)
    assert fresh().check(lenient, token=TOKEN, bound_to=None, now=START)
    for claims, token in (({"htu": path}, None), ({"htu": path + "/x"}, TOKEN), ({"htu": ""}, TOKEN)):
        text = proof(claims=claims)
        with pytest.raises(NotAuthenticated):
            fresh().check(
                Presented("dpop", (text,), "POST", URL, path_suffices=True), token=token, bound_to=None, now=START
            )


def test_another_key_and_another_token_are_refused() -> None:
    assert not refusal(fresh(), proof(), bound_to=Prover().key.thumbprint()).nonce
    assert not refusal(fresh(), proof(), token="another").nonce


_TEXT_FOR_A_KEY = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjoidGV4dCJ9.e30.c2ln"


@pytest.mark.parametrize("texts", [(), ("a", "b"), ("",), ("é",), ("a.b.c",), ("x" * 9000,), (_TEXT_FOR_A_KEY,)])
def test_there_is_exactly_one_proof_and_it_is_one(texts: tuple[str, ...]) -> None:
    with pytest.raises(NotAuthenticated):
        fresh().check(presented(*texts), token=TOKEN, bound_to=None, now=START)


def test_a_proof_serves_once_however_often_it_is_checked() -> None:
    judge = fresh()
    text = proof()
    proven = judge.check(presented(text), token=TOKEN, bound_to=None, now=START)
    judge.record(proven, START)
    for after in (0, 59, 60):
        now = START + timedelta(seconds=after)
        again = judge.check(presented(text), token=TOKEN, bound_to=None, now=now)
        with pytest.raises(NotAuthenticated):
            judge.record(again, now)


@given(st.lists(st.tuples(st.integers(0, 7), st.floats(0, 20)), max_size=60))
def test_no_proof_is_taken_twice_while_it_holds(uses: list[tuple[int, float]]) -> None:
    judge = fresh(skew=timedelta(seconds=10))
    texts = [CLIENT.proof("POST", URL, at=AT + 5 * number, token=TOKEN) for number in range(8)] if uses else []
    taken: set[int] = set()
    now = START
    for number, passing in uses:
        now += timedelta(seconds=passing)
        with suppress(NotAuthenticated):
            proven = judge.check(presented(texts[number]), token=TOKEN, bound_to=None, now=now)
            judge.record(proven, now)
            assert number not in taken
            taken.add(number)


def test_a_full_memory_refuses_instead_of_forgetting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_SEEN", 2)
    judge = fresh()
    for _ in range(2):
        judge.record(judge.check(presented(proof()), token=TOKEN, bound_to=None, now=START), START)
    with pytest.raises(Unreachable):
        judge.record(judge.check(presented(proof()), token=TOKEN, bound_to=None, now=START), START)
    later = START + timedelta(minutes=5)
    proven = judge.check(presented(proof(at=later.timestamp())), token=TOKEN, bound_to=None, now=later)
    judge.record(proven, later)


def test_where_a_nonce_is_demanded_it_is_told_and_holds_for_two_windows() -> None:
    judge = fresh(nonce_required=True)
    refused = refusal(judge, proof())
    assert refused.error == "use_dpop_nonce"
    for after, holds in ((0, True), (60, True), (120, False)):
        now = START + timedelta(seconds=after)
        text = proof(at=now.timestamp(), claims={"nonce": refused.nonce})
        if holds:
            assert judge.check(presented(text), token=TOKEN, bound_to=None, now=now)
        else:
            assert refusal(judge, text, now=now).nonce == judge.nonce(now) != refused.nonce
    assert refusal(judge, proof(claims={"nonce": 5})).nonce
    assert refusal(judge, proof(claims={"nonce": fresh().nonce(START)})).nonce


def test_a_proof_from_before_the_start_needs_a_nonce_of_this_process() -> None:
    text = proof(at=AT - 10)
    judge = Proofs()
    judge.begin(START - timedelta(seconds=5))
    refused = refusal(judge, text)
    assert refused.nonce
    assert judge.check(
        presented(proof(at=AT - 10, claims={"nonce": refused.nonce})), token=TOKEN, bound_to=None, now=START
    )
    assert judge.check(presented(proof()), token=TOKEN, bound_to=None, now=START)


@given(st.one_of(st.text(max_size=200), st.binary(max_size=200).map(lambda data: data.decode("latin-1"))))
def test_no_text_breaks_the_check(text: str) -> None:
    with pytest.raises(NotAuthenticated):
        fresh().check(presented(text), token=TOKEN, bound_to=None, now=START)
