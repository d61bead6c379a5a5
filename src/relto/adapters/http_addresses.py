"""How a URL is reached: names under `localhost` are this machine (RFC 6761 section 6.3), whatever the resolver knows.

The connection goes to 127.0.0.1; the Host header, the TLS server name and the certificate's name stay those of the URL.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from relto.base.errors import Misconfigured

LOOPBACK = "127.0.0.1"


def is_loopback_name(host: str) -> bool:
    """True for `localhost` and every name under it."""
    return host == "localhost" or host.endswith(".localhost")


@dataclass(frozen=True, slots=True)
class Address:
    """Where to connect: base URL without a trailing slash, headers and httpx extensions to send with each request."""

    url: str
    headers: dict[str, str]
    extensions: dict[str, Any]


def address_of(url: str, *, schemes: tuple[str, ...]) -> Address:
    """The address of a base URL. Raises Misconfigured unless it has one of the schemes, a host, and no query."""
    parts = urlsplit(url)
    if parts.scheme not in schemes or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise Misconfigured("url", field="url", expected=" or ".join(f"{scheme}://host:port" for scheme in schemes))
    path = parts.path.rstrip("/")
    if not is_loopback_name(parts.hostname):
        return Address(f"{parts.scheme}://{parts.netloc}{path}", {}, {})
    port = f":{parts.port}" if parts.port else ""
    extensions = {"sni_hostname": parts.hostname} if parts.scheme == "https" else {}
    return Address(f"{parts.scheme}://{LOOPBACK}{port}{path}", {"Host": parts.netloc}, extensions)
