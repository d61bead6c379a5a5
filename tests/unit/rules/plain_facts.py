"""Facts as JSON values, written plainly: what the digests of old decisions were made from."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from typing import Any

from relto.base.instants import Period, instant_text


def plain_facts(value: Any) -> Any:
    """A dataclass with its kind, a period as its two ends, a set in order."""
    if isinstance(value, Period):
        return [instant_text(value.start), None if value.end is None else instant_text(value.end)]
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, frozenset):
        return sorted(plain_facts(entry) for entry in value)
    if isinstance(value, tuple):
        return [plain_facts(entry) for entry in value]
    if dataclasses.is_dataclass(value):
        members = {field.name: plain_facts(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return {"kind": type(value).__name__.lower(), **members}
    return value
