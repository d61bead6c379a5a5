"""A C2SP tlog-witness over HTTP: relto's own or anybody else's."""

from __future__ import annotations

import httpx

from relto.adapters.http_addresses import address_of
from relto.adapters.partner_link import bounded_body, reaching
from relto.ledger.notes import LARGEST_NOTE_BYTES

_SECONDS = 5


class HttpWitness:
    """A witness at a base URL."""

    def __init__(self, name: str, url: str) -> None:
        """`name`: what the node calls it; `url`: such as http://witness-usa.localhost:9080."""
        self.name = name
        self._address = address_of(url, schemes=("http", "https"))
        self._client = httpx.Client(
            trust_env=False,
            follow_redirects=False,
            timeout=_SECONDS,
            headers={**self._address.headers, "Accept-Encoding": "identity"},
        )

    def add_checkpoint(self, body: bytes) -> tuple[int, bytes]:
        """POST add-checkpoint: (status, body). Raises Unreachable. Its lines count by their keys only."""
        with (
            reaching("witness"),
            self._client.stream(
                "POST",
                f"{self._address.url}/add-checkpoint",
                content=body,
                headers={"Content-Type": "text/plain; charset=utf-8"},
                extensions=dict(self._address.extensions),
            ) as response,
        ):
            return response.status_code, bounded_body(response, LARGEST_NOTE_BYTES, _SECONDS)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
