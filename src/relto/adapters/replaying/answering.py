"""What one process answers: each record of a chunk decided again under the rule set that it names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from relto.base.errors import ReltoError
from relto.rules.bundle import Bundle, read_rules
from relto.rules.confirmations import Confirmations
from relto.rules.overlays import combined, read_overlay_body
from relto.rules.replaying import Recorded, Replayed
from relto.rules.replaying import replay as decided_again

_MOST_KEPT = 8


@dataclass(frozen=True, slots=True)
class RuleSet:
    """A rule set by its file, with what the authorities had confirmed; verified by whoever asks.

    `overlay`: the text of the national overlay that is on it, empty without one.
    """

    file: bytes
    confirmations: Confirmations
    overlay: bytes = b""


def opened(one: RuleSet) -> Bundle:
    """What a rule set decides by.

    Raises MalformedInput, TooLarge or NotVerified("bundle.file") for what is none, Conflict or MalformedInput for an
    overlay that cannot be put on it.
    """
    bundle = replace(read_rules(one.file), confirmations=one.confirmations)
    return combined(bundle, read_overlay_body(one.overlay)) if one.overlay else bundle


@dataclass(frozen=True, slots=True)
class Chunk:
    """Records, each with the place of its rule set in `rules`. `new`: rule sets that the process does not know yet."""

    new: tuple[tuple[int, RuleSet], ...]
    records: tuple[tuple[int, Recorded], ...]


class Answering:
    """Rule sets by their place, opened once."""

    def __init__(self) -> None:
        self._opened: dict[int, Bundle] = {}

    def answered(self, chunk: Chunk) -> Sequence[Replayed] | ReltoError:
        """Every record decided again, in order; or the first error."""
        try:
            for place, one in chunk.new:
                self._opened[place] = opened(one)
            return [decided_again(self._opened[place], record) for place, record in chunk.records]
        except ReltoError as error:
            return error
