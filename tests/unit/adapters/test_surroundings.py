"""The clock never goes back behind what is known to be past; names under localhost need no resolver."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from relto.adapters.http_addresses import address_of
from relto.adapters.system import SystemClock, SystemEntropy
from relto.base.errors import Misconfigured, Unreachable


def test_a_clock_set_back_refuses_to_answer() -> None:
    now = datetime.now(UTC)
    assert abs(SystemClock().now() - now) < timedelta(minutes=1)
    assert SystemClock(lambda: now + timedelta(minutes=1)).now()
    with pytest.raises(Unreachable, match="clock"):
        SystemClock(lambda: now + timedelta(hours=1)).now()


def test_random_bytes_are_as_many_as_asked_and_never_the_same() -> None:
    entropy = SystemEntropy()
    assert len(entropy.random_bytes(15)) == 15
    assert entropy.random_bytes(16) != entropy.random_bytes(16)


def test_localhost_names_are_this_machine_and_keep_their_name() -> None:
    address = address_of("https://ind.localhost:9443/", schemes=("https",))
    assert address.url == "https://127.0.0.1:9443"
    assert address.headers == {"Host": "ind.localhost:9443"}
    assert address.extensions == {"sni_hostname": "ind.localhost"}
    other = address_of("https://dsa.example/relto/", schemes=("https",))
    assert (other.url, other.headers, other.extensions) == ("https://dsa.example/relto", {}, {})


@pytest.mark.parametrize("url", ["http://ind.localhost", "ftp://x", "https://", "https://u:p@x", "https://x/?q", "x"])
def test_other_urls_are_not_taken(url: str) -> None:
    with pytest.raises(Misconfigured):
        address_of(url, schemes=("https",))
