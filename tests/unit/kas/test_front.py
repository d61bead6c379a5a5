"""What a client meets before the door: a body in pieces, header fields that come twice, a body beyond the bound."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator

import pytest

from relto.kas.bodies import PUBLIC_BODY_LIMIT
from relto.kas.process import KasListeners, KasServer, create_kas_app
from tests.unit.kas.conftest import INNER_SECRET
from tests.unit.services_kas.node import Node

HEALTH = "/grpc.health.v1.Health/Check"


@pytest.fixture
def port(node: Node) -> Iterator[int]:
    server = KasServer(
        create_kas_app(node.house, node.keyring, INNER_SECRET), KasListeners("127.0.0.1", 0, 0, 0), threads=2
    )
    server.start()
    try:
        yield server.port("key_service")
    finally:
        server.stop()


def asked(port: int, *pieces: bytes) -> tuple[int, bytes]:
    """The status and body of the answer to these very bytes."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        for piece in pieces:
            client.sendall(piece)
        data = b""
        while b"\r\n\r\n" not in data:
            more = client.recv(65536)
            assert more, data
            data += more
        head, _, body = data.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        while len(body) < length:
            body += client.recv(65536)
    return int(head.split(b" ")[1]), body


def post(path: str, *fields: str) -> bytes:
    return "\r\n".join([f"POST {path} HTTP/1.1", "Host: usa.localhost", *fields, "", ""]).encode()


def test_a_body_in_chunks_is_read_whole(port: int) -> None:
    head = post(HEALTH, "Content-Type: application/json", "Transfer-Encoding: chunked")
    status, body = asked(port, head, b"1\r\n{\r\n", b"1\r\n}\r\n", b"0\r\n\r\n")
    assert (status, json.loads(body)) == (200, {"status": "SERVING"})


def test_a_body_in_chunks_ends_at_the_bound(port: int) -> None:
    head = post(HEALTH, "Content-Type: application/json", "Transfer-Encoding: chunked")
    piece = b"%x\r\n%b\r\n" % (1 << 20, bytes(1 << 20))
    status, body = asked(port, head, *[piece] * (PUBLIC_BODY_LIMIT // (1 << 20)), b"1\r\n{\r\n")
    assert (status, json.loads(body)["code"]) == (413, "resource_exhausted")


def test_two_proofs_in_two_header_fields_are_two(port: int, node: Node) -> None:
    del node
    fields = ("Content-Type: application/json", "Content-Length: 2", "Authorization: DPoP a.b.c", "DPoP: x", "DPoP: y")
    status, body = asked(port, post("/kas.AccessService/Rewrap", *fields), b"{}")
    assert (status, json.loads(body)["code"]) == (401, "unauthenticated")


def test_an_encoded_path_is_the_path_that_it_says(port: int) -> None:
    status, _ = asked(port, b"GET /health%7A HTTP/1.1\r\nHost: usa.localhost\r\n\r\n")
    assert status == 200
    status, body = asked(port, b"GET /nothing%20here HTTP/1.1\r\nHost: usa.localhost\r\n\r\n")
    assert (status, json.loads(body)["code"]) == (404, "unimplemented")


def test_one_connection_serves_many_requests_in_turn(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        for _ in range(3):
            client.sendall(post(HEALTH, "Content-Type: application/json", "Content-Length: 2") + b"{}")
            assert client.recv(65536).startswith(b"HTTP/1.1 200")
