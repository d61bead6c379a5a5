"""Who labels, as a URI: the form of an absolute URI (RFC 3986 sections 2, 3 and 4.3), checked before it is written.

A label says IDType uniformResourceIdentifier beside it, so what stands there has to be one: a scheme, and after it only
the characters of a URI with whole percent escapes. A urn has its two parts (RFC 8141 section 2), http and https a host.
No fragment: it would name a part of somebody. Nothing is looked up and nothing repaired.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from relto.base.errors import MalformedInput

MAX_URI: Final = 512
_URI = re.compile(r"\A[A-Za-z][A-Za-z0-9+.-]*:(?:[A-Za-z0-9._~!$&'()*+,;=:@/?\[\]-]|%[0-9A-Fa-f]{2})+\Z")
_URN = re.compile(r"\A[A-Za-z0-9][A-Za-z0-9-]{0,30}[A-Za-z0-9]:[^/?]")
_WITH_HOST = frozenset({"http", "https"})


def check_uri(text: str, field: str) -> str:
    """The text if it is an absolute URI of at most 512 characters. Raises MalformedInput naming the field."""
    if not _is_uri(text):
        raise MalformedInput("originator", field=field, expected="an absolute URI, such as urn:example:desk")
    return text


def _is_uri(text: str) -> bool:
    if len(text) > MAX_URI or not _URI.match(text):
        return False
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:  # brackets that hold no IPv6 address
        return False
    if parts.scheme == "urn":
        return bool(_URN.match(parts.path))
    return bool(host) or parts.scheme not in _WITH_HOST
