"""What a verb may say of itself to whoever watches the node: numbers by codes of closed lists, never content.

Promise: nothing is looked up, formatted or kept unless the operator asked to watch; the default does nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Telemetry(Protocol):
    """Whoever counts what the verbs decide."""

    def decided(self, action: str, *, permitted: bool, gates: Sequence[str]) -> None:
        """A decision about a share was recorded: its action, its answer, and the gates that did not hold."""
        ...


class NoTelemetry:
    """Nobody watches."""

    __slots__ = ()

    def decided(self, action: str, *, permitted: bool, gates: Sequence[str]) -> None:
        """Nothing."""


NOBODY_WATCHES = NoTelemetry()
