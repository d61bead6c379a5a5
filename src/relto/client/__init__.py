"""The SDK: seal, ask, decide, open and verify through a node's own doors.

Without Django and without trust in the network.

from relto.client import NodeClient
with NodeClient("https://node.example", client_id, client_secret) as node:
node.open_item("itm_...", Path("report.pdf"))
"""

from relto.client.node import NodeClient

__all__ = ["NodeClient"]
