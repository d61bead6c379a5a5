"""What a verb of the client does, without doing it: steps that a driver carries out (sans I/O).

A verb is either a `Call`, one JSON exchange described as data, or a generator of `Step`s: send, upload, download, work.
The driver, blocking or awaiting, carries each step out and sends its outcome back in; what went wrong is thrown in, so
that a generator's own `finally` and `with` clean up, also when an awaiting caller cancels. No step blocks but `Work`,
`Upload`'s pieces and `Download`'s sink, which an awaiting driver runs in threads, one piece at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from relto.client.answers.reading import AnswerT, read_answer, read_answers

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far something long has come, in bytes.

    `phase`: seal, upload, open, download or export; `total` is None when unknown.
    """

    phase: str
    done: int
    total: int | None


Tell = Callable[[Progress], None]


class Watch:
    """Counts where the work is done, which may be a thread, and tells where the caller is."""

    def __init__(self, tell: Tell | None, phase: str, total: int | None = None) -> None:
        """`tell` is called by the driver between pieces, never from another thread than the caller's."""
        self._tell = tell
        self._phase = phase
        self._told = -1
        self.done = 0
        self.total = total

    def at(self, done: int) -> None:
        """So many bytes are done."""
        self.done = done

    def report(self) -> None:
        """Tell, if there is news."""
        if self._tell is not None and self.done != self._told:
            self._told = self.done
            self._tell(Progress(self._phase, self.done, self.total))


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request. `url` is whole, or a path of the node's API; at most one of `json`, `form` and `content`."""

    method: str
    url: str
    json: Mapping[str, Any] | None = None
    form: Mapping[str, str] | None = None
    content: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    basic: tuple[str, str] | None = field(default=None, repr=False)
    with_token: bool = True


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back, whole and bounded. `challenged`: the same request would do with the nonce that was told.

    `content_range`: of an answer that is a part (RFC 9110 section 14.4), else "".
    """

    status: int
    content: bytes
    challenged: bool = False
    content_range: str = ""

    @property
    def is_error(self) -> bool:
        """RFC 9110: client and server errors."""
        return self.status >= 400  # noqa: PLR2004  the first status of RFC 9110 section 15.5


@dataclass(frozen=True, slots=True)
class Send:
    """Send a request; the outcome is its Reply."""

    request: Request


@dataclass(frozen=True, slots=True)
class Upload:
    """Send a request whose body is made while it is sent; the outcome is its Reply."""

    request: Request
    pieces: Iterator[bytes]
    watch: Watch


@dataclass(frozen=True, slots=True)
class Download:
    """Hand the body of an answer to `sink` in pieces; of an error nothing goes there. The outcome is the Reply."""

    request: Request
    sink: Callable[[bytes], object]
    watch: Watch


@dataclass(frozen=True, slots=True)
class Work:
    """Computing and file work in pieces; the outcome is what the generator returns."""

    pieces: Generator[object, None, Any]
    watch: Watch | None = None


Step = Send | Upload | Download | Work
Steps = Generator[Step, Any, T]


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One JSON exchange with the node's API: what is sent, and how the answer is read."""

    request: Request
    read: Callable[[object], T]


def get(path: str, kind: type[AnswerT], /) -> Call[AnswerT]:
    """Read one thing."""
    return Call(Request("GET", path), lambda value: read_answer(kind, value))


def listed(path: str, kind: type[AnswerT], /) -> Call[list[AnswerT]]:
    """Read a list."""
    return Call(Request("GET", path), lambda value: read_answers(kind, value))


def post(path: str, kind: type[AnswerT], /, **body: Any) -> Call[AnswerT]:
    """Change something; the answer says what it is now."""
    return Call(Request("POST", path, json=body), lambda value: read_answer(kind, value))


def put(path: str, kind: type[AnswerT], /, **body: Any) -> Call[AnswerT]:
    """Set something whole; the answer says what it is now."""
    return Call(Request("PUT", path, json=body), lambda value: read_answer(kind, value))


def delete(path: str, kind: type[AnswerT], /) -> Call[AnswerT]:
    """End something; the answer says what it is now."""
    return Call(Request("DELETE", path), lambda value: read_answer(kind, value))


def at_once(function: Callable[[], T]) -> Generator[object, None, T]:
    """Work in a single piece."""
    yield None
    return function()
