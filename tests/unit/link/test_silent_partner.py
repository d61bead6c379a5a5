"""A partner that takes a message and says nothing: given up in time, and what waits is delivered when it answers."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from relto.adapters.partner_link import HttpPartnerLink, client_context
from relto.base.errors import Unreachable
from relto.services.sending import queue_message
from relto.services.worker import deliver_outbox
from relto.store.models import OutboxMessage
from tests.support.certificates import make_authority, make_node_certificate
from tests.unit.services_exchange.world import BODY, IND, World, activate_agreement, make_world


@contextmanager
def silent_partner(folder: Path) -> Iterator[HttpPartnerLink]:
    """The way to a door that makes the TLS connection and then never answers; it is awaited 0.2 s and the payload's."""
    folder.mkdir()
    ind, usa = make_authority(folder, "IND"), make_authority(folder, "USA")
    own, caller = make_node_certificate(folder, ind), make_node_certificate(folder, usa)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own.certificate, own.private_key)
    taken: list[ssl.SSLSocket] = []

    def take(listening: socket.socket) -> None:
        while True:
            try:
                taken.append(context.wrap_socket(listening.accept()[0], server_side=True))
            except OSError:
                return

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=take, args=(listening,), daemon=True)
        thread.start()
        way = client_context(caller.certificate, caller.private_key, ind.file)
        link = HttpPartnerLink(f"https://ind.localhost:{listening.getsockname()[1]}", way, message_seconds=0.2)
        try:
            yield link
        finally:
            link.close()
            listening.shutdown(socket.SHUT_RDWR)
            thread.join(5)
            for connection in taken:
                connection.close()


def test_the_answer_is_awaited_as_long_as_fits_the_payload(tmp_path: Path) -> None:
    with silent_partner(tmp_path / "certificates") as link:
        for size, least, most in ((0, 0.2, 1.0), (20 * 1024 * 1024, 1.2, 2.2)):
            begun = time.monotonic()
            with pytest.raises(Unreachable):
                link.send_message(b"a message", payload_size=size)
            assert least <= time.monotonic() - begun < most


@pytest.mark.django_db(transaction=True)
def test_the_worker_goes_on_and_delivers_when_the_partner_answers_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world: World = make_world(tmp_path)
    activate_agreement()
    message = world.usa.commit(lambda: queue_message(world.usa, IND, "assurance", BODY))
    with silent_partner(tmp_path / "certificates") as link, monkeypatch.context() as instead:
        instead.setitem(world.usa.partners, IND, link)
        begun = time.monotonic()
        assert deliver_outbox(world.usa, "worker", {}) == 0
        assert time.monotonic() - begun < 2
    row = OutboxMessage.objects.get(id=message)
    assert (row.attempts, row.state, row.last_error) == (1, "waiting", "unreachable.partner")
    world.clock.pass_time(minutes=5)
    assert deliver_outbox(world.usa, "worker", {}) == 1
