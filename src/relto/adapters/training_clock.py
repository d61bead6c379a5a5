"""The clock of a rehearsal: how far the nodes of a training ground stand ahead of the machine's clock.

One small file holds the seconds, as a decimal number. Every process of both nodes, their witnesses and the clients of
a rehearsal read that one file at each look at the clock, so that all of them agree at every moment, and a week of a
course passes when the file is replaced. Promises: the clock is only ever put ahead, by ten years at most; a file that
is not such a number stops every process that reads it. A live node refuses to start with one (`relto.node.checks`).
"""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

from relto.base.errors import MalformedInput, Unreachable

MOST_AHEAD = timedelta(days=3660)
_SECONDS = re.compile(rb"(0|[1-9][0-9]{0,8})\n")
_LONGEST = 16
_EXPECTED = "whole seconds, ten years at most"


class TrainingClock:
    """How far a rehearsal's time is ahead, as its file says now."""

    def __init__(self, file: Path) -> None:
        """`file`: made by `put_ahead`; it is read at each look."""
        self._file = file

    def ahead(self) -> timedelta:
        """How far it is ahead. Raises Unreachable("training_clock") without a file that says so."""
        try:
            with self._file.open("rb") as opened:
                said = opened.read(_LONGEST)
        except OSError as error:
            raise Unreachable("training_clock", field="training_clock", expected="a file with the seconds") from error
        if not _SECONDS.fullmatch(said) or timedelta(seconds=int(said)) > MOST_AHEAD:
            raise Unreachable("training_clock", field="training_clock", expected=_EXPECTED)
        return timedelta(seconds=int(said))

    def seconds(self) -> float:
        """The same in seconds."""
        return self.ahead().total_seconds()


def put_ahead(file: Path, by: timedelta) -> None:
    """Have all that read this file stand so far ahead; the file is made when there is none.

    Raises MalformedInput("training_clock") for less than it stands already, and for more than ten years: no clock of a
    node is ever put back.
    """
    seconds = int(by.total_seconds())
    least = int(TrainingClock(file).seconds()) if file.exists() else 0
    if not least <= seconds <= MOST_AHEAD.total_seconds():
        raise MalformedInput("training_clock", field="ahead", found=seconds, expected=f"{least} seconds or more")
    fresh = file.with_name(f"{file.name}.new")
    fresh.write_bytes(b"%d\n" % seconds)
    fresh.replace(file)
