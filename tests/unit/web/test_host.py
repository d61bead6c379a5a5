"""The portal answers under its own host name only."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.unit.web.portal import Portal


@pytest.mark.parametrize("path", ["/en/marks/", "/en/account/sign-in/"])
def test_a_page_asked_for_under_a_foreign_host_is_not_given(portal: Portal, path: str) -> None:
    assert portal
    assert Client().get(path).status_code == 200
    assert Client(SERVER_NAME="evil.example").get(path).status_code == 400
