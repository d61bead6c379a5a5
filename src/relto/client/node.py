"""`NodeClient`: what a person may do at her own nation's node, as one typed object, blocking."""

from __future__ import annotations

from relto.client.blocking import BlockingDriver
from relto.client.surface import Verbs


class NodeClient(BlockingDriver, Verbs):
    """A person's own node, reached with her client credential. Close it, or use it in a `with` statement."""
