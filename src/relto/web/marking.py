"""The marking bar's class for a banner line: text, end pattern and colour follow the level that the line names."""

from __future__ import annotations

_LEVELS = (
    ("TOP SECRET", "ts"),
    ("SECRET", "s"),
    ("CONFIDENTIAL", "c"),
    ("RESTRICTED", "r"),
    ("UNCLASSIFIED", "u"),
    ("CUI", "cui"),
)


def level_class(banner: str) -> str:
    """ts, s, c, r, cui or u; the highest level is looked for first."""
    words = banner.upper()
    return next((name for text, name in _LEVELS if text in words), "u")
