"""Attempts at a sign-in are counted by the caller's own address, and nobody but the portal's proxy says which it is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from relto.web.client_address import client_address
from tests.unit.web.portal import Portal

PROXIES = ("127.0.0.1", "2001:db8::1")


@pytest.fixture
def fresh_counts() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.mark.parametrize(
    ("peer", "forwarded", "counted"),
    [
        ("127.0.0.1", "203.0.113.7", "203.0.113.7"),
        ("::ffff:127.0.0.1", "203.0.113.7", "203.0.113.7"),
        ("2001:0db8::0001", "2001:0DB8::0007", "2001:db8::7"),
        ("127.0.0.1", "198.51.100.1, 203.0.113.7", "203.0.113.7"),
        ("127.0.0.1", "198.51.100.1, 203.0.113.7, 2001:db8::1", "203.0.113.7"),
        ("127.0.0.1", "203.0.113.7, unknown", "127.0.0.1"),
        ("127.0.0.1", "x" * 3000, "127.0.0.1"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "127.0.0.1", "127.0.0.1"),
        ("192.0.2.9", "203.0.113.7", "192.0.2.9"),
    ],
)
def test_the_last_address_that_a_trusted_proxy_wrote_counts(peer: str, forwarded: str, counted: str) -> None:
    assert client_address(peer, forwarded, PROXIES) == counted


def _fails(browser: Client, forwarded: str, number: int) -> bool:
    """Whether the address was held back; each try names another account, so that accounts are not what is counted."""
    form = {"login": f"usa-nobody-{number}", "password": "a password that is not hers"}
    answer = browser.post(reverse("account_login"), form, HTTP_X_FORWARDED_FOR=forwarded)
    assert answer.status_code in {200, 429}
    return answer.status_code == 429 or "Too many attempts" in answer.content.decode()


@pytest.mark.usefixtures("fresh_counts")
def test_one_who_guesses_behind_the_proxy_closes_nobody_elses_way_in(portal: Portal, settings: Settings) -> None:
    assert portal
    settings.RELTO_FORWARDED_BY = PROXIES
    browser = Client()
    assert [_fails(browser, "203.0.113.7", number) for number in range(11)] == [False] * 10 + [True]
    assert not _fails(browser, "203.0.113.8", 11), "another person behind the same proxy"
    assert _fails(browser, "203.0.113.8, 203.0.113.7", 12), "what the caller wrote herself is not believed"


@pytest.mark.usefixtures("fresh_counts")
def test_without_the_setting_no_header_opens_a_way_round_the_count(portal: Portal) -> None:
    assert portal
    browser = Client()
    assert [_fails(browser, f"203.0.113.{number}", number) for number in range(11)] == [False] * 10 + [True]
