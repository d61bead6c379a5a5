from __future__ import annotations

import os
import signal
import threading
import time

import httpx
import pytest

from relto.base.errors import Misconfigured
from relto.kas.process import KasListeners, KasServer, create_kas_app, serve_kas
from tests.unit.kas.conftest import INNER_SECRET
from tests.unit.services_kas.node import Node


def test_three_listeners_answer_and_a_taken_port_stops_the_start(node: Node) -> None:
    app = create_kas_app(node.house, node.keyring, INNER_SECRET)
    server = KasServer(app, KasListeners("127.0.0.1", 0, 0, 0), threads=2)
    server.start()
    try:
        for door in ("key_service", "relay", "inner"):
            answer = httpx.get(f"http://127.0.0.1:{server.port(door)}/healthz", trust_env=False)
            assert answer.json() == {"status": "SERVING"}
        taken = KasServer(app, KasListeners("127.0.0.1", 0, server.port("relay"), 0), threads=2)
        with pytest.raises(Misconfigured) as refused:
            taken.start()
        assert refused.value.field == "ports.relay"
        too_much = httpx.post(
            f"http://127.0.0.1:{server.port('key_service')}/kas.AccessService/PublicKey",
            content=b" " * (3 * 1024 * 1024),
            headers={"Content-Type": "application/json"},
            trust_env=False,
        )
        assert too_much.status_code == 413
    finally:
        server.stop()


def test_a_certificate_without_its_key_is_refused(node: Node) -> None:
    app = create_kas_app(node.house, node.keyring, INNER_SECRET)
    listeners = KasListeners("127.0.0.1", 0, 0, 0, certificate=node.folder / "node.crt")
    with pytest.raises(Misconfigured):
        KasServer(app, listeners)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_process_serves_until_it_is_told_to_stop(node: Node, number: signal.Signals) -> None:
    before = {one: signal.signal(one, lambda *_: None) for one in (signal.SIGTERM, signal.SIGINT)}
    stopped = threading.Event()
    told: list[float] = []

    def tell() -> None:
        while not stopped.wait(0.2):
            told.append(time.monotonic())
            os.kill(os.getpid(), number)

    teller = threading.Thread(target=tell)
    teller.start()
    try:
        serve_kas(node.house, node.keyring, KasListeners("127.0.0.1", 0, 0, 0), INNER_SECRET)
    finally:
        stopped.set()
        teller.join()
        for one, handler in before.items():
            signal.signal(one, handler)
    assert told, "it did not end before it was told to"
