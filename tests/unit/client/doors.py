"""What a node says of itself, where a test has only a door."""

from __future__ import annotations

import json


def node_answer(url: str) -> str:
    """The answer of GET /node for a node whose portal, key service and relay are at one address."""
    addresses = dict.fromkeys(("portal_url", "key_service_url", "relay_url"), url)
    return json.dumps(
        {"nation": "USA", "kind": "training", "version": "0", "ledger_origin": "usa.localhost/ledger", **addresses}
    )
