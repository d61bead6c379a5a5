"""What is sealed in the store opens only where it was put; a session is sealed whole."""

from __future__ import annotations

import pytest

from relto.base.errors import NotVerified
from relto.store.fields import open_value, seal_value, use_field_key
from relto.web.sessions import SessionStore


@pytest.fixture(autouse=True)
def _field_key() -> None:
    use_field_key(b"k" * 32)


def test_a_sealed_value_opens_only_in_its_own_column() -> None:
    sealed = seal_value(b"a title", b"store_item.title")
    assert b"a title" not in sealed
    assert open_value(sealed, b"store_item.title") == b"a title"
    for altered in (sealed[:-1] + bytes([sealed[-1] ^ 1]), b"\x02" + sealed[1:], b""):
        with pytest.raises(NotVerified):
            open_value(altered, b"store_item.title")
    with pytest.raises(NotVerified):
        open_value(sealed, b"store_item.file_name")


@pytest.mark.django_db
def test_a_session_keeps_no_secret_in_clear_and_a_foreign_one_is_empty() -> None:
    session = SessionStore()
    stored = session.encode({"mfa.totp.secret": "R2ALJ2T6HTA3HRVO"})
    assert "R2ALJ2T6HTA3HRVO" not in stored
    assert session.decode(stored) == {"mfa.totp.secret": "R2ALJ2T6HTA3HRVO"}
    assert session.decode("bm90IG91cnM=") == {}
