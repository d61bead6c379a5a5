"""`AsyncNodeClient`: what a person may do at her own nation's node, as one typed object, awaited."""

from __future__ import annotations

from relto.client.awaiting import AwaitingDriver
from relto.client.surface import Verbs


class AsyncNodeClient(AwaitingDriver, Verbs):
    """A person's own node, reached with her client credential. Close it, or use it in an `async with` statement."""
