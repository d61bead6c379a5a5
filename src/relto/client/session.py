"""What a client knows of its node between calls, and the steps of every call: no I/O, no clock but the one given.

The client talks to its own nation's node only (design: no client talks to the other nation's node). Tokens are fetched
from the node's key service with the client credential, bound to a key of the session's own, kept in memory, and renewed
before they end. One session may be shared by threads or tasks: their driver renews the token under its own lock.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from relto.base.canonical import read_json
from relto.base.errors import MalformedInput, NotAuthenticated, ReltoError, Unreachable, error_from_dict
from relto.client.answers.organisation import Node
from relto.client.answers.reading import read_answer
from relto.client.proofs import ProofKey
from relto.client.steps import Call, Reply, Request, Send, Steps, T

ANSWER_LIMIT = 32 * 1024 * 1024
_RENEW_SECONDS = 30
_UNAUTHORISED = 401
_SERVER_ERROR = 500
_CHALLENGES = (400, 401)  # of a token endpoint, and of everything else


def error_from_answer(answer: object, status: int) -> ReltoError:
    """The node's JSON error as the class its code names; an answer that is no relto error becomes Unreachable."""
    found = error_from_dict(answer) if isinstance(answer, Mapping) else None
    if found is not None and isinstance(answer, Mapping):
        told = answer.get("findings")
        found.findings = tuple(one for one in told if isinstance(one, Mapping)) if isinstance(told, list) else ()
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


def read_reply(reply: Reply) -> Any:
    """The JSON of a reply; a JSON error is raised as relto's own class."""
    if reply.is_error:
        try:
            content = read_json(reply.content, field="answer", max_bytes=ANSWER_LIMIT)
        except MalformedInput:
            content = None
        raise error_from_answer(content, reply.status)
    return read_json(reply.content, field="answer", max_bytes=ANSWER_LIMIT)


def read_service_reply(reply: Reply) -> Any:
    """The same of a key service, whose failures have Connect's codes: what it cannot do now is Unreachable."""
    if reply.status >= _SERVER_ERROR:
        raise Unreachable("key_service", field="key service", found=reply.status, expected="a key service that answers")
    return read_reply(reply)


def part(text: str) -> str:
    """One part of a path, whatever is in it."""
    return quote(text, safe="")


class Session:
    """The node's address, the caller's credential, and the token that it gave."""

    def __init__(
        self,
        portal_url: str,
        client_id: str,
        client_secret: str,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        """`portal_url`: the node's own origin, for example https://node.example.

        `clock`: seconds, never set back; `now`: POSIX seconds, as the node counts them.
        """
        self._portal = read_origin(portal_url)
        self._credential = (client_id, client_secret)
        self._clock = clock
        self._node: Node | None = None
        self._token = ""
        self._token_bound = False
        self._token_ends = 0.0
        self._nonces: dict[str, str] = {}
        self.language = ""
        """In which language the node is asked to speak (RFC 9110, 12.5.4); "" leaves it to the node."""
        self.now = now
        self.key = ProofKey(now)

    def url(self, request: Request) -> str:
        """The full address of a request."""
        return f"{self._portal}/api/v1{request.url}" if request.url.startswith("/") else request.url

    def headers(self, request: Request) -> dict[str, str]:
        """A request's headers, with a proof made for it now; its token must be fresh."""
        url = self.url(request)
        proof = {}
        if request.basic is not None:
            proof = {"DPoP": self.key.proof(request.method, url, nonce=self._nonces.get(_origin(url), ""))}
        elif request.with_token and self._token_bound:
            nonce = self._nonces.get(_origin(url), "")
            proof = {"DPoP": self.key.proof(request.method, url, token=self._token, nonce=nonce)}
        scheme = "DPoP" if self._token_bound else "Bearer"
        token = {"Authorization": f"{scheme} {self._token}"} if request.with_token else {}
        spoken = {"Accept-Language": self.language} if self.language else {}
        return {**token, **proof, **spoken, **request.headers}

    def is_challenged(self, request: Request, status: int, nonce: str | None) -> bool:
        """True when the same request would do with the nonce that its answer told; it is remembered (RFC 9449, 8)."""
        if not nonce:
            return False
        origin = _origin(self.url(request))
        new = self._nonces.get(origin) != nonce
        self._nonces[origin] = nonce
        return new and status in _CHALLENGES

    @property
    def needs_token(self) -> bool:
        """True when there is no token, or one that soon ends."""
        return self._clock() >= self._token_ends

    def forget_token(self) -> None:
        """The node does not take the token any more: the next call asks for another."""
        self._token_ends = 0.0

    def call(self, call: Call[T]) -> Steps[T]:
        """One JSON exchange."""
        reply: Reply = yield Send(call.request)
        return call.read(read_reply(reply))

    def node(self) -> Steps[Node]:
        """What the node says of itself now, without a credential."""
        reply: Reply = yield Send(Request("GET", "/node", with_token=False))
        self._node = read_answer(Node, read_reply(reply))
        return self._node

    def addresses(self) -> Steps[Node]:
        """The node with its key service's and relay's addresses, asked for once."""
        if self._node is None:
            return (yield from self.node())
        return self._node

    def renew_token(self) -> Steps[None]:
        """A token for the node's own services. Raises NotAuthenticated when the credential is not in force."""
        node = yield from self.addresses()
        form = {"grant_type": "client_credentials"}
        url = f"{node.key_service_url}/token"
        reply: Reply = yield Send(Request("POST", url, form=form, basic=self._credential, with_token=False))
        if reply.status == _UNAUTHORISED:
            raise NotAuthenticated("credential", field="client_secret", expected="a credential that is in force")
        answer = read_service_reply(reply)
        token, seconds, kind = (answer.get(name) if isinstance(answer, dict) else None for name in _TOKEN_MEMBERS)
        if not isinstance(token, str) or not isinstance(seconds, int):
            raise Unreachable("answer", field="answer.access_token", expected="a token and how long it holds")
        self._token = token
        self._token_bound = isinstance(kind, str) and kind.lower() == "dpop"
        self._token_ends = self._clock() + seconds - _RENEW_SECONDS


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


_TOKEN_MEMBERS = ("access_token", "expires_in", "token_type")
