"""What a partner node may read when it compares or recovers itself (promise 11): its own channel with this node.

GET /link/v1/standing?nonce=…         signed statement of how the asker stands with this node
GET /link/v1/inbox/{number}           the asker's message with this number, and the answer that this node gave
GET /link/v1/outbox/{number}          this node's message to the asker with this number, and the answer to it
GET /link/v1/outbox/{number}/payload  its payload, from `?offset=` on
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable

from werkzeug.wrappers import Request, Response

from relto.base.canonical import canonical_bytes
from relto.base.errors import MalformedInput
from relto.base.nations import Nation
from relto.ports.partners import ExchangedMessage
from relto.services.house import House
from relto.services.partner_standing import message_of, message_to, payload_to, standing_for

STANDING = "/link/v1/standing"
_MESSAGE = re.compile(r"\A/link/v1/(inbox|outbox)/([1-9][0-9]{0,15})(/payload)?\Z")
_OFFSET = re.compile(r"\A[0-9]{1,12}\Z")
_JSON = "application/json"

Answering = Callable[[Request, Nation], Response]


def route_of(house: House, method: str, path: str) -> Answering | None:
    """Who answers this request; None when it is none of these."""
    if method != "GET":
        return None
    if path == STANDING:
        return lambda request, peer: Response(standing_for(house, peer, request.args.get("nonce", "")), mimetype=_JSON)
    found = _MESSAGE.match(path)
    if found is None:
        return None
    box, number, payload = found[1], int(found[2]), found[3]
    if payload is not None:
        if box != "outbox":
            return None
        return lambda request, peer: _payload(house, request, peer, number)
    read = message_of if box == "inbox" else message_to
    return lambda _request, peer: _message(read(peer, number))


def _message(found: ExchangedMessage) -> Response:
    body = {
        "envelope": base64.b64encode(found.envelope).decode("ascii"),
        "answer": base64.b64encode(found.answer).decode("ascii"),
        "status": found.status,
    }
    return Response(canonical_bytes(body), mimetype=_JSON)


def _payload(house: House, request: Request, peer: Nation, number: int) -> Response:
    offset = request.args.get("offset", "0")
    if not _OFFSET.match(offset):
        raise MalformedInput("link_payload", field="offset", expected="a number of bytes")
    size, chunks = payload_to(house, peer, number, int(offset))
    return Response(chunks, mimetype="application/octet-stream", headers={"Content-Length": str(size)})
