"""The origin of an address, as browsers write it (RFC 6454 section 6.2)."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

_USUAL: Final = {"https": 443, "http": 80}


def origin_of(address: str) -> str:
    """Scheme, host in lower case, and the port where it is not the scheme's usual one."""
    parts = urlsplit(address)
    port = "" if parts.port in (None, _USUAL.get(parts.scheme)) else f":{parts.port}"
    return f"{parts.scheme}://{parts.hostname or ''}{port}"
