"""Which service a key access object names: clients keep or cut a trailing `/kas` and default ports (OpenTDF)."""

from __future__ import annotations

from urllib.parse import urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}


def same_origin(url: str, origin: str) -> bool:
    """True when a key access url names this origin."""
    named = normal_origin(url.rstrip("/").removesuffix("/kas"))
    return named is not None and named == normal_origin(origin.rstrip("/"))


def normal_origin(url: str) -> str | None:
    """Scheme, host and port of an origin in lower case, without a default port; None when it is no origin."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    scheme = parts.scheme.lower()
    if scheme not in _DEFAULT_PORTS or not parts.hostname or parts.path or parts.query or parts.fragment:
        return None
    if parts.username is not None or "@" in parts.netloc:
        return None
    return f"{scheme}://{parts.hostname}:{_DEFAULT_PORTS[scheme] if port is None else port}"
