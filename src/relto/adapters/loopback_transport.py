"""HTTP transports for clients that meet several URLs: names under `localhost` are this machine (RFC 6761, 6.3)."""

from __future__ import annotations

import httpx

from relto.adapters.http_addresses import LOOPBACK, is_loopback_name


class LoopbackNamesTransport(httpx.HTTPTransport):
    """An HTTP transport for clients that meet several URLs: it connects `.localhost` names to 127.0.0.1."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request; only where it connects to is changed."""
        return super().handle_request(_at_this_machine(request))


class AsyncLoopbackNamesTransport(httpx.AsyncHTTPTransport):
    """The same, awaited."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request; only where it connects to is changed."""
        return await super().handle_async_request(_at_this_machine(request))


def _at_this_machine(request: httpx.Request) -> httpx.Request:
    host = request.url.host
    if is_loopback_name(host):
        request.extensions = {**request.extensions, "sni_hostname": host}
        request.url = request.url.copy_with(host=LOOPBACK)
    return request
