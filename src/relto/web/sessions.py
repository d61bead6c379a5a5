"""Sessions, sealed at rest: libraries keep secrets in them for a moment, such as a new authenticator's seed."""

from __future__ import annotations

import base64
from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseSessions

from relto.base.errors import NotVerified
from relto.store.fields import open_value, seal_value

_PLACE = b"django_session.session_data"


class SessionStore(DatabaseSessions):
    """Database sessions whose content is sealed under the node's field key, inside Django's own signature."""

    def encode(self, session_dict: dict[str, Any]) -> str:
        """The session as it is stored."""
        return base64.b64encode(seal_value(super().encode(session_dict).encode("ascii"), _PLACE)).decode("ascii")

    def decode(self, session_data: bytes | str) -> dict[str, Any]:
        """The stored session; one that this node did not seal is an empty one."""
        try:
            plain = open_value(base64.b64decode(session_data), _PLACE)
        except (NotVerified, ValueError):
            return {}
        return super().decode(plain.decode("ascii"))
