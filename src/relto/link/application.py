"""What partner nodes may ask, as a WSGI application. Every request comes from an authenticated peer.

POST  /link/v1/messages            a signed message -> signed technical receipt or signed refusal
HEAD  /link/v1/payloads/{sha256}   how much of a payload is held: `Upload-Offset`
PATCH /link/v1/payloads/{sha256}   continue it at `Upload-Offset` up to `Upload-Length` (as tus 1.0 core does)
POST  /link/v1/openings            a signed opening request -> signed answer with the share, or signed refusal
POST  /link/v1/add-checkpoint      C2SP tlog-witness: this node as cosigner of the peer's log
POST  /link/v1/reconciliations     a signed question of a reconciliation run -> signed answer, or signed refusal
GET   /link/v1/standing, /link/v1/inbox/…, /link/v1/outbox/…   for a partner that compares itself: link/exchanged.py
GET   /healthz, /readyz                that the process lives, and whether it can take requests

Limits: messages 4 MiB, payloads 64 GiB, checkpoints 256 KiB; a few uploads at a time, and what arrived unclaimed is
bounded in all; messages and opening requests of a partner flow through a token bucket (`relto.exchange.limits`). Who
comes too often or too early is asked to come back (Retry-After). Payloads are taken under an agreement only. Logs say
who asked what and the code of the answer, never content. A node that may not act (it has not compared itself since its
start, or it is in quarantine) answers 503 to everything but its own health; what changes something waits for the
comparison with that peer as well.
"""

from __future__ import annotations

import logging
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge
from werkzeug.wrappers import Request, Response

from relto.base.canonical import canonical_bytes
from relto.base.errors import (
    Conflict,
    MalformedInput,
    NotAuthenticated,
    NotAvailable,
    ReltoError,
    TooLarge,
    Unreachable,
)
from relto.base.nations import Nation
from relto.exchange.limits import LinkLimits, TokenBucket
from relto.exchange.messages import LARGEST_MESSAGE, LARGEST_PAYLOAD
from relto.exchange.reconciliation_steps import LARGEST_STEP
from relto.ledger.notes import NoteSigner, VerifierKey, read_vkey
from relto.ledger.witnessing import LARGEST_REQUEST_BYTES
from relto.link.exchanged import STANDING, route_of
from relto.link.peers import LinkPeers
from relto.ports.partners import LinkAnswer
from relto.services.active_bundle import active
from relto.services.answered_reconciliations import LiveRuns, answer_reconciliation
from relto.services.checkpoints import cosign_partner
from relto.services.house import House
from relto.services.readiness import Readiness
from relto.services.receiving import Handler, receive_message
from relto.services.standing import COMPARISON_SECONDS

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_LOG = logging.getLogger(__name__)
MOST_UPLOADS = 4
CHUNK = 1024 * 1024
ENVELOPE = "application/json"
OFFSET_OCTETS = "application/offset+octet-stream"
_PAYLOADS = "/link/v1/payloads/"
_FIXED = ("/link/v1/messages", "/link/v1/openings", "/link/v1/add-checkpoint", "/link/v1/reconciliations")
PATHS = (
    *_FIXED,
    STANDING,
    "/healthz",
    "/readyz",
    f"{_PAYLOADS}{{sha256}}",
    "/link/v1/inbox/{number}",
    "/link/v1/outbox/{number}",
)
"""Every route that an answer of this door can have."""
_RETRY_AFTER = "1"
_TOO_MANY_REQUESTS = 429

SupplyShare = Callable[[House, bytes, Nation], LinkAnswer]


@dataclass(frozen=True, slots=True)
class LinkDoor:
    """What stands behind the door: the node, its peers, what messages do, the share service, the cosigner's keys."""

    house: House
    peers: LinkPeers
    handlers: Mapping[str, Handler]
    supply_share: SupplyShare
    cosigner_keys: Sequence[NoteSigner]
    limits: LinkLimits = field(default_factory=LinkLimits)


class LinkApplication:
    """The WSGI application."""

    def __init__(self, door: LinkDoor) -> None:
        """See LinkDoor."""
        self._door = door
        self._uploads = threading.BoundedSemaphore(MOST_UPLOADS)
        self._buckets: dict[Nation, TokenBucket] = {}
        self._taking = threading.Lock()
        self._runs = LiveRuns()
        self._readiness = Readiness(door.house.standing, must_act=True)
        self._routes: dict[tuple[str, str], Callable[[Request, Nation], Response]] = {
            ("POST", "/link/v1/messages"): self._at_its_rate(self._compared(self._message)),
            ("POST", "/link/v1/openings"): self._at_its_rate(self._compared(self._opening, COMPARISON_SECONDS)),
            ("POST", "/link/v1/add-checkpoint"): self._compared(self._checkpoint),
            ("POST", "/link/v1/reconciliations"): self._at_its_rate(self._compared(self._reconciliation)),
            ("GET", "/healthz"): _healthy,
            ("GET", "/readyz"): self._ready,
        }

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        request = Request(environ)
        response = self._answer(request)
        environ["relto.route"] = _template(request.path)
        response.headers["Cache-Control"] = "no-store"
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        try:
            peer = self._peer(request)
            return self._route(request)(request, peer)
        except ReltoError as error:
            _LOG.info("link.answered %s %s: %s", request.method, _shown(request.path), error.full_code)
            return _error(error)
        except Exception as error:  # noqa: BLE001  a fault of this node: the peer learns nothing of it and tries again
            frame = traceback.extract_tb(error.__traceback__)[-1]
            _LOG.error("link.fault %s at %s:%s", type(error).__name__, frame.name, frame.lineno)
            return _error(Unreachable("node", expected="a node without a fault"))

    def _peer(self, request: Request) -> Nation:
        if request.environ.get("SSL_CLIENT_VERIFY") != "SUCCESS":
            raise NotAuthenticated("link_peer", field="certificate", expected="a partner node's certificate")
        return self._door.peers.nation_of(request.environ.get("SSL_CLIENT_CERT", ""))

    def _route(self, request: Request) -> Callable[[Request, Nation], Response]:
        if request.path.startswith(_PAYLOADS):
            verbs = {"HEAD": self._compared(self._payload_held), "PATCH": self._compared(self._payload)}
            if request.method in verbs:
                return verbs[request.method]
        found = self._routes.get((request.method, request.path))
        if found is not None:
            return found
        asked = route_of(self._door.house, request.method, request.path)
        if asked is None:
            raise NotAvailable("path")
        return self._at_its_rate(self._standing_here(asked))

    def _standing_here(self, answer: Callable[[Request, Nation], Response]) -> Callable[[Request, Nation], Response]:
        """The same, while this node may act."""

        def answer_if_it_may(request: Request, peer: Nation) -> Response:
            self._door.house.standing.require_own()
            return answer(request, peer)

        return answer_if_it_may

    def _compared(
        self, answer: Callable[[Request, Nation], Response], seconds: float = 0
    ) -> Callable[[Request, Nation], Response]:
        """The same, once this node has compared itself with the peer; it waits so long for that."""

        def answer_when_compared(request: Request, peer: Nation) -> Response:
            self._door.house.standing.require_partner(peer, seconds=seconds)
            return answer(request, peer)

        return answer_when_compared

    def _ready(self, _request: Request, _peer: Nation) -> Response:
        status, state = self._readiness.answer()
        return Response(f"{state}\n", status=status, mimetype="text/plain")

    def _at_its_rate(self, answer: Callable[[Request, Nation], Response]) -> Callable[[Request, Nation], Response]:
        """The same, for a partner that has not asked too much of late; nothing of the request is read otherwise."""

        def answer_or_postpone(request: Request, peer: Nation) -> Response:
            with self._taking:
                bucket = self._buckets.setdefault(peer, TokenBucket(self._door.limits.requests))
                seconds = bucket.take(time.monotonic())
            if seconds:
                _LOG.info("link.postponed %s %s by %d s", request.method, _shown(request.path), seconds)
                return _too_often(seconds)
            return answer(request, peer)

        return answer_or_postpone

    def _message(self, request: Request, peer: Nation) -> Response:
        door = self._door
        return _signed(receive_message(door.house, peer, _body(request, LARGEST_MESSAGE), door.handlers))

    def _opening(self, request: Request, peer: Nation) -> Response:
        door = self._door
        return _signed(door.supply_share(door.house, _body(request, LARGEST_MESSAGE), peer))

    def _reconciliation(self, request: Request, peer: Nation) -> Response:
        return _signed(answer_reconciliation(self._door.house, self._runs, peer, _body(request, LARGEST_STEP)))

    def _checkpoint(self, request: Request, peer: Nation) -> Response:
        door = self._door
        body = _body(request, LARGEST_REQUEST_BYTES)
        answer = cosign_partner(door.house, peer, door.cosigner_keys, self._logs_of(peer), body)
        return Response(answer.body, status=answer.status, content_type=answer.content_type)

    def _logs_of(self, peer: Nation) -> dict[str, tuple[VerifierKey, ...]]:
        """The peer's log as the agreement bundle names it; nothing before there is an agreement."""
        try:
            party = active(self._door.house).parties.get(peer)
        except Conflict:
            return {}
        return {party.log_origin: tuple(read_vkey(vkey) for vkey in party.log_vkeys)} if party else {}

    def _require_agreement(self, peer: Nation) -> None:
        """Raise Conflict("no_agreement") unless an agreement with this peer is in force."""
        if peer not in active(self._door.house).parties:
            raise Conflict("no_agreement", field="from", expected="a party of the agreement in force")

    def _payload_held(self, request: Request, peer: Nation) -> Response:
        self._require_agreement(peer)
        held = self._door.house.blobs.partial_size(request.path.removeprefix(_PAYLOADS))
        return Response(status=200, headers={"Upload-Offset": str(held)})

    def _payload(self, request: Request, peer: Nation) -> Response:
        self._require_agreement(peer)
        if request.mimetype != OFFSET_OCTETS:
            raise MalformedInput("link_payload", field="Content-Type", expected=OFFSET_OCTETS)
        offset, length = _number(request, "Upload-Offset"), _number(request, "Upload-Length")
        if length > LARGEST_PAYLOAD:
            raise TooLarge("payload", field="Upload-Length", found=length, expected=f"at most {LARGEST_PAYLOAD}")
        if not self._uploads.acquire(blocking=False):
            raise Unreachable("busy", field="payload", expected=f"at most {MOST_UPLOADS} uploads at a time")
        try:
            sha256 = request.path.removeprefix(_PAYLOADS)
            held = self._door.house.blobs.append_partial(sha256, offset, _chunks(request), length)
        finally:
            self._uploads.release()
        return Response(status=204, headers={"Upload-Offset": str(held)})


def _healthy(_request: Request, _peer: Nation) -> Response:
    return Response("ok\n", status=200, mimetype="text/plain")


def _signed(answer: LinkAnswer) -> Response:
    response = Response(answer.envelope, status=answer.status, mimetype=ENVELOPE)
    if answer.status == Unreachable.http_status:
        response.headers["Retry-After"] = _RETRY_AFTER
    return response


def _error(error: ReltoError) -> Response:
    response = Response(canonical_bytes(error.as_dict()), status=error.http_status, mimetype="application/problem+json")
    if error.http_status == Unreachable.http_status:
        response.headers["Retry-After"] = _RETRY_AFTER
    return response


def _too_often(seconds: int) -> Response:
    """Not an answer to the message: its sender sends the same bytes again after these seconds."""
    error = Unreachable("rate", field="Retry-After", found=seconds, expected="fewer requests in this time")
    response = _error(error)
    response.status_code = _TOO_MANY_REQUESTS
    response.headers["Retry-After"] = str(seconds)
    return response


def _body(request: Request, limit: int) -> bytes:
    """The whole body, bounded. Raises TooLarge; MalformedInput without an announced length or when it ends early."""
    if request.content_length is None:
        raise MalformedInput("link_body", field="Content-Length", expected="an announced length")
    request.max_content_length = limit
    try:
        return request.get_data(cache=False)
    except RequestEntityTooLarge as error:
        raise TooLarge("link_body", field="body", expected=f"at most {limit} bytes") from error
    except (ClientDisconnected, OSError) as error:
        raise MalformedInput("link_body", field="body", expected="the announced number of bytes") from error


def _chunks(request: Request) -> Iterator[bytes]:
    """The body in pieces; what came before the connection broke is kept, so the sender goes on from there."""
    stream: Any = request.stream
    while True:
        try:
            chunk = stream.read(CHUNK)
        except (ClientDisconnected, OSError):
            return
        if not chunk:
            return
        yield chunk


def _number(request: Request, header: str) -> int:
    text = request.headers.get(header, "")
    if not text.isascii() or not text.isdigit() or len(text) > len(str(LARGEST_PAYLOAD)):
        raise MalformedInput("link_payload", field=header, expected="a number of bytes")
    return int(text)


def _template(path: str) -> str:
    """The route of a path that holds something variable; "" for any other."""
    if path.startswith(_PAYLOADS):
        return f"{_PAYLOADS}{{sha256}}"
    box = path.removeprefix("/link/v1/").partition("/")[0]
    return f"/link/v1/{box}/{{number}}" if box in {"inbox", "outbox"} else ""


def _shown(path: str) -> str:
    """A path without digests, fit for a log."""
    return _PAYLOADS if path.startswith(_PAYLOADS) else "/link" if path.startswith("/link") else "other"
