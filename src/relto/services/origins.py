"""Which service a key access object names: clients cut or keep a trailing `/kas` (OpenTDF, transport)."""

from __future__ import annotations


def same_origin(url: str, origin: str) -> bool:
    """True when a key access url names this origin."""
    return url.rstrip("/").removesuffix("/kas").lower() == origin.rstrip("/").lower()
