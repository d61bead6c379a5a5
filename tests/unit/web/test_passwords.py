"""Which passwords are refused, whatever their length."""

from __future__ import annotations

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from relto.store.models import Account
from relto.web.passwords import WORDS


@pytest.mark.parametrize(
    "password",
    [
        "passwordpassword",
        "Password1234567890",
        "qwertyuiopasdfghjkl",
        "letmeindragon123456",
        "aaaaaaaaaaaaaaaaaaa",
        "123456789012345678",
        "relto-India-secret-2026",
        "WELCOME to relto login",
        "usa-f014-engineer-abcd!",
        "too short",
    ],
)
def test_common_chains_words_of_this_place_and_the_login_code_are_refused(password: str) -> None:
    with pytest.raises(ValidationError):
        validate_password(password, Account(username="usa-f014-engineer-abcd"))


@pytest.mark.parametrize(
    "password",
    [
        "a long enough sentence",
        "amber turbines before dawn",
        "kdh3-2vnq-77ab-mzx4",
        "\u092e\u0947\u0930\u0940 \u0928\u093e\u0935 \u0928\u0940\u0932\u0940 \u0939\u0948 \u0906\u091c",
        "my cousin in Delhi sells blue bicycles",
    ],
)
def test_what_only_its_holder_would_put_together_is_taken(password: str) -> None:
    validate_password(password, Account(username="usa-f014-engineer-abcd"))


def test_the_words_are_written_as_they_are_compared() -> None:
    assert [word for word in WORDS if word != word.lower() or not word.isalnum()] == []
