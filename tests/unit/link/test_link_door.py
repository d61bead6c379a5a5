"""The link for real: TLS 1.3, both certificates checked against one pinned authority, and nobody else gets a word."""

from __future__ import annotations

import hashlib
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from relto.adapters.partner_link import HttpPartnerLink, client_context
from relto.base.errors import Misconfigured, NotAuthenticated, NotVerified, Unreachable
from relto.base.nations import Nation
from relto.exchange.limits import ArrivalLimits, LinkLimits, RequestLimits
from relto.exchange.standing import read_standing
from relto.ledger.checkpoint import signed_checkpoint
from relto.ledger.notes import read_signature_lines
from relto.ledger.tree_head import Checkpoint
from relto.ledger.witnessing import write_request
from relto.link.application import LinkApplication, LinkDoor
from relto.link.peers import LinkPeers
from relto.link.server import LinkCertificate, LinkServer, _PeerServer
from relto.ports.partners import LinkAnswer
from relto.services.house import House
from relto.services.sending import PayloadRef, queue_message
from relto.services.standing import ServedStanding
from relto.services.worker import deliver_outbox
from relto.store.models import AgreementBundle, OutboxMessage
from tests.support.certificates import Authority, NodeCertificate, make_authority, make_node_certificate
from tests.unit.services_exchange.world import (
    BODY,
    IND,
    USA,
    Applied,
    World,
    activate_agreement,
    cosigner_keys,
    log_keys,
    make_world,
    node_key,
)


@dataclass
class Wire:
    """IND's link door, listening, and USA's way to it."""

    world: World
    port: int
    folder: Path
    authorities: dict[str, Authority]
    usa: NodeCertificate
    link: HttpPartnerLink

    def way(self, own: NodeCertificate, trust: Authority, host: str = "ind.localhost") -> HttpPartnerLink:
        context = client_context(own.certificate, own.private_key, trust.file)
        return HttpPartnerLink(f"https://{host}:{self.port}", context)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Authority]]:
    folder = tmp_path_factory.mktemp("certificates")
    return folder, {nation: make_authority(folder, nation) for nation in ("USA", "IND", "FRA")}


def supply_share(house: House, envelope: bytes, partner: Nation) -> LinkAnswer:
    return LinkAnswer(200, b"share for " + partner.encode() + b" by " + house.nation.encode() + envelope)


@pytest.fixture
def limits() -> LinkLimits:
    """The bounds of the door, where a test does not set others."""
    return LinkLimits()


@pytest.fixture
def wire(
    transactional_db: None, tmp_path: Path, certificates: tuple[Path, dict[str, Authority]], limits: LinkLimits
) -> Iterator[Wire]:
    folder, authorities = certificates
    world = make_world(tmp_path)
    activate_agreement()
    own = make_node_certificate(folder, authorities["IND"])
    usa = make_node_certificate(folder, authorities["USA"])
    peers = LinkPeers({USA: authorities["USA"].pem})
    keys = cosigner_keys("ind.localhost/cosigner")
    door = LinkDoor(world.ind, peers, world.to_ind.handlers, supply_share, keys, limits)
    server = LinkServer(
        LinkApplication(door),
        host="127.0.0.1",
        port=0,
        own=LinkCertificate(own.certificate, own.private_key),
        peers=peers,
    )
    server._server.expiration_interval = 0.05  # a test does not wait for idle connections
    port = server.prepare()
    thread = threading.Thread(target=server.serve)
    thread.start()
    context = client_context(usa.certificate, usa.private_key, authorities["IND"].file)
    link = HttpPartnerLink(f"https://ind.localhost:{port}", context)
    try:
        yield Wire(world, port, folder, authorities, usa, link)
    finally:
        link.close()
        server.stop()
        thread.join()


def payload(world: World, data: bytes) -> PayloadRef:
    writer = world.usa.blobs.create()
    writer.write(data)
    return PayloadRef(writer.finish().name, 0, len(data), hashlib.sha256(data).hexdigest())


def test_a_message_with_its_payload_crosses_the_wire(wire: Wire) -> None:
    world = wire.world
    world.usa.partners[IND] = wire.link  # type: ignore[index]  # the test's own mapping
    data = bytes(range(256)) * 20_000
    reference = payload(world, data)
    message = world.usa.commit(lambda: queue_message(world.usa, IND, "assurance", BODY, reference))
    assert deliver_outbox(world.usa, "worker", {}) == 1
    row = OutboxMessage.objects.get(id=message)
    assert (row.state, row.last_error) == ("receipted", "")
    assert Applied.count() == 1
    again = wire.link.send_message(bytes(row.envelope))
    assert again.envelope == bytes(row.receipt)
    with world.ind.blobs.arrival(reference.sha256) as held:
        arrived = held.finish()
    assert b"".join(world.ind.blobs.read_range(arrived.name, 0, arrived.size)) == data


def test_a_broken_payload_goes_on_where_it_stopped(wire: Wire) -> None:
    data = b"ciphertext" * 100_000
    digest = hashlib.sha256(data).hexdigest()

    def breaking() -> Iterator[bytes]:
        yield data[:400_000]
        raise OSError("the network went away")

    with pytest.raises(Unreachable):
        wire.link.send_payload(digest, len(data), 0, breaking())
    deadline = 100
    while not (held := wire.link.payload_held(digest)) and deadline:
        deadline -= 1
    assert 0 < held <= 400_000
    while True:
        try:
            assert wire.link.send_payload(digest, len(data), held, iter([data[held:]])) == len(data)
        except Unreachable:  # the door still finishes the broken upload
            held = wire.link.payload_held(digest)
        else:
            break
    with wire.world.ind.blobs.arrival(digest) as arrival:
        assert arrival.finish().sha256 == digest


def test_opening_requests_and_checkpoints_come_through_under_the_peers_nation(wire: Wire) -> None:
    assert wire.link.request_share(b"!") == LinkAnswer(200, b"share for USA by IND!")
    keys = log_keys("USA")
    note = signed_checkpoint(Checkpoint("usa.localhost/log", 1, bytes(32)), (keys.ed25519, keys.mldsa44), 1)
    status, body = wire.link.add_checkpoint(write_request(0, (), note))
    assert status == 200
    assert {line.name for line in read_signature_lines(body)} == {"ind.localhost/cosigner"}
    assert wire.link.add_checkpoint(write_request(0, (), note)) == (409, b"1\n")
    foreign = log_keys("IND")
    note = signed_checkpoint(Checkpoint("ind.localhost/log", 1, bytes(32)), (foreign.ed25519, foreign.mldsa44), 1)
    assert wire.link.add_checkpoint(write_request(0, (), note))[0] == 404, "USA does not speak for IND's log"


def test_a_stranger_gets_no_answer(wire: Wire) -> None:
    stranger = make_node_certificate(wire.folder, wire.authorities["FRA"])
    with pytest.raises(Unreachable):
        wire.way(stranger, wire.authorities["IND"]).payload_held("a" * 64)
    expired = make_node_certificate(wire.folder, wire.authorities["USA"], days=-1)
    with pytest.raises(Unreachable):
        wire.way(expired, wire.authorities["IND"]).payload_held("a" * 64)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(wire.authorities["IND"].file)
    context.check_hostname = False
    with pytest.raises(httpx.HTTPError):
        httpx.get(f"https://127.0.0.1:{wire.port}/healthz", verify=context, trust_env=False)


def test_why_somebody_did_not_get_in_is_said_once_a_minute_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    server = _PeerServer(("127.0.0.1", 0), lambda *_: [])
    refused = ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] of somebody")
    refused.reason = "CERTIFICATE_VERIFY_FAILED"
    server.not_shaken(refused)
    for _ in range(3):
        server.not_shaken(TimeoutError("192.0.2.1"))
    server._quiet_until = 0.0
    server.not_shaken(TimeoutError("192.0.2.1"))
    said = [one.getMessage() for one in caplog.records if one.name == "relto.link.server"]
    assert said == [
        "link.handshake_failed CERTIFICATE_VERIFY_FAILED count 1",
        "link.handshake_failed TimeoutError count 4",
    ]


def test_a_certificate_that_names_another_nation_is_not_that_nation(wire: Wire) -> None:
    pretender = make_node_certificate(wire.folder, wire.authorities["USA"], nation="FRA")
    with pytest.raises(NotVerified):
        wire.way(pretender, wire.authorities["IND"]).payload_held("a" * 64)
    peers = LinkPeers({USA: wire.authorities["USA"].pem, Nation("FRA"): wire.authorities["FRA"].pem})
    with pytest.raises(NotAuthenticated):
        peers.nation_of(pretender.pem)
    assert peers.nation_of(wire.usa.pem) == USA
    for other in ("", "x" * 100_000, "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----"):
        with pytest.raises(NotAuthenticated):
            peers.nation_of(other)


def test_the_sender_talks_only_to_the_partner_it_pinned(wire: Wire) -> None:
    with pytest.raises(Unreachable):
        wire.way(wire.usa, wire.authorities["USA"]).payload_held("a" * 64)
    with pytest.raises(Unreachable):
        wire.way(wire.usa, wire.authorities["IND"], host="fra.localhost").payload_held("a" * 64)


def test_nothing_older_than_tls_1_3_is_spoken(wire: Wire) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(wire.authorities["IND"].file)
    context.load_cert_chain(wire.usa.certificate, wire.usa.private_key)
    with (
        socket.create_connection(("127.0.0.1", wire.port), timeout=5) as plain,
        pytest.raises(ssl.SSLError),
        context.wrap_socket(plain, server_hostname="ind.localhost"),
    ):
        pass


def test_a_peer_that_connects_and_says_nothing_does_not_stop_the_others(wire: Wire) -> None:
    silent = [socket.create_connection(("127.0.0.1", wire.port), timeout=5) for _ in range(4)]
    try:
        assert wire.link.payload_held("a" * 64) == 0
    finally:
        for connection in silent:
            connection.close()


def test_what_is_larger_than_its_bound_or_of_another_form_is_refused(wire: Wire) -> None:
    with pytest.raises(NotVerified):
        wire.link.payload_held("../../etc/passwd")

    def upload(length: str, offset: str = "0", kind: str = "application/offset+octet-stream") -> int:
        headers = {"Upload-Length": length, "Upload-Offset": offset, "Content-Type": kind}
        path = wire.link._path("payloads/" + "a" * 64)
        extensions = {"sni_hostname": "ind.localhost"}
        return wire.link._client.patch(path, headers=headers, content=b"123456", extensions=extensions).status_code

    assert upload("99999999999") == 413
    assert upload("5") == 413
    assert upload("-1") == upload("x") == upload("6", offset="") == upload("6", kind="text/plain") == 400
    assert upload("6", offset="1") == 409
    assert wire.link.payload_held("a" * 64) == 0
    assert upload("6") == 204
    assert wire.link.send_message(b"x" * (4 * 1024 * 1024 + 1)).status == 413
    assert wire.link.send_message(b"not an envelope").status == 400
    assert wire.link.add_checkpoint(b"x" * 300_000)[0] == 413


def test_without_a_partners_authority_the_door_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured):
        LinkPeers({})
    with pytest.raises(Misconfigured):
        LinkPeers({USA: b"not a certificate"})
    with pytest.raises(Misconfigured):
        client_context(tmp_path / "none.pem", tmp_path / "none.key", tmp_path / "none-ca.pem")


def test_before_an_agreement_no_payload_is_taken(wire: Wire, tmp_path: Path) -> None:
    AgreementBundle.objects.all().delete()
    with pytest.raises(Unreachable):
        wire.link.send_payload("a" * 64, 6, 0, iter([b"123456"]))
    with pytest.raises(Unreachable):
        wire.link.payload_held("a" * 64)
    assert not [path for path in (tmp_path / IND).rglob("*") if path.is_file()]


def test_a_payload_without_room_is_asked_to_come_again(wire: Wire) -> None:
    house = wire.world.ind
    for number in range(ArrivalLimits().most_arrivals):
        house.blobs.append_partial(f"{number:064x}", 0, iter([b"x"]), 2)
    with pytest.raises(Unreachable) as refused:
        wire.link.send_payload("a" * 64, 6, 0, iter([b"123456"]))
    assert refused.value.found == 503
    assert wire.link.send_payload(f"{0:064x}", 2, 1, iter([b"x"])) == 2


@pytest.mark.parametrize("limits", [LinkLimits(requests=RequestLimits(per_second=0.001, burst=2))], ids=["two"])
def test_a_partner_that_asks_too_often_is_postponed_and_loses_nothing(wire: Wire) -> None:
    world = wire.world
    world.usa.partners[IND] = wire.link  # type: ignore[index]  # the test's own mapping
    assert wire.link.request_share(b"!").status == 200
    rows = [world.usa.commit(lambda: queue_message(world.usa, IND, "assurance", BODY)) for _ in range(2)]
    assert deliver_outbox(world.usa, "worker", {}) == 1
    first, second = (OutboxMessage.objects.get(id=row) for row in rows)
    assert (first.state, second.state, second.last_error) == ("receipted", "waiting", "unreachable.partner_busy")
    with pytest.raises(Unreachable):
        wire.link.request_share(b"!")
    answer = wire.link._client.post(
        wire.link._path("messages"), content=b"{}", extensions={"sni_hostname": "ind.localhost"}
    )
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 100
    assert answer.json()["code"] == "unreachable.rate"
    assert wire.link.payload_held("a" * 64) == 0, "payloads have bounds of their own"


def test_a_refused_upload_is_not_read_to_its_end(wire: Wire) -> None:
    context = client_context(wire.usa.certificate, wire.usa.private_key, wire.authorities["IND"].file)
    with (
        socket.create_connection(("127.0.0.1", wire.port), timeout=5) as plain,
        context.wrap_socket(plain, server_hostname="ind.localhost") as peer,
    ):
        peer.sendall(
            b"PATCH /link/v1/payloads/" + b"a" * 64 + b" HTTP/1.1\r\nHost: ind.localhost\r\n"
            b"Content-Type: application/offset+octet-stream\r\nUpload-Offset: 7\r\nUpload-Length: 60000000\r\n"
            b"Content-Length: 60000000\r\n\r\nthe first bytes"
        )
        answer = peer.recv(4096)
    assert answer.startswith(b"HTTP/1.1 409")
    assert b"Connection: close" in answer


def test_a_partner_compares_itself_and_takes_back_what_it_lost_over_the_wire(wire: Wire) -> None:
    world = wire.world
    world.usa.partners[IND] = wire.link  # type: ignore[index]  # the test's own mapping
    message = world.usa.commit(lambda: queue_message(world.usa, IND, "assurance", BODY))
    assert deliver_outbox(world.usa, "worker", {}) == 1
    data = bytes(range(256)) * 9_000
    writer = world.ind.blobs.create()
    writer.write(b"before" + data)
    reference = PayloadRef(writer.finish().name, 6, len(data), hashlib.sha256(data).hexdigest())
    world.ind.commit(lambda: queue_message(world.ind, USA, "assurance", BODY, reference))

    nonce = "0f" * 16
    told = read_standing(
        wire.link.standing(nonce), sender=IND, recipient=USA, nonce=nonce, trusted=[node_key(IND).public]
    )
    row = OutboxMessage.objects.get(id=message)
    assert (told.awaited, told.digest, told.next_sent, told.settled) == (2, row.digest, 2, 1)
    shown = wire.link.message_from_us(1)
    assert shown is not None
    assert (shown.envelope, shown.answer, shown.status) == (bytes(row.envelope), bytes(row.receipt), 200)
    assert wire.link.message_from_us(2) is None
    unanswered = wire.link.message_to_us(1)
    assert unanswered is not None
    assert unanswered.answer == b""
    assert b"".join(wire.link.payload_to_us(1, 1_000_000)) == data[1_000_000:]
    with pytest.raises(Unreachable):
        wire.link.standing("x")
    with pytest.raises(Unreachable):
        b"".join(wire.link.payload_to_us(1, len(data) + 1))


def test_a_node_that_may_not_act_answers_nothing_but_its_health(wire: Wire) -> None:
    world = wire.world
    envelope = b"{}"
    object.__setattr__(world.ind, "standing", ServedStanding("sta_" + "a" * 24))
    asked = (
        lambda: wire.link.standing("0f" * 16),
        lambda: wire.link.message_to_us(1),
        lambda: wire.link.payload_held("0" * 64),
    )
    for question in asked:
        with pytest.raises(Unreachable):
            question()
    for answer in (wire.link.send_message(envelope), wire.link.request_share(envelope)):
        assert answer.status == 503
        assert b"unreachable.not_compared" in answer.envelope
    status, body = wire.link.add_checkpoint(envelope)
    assert status == 503
    assert b"unreachable.not_compared" in body
