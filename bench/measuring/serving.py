"""The processes of a running node that serve: which they are, what each weighs, how they are disturbed by a seed."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import httpx

from relto.base.errors import ReltoError
from relto.node.processes import Supervisor


def serving(supervisor: Supervisor, nation: str, kind: str) -> list[int]:
    """The processes of a kind that answer or work: the children of the one that watches them."""
    child = supervisor.children[f"{nation}/{kind}"].process
    if child is None:
        return []
    with suppress(OSError):
        return [int(one) for one in Path(f"/proc/{child.pid}/task/{child.pid}/children").read_text().split()]
    return []


def weigh(supervisor: Supervisor, nation: str, kinds: Sequence[str]) -> dict[tuple[str, int], float]:
    """MiB of resident memory that is a process's own or its part of what it shares, by kind and process."""
    found = {}
    for kind in kinds:
        for process in serving(supervisor, nation, kind):
            with suppress(OSError):
                lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
                found[kind, process] = sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
    return found


class Loopback(httpx.HTTPTransport):
    """Connects to this machine and leaves the request as it is, so that cookies belong to the node's own name."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """See httpx."""
        url, sent = request.url.copy_with(host="127.0.0.1"), request.stream
        return super().handle_request(
            httpx.Request(request.method, url, headers=request.headers, stream=sent, extensions=request.extensions)
        )


class Disturbed:
    """A node whose processes are killed, and replaced one by one, in an order drawn from a seed."""

    def __init__(
        self, supervisor: Supervisor, nation: str, kinds: Sequence[str], replace: Callable[[str], int], seed: int
    ) -> None:
        """`replace`: how a kind's processes are replaced one by one."""
        self._supervisor, self._nation, self._kinds, self._replace = supervisor, nation, kinds, replace
        self._chance = random.Random(seed)  # noqa: S311  a schedule, not a secret
        self.done: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()

    def go_on(self, until: float, every: float) -> None:
        """Disturb every so many seconds until then (monotonic); begins at once."""
        number = 0
        while time.monotonic() < until:
            kind = self._kinds[number // 2 % len(self._kinds)]
            if number % 2:
                rolling = threading.Thread(target=self._roll, args=(kind,))
                rolling.start()
                while rolling.is_alive():
                    self.watch(time.monotonic() + 0.3)
            else:
                self._kill(kind)
            number += 1
            self.watch(time.monotonic() + every * self._chance.uniform(0.7, 1.3))

    def watch(self, until: float) -> None:
        """Do as the supervisor does, until then (monotonic)."""
        while True:
            for name in self._supervisor.watch_once():
                self.done[f"restarted whole: {name}"] += 1
            if time.monotonic() >= until:
                return
            time.sleep(min(0.3, max(0.0, until - time.monotonic())))

    def _kill(self, kind: str) -> None:
        found = serving(self._supervisor, self._nation, kind)
        if found:
            with suppress(ProcessLookupError):
                os.kill(self._chance.choice(found), signal.SIGKILL)
            self.done[f"{kind} killed"] += 1

    def _roll(self, kind: str) -> None:
        begun = time.monotonic()
        try:
            self._replace(kind)
        except ReltoError as error:
            self.failed[f"rolling restart of {kind} failed: {error.full_code} {error.expected}"] += 1
        else:
            self.done[f"rolling restarts of {kind} ({time.monotonic() - begun:.0f} s)"] += 1
