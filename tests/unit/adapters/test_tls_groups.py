"""The link offers post-quantum groups wherever the TLS library knows them, and says so plainly where it does not."""

from __future__ import annotations

import ssl

import pytest

from relto.adapters.tls_groups import GROUPS, negotiated_group, offer_groups


class _Context:
    """What Python 3.15 adds to a context, as far as this module asks for it."""

    def __init__(self, *, knows: bool = True) -> None:
        self.offered = ""
        self.knows = knows

    def set_groups(self, groups: str) -> None:
        if not self.knows:
            raise ssl.SSLError
        self.offered = groups


def test_an_old_library_is_said_to_be_classical(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ssl, "OPENSSL_VERSION_INFO", (3, 0, 0, 19, 0))
    context = _Context()
    assert offer_groups(context).offer == "classical"  # type: ignore[arg-type]
    assert not context.offered


def test_a_library_with_ml_kem_offers_it_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ssl, "OPENSSL_VERSION_INFO", (3, 5, 0, 0, 0))
    context = _Context()
    assert offer_groups(context).offer == "chosen"  # type: ignore[arg-type]
    assert context.offered == GROUPS
    assert GROUPS.split(":")[0] == "SecP384r1MLKEM1024"
    assert offer_groups(_Context(knows=False)).offer == "library_default"  # type: ignore[arg-type]
    assert offer_groups(object()).offer == "library_default"  # type: ignore[arg-type]


def test_this_machine_s_own_context_takes_the_offer_and_the_group_is_told_where_python_tells_it() -> None:
    offered = offer_groups(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    assert offered.library == ssl.OPENSSL_VERSION
    assert (offered.offer == "classical") == (ssl.OPENSSL_VERSION_INFO[:2] < (3, 5))
    assert negotiated_group(object()) == ""
