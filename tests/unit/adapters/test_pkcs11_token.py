"""Keys in a token work there and never leave it; a token that went away is waited for, not taken for a forger."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from relto.adapters import pkcs11_sessions
from relto.adapters.pkcs11_token import Pkcs11Token
from relto.adapters.pkcs11_uri import identity_in, read_token_uri
from relto.adapters.system import SystemEntropy
from relto.base.errors import Misconfigured, NotVerified, Unreachable
from relto.sealing.encapsulation import Wrapped, unwrap_bytes, wrap_bytes
from relto.sealing.keys import algorithm_of, load_public_key
from tests.support.soft_token import LABEL, SoftToken, soft_token

IN_TOKEN = ("rsa:2048", "ec:secp256r1", "ec:secp384r1", "ec:secp521r1")


@pytest.fixture
def soft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SoftToken:
    monkeypatch.setattr(pkcs11_sessions, "_PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(pkcs11_sessions, "_FRESH_SECONDS", 0.0)
    return soft_token(tmp_path, monkeypatch)


@pytest.fixture
def token(soft: SoftToken) -> Pkcs11Token:
    return Pkcs11Token.open(soft.setting, SystemEntropy())


def test_each_kind_of_key_unwraps_in_the_token_what_was_wrapped_for_its_public_half(token: Pkcs11Token) -> None:
    for algorithm in IN_TOKEN:
        made = token.generate(algorithm, lambda _: "kid-1")
        public = load_public_key(made.public_pem)
        assert algorithm_of(public) == algorithm
        holder = token.key(made.reference, algorithm, made.public_pem)
        share = os.urandom(32)
        wrapped = wrap_bytes(public, share, os.urandom)
        assert unwrap_bytes(holder, wrapped) == share
        for wrong in (b"", wrapped.data[:-1], wrapped.data[:-1] + bytes([wrapped.data[-1] ^ 1])):
            with pytest.raises(NotVerified):
                unwrap_bytes(holder, Wrapped(wrong, wrapped.ephemeral_public_key))
        assert unwrap_bytes(holder, wrapped) == share


def test_threads_share_the_token(token: Pkcs11Token) -> None:
    made = token.generate("ec:secp256r1", lambda _: "kid-1")
    holder = token.key(made.reference, "ec:secp256r1", made.public_pem)
    shares = [os.urandom(32) for _ in range(40)]
    wrapped = [wrap_bytes(load_public_key(made.public_pem), share, os.urandom) for share in shares]
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(lambda one: unwrap_bytes(holder, one), wrapped)) == shares


def test_the_private_half_is_sensitive_and_does_not_leave_the_token(token: Pkcs11Token) -> None:
    import pkcs11  # noqa: PLC0415  the fixture skips where it is absent

    for algorithm in ("rsa:2048", "ec:secp256r1"):
        made = token.generate(algorithm, lambda _: "kid-1")
        with token._session.entered() as (session, _):
            private = session.get_key(
                object_class=pkcs11.ObjectClass.PRIVATE_KEY, id=identity_in(made.reference, LABEL)
            )
            held = {name: private[name] for name in (pkcs11.Attribute.SENSITIVE, pkcs11.Attribute.NEVER_EXTRACTABLE)}
            assert set(held.values()) == {True}
            assert private[pkcs11.Attribute.EXTRACTABLE] is False
            assert private.label == "kid-1"
            secret = pkcs11.Attribute.PRIVATE_EXPONENT if algorithm.startswith("rsa") else pkcs11.Attribute.VALUE
            with pytest.raises(pkcs11.exceptions.AttributeSensitive):
                private[secret]


def test_post_quantum_keys_do_not_go_into_the_token(token: Pkcs11Token) -> None:
    assert [name for name in (*IN_TOKEN, "mlkem:1024", "hpqt:secp384r1-mlkem1024") if token.can_hold(name)] == [
        *IN_TOKEN
    ]


def test_a_token_that_hangs_holds_one_thread_and_no_other(token: Pkcs11Token, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pkcs11_sessions, "_TURN_SECONDS", 0.05)
    made = token.generate("rsa:2048", lambda _: "kid-1")
    holder = token.key(made.reference, "rsa:2048", made.public_pem)
    wrapped = wrap_bytes(load_public_key(made.public_pem), bytes(32), os.urandom)
    with ThreadPoolExecutor(4) as threads, token._session.entered():
        asked = [threads.submit(unwrap_bytes, holder, wrapped) for _ in range(4)]
        for one in asked:
            assert isinstance(one.exception(timeout=10), Unreachable)
    assert unwrap_bytes(holder, wrapped) == bytes(32)


def test_a_token_that_went_away_is_said_to_be_and_serves_again_when_it_is_back(
    soft: SoftToken, token: Pkcs11Token
) -> None:
    made = token.generate("rsa:2048", lambda _: "kid-1")
    holder = token.key(made.reference, "rsa:2048", made.public_pem)
    wrapped = wrap_bytes(load_public_key(made.public_pem), bytes(32), os.urandom)
    assert unwrap_bytes(holder, wrapped) == bytes(32)
    soft.vanish()
    for _ in range(2):
        with pytest.raises(Unreachable) as silent:
            unwrap_bytes(holder, wrapped)
        assert silent.value.full_code == "unreachable.key_store"
    soft.come_back()
    assert unwrap_bytes(holder, wrapped) == bytes(32)


def test_a_refused_pin_is_not_tried_again_until_the_file_says_another(soft: SoftToken, token: Pkcs11Token) -> None:
    right = soft.pin_file.read_text()
    soft.pin_file.write_text("wrong\n")
    for _ in range(12):  # SoftHSM would not lock itself; others do after three
        with pytest.raises(Unreachable) as refused:
            token.require_answer()
        assert refused.value.full_code == "unreachable.key_store_pin"
    soft.pin_file.write_text(right)
    token.require_answer()
    soft.pin_file.chmod(0o644)
    with pytest.raises(Misconfigured):
        Pkcs11Token.open(soft.setting, SystemEntropy()).require_answer()


def test_a_destroyed_key_and_an_exchanged_public_half_serve_nothing(token: Pkcs11Token) -> None:
    made, other = (token.generate("ec:secp256r1", lambda _: "kid-1") for _ in range(2))
    wrapped = wrap_bytes(load_public_key(made.public_pem), bytes(32), os.urandom)
    with pytest.raises(Unreachable):
        unwrap_bytes(token.key(made.reference, "ec:secp256r1", other.public_pem), wrapped)
    holder = token.key(made.reference, "ec:secp256r1", made.public_pem)
    assert unwrap_bytes(holder, wrapped) == bytes(32)
    token.destroy(made.reference)
    token.destroy(made.reference)
    with pytest.raises(Unreachable):
        unwrap_bytes(holder, wrapped)


def test_the_setting_names_token_module_and_pin_file_and_nothing_else() -> None:
    uri = read_token_uri("pkcs11:token=USA%20node?module-path=/usr/lib/a.so&pin-source=file:/run/pin")
    assert (uri.token, uri.module, uri.pin_source) == ("USA node", "/usr/lib/a.so", "/run/pin")
    assert uri.reference(b"\x00\xff") == "pkcs11:token=USA%20node;id=%00%FF"
    assert identity_in(uri.reference(b"\x00\xff"), "USA node") == b"\x00\xff"
    for wrong in (
        "",
        "pkcs11:",
        "pkcs11:token=a",
        "pkcs11:token=a?module-path=/a.so",
        "pkcs11:token=a?module-path=a.so&pin-source=/pin",
        "pkcs11:token=a?module-path=/a.so&pin-source=pin",
        "pkcs11:token=a?module-path=/a.so&pin-source=/pin&pin-value=1234",
        "pkcs11:token=a;token=b?module-path=/a.so&pin-source=/pin",
        f"pkcs11:token={'a' * 33}?module-path=/a.so&pin-source=/pin",
        "pkcs11:token=%FF?module-path=/a.so&pin-source=/pin",
    ):
        with pytest.raises(Misconfigured) as refused:
            read_token_uri(wrong)
        assert "1234" not in str(refused.value)
    with pytest.raises(Misconfigured):
        identity_in(uri.reference(b"\x00"), "another token")


def test_a_module_that_is_not_there_is_named_as_the_setting(soft: SoftToken) -> None:
    setting = soft.setting.replace("libsofthsm2.so", "absent.so")
    with pytest.raises(Misconfigured) as refused:
        Pkcs11Token.open(setting, SystemEntropy()).require_answer()
    assert refused.value.full_code == "misconfigured.key_store_module"
