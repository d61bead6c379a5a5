"""What the SDK makes of a node's answers, and what it says when there is none."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from relto.base.errors import (
    Conflict,
    MalformedInput,
    NotAuthenticated,
    NotAvailable,
    NotVerified,
    Refused,
    ReltoError,
    TooLarge,
    UnknownValue,
    Unreachable,
)
from relto.client import NodeClient
from relto.client.session import Session, error_from_answer
from tests.unit.client.doors import node_answer


@pytest.mark.parametrize(
    "error",
    [
        MalformedInput("json.syntax", field="bundle", expected="strict JSON"),
        TooLarge("json", field="bundle", found=7, expected="at most 5 bytes"),
        UnknownValue("level", field="level", expected="a level"),
        NotVerified("signature", field="signatures", expected="two"),
        NotAuthenticated("token"),
        Refused("opening", reference="dec_1"),
        NotAvailable("item", field="item"),
        Conflict("state", field="release", found="asked", expected="released", step="accept"),
        Unreachable("partner", field="partner", expected="a node that answers"),
    ],
)
def test_an_error_comes_back_as_it_was_raised(error: ReltoError) -> None:
    answered = error_from_answer({**error.as_dict(), "message": "words"}, error.http_status)
    assert type(answered) is type(error)
    assert answered.as_dict() == error.as_dict()


@pytest.mark.parametrize("answer", [None, [], {}, {"code": 7}, {"error": "invalid_client"}])
def test_an_answer_that_is_no_error_of_relto_is_an_unreachable_node(answer: object) -> None:
    error = error_from_answer(answer, 502)
    assert error.full_code == "unreachable.answer"
    assert error.found == 502


def test_details_cannot_replace_the_named_members_of_an_error() -> None:
    error = error_from_answer(
        {"code": "conflict.state", "details": {"field": "x", "reason": "y", "step": "z", "more": []}}, 409
    )
    assert error.details == {"step": "z"}
    assert error.field is None


@pytest.mark.parametrize(
    "url", ["", "nonsense", "ftp://node.example", "http://", "http://[", "https://node.example/path", "https://a@b"]
)
def test_a_node_address_must_be_an_origin(url: str) -> None:
    with pytest.raises(MalformedInput) as said:
        Session(url, "cli_1", "secret")
    assert said.value.field == "node"


def test_a_closed_port_is_an_unreachable_node_named_by_its_address() -> None:
    with NodeClient("http://usa.localhost:1", "cli_1", "secret") as node, pytest.raises(Unreachable) as said:
        node.me()
    assert said.value.found == "usa.localhost:1"


class _TokenDoor(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        host = self.headers["Host"]
        self._say(200, node_answer(f"http://{host}"))

    def do_POST(self) -> None:
        self._say(401, '{"error": "invalid_client"}')

    def _say(self, status: int, text: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def token_door() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _TokenDoor)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://usa.localhost:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_wrong_secret_is_an_asker_who_is_not_authenticated(token_door: str) -> None:
    with NodeClient(token_door, "cli_1", "wrong") as node, pytest.raises(NotAuthenticated) as said:
        node.me()
    assert said.value.field == "client_secret"
    assert "wrong" not in str(said.value)
