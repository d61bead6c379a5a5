"""Several processes that decide again, each a chunk at a time, answered in the order asked; memory stays bounded.

At most one chunk is under way in each process. A process that ends or answers nonsense is Unreachable("replay"): what
was told before it stands, and whoever asked may go on from there.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from relto.adapters.replaying.answering import Answering, Chunk, RuleSet
from relto.base.errors import ReltoError, Unreachable
from relto.rules.replaying import Recorded, Replayed

_CHILD: Final = Path(__file__).with_name("child.py")
DEFAULT_PROCESSES = 2
CHUNK = 500
"""Records a chunk: some megabytes."""


class ReplayProcesses:
    """A context: its processes end with it."""

    def __init__(self, rules: Sequence[RuleSet], processes: int = DEFAULT_PROCESSES) -> None:
        """`rules`: what records name by their place; more may be added while it runs. `processes`: 0 decides here."""
        self.rules = list(rules)
        self._children = [_started() for _ in range(processes)]
        self._known: list[set[int]] = [set() for _ in range(max(processes, 1))]
        self._here = Answering()

    def __enter__(self) -> Self:
        """The processes, at work."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End them all."""
        for child in self._children:
            child.kill()
            child.communicate()

    def replayed(self, chunks: Iterable[Sequence[tuple[int, Recorded]]]) -> Iterator[Sequence[Replayed]]:
        """Each chunk's answer, in order. Raises what a record raised (MalformedInput), Unreachable("replay")."""
        under_way: deque[int] = deque()
        for number, records in enumerate(chunks):
            one = number % max(len(self._children), 1)
            if not self._children:
                yield _taken(self._here.answered(self._chunk(0, records)))
                continue
            if len(under_way) == len(self._children):
                yield self._answer(under_way.popleft())
            self._ask(one, self._chunk(one, records))
            under_way.append(one)
        while under_way:
            yield self._answer(under_way.popleft())

    def _chunk(self, child: int, records: Sequence[tuple[int, Recorded]]) -> Chunk:
        new = sorted({place for place, _ in records} - self._known[child])
        self._known[child].update(new)
        return Chunk(tuple((place, self.rules[place]) for place in new), tuple(records))

    def _ask(self, one: int, chunk: Chunk) -> None:
        pipe = self._children[one].stdin
        try:
            if pipe is None:
                raise _ended()
            pickle.dump(chunk, pipe, protocol=pickle.HIGHEST_PROTOCOL)
            pipe.flush()
        except OSError as error:
            raise _ended() from error

    def _answer(self, one: int) -> Sequence[Replayed]:
        pipe = self._children[one].stdout
        try:
            if pipe is None:
                raise _ended()
            found: Any = pickle.load(pipe)  # noqa: S301  from the own child
        except (EOFError, pickle.UnpicklingError, OSError) as error:
            raise _ended() from error
        return _taken(found)


def _taken(found: Sequence[Replayed] | ReltoError) -> Sequence[Replayed]:
    if isinstance(found, ReltoError):
        raise found
    return found


def _started() -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603  this interpreter, our own file
        [sys.executable, "-I", "-B", str(_CHILD)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"LC_ALL": "C.UTF-8"},
        cwd="/",
        close_fds=True,
        start_new_session=True,
    )


def _ended() -> Unreachable:
    return Unreachable("replay", field="replay", expected="a process that decides again; ask from where it ended")
