"""An own item opened at home: what is made of equal rows in one second is not made again.

All that such an opening rests on is four reads: the manifest with its item, the person, her assignments, her facility.
They are made for every opening. When every row is equal to what an earlier opening in the same second found, for the
same asker, request and bundle, then so are the facts, and so is the decision (see `services.ruled`). Whatever a partner
has a part in rests on more and is made each time.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

from relto.base.instants import Instant
from relto.procedures.actors import Actor
from relto.rules.bundle import Bundle
from relto.sealing.key_access import KeyAccess
from relto.services.decisions import Ruled
from relto.store.queries.opening import OPENED
from relto.store.queries.organisation import CURRENT, FACILITY, PERSON
from relto.store.queries.prepared import Reads

_MOST = 1024
Place = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class OwnOpening:
    """What was made: the item and its manifest, and the decision."""

    bundle: Bundle
    item: str
    uuid: str
    manifest: str
    ruled: Ruled


_kept: OrderedDict[Place, OwnOpening] = OrderedDict()
_lock = Lock()


def place_of(  # noqa: PLR0917  all that an opening rests on
    bundle: Bundle, actor: Actor, identity: str, key_access: KeyAccess, policy_text: str, at: Instant, reads: Reads
) -> Place:
    """Everything that the opening of an own item rests on, read now."""
    facility = reads.raw(FACILITY, actor.facility) if actor.facility else []
    rows = (
        *reads.raw(OPENED, identity),
        *reads.raw(PERSON, actor.person),
        *reads.raw(CURRENT, actor.person, at),
        *facility,
    )
    asked = (identity, key_access, policy_text, actor.person, actor.company, actor.facility)
    return (id(bundle), at.replace(microsecond=0), asked, *map(tuple, rows))


def known(place: Place, bundle: Bundle) -> OwnOpening | None:
    """What was made of the same; None when nothing was, or the database gives rows that cannot be compared."""
    try:
        found = _kept.get(place)
    except TypeError:
        return None
    return found if found is not None and found.bundle is bundle else None


def keep(place: Place, made: OwnOpening) -> None:
    """Remember what was made; nothing of it begins or ceases to hold inside a second."""
    with _lock:
        try:
            _kept[place] = made
        except TypeError:
            return
        while len(_kept) > _MOST:
            _kept.popitem(last=False)
