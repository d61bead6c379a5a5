"""The listener of the link: TLS 1.3, a client certificate demanded and verified against the partners' authorities only.

Known traps that this closes (design section 3): no system trust store is ever loaded; without a partner's CA the
listener does not start; the client certificate is handed to the application. The TLS handshake runs in a worker's
thread under its own short time-out, so that a peer who connects and says nothing does not stop the others. A refused
body is not read to its end.
"""

from __future__ import annotations

import logging
import ssl
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cheroot.makefile import StreamReader, StreamWriter
from cheroot.server import HTTPConnection, HTTPRequest
from cheroot.ssl import Adapter
from cheroot.wsgi import Server

from relto.adapters.tls_groups import negotiated_group, offer_groups
from relto.base.errors import Misconfigured
from relto.exchange.messages import LARGEST_PAYLOAD
from relto.link.peers import LinkPeers

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_LOG = logging.getLogger(__name__)
_THREADS = 16
_WAITING = 64
_SECONDS = 30
_HANDSHAKE_SECONDS = 5
_SAID_EVERY_SECONDS = 60
_HEADER_BYTES = 32 * 1024


@dataclass(frozen=True, slots=True, repr=False)
class LinkCertificate:
    """The node's own certificate and private key, PEM files; the key may be encrypted under a passphrase."""

    certificate: Path
    private_key: Path
    passphrase: str | None = None


def server_context(own: LinkCertificate, peers: LinkPeers) -> ssl.SSLContext:
    """TLS 1.3 only; the client's certificate is demanded; trust is the partners' authorities and nothing else.

    ML-KEM groups are offered first where the TLS library knows them.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    offer_groups(context)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_mode = ssl.CERT_REQUIRED
    context.num_tickets = 0  # no session outlives its connection, so each connection proves its certificate
    try:
        context.load_cert_chain(own.certificate, own.private_key, own.passphrase)
        context.load_verify_locations(cadata=peers.bundle)
    except (OSError, ssl.SSLError) as error:
        raise Misconfigured("link_certificate", field="link", expected="readable certificate, key and CA") from error
    return context


class _PeerRequest(HTTPRequest):
    """A request whose unread body is never gathered in memory: cheroot would read it whole to keep the connection."""

    def send_headers(self) -> None:
        """Close after the answer when something of the body was left."""
        if getattr(self.rfile, "remaining", 0):
            self.close_connection = True
        super().send_headers()


class _PeerConnection(HTTPConnection):
    """A connection that shakes hands when its worker takes it, not in the accepting thread."""

    RequestHandlerClass = _PeerRequest
    _shaken = False

    def communicate(self) -> bool:
        """Serve one request; False closes the connection."""
        if not self._shaken:
            self.socket.settimeout(_HANDSHAKE_SECONDS)
            try:
                self.socket.do_handshake()
                self.ssl_env = _environment(self.socket)
            except OSError as error:
                self.server.not_shaken(error)
                return False
            self.socket.settimeout(self.server.timeout)
            self._shaken = True
        return bool(super().communicate())  # type: ignore[no-untyped-call]  # cheroot's stubs leave it open


def _environment(socket: ssl.SSLSocket) -> dict[str, str]:
    certificate = socket.getpeercert(binary_form=True)
    return {
        "wsgi.url_scheme": "https",
        "HTTPS": "on",
        "SSL_CLIENT_VERIFY": "SUCCESS" if certificate else "NONE",
        "SSL_GROUP": negotiated_group(socket),
        "SSL_CLIENT_CERT": ssl.DER_cert_to_PEM_cert(certificate) if certificate else "",
    }


class _PeerAdapter(Adapter):
    """Wraps accepted sockets in the pinned context."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.context = context

    def bind(self, sock: Any) -> Any:
        return sock

    def wrap(self, sock: Any) -> tuple[Any, dict[str, str]]:
        return self.context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False), {}

    def get_environ(self) -> dict[str, str]:
        return {}

    def makefile(self, sock: Any, mode: str = "r", bufsize: int = -1) -> Any:
        return (StreamReader if "r" in mode else StreamWriter)(sock, mode, bufsize)


class _PeerServer(Server):
    """Says how a connection ended as a code, never with what was on it: a peer must not fill the log either."""

    def error_log(self, msg: str = "", level: int = logging.INFO, traceback: bool = False) -> None:  # noqa: FBT001, FBT002  cheroot's signature
        """Replaces printing a stack trace; a broken connection is the network's everyday."""
        del msg, traceback
        problem = sys.exc_info()[1]
        everyday = problem is None or isinstance(problem, OSError)
        _LOG.log(logging.INFO if everyday else level, "connection.ended %s", type(problem).__name__)

    _quiet_until = 0.0
    _unsaid = 0

    def not_shaken(self, error: OSError) -> None:
        """Say by the TLS library's own code why somebody did not get in; once a minute, with the number since.

        Two workers may count at once and one of them be lost: the number is there to be noticed, not to be exact.
        """
        self._unsaid += 1
        now = time.monotonic()
        if now >= self._quiet_until:
            code = getattr(error, "reason", None) or type(error).__name__
            _LOG.warning("link.handshake_failed %s count %d", code, self._unsaid)
            self._quiet_until, self._unsaid = now + _SAID_EVERY_SECONDS, 0


class LinkServer:
    """The link's listener."""

    def __init__(
        self, application: WSGIApplication, *, host: str, port: int, own: LinkCertificate, peers: LinkPeers
    ) -> None:
        """Listens after `serve` or `prepare`; `port` 0 takes a free one."""
        self._server = _PeerServer(
            (host, port),
            application,
            numthreads=_THREADS,
            max=_THREADS,
            server_name="relto-link",
            request_queue_size=_WAITING,
            accepted_queue_size=_WAITING,
            timeout=_SECONDS,
        )
        self._server.ssl_adapter = _PeerAdapter(server_context(own, peers))
        self._server.ConnectionClass = _PeerConnection
        self._server.max_request_header_size = _HEADER_BYTES
        self._server.max_request_body_size = LARGEST_PAYLOAD

    def prepare(self) -> int:
        """Bind and listen; the port."""
        self._server.prepare()
        return int(self._server.bind_addr[1])

    def serve(self) -> None:
        """Serve after `prepare`, until `stop` is called from another thread or a signal handler."""
        self._server.serve()

    def stop(self) -> None:
        """Finish what runs and stop."""
        self._server.stop()
