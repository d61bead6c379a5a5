"""The SDK: seal, ask, decide, open and verify through a node's own doors (docs/how-to/use-the-client.md).

Without Django and without trust in the network. `NodeClient` blocks, `AsyncNodeClient` is awaited; both have the same
verbs and give the same typed answers.
"""

from relto.client.async_node import AsyncNodeClient
from relto.client.calls.items import Announcement, Label
from relto.client.node import NodeClient
from relto.client.steps import Progress

__all__ = ["Announcement", "AsyncNodeClient", "Label", "NodeClient", "Progress"]
