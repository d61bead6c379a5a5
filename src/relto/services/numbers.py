"""Numbers that people read aloud: counted per year, given inside the step that uses them, each once.

A node that was restored may have given numbers that it no longer knows. So each life of a node counts in a range of its
own: after the first lifting of a quarantine from 1,000,001 on, after the second from 2,000,001, as in REL-2026-1000007.
How often a quarantine was lifted stands in the ledger, and comes back with it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.db import IntegrityError, transaction

from relto.base.errors import Unreachable
from relto.store.queries.standing import lives
from relto.store.scopes import for_the_node

_TRIES = 16
A_LIFE = 1_000_000
"""So many numbers of a year belong to each life of a node."""
_Made = TypeVar("_Made")


def numbered(prefix: str, year: int, digits: int, taken: Callable[[str], int], make: Callable[[str], _Made]) -> _Made:
    """What `make` stored under the next number, such as REL-2026-0001.

    `taken` counts the numbers that begin so. Another process may take the same number first: the unique column says so
    and the next is tried. Called inside a step only; raises Unreachable when none was free.
    """
    start = f"{prefix}-{year:04d}-"
    # What was given in all lives known here is counted together: the places within a life are then free.
    with for_the_node():  # numbers are the nation's, whichever company has them
        place, life = taken(start) + 1, lives()
    for number in range(life * A_LIFE + place, min(life * A_LIFE + place + _TRIES, (life + 1) * A_LIFE)):
        try:
            with transaction.atomic():
                return make(f"{start}{number:0{digits}d}")
        except IntegrityError:
            continue
    raise Unreachable("number", field="number", expected="a free number")
