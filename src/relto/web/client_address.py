"""Whose address a request comes from, by which attempts at a sign-in are counted.

Rule: an address that somebody writes into a header is believed from the proxies that the settings name and from nobody
else; of the header `X-Forwarded-For`, what the nearest of those proxies wrote, which is the last address that is none
of theirs. What stands before it came from outside.
"""

from __future__ import annotations

from collections.abc import Collection
from ipaddress import ip_address
from typing import Final

FORWARDED: Final = "HTTP_X_FORWARDED_FOR"
_LONGEST_HEADER: Final = 2048


def client_address(peer: str, forwarded: str, proxies: Collection[str]) -> str:
    """The caller's address: the peer of the connection, or whom the trusted proxy says that it speaks for.

    `proxies` as `written_alike` writes them. A header that is too long or holds no address where it counts is no
    statement: the peer is counted.
    """
    nearest = written_alike(peer)
    if nearest not in proxies or len(forwarded) > _LONGEST_HEADER:
        return nearest or peer
    for one in reversed(forwarded.split(",")):
        address = written_alike(one.strip())
        if not address:
            break
        if address not in proxies:
            return address
    return nearest


def written_alike(text: str) -> str:
    """An address in its one spelling, an IPv4 address within IPv6 as itself; empty for what is no address."""
    try:
        found = ip_address(text)
    except ValueError:
        return ""
    return str(getattr(found, "ipv4_mapped", None) or found)
