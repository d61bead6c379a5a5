"""Names under `.localhost` are this machine (RFC 6761 section 6.3), whether or not its resolver knows that.

Many resolvers answer nothing for `usa.localhost`; browsers map the name themselves, so relto's own clients do the same.
Host header and TLS server name keep the name that was asked for.
"""

from __future__ import annotations

import httpx

LOOPBACK = "127.0.0.1"


def is_loopback_name(host: str) -> bool:
    """True for `localhost` and every name under it."""
    return host == "localhost" or host.endswith(".localhost")


class LoopbackNamesTransport(httpx.HTTPTransport):
    """An HTTP transport that connects `.localhost` names to 127.0.0.1."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request; only where it connects to is changed."""
        host = request.url.host
        if is_loopback_name(host):
            request.extensions = {**request.extensions, "sni_hostname": host}
            request.url = request.url.copy_with(host=LOOPBACK)
        return super().handle_request(request)
