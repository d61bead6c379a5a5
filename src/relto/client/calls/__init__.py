"""Every exchange with the node's API described once, as data: method, path, body and answer (docs/reference/api.md)."""
