"""The `relto` command in a process of its own for each call, forked from one that has its modules loaded.

It does what `python -m relto.cli` does, without the half second of imports that each new interpreter takes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

_SOURCE = Path(__file__).resolve().parents[2] / "src"
_PRELOADED = "client.node client.verification cli.demo cli.people cli.items cli.rules node.party node.initialise"


@dataclass(frozen=True)
class Answer:
    """What a command said."""

    exit_status: int
    out: str
    error: str


class CommandServer:
    """Calls of the command, each in its own process; `folder` is where they run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        environment = {**os.environ, "PYTHONPATH": f"{_SOURCE}{os.pathsep}{_SOURCE.parent}"}
        environment.pop("RELTO_PROFILE", None)
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).resolve())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            cwd=folder,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._process.communicate()

    def call_all(self, calls: Sequence[tuple[Sequence[str], Path | None]]) -> list[Answer]:
        """Arguments and profile of each call; four run at a time. The answers, in the order of the calls."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with tempfile.TemporaryDirectory() as answers:
            order = {"answers": answers, "calls": [[list(given), str(who or "")] for given, who in calls]}
            self._process.stdin.write(json.dumps(order).encode() + b"\n")
            self._process.stdin.flush()
            statuses = json.loads(self._process.stdout.readline())
            texts = [
                [(Path(answers) / f"{number}.{name}").read_text() for name in ("out", "error")]
                for number in range(len(calls))
            ]
        return [Answer(status, *text) for status, text in zip(statuses, texts, strict=True)]


_AT_A_TIME = 4


def _serve() -> None:
    from importlib import import_module  # noqa: PLC0415  only in the serving process

    for name in _PRELOADED.split():
        import_module(f"relto.{name}")
    for line in sys.stdin:
        order = json.loads(line)
        statuses = [0] * len(order["calls"])
        running: dict[int, int] = {}
        waiting = list(enumerate(order["calls"]))
        while waiting or running:
            while waiting and len(running) < _AT_A_TIME:
                number, (arguments, profile) = waiting.pop(0)
                child = os.fork()
                if child == 0:
                    _become(arguments, profile, f"{order['answers']}/{number}")
                running[child] = number
            child, status = os.wait()
            statuses[running.pop(child)] = os.waitstatus_to_exitcode(status)
        sys.stdout.write(json.dumps(statuses) + "\n")
        sys.stdout.flush()


def _become(arguments: list[str], profile: str, place: str) -> None:
    """The command itself: never returns."""
    from relto.cli.main import run  # noqa: PLC0415  only in the serving process

    for name, number in (("out", 1), ("error", 2)):
        os.dup2(os.open(f"{place}.{name}", os.O_WRONLY | os.O_CREAT, 0o600), number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    if profile:
        os.environ["RELTO_PROFILE"] = profile
    sys.argv = ["relto", *arguments]
    status = 0
    try:
        run()
    except SystemExit as leaving:
        status = leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    except BaseException:  # noqa: BLE001  what an interpreter would print before it ends with status 1
        sys.excepthook(*sys.exc_info())
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    _serve()
