"""The body of a checkpoint: C2SP tlog-checkpoint.

Promises: origin, size and root are read strictly, and written as they were read; extension lines are kept, and relto's
own logs write none.
"""

from __future__ import annotations

from dataclasses import dataclass

from relto.base.errors import MalformedInput, TooLarge
from relto.ledger.encoding import HASH_BYTES, LARGEST_SIZE, base64_text, read_decimal, read_hash

LONGEST_ORIGIN_BYTES = 255
"""What an ML-DSA-44 cosignature can name (tlog-cosignature: one length byte)."""
LARGEST_BODY_BYTES = 64 * 1024
_FIXED_LINES = 3


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One state of one log. `root` is 32 bytes."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what could not be written and read back."""
        lines = (self.origin, *self.extensions)
        if any(not line or any(letter < " " for letter in line) for line in lines):
            raise MalformedInput(
                "checkpoint.line", field="origin", expected="non-empty lines without control characters"
            )
        if any("\ud800" <= letter <= "\udfff" for line in lines for letter in line):
            raise MalformedInput("checkpoint.utf8", field="origin", expected="UTF-8")
        if len(self.origin.encode()) > LONGEST_ORIGIN_BYTES:
            raise TooLarge("checkpoint.origin", field="origin", expected=f"at most {LONGEST_ORIGIN_BYTES} bytes")
        if not 0 <= self.size <= LARGEST_SIZE or len(self.root) != HASH_BYTES:
            raise MalformedInput(
                "checkpoint.tree", field="size", found=self.size, expected="a size and a root of 32 bytes"
            )

    @property
    def text(self) -> bytes:
        """The body as it is signed, with its final newline."""
        lines = (self.origin, str(self.size), base64_text(self.root), *self.extensions)
        return "".join(f"{line}\n" for line in lines).encode()


def read_checkpoint_text(text: bytes) -> Checkpoint:
    """The checkpoint that a body states. Raises MalformedInput or TooLarge."""
    if len(text) > LARGEST_BODY_BYTES:
        raise TooLarge(
            "checkpoint", field="checkpoint", found=len(text), expected=f"at most {LARGEST_BODY_BYTES} bytes"
        )
    try:
        lines = text.decode("utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise MalformedInput("checkpoint.utf8", field="checkpoint", expected="UTF-8") from error
    if len(lines) <= _FIXED_LINES or lines.pop():
        raise MalformedInput(
            "checkpoint.lines", field="checkpoint", expected="origin, size and root, each with a newline"
        )
    origin, size, root, *extensions = lines
    return Checkpoint(
        origin, read_decimal(size, field="size"), read_hash(root, field="root"), extensions=tuple(extensions)
    )
