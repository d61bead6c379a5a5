"""The faulty way to one node's link door: it ends mutual TLS with the nodes' own link keys and hands requests on.

To the asking node it is the partner's door (it holds the partner's certificate and demands the asker's); to the partner
it is the asking node. Requests are handed on whole, large payloads in pieces. It changes no byte: it loses, delays,
doubles, reorders, cuts and repeats. What it saw of answers is kept, because an answer once given is given for ever.
"""

from __future__ import annotations

import hashlib
import heapq
import http.client
import itertools
import random
import socket
import socketserver
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from relto.adapters.partner_link import client_context
from relto.adapters.sealed_keys import SecretsFolder
from relto.base.canonical import read_object
from relto.base.errors import ReltoError
from relto.node.checks import master_secret_path
from relto.node.keys import LINK_PASSPHRASE
from relto.node.settings import NodeSettings, read_settings
from relto.signing.envelope import read_envelope
from tests.support.faults.plan import Counted, Fault, WayPlan

_LOOPBACK = "127.0.0.1"
_WHOLE = 8 * 1024 * 1024  # larger bodies flow through
_PIECE = 256 * 1024
_SECONDS = 120.0
_LONGEST_HOLD = 2.5
_WHILE_FLOWING = {
    Fault.DROP_REQUEST: Fault.DROP_REQUEST,
    Fault.DELAY: Fault.DELAY,
    Fault.TRICKLE: Fault.TRICKLE,
    Fault.CUT_REQUEST: Fault.CUT_REQUEST,
    Fault.TWICE: Fault.CUT_REQUEST,
    Fault.LATE: Fault.CUT_REQUEST,
    Fault.DROP_ANSWER: Fault.DROP_ANSWER,
    Fault.REORDER: Fault.DROP_ANSWER,
    Fault.CUT_ANSWER: Fault.DROP_ANSWER,
}
_FINAL = frozenset({200, 422})
_HANDED_ON = ("Content-Type", "Upload-Offset", "Upload-Length")
_ANSWERED_WITH = ("Content-Type", "Upload-Offset", "Retry-After")


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it goes on."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    place: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The partner's answer."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Told:
    """What the sender is told; `cut`: the connection breaks after so many bytes; `pause`: seconds between pieces."""

    answer: Answer
    cut: int | None = None
    pause: float = 0.0


class Broken(Exception):
    """Nothing more goes over this connection."""


@dataclass
class Seen:
    """What answers the partner gave to the same bytes, and which openings it granted."""

    settled: dict[str, set[bytes]] = field(default_factory=dict)
    granted: dict[str, list[bytes]] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, request: Request, answer: Answer) -> None:
        digest = hashlib.sha256(request.body).hexdigest()
        with self.lock:
            key = f"{request.place} {answer.status}"
            self.statuses[key] = self.statuses.get(key, 0) + 1
            if request.path.endswith("/messages") and answer.status in _FINAL:
                self.settled.setdefault(digest, set()).add(answer.body)
            if request.path.endswith("/openings") and answer.status == 200:
                self.granted.setdefault(digest, []).append(request.body)

    def contradictions(self) -> list[str]:
        """Promises broken on the wire: another receipt for the same message, one opening request granted twice."""
        with self.lock:
            other = [f"message {digest}: other receipt" for digest, found in self.settled.items() if len(found) > 1]
            twice = [f"opening {digest}: granted again" for digest, found in self.granted.items() if len(found) > 1]
        return other + twice


@dataclass(frozen=True)
class Ends:
    """The two nodes of one direction."""

    sender: NodeSettings
    partner: NodeSettings
    serving: ssl.SSLContext
    asking: ssl.SSLContext

    @property
    def direction(self) -> str:
        return f"{self.sender.nation} to {self.partner.nation}"


def ends_of(sender: Path, partner: Path) -> Ends:
    """Both ends' keys, from the folders of the two nodes."""
    asks, answers = read_settings(sender), read_settings(partner)
    asker_ca = answers.folder.partner_link_authority(asks.nation)
    partner_ca = asks.folder.partner_link_authority(answers.nation)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.minimum_version = ssl.TLSVersion.TLSv1_3
    serving.verify_mode = ssl.CERT_REQUIRED
    passphrase = secrets_of(answers).unseal(LINK_PASSPHRASE).hex()
    serving.load_cert_chain(answers.folder.link_certificate, answers.folder.link_private_key, passphrase)
    serving.load_verify_locations(cafile=asker_ca)
    asking = client_context(
        asks.folder.link_certificate,
        asks.folder.link_private_key,
        partner_ca,
        passphrase=secrets_of(asks).unseal(LINK_PASSPHRASE).hex(),
    )
    return Ends(asks, answers, serving, asking)


def secrets_of(settings: NodeSettings) -> SecretsFolder:
    """A node's sealed secrets, opened as its operator would."""
    return SecretsFolder.open(settings.folder.secrets, master_file=master_secret_path(settings))


class Way:
    """One direction of the link: listens on a port of its own until `close`. `kill` ends a process by its name."""

    def __init__(self, ends: Ends, plan: WayPlan, counted: Counted) -> None:
        """Open until a partition closes it."""
        self.ends = ends
        self.plan = plan
        self.counted = counted
        self.seen = Seen()
        self.cut_until = 0.0
        self.kill: Callable[[str], None] = lambda _name: None
        self._passed = threading.Condition()
        self._passages = 0
        self._later: list[tuple[float, int, Request]] = []
        self._number = itertools.count()
        self._ending = threading.Event()
        self._faults: dict[Fault, Callable[[Request, random.Random], Told]] = {
            Fault.DROP_REQUEST: self._drop_request,
            Fault.DROP_ANSWER: self._drop_answer,
            Fault.DELAY: self._delay,
            Fault.TWICE: self._twice,
            Fault.LATE: self._late,
            Fault.REORDER: self._reorder,
            Fault.TRICKLE: self._trickle,
            Fault.CUT_REQUEST: self._cut_request,
            Fault.CUT_ANSWER: self._cut_answer,
            Fault.KILL_TAKER: self._kill_taker,
            Fault.KILL_SENDER: self._kill_sender,
        }
        self._server = _Server((_LOOPBACK, 0), self)
        self._threads = [
            threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True),
            threading.Thread(target=self._repeat_old, daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    @property
    def url(self) -> str:
        """The link's address for the sending node: the partner's name at the way's port."""
        return f"https://{self.ends.partner.host}:{self._server.server_address[1]}"

    @property
    def waiting(self) -> int:
        """Old requests that are still to be sent again."""
        return len(self._later)

    def close(self) -> None:
        """Stop listening."""
        self._ending.set()
        self._server.shutdown()
        self._server.server_close()
        for thread in self._threads:
            thread.join(5.0)

    def partitioned(self) -> bool:
        """True while nothing passes."""
        return time.monotonic() < self.cut_until

    def send_old_now(self) -> None:
        """Every old request that waits to be sent again is sent now."""
        with self._passed:
            waiting, self._later = self._later, []
        for _, _, request in sorted(waiting, key=lambda one: one[:2]):
            self._send_old(request)

    # What happens to a request.

    def pass_on(self, request: Request) -> Told:
        """What to tell the sender. Raises Broken when it is to hear nothing."""
        if self.partitioned():
            self.count(Fault.PARTITION, request, "refused on the way")
            raise Broken
        fault, chance = self.plan.next(f"{self.ends.direction}: {request.place}")
        if fault is None:
            return Told(self.hand_on(request))
        return self._faults[fault](request, chance)

    def _drop_request(self, request: Request, _chance: random.Random) -> Told:
        self.count(Fault.DROP_REQUEST, request, "never arrived")
        raise Broken

    def _drop_answer(self, request: Request, _chance: random.Random) -> Told:
        self._handed_on(Fault.DROP_ANSWER, request)
        raise Broken

    def _delay(self, request: Request, chance: random.Random) -> Told:
        time.sleep(chance.uniform(0.05, 0.8))
        return Told(self._handed_on(Fault.DELAY, request))

    def _late(self, request: Request, chance: random.Random) -> Told:
        answer = self.hand_on(request)
        with self._passed:
            due = time.monotonic() + chance.uniform(2.0, 30.0)
            heapq.heappush(self._later, (due, next(self._number), request))
        return Told(answer)

    def _reorder(self, request: Request, _chance: random.Random) -> Told:
        threading.Thread(target=self._after_another, args=(request,), daemon=True).start()
        raise Broken

    def _cut_answer(self, request: Request, chance: random.Random) -> Told:
        answer = self._handed_on(Fault.CUT_ANSWER, request)
        return Told(answer, cut=chance.randrange(max(1, len(answer.body))))

    def _kill_taker(self, request: Request, chance: random.Random) -> Told:
        opening = request.path.endswith("/openings") and chance.random() < 0.5
        name = f"{self.ends.partner.nation}/{'key_service' if opening else 'link'}"
        return self._killing(Fault.KILL_TAKER, name, request, chance)

    def _kill_sender(self, request: Request, chance: random.Random) -> Told:
        name = f"{self.ends.sender.nation}/{'key_service' if request.path.endswith('/openings') else 'worker'}"
        return self._killing(Fault.KILL_SENDER, name, request, chance)

    def _killing(self, fault: Fault, name: str, request: Request, chance: random.Random) -> Told:
        """Hand it on, and kill a process of one end some milliseconds after the request has left for the partner."""
        timer = threading.Timer(chance.uniform(0.0, 0.08), self.kill, args=(name,))
        timer.start()
        try:
            return Told(self._handed_on(fault, request))
        finally:
            timer.join()

    def hand_on(self, request: Request, body: Iterator[bytes] | None = None) -> Answer:
        """Hand the request on over a connection of its own. Raises Broken."""
        connection = self.connect()
        try:
            headers = {
                **request.headers,
                "Host": f"{self.ends.partner.host}:{self.ends.partner.ports.link}",
                "Connection": "close",
            }
            connection.request(request.method, request.path, body=body or request.body, headers=headers)
            said = connection.getresponse()
            content = said.read()
        except (OSError, http.client.HTTPException) as error:
            raise Broken from error
        finally:
            connection.close()
        answer = Answer(said.status, {k: said.headers[k] for k in _ANSWERED_WITH if k in said.headers}, content)
        self.seen.note(request, answer)
        with self._passed:
            self._passages += 1
            self._passed.notify_all()
        return answer

    def connect(self) -> http.client.HTTPConnection:
        """A connection to the partner's real door. Raises Broken."""
        try:
            plain = socket.create_connection((_LOOPBACK, self.ends.partner.ports.link), timeout=5.0)
            try:
                secure = self.ends.asking.wrap_socket(plain, server_hostname=self.ends.partner.host)
            except OSError:
                plain.close()
                raise
        except OSError as error:
            raise Broken from error
        secure.settimeout(_SECONDS)
        connection = http.client.HTTPConnection(self.ends.partner.host)
        connection.sock = secure
        return connection

    def count(self, fault: Fault, request: Request, outcome: str) -> None:
        """Note that a fault hit this request."""
        self.counted.count(fault, f"{self.ends.direction}: {request.place}", outcome)

    def _handed_on(self, fault: Fault, request: Request) -> Answer:
        try:
            answer = self.hand_on(request)
        except Broken:
            self.count(fault, request, "no answer")
            raise
        self.count(fault, request, f"answered {answer.status}")
        return answer

    def _twice(self, request: Request, _chance: random.Random) -> Told:
        """Both at once; the sender gets the answer of one of them."""
        answers: list[Answer | None] = [None, None]

        def go(place: int) -> None:
            with suppress(Broken):
                answers[place] = self.hand_on(request)

        second = threading.Thread(target=go, args=(1,), daemon=True)
        second.start()
        go(0)
        second.join(_SECONDS)
        told = " and ".join(sorted(str(answer.status) if answer else "none" for answer in answers))
        self.count(Fault.TWICE, request, f"answered {told}")
        first = answers[0] or answers[1]
        if first is None:
            raise Broken
        return Told(first)

    def _after_another(self, request: Request) -> None:
        """Goes on when something else has passed, though its sender believes it lost."""
        with self._passed:
            before = self._passages
            self._passed.wait_for(lambda: self._passages > before, _LONGEST_HOLD)
            overtaken = "overtaken" if self._passages > before else "late by itself"
        try:
            told = f"answered {self.hand_on(request).status}"
        except Broken:
            told = "no answer"
        self.count(Fault.REORDER, request, f"{overtaken}, {told}")

    def _trickle(self, request: Request, chance: random.Random) -> Told:
        pieces = max(1, chance.randrange(4, 12))
        step = max(1, -(-len(request.body) // pieces))

        def slowly() -> Iterator[bytes]:
            for start in range(0, len(request.body), step):
                yield request.body[start : start + step]
                time.sleep(0.03)

        try:
            answer = self.hand_on(request, slowly() if request.body else None)
        except Broken:
            self.count(Fault.TRICKLE, request, "no answer")
            raise
        self.count(Fault.TRICKLE, request, f"answered {answer.status}")
        return Told(answer, pause=0.01)

    def _cut_request(self, request: Request, chance: random.Random) -> Told:
        """The partner gets the head and some of the body, then nothing more."""
        connection = self.connect()
        try:
            connection.putrequest(request.method, request.path, skip_host=True, skip_accept_encoding=True)
            connection.putheader("Host", f"{self.ends.partner.host}:{self.ends.partner.ports.link}")
            for name, value in request.headers.items():
                connection.putheader(name, value)
            connection.endheaders()
            connection.send(request.body[: chance.randrange(max(1, len(request.body)))])
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()
        self.count(Fault.CUT_REQUEST, request, "arrived in part")
        raise Broken

    # Old requests.

    def _repeat_old(self) -> None:
        while not self._ending.wait(0.1):
            with self._passed:
                due = bool(self._later) and self._later[0][0] <= time.monotonic() and not self.partitioned()
                request = heapq.heappop(self._later)[2] if due else None
            if request is not None:
                self._send_old(request)

    def _send_old(self, request: Request) -> None:
        with suppress(Broken):
            self._handed_on(Fault.LATE, request)


def place_of(method: str, path: str, body: bytes) -> str:
    """What a request is: the kind of its message, an opening, a piece of a payload, a checkpoint."""
    name = path.partition("?")[0].removeprefix("/link/v1/").partition("/")[0]
    if name != "messages":
        return f"{name} {method}" if name == "payloads" else name
    try:
        said = read_object(read_envelope(body, max_bytes=len(body)).payload, field="message", max_bytes=len(body))
    except ReltoError:
        return name
    return f"message {said.get('kind', '')}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = _SECONDS
    server: _Server
    connection: ssl.SSLSocket

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class's name
        """Nothing is logged."""

    def do_POST(self) -> None:
        self._serve()

    do_GET = do_HEAD = do_PATCH = do_POST  # noqa: N815  the base class's names

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        headers = {name: self.headers[name] for name in _HANDED_ON if name in self.headers}
        if length or self.command != "GET":
            headers["Content-Length"] = str(length)
        try:
            self._answer(self._flow(headers, length) if length > _WHOLE else self._whole(headers, length))
        except (Broken, OSError):
            self._break()

    def _whole(self, headers: dict[str, str], length: int) -> Told:
        body = self.rfile.read(length)
        if len(body) < length:
            raise Broken
        place = place_of(self.command, self.path, body)
        return self.server.way.pass_on(Request(self.command, self.path, headers, body, place))

    def _flow(self, headers: dict[str, str], length: int) -> Told:
        """A large payload, in pieces: lost, delayed, slowed, cut, its answer lost; never kept whole, nor doubled."""
        way = self.server.way
        request = Request(self.command, self.path, headers, b"", "payloads PATCH (flowing)")
        if way.partitioned():
            way.count(Fault.PARTITION, request, "refused on the way")
            raise Broken
        dealt, chance = way.plan.next(f"{way.ends.direction}: {request.place}")
        fault = _WHILE_FLOWING.get(dealt) if dealt else None
        if fault is Fault.DROP_REQUEST:
            way.count(fault, request, "never arrived")
            raise Broken
        if fault is Fault.DELAY:
            time.sleep(chance.uniform(0.05, 0.8))
        ends_at = chance.randrange(length) if fault is Fault.CUT_REQUEST else length
        try:
            answer = way.hand_on(request, self._pieces(length, ends_at, 0.005 if fault is Fault.TRICKLE else 0.0))
        except Broken:
            if fault is not None:
                way.count(fault, request, "arrived in part")
            raise
        if fault is not None:
            way.count(fault, request, f"answered {answer.status}")
        if fault is Fault.DROP_ANSWER:
            raise Broken
        return Told(answer)

    def _pieces(self, length: int, ends_at: int, pause: float) -> Iterator[bytes]:
        left = length
        while left:
            piece = self.rfile.read(min(_PIECE, left))
            if not piece or length - left >= ends_at:
                raise Broken
            left -= len(piece)
            time.sleep(pause)
            yield piece

    def _answer(self, told: Told) -> None:
        answer = told.answer
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status != HTTPStatus.NO_CONTENT:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if told.cut is not None:
            self.wfile.write(answer.body[: told.cut])
            raise Broken
        step = max(1, len(answer.body) // 5) if told.pause else max(1, len(answer.body))
        for start in range(0, len(answer.body), step):
            self.wfile.write(answer.body[start : start + step])
            time.sleep(told.pause)

    def _break(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], way: Way) -> None:
        self.way = way
        super().__init__(address, _Handler)

    def finish_request(self, request: socket.socket | tuple[bytes, socket.socket], client_address: object) -> None:
        """Shake hands in the connection's own thread."""
        plain = request if isinstance(request, socket.socket) else request[1]
        plain.settimeout(10.0)
        try:
            secure = self.way.ends.serving.wrap_socket(plain, server_side=True)
        except OSError:
            return
        try:
            _Handler(secure, client_address, self)
        finally:
            with suppress(OSError):
                secure.close()

    def handle_error(self, request: object, client_address: object) -> None:
        """A connection that ended is part of the plan."""
