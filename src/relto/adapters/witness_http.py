"""A C2SP tlog-witness over HTTP: relto's own or anybody else's."""

from __future__ import annotations

import ssl
from functools import cached_property
from http import HTTPStatus
from typing import TYPE_CHECKING

from relto.adapters.http_addresses import address_of
from relto.adapters.partner_link import bounded_body, reaching
from relto.base.canonical import sha256_hex
from relto.base.errors import Unreachable
from relto.ledger.notes import LARGEST_NOTE_BYTES

if TYPE_CHECKING:
    import httpx

_SECONDS = 5


class HttpWitness:
    """A witness at a base URL."""

    def __init__(self, name: str, url: str) -> None:
        """`name`: what the node calls it; `url`: such as http://witness-usa.localhost:9080."""
        self.name = name
        self._address = address_of(url, schemes=("http", "https"))

    @cached_property
    def _client(self) -> httpx.Client:
        import httpx  # noqa: PLC0415  loaded by the first checkpoint, so that the worker starts sooner

        return httpx.Client(
            verify=_trust(self._address.url),
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

    def newest(self, origin: str) -> bytes | None:
        """The newest checkpoint of this log that it cosigned; None when it never did. Raises Unreachable."""
        path = f"{self._address.url}/{sha256_hex(origin.encode())}/checkpoint"
        with (
            reaching("witness"),
            self._client.stream("GET", path, extensions=dict(self._address.extensions)) as response,
        ):
            if response.status_code == HTTPStatus.NOT_FOUND:
                return None
            if response.status_code != HTTPStatus.OK:
                raise Unreachable("witness", field="witness", found=response.status_code, expected="a checkpoint")
            return bounded_body(response, LARGEST_NOTE_BYTES, _SECONDS)

    def close(self) -> None:
        """Close the connections."""
        if "_client" in vars(self):
            self._client.close()


def _trust(url: str) -> ssl.SSLContext | bool:
    """The public authorities for https; for http nobody, which saves reading the authorities' file."""
    return url.startswith("https:") or ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
