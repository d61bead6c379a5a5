"""Decisions made again: what the same rules say of the very same facts in the same second is not worked out twice.

`decide` is a function of bundle, action, facts and instant. Facts are read from the store for every decision; only
when all of them are equal to those of an earlier one, under the same opened bundle and within one whole second, its
answer is the answer. The engine counts whole seconds, and so does every text of a decision; facts or a bundle with a
boundary inside a second are therefore decided each time. At most a few hundred answers are kept, of the newest seconds.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from threading import Lock

from relto.base.instants import Instant, Period
from relto.rules.bundle import Bundle
from relto.rules.decide import decide
from relto.rules.facts import Action, DecisionFacts
from relto.services.decisions import Ruled

_MOST = 1024
_Place = tuple[int, Action, Instant, DecisionFacts]


@dataclass(frozen=True, slots=True)
class _Kept:
    bundle: Bundle
    ruled: Ruled


_kept: OrderedDict[_Place, _Kept] = OrderedDict()
_lock = Lock()


def ruled(bundle: Bundle, action: Action, stated: DecisionFacts, at: Instant) -> Ruled:
    """`decide`, and what is recorded of it; its `at` is exactly the one given."""
    place = (id(bundle), action, at.replace(microsecond=0), stated)
    try:
        known = _kept.get(place)
    except TypeError:  # facts of another type, which the engine refuses
        return Ruled.of(decide(bundle, action, stated, at), stated)
    if known is not None and known.bundle is bundle:
        return again(known.ruled, at)
    found = Ruled.of(decide(bundle, action, stated, at), stated)
    if lasts_a_second(bundle, stated):
        with _lock:
            _kept[place] = _Kept(bundle, found)
            while len(_kept) > _MOST:
                _kept.popitem(last=False)
    return found


def again(known: Ruled, at: Instant) -> Ruled:
    """The same decision, made at another instant of the same second."""
    return Ruled(replace(known.decision, at=at), known.written, known.digest, known.facts)


def lasts_a_second(bundle: Bundle, stated: DecisionFacts) -> bool:
    """True when nothing of the facts or the bundle begins or ceases to hold inside a second."""
    return not any(moment.microsecond for moment in (*_boundaries(stated), *bundle.boundaries))


def _boundaries(stated: DecisionFacts) -> Iterator[Instant]:
    """Every instant at which these facts begin or cease to hold."""
    periods: list[Period | None] = [stated.facility.valid, *(one.valid for one in stated.people)]
    periods += (one.valid for one in stated.authorisations)
    periods += (one.valid for one in stated.consents)
    periods += (one.valid for one in stated.listings)
    if stated.release is not None:
        periods.append(stated.release.valid)
    for period in periods:
        if period is not None:
            yield from _of_period(period)


def _of_period(period: Period) -> Iterator[Instant]:
    yield period.start
    if period.end is not None:
        yield period.end
