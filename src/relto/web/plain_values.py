"""Views of services as plain JSON values, for the files that pages hand out."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any

from relto.base.instants import instant_text


def plain(value: Any) -> Any:
    """Dataclasses become objects, instants texts, sets sorted lists; what is plain stays as it is."""
    if isinstance(value, datetime):
        return instant_text(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(name): plain(entry) for name, entry in value.items()}
    if isinstance(value, frozenset | set):
        return sorted(plain(entry) for entry in value)
    if isinstance(value, tuple | list):
        return [plain(entry) for entry in value]
    return value.value if isinstance(value, Enum) else value
