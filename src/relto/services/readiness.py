"""Whether one process can take requests now, for the proxy in front of it: not whether it lives (`/healthz` says that).

Rules: nothing is told but a code; the database is asked at most once a second, whoever asks how often. The portal is
ready while its database answers, because its pages can be read in quarantine too; doors that enter, sign or release
something are ready only while the node may act (promise 11), so that a proxy keeps requests for one that may.
"""

from __future__ import annotations

import threading
import time
from typing import Final, Literal

from django.db import Error as DatabaseError
from django.db import connection

from relto.ports.surroundings import Standing

State = Literal["ready", "database", "not_compared", "quarantined"]
READY: Final = "ready"
STATUS: Final = {True: 200, False: 503}
_KEPT_SECONDS: Final = 1.0


class Readiness:
    """Asked by a door's `/readyz`; safe in all threads of its process."""

    def __init__(self, standing: Standing, *, must_act: bool) -> None:
        """`must_act`: whether what the door answers needs a node that may act."""
        self._standing = standing
        self._must_act = must_act
        self._asking = threading.Lock()
        self._known: tuple[float, State] | None = None

    def state(self) -> State:
        """`ready`, or why not."""
        with self._asking:
            if self._known is None or time.monotonic() - self._known[0] > _KEPT_SECONDS:
                self._known = (time.monotonic(), self._look())
            return self._known[1]

    def answer(self) -> tuple[int, State]:
        """The HTTP status (200 or 503) and the code."""
        state = self.state()
        return STATUS[state == READY], state

    def _look(self) -> State:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
            standing = self._standing.state()
        except DatabaseError:
            connection.close()
            return "database"
        return standing if self._must_act else READY
