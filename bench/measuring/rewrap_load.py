"""The load: so many connections over TLS that are kept, each sending requests that were made and signed beforehand.

A process of its own, as cheap for each request as Python allows. Its order is a file: requests as bytes, grouped into
openings whose requests follow one another. Without a rate each connection sends as soon as it is answered; with one,
openings are due at even intervals, and a latency counts from when its opening was due.

    python rewrap_load.py ORDER
"""

from __future__ import annotations

import json
import pickle
import socket
import ssl
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Order:
    """`openings`: the requests of each, as (port, bytes); `rate`: openings a second, None for as many as can be."""

    authority: str
    hosts: dict[int, str]
    openings: list[list[tuple[int, bytes]]]
    connections: int
    seconds: float
    rate: float | None = None


@dataclass
class Tally:
    """What one connection saw."""

    latencies: list[float] = field(default_factory=list)
    refused: int = 0
    told: str = ""


class Connection:
    """One kept connection to each port."""

    def __init__(self, order: Order) -> None:
        context = ssl.create_default_context(cafile=order.authority)
        self._sockets = {}
        for port, host in order.hosts.items():
            plain = socket.create_connection(("127.0.0.1", port), timeout=60)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._sockets[port] = context.wrap_socket(plain, server_hostname=host)

    def ask(self, port: int, request: bytes) -> bytes:
        """The whole answer, head and body."""
        kept = self._sockets[port]
        kept.sendall(request)
        data = kept.recv(65536)
        while b"\r\n\r\n" not in data:
            more = kept.recv(65536)
            if not more:
                return data
            data += more
        head, _, body = data.partition(b"\r\n\r\n")
        lower = head.lower()
        begin = lower.index(b"content-length:") + 15
        length = int(lower[begin:].split(b"\r\n", 1)[0])
        while len(body) < length:
            body += kept.recv(65536)
        return head + b"\r\n\r\n" + body

    def opens(self, requests: list[tuple[int, bytes]], tally: Tally) -> bool:
        """True when every request was answered with a share."""
        for port, request in requests:
            answer = self.ask(port, request)
            if b"kasWrappedKey" not in answer:
                tally.refused, tally.told = tally.refused + 1, answer.decode("utf-8", "replace")
                return False
        return True


def drive(order: Order) -> dict[str, object]:
    """Send until the seconds are over or nothing is left."""
    connections = [Connection(order) for _ in range(order.connections)]
    waiting = iter(range(len(order.openings)))
    lock = threading.Lock()
    tallies = [Tally() for _ in connections]
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    begun = time.perf_counter()

    def work(connection: Connection, tally: Tally) -> None:
        while True:
            with lock:
                number = next(waiting, None)
            if number is None:
                return
            due = time.perf_counter() if order.rate is None else begun + number / order.rate
            if due - begun > order.seconds:
                return
            if (pause := due - time.perf_counter()) > 0:
                time.sleep(pause)
            if connection.opens(order.openings[number], tally):
                tally.latencies.append(time.perf_counter() - due)

    threads = [threading.Thread(target=work, args=pair) for pair in zip(connections, tallies, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    passed = time.perf_counter() - begun
    latencies = sorted(one for tally in tallies for one in tally.latencies)
    return {
        "done": len(latencies),
        "refused": sum(tally.refused for tally in tallies),
        "told": next((tally.told for tally in tallies if tally.told), ""),
        "seconds": passed,
        "p50": latencies[len(latencies) // 2] if latencies else 0.0,
        "p99": latencies[min(len(latencies) - 1, len(latencies) * 99 // 100)] if latencies else 0.0,
        "processor": time.process_time(),
    }


if __name__ == "__main__":
    sys.modules["measuring.rewrap_load"] = sys.modules["__main__"]
    print(json.dumps(drive(pickle.loads(Path(sys.argv[1]).read_bytes()))))  # noqa: S301  our own parent wrote it
