"""The way to one partner node: HTTPS with the node's own client certificate, trusting the partner's authority only.

Promises: TLS 1.3, with ML-KEM groups where the library knows them; no system trust store, no proxy from the
environment, no redirect is followed; answers are bounded; payloads flow in pieces with flat memory; whatever goes wrong
on the way is Unreachable, and trying again is safe.
A partner that takes a message and stays silent holds nobody up for long: its answer is awaited 20 seconds, and one more
for each 20 MiB of the message's payload, which the receiver reads again to verify its digest before it answers. A
receiver that takes longer finishes all the same, and answers the next attempt with the receipt that it then holds.
The HTTP library is loaded by the first request, so a process that sends none starts sooner.
"""

from __future__ import annotations

import base64
import binascii
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

from relto.adapters.http_addresses import address_of
from relto.adapters.tls_groups import offer_groups
from relto.base.canonical import read_object
from relto.base.errors import MalformedInput, Misconfigured, NotVerified, Unreachable
from relto.exchange.messages import LARGEST_MESSAGE
from relto.exchange.standing import LARGEST_STANDING
from relto.ports.partners import ExchangedMessage, LinkAnswer

if TYPE_CHECKING:
    import httpx

_CONNECT_SECONDS = 5
_ANSWER_SECONDS = 30
_MESSAGE_SECONDS = 20.0
_VERIFIED_A_SECOND = 20 * 1024 * 1024  # bytes of a payload that a receiver verifies at least
_OFFSET = "Upload-Offset"
_LARGEST_EXCHANGED = 4 * LARGEST_MESSAGE
_CHUNK = 1024 * 1024


def client_context(
    certificate: Path, private_key: Path, partner_ca: Path, *, passphrase: str | None = None
) -> ssl.SSLContext:
    """TLS 1.3 with our certificate and the partner's authority as the only trust. Raises Misconfigured."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    offer_groups(context)
    try:
        context.load_verify_locations(cafile=partner_ca)
        context.load_cert_chain(certificate, private_key, passphrase)
    except (OSError, ssl.SSLError) as error:
        raise Misconfigured("link_certificate", field="link", expected="readable certificate, key and CA") from error
    return context


@contextmanager
def reaching(what: str) -> Iterator[None]:
    """Turn every failure on the way into Unreachable."""
    import httpx  # noqa: PLC0415  see the module's promise

    try:
        yield
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError) as error:
        raise Unreachable(what, field=what, expected="an answer") from error


def bounded_body(response: httpx.Response, limit: int, seconds: float) -> bytes:
    """The body of a streamed answer. Raises Unreachable when it is larger than `limit` bytes or drips too slowly."""
    body = bytearray()
    deadline = time.monotonic() + seconds
    for chunk in response.iter_raw():
        body += chunk
        if len(body) > limit or time.monotonic() > deadline:
            raise Unreachable("answer_size", field="answer", expected=f"at most {limit} bytes in {seconds} seconds")
    return bytes(body)


class HttpPartnerLink:
    """The link to one partner node."""

    def __init__(self, url: str, context: ssl.SSLContext, *, message_seconds: float = _MESSAGE_SECONDS) -> None:
        """`url`: the partner's link, such as https://ind.localhost:9443; `context`: from `client_context`.

        `message_seconds`: how long the answer to a message without payload is awaited.
        """
        self._message_seconds = message_seconds
        self._address = address_of(url, schemes=("https",))
        self._context = context

    @cached_property
    def _client(self) -> httpx.Client:
        import httpx  # noqa: PLC0415  see the module's promise

        return httpx.Client(
            verify=self._context,
            trust_env=False,
            follow_redirects=False,
            timeout=httpx.Timeout(_ANSWER_SECONDS, connect=_CONNECT_SECONDS),
            headers={**self._address.headers, "Accept-Encoding": "identity"},
        )

    def send_message(self, envelope: bytes, *, payload_size: int = 0) -> LinkAnswer:
        """POST a signed message; the answer is a signed technical receipt or a signed refusal."""
        return self._post_envelope("messages", envelope, self._message_seconds + payload_size / _VERIFIED_A_SECOND)

    def request_share(self, envelope: bytes) -> LinkAnswer:
        """POST a signed opening request."""
        return self._post_envelope("openings", envelope, _ANSWER_SECONDS)

    def add_checkpoint(self, body: bytes) -> tuple[int, bytes]:
        """C2SP tlog-witness add-checkpoint at the partner node: (status, body)."""
        return self._post("add-checkpoint", body, _ANSWER_SECONDS, "text/plain; charset=utf-8")

    def reconcile(self, envelope: bytes) -> LinkAnswer:
        """POST a signed question of a reconciliation run."""
        return self._post_envelope("reconciliations", envelope, self._message_seconds)

    def payload_held(self, sha256: str) -> int:
        """How many bytes of the payload the partner already holds durably."""
        return self._held("HEAD", sha256, {}, None)

    def send_payload(self, sha256: str, size: int, offset: int, chunks: Iterator[bytes]) -> int:
        """Send the payload from `offset`; returns the size the partner now holds."""
        headers = {
            _OFFSET: str(offset),
            "Upload-Length": str(size),
            "Content-Length": str(size - offset),
            "Content-Type": "application/offset+octet-stream",
        }
        return self._held("PATCH", sha256, headers, chunks)

    def _held(self, method: str, sha256: str, headers: dict[str, str], chunks: Iterator[bytes] | None) -> int:
        """Ask about or continue a payload; the answer is in the headers, its body is never read."""
        with (
            reaching("partner"),
            self._client.stream(
                method,
                self._path(f"payloads/{sha256}"),
                headers=headers,
                content=chunks,
                extensions=self._extensions(),
            ) as response,
        ):
            return _offset(response)

    def standing(self, nonce: str) -> bytes:
        """The partner's signed statement of how this node stands with it."""
        found = self._get(f"standing?nonce={nonce}", LARGEST_STANDING)
        if found is None:
            raise Unreachable("partner_standing", field="partner", expected="a partner that states its standing")
        return found

    def message_from_us(self, sequence: int) -> ExchangedMessage | None:
        """Our message with this number, as the partner took it, with the partner's answer."""
        return _exchanged(self._get(f"inbox/{sequence}", _LARGEST_EXCHANGED))

    def message_to_us(self, sequence: int) -> ExchangedMessage | None:
        """The partner's message to us with this number, with the answer that we gave."""
        return _exchanged(self._get(f"outbox/{sequence}", _LARGEST_EXCHANGED))

    def payload_to_us(self, sequence: int, offset: int) -> Iterator[bytes]:
        """The payload of the partner's message to us, from `offset`."""
        path = self._path(f"outbox/{sequence}/payload?offset={offset}")
        with reaching("partner"), self._client.stream("GET", path, extensions=self._extensions()) as response:
            if response.status_code != HTTPStatus.OK:
                raise Unreachable("payload", field="payload", found=response.status_code, expected="the payload")
            yield from response.iter_raw(_CHUNK)

    def _get(self, name: str, limit: int) -> bytes | None:
        """What the partner holds under this name; None when it holds nothing."""
        with (
            reaching("partner"),
            self._client.stream("GET", self._path(name), extensions=self._extensions()) as response,
        ):
            if response.status_code == HTTPStatus.NOT_FOUND:
                return None
            if response.status_code != HTTPStatus.OK:
                raise Unreachable("partner_busy", field="partner", found=response.status_code, expected="an answer")
            return bounded_body(response, limit, _ANSWER_SECONDS)

    def close(self) -> None:
        """Close the connections."""
        if "_client" in vars(self):
            self._client.close()

    def _path(self, name: str) -> str:
        return f"{self._address.url}/link/v1/{name}"

    def _extensions(self, seconds: float = _ANSWER_SECONDS) -> dict[str, object]:
        timeout = {"connect": _CONNECT_SECONDS, "read": seconds, "write": _ANSWER_SECONDS, "pool": _ANSWER_SECONDS}
        return {**self._address.extensions, "timeout": timeout}

    def _post_envelope(self, name: str, envelope: bytes, seconds: float) -> LinkAnswer:
        status, body = self._post(name, envelope, seconds, "application/json")
        if status == HTTPStatus.TOO_MANY_REQUESTS:  # an unsigned "not now": nothing was read
            raise Unreachable("partner_busy", field="partner", found=status, expected="a partner that takes it now")
        return LinkAnswer(status, body)

    def _post(self, name: str, body: bytes, seconds: float, content_type: str) -> tuple[int, bytes]:
        with (
            reaching("partner"),
            self._client.stream(
                "POST",
                self._path(name),
                content=body,
                headers={"Content-Type": content_type},
                extensions=self._extensions(seconds),
            ) as response,
        ):
            return response.status_code, bounded_body(response, LARGEST_MESSAGE, _ANSWER_SECONDS)


def _exchanged(body: bytes | None) -> ExchangedMessage | None:
    """A message as the partner gives it. Raises MalformedInput."""
    if body is None:
        return None
    found = read_object(body, field="message", max_bytes=_LARGEST_EXCHANGED)
    envelope, answer, status = found.get("envelope"), found.get("answer"), found.get("status")
    if not isinstance(envelope, str) or not isinstance(answer, str) or not isinstance(status, int):
        raise MalformedInput("message", field="message", expected="envelope, answer and status")
    try:
        return ExchangedMessage(
            base64.b64decode(envelope, validate=True), base64.b64decode(answer, validate=True), status
        )
    except binascii.Error as error:
        raise MalformedInput("message", field="message", expected="base64") from error


def _offset(response: httpx.Response) -> int:
    """What the partner says it holds. Raises Unreachable for a busy or failing partner, NotVerified otherwise."""
    if response.status_code in {HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS} or response.is_server_error:
        raise Unreachable("payload", field="payload", found=response.status_code, expected="the held size")
    text = response.headers.get(_OFFSET, "")
    if not response.is_success or not text.isascii() or not text.isdigit():
        raise NotVerified("payload_answer", field="payload", found=response.status_code, expected="the held size")
    return int(text)
