"""One authenticated connection to the own node: tokens, JSON calls, errors as relto's own classes.

The client talks to its own nation's node only (design: no client talks to the other nation's node). Tokens are
fetched from the node's key service with the client credential, kept in memory, and renewed before they end.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpx

from relto.adapters.loopback_transport import LoopbackNamesTransport
from relto.base.canonical import read_json
from relto.base.errors import MalformedInput, NotAuthenticated, ReltoError, Unreachable, error_from_dict

_ANSWER_LIMIT = 32 * 1024 * 1024
_RENEW_SECONDS = 30.0
_TIMEOUT = httpx.Timeout(60.0, connect=5.0)


def error_from_answer(answer: object, status: int) -> ReltoError:
    """The node's JSON error as the class its code names; an answer that is no relto error becomes Unreachable."""
    found = error_from_dict(answer) if isinstance(answer, Mapping) else None
    return found or Unreachable("answer", field="node", found=status, expected="an answer of a relto node")


def read_origin(url: str) -> str:
    """The origin of a node's portal, such as https://node.example. Raises MalformedInput for anything else."""
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
    if not sound or parts.username or parts.query or parts.fragment or parts.path not in ("", "/"):
        raise MalformedInput("origin", field="node", expected="http or https, host and port: https://node.example")
    return url.rstrip("/")


class Connection:
    """JSON and byte streams over HTTP to one node, with the caller's client credential."""

    def __init__(self, portal_url: str, client_id: str, client_secret: str) -> None:
        """`portal_url`: the node's own origin, for example https://node.example."""
        self._portal = read_origin(portal_url)
        self._credential = (client_id, client_secret)
        self._http = httpx.Client(transport=LoopbackNamesTransport(retries=1), timeout=_TIMEOUT, follow_redirects=False)
        self._node: dict[str, Any] = {}
        self._token = ""
        self._token_ends = 0.0

    def __enter__(self) -> Self:
        """The connection itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self._http.close()

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def node(self) -> dict[str, Any]:
        """What the node says of itself without a credential: nation, kind, key service and relay addresses."""
        if not self._node:
            self._node = self.read(self.send("GET", f"{self._portal}/api/v1/node"))
        return self._node

    def token(self) -> str:
        """A bearer token for the node's own services."""
        if time.monotonic() >= self._token_ends:
            service = str(self.node()["key_service_url"])
            form = {"grant_type": "client_credentials"}
            said = self.send("POST", f"{service}/token", data=form, auth=self._credential)
            if said.status_code == httpx.codes.UNAUTHORIZED:
                raise NotAuthenticated("credential", field="client_secret", expected="a credential that is in force")
            answer = self.read(said)
            self._token = str(answer["access_token"])
            self._token_ends = time.monotonic() + float(answer["expires_in"]) - _RENEW_SECONDS
        return self._token

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """A JSON call to the node's API under /api/v1; its JSON answer."""
        return self.read(self.send(method, self.api(path), headers=self.bearer(), json=body))

    def call_bytes(self, method: str, path: str, content: bytes | Iterator[bytes]) -> Any:
        """A call whose body is bytes (streamed when it is an iterator); its JSON answer."""
        headers = {**self.bearer(), "Content-Type": "application/octet-stream"}
        return self.read(self.send(method, self.api(path), headers=headers, content=content))

    def stream(self, path: str) -> Iterator[bytes]:
        """The bytes of an answer, in chunks."""
        try:
            with self._http.stream("GET", self.api(path), headers=self.bearer()) as answer:
                if answer.is_error:
                    answer.read()
                    self.read(answer)
                yield from answer.iter_raw(1 << 20)
        except httpx.TransportError as error:
            raise Unreachable("node", field="node", expected="a node that answers") from error

    def api(self, path: str) -> str:
        """The full address of an API path."""
        return f"{self._portal}/api/v1{path}"

    def bearer(self) -> dict[str, str]:
        """The authorisation header."""
        return {"Authorization": f"Bearer {self.token()}"}

    def send(self, method: str, url: str, **options: Any) -> httpx.Response:
        """One HTTP exchange. Raises Unreachable when there is no answer."""
        try:
            return self._http.request(method, url, **options)
        except httpx.TransportError as error:
            raise Unreachable(
                "node", field="node", found=urlsplit(url).netloc, expected="a node that answers there"
            ) from error

    @staticmethod
    def read(answer: httpx.Response) -> Any:
        """The JSON of an answer; a JSON error is raised as relto's own class."""
        if answer.is_error:
            try:
                content = read_json(answer.content, field="answer", max_bytes=_ANSWER_LIMIT)
            except MalformedInput:
                content = None
            raise error_from_answer(content, answer.status_code)
        return read_json(answer.content, field="answer", max_bytes=_ANSWER_LIMIT)
