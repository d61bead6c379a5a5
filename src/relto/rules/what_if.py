"""What if: named changes tried on the facts of one case, each decided again; nothing untried is told (policy.md 3).

A change is a remedy's code, as gates name it. Of a refused case the smallest sets of remedies that make it permitted
are searched for, single ones first: the remedies of gates that fail, and of those that fail only once the others are
mended. When all of them together do not suffice no set is told. Every set in an answer was replayed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from relto.base.errors import UnknownValue
from relto.base.instants import Instant
from relto.rules.bundle import Bundle
from relto.rules.decide import decide
from relto.rules.decision import Decision
from relto.rules.facts import DecisionFacts
from relto.rules.remedies import REMEDIES, replay_with

MOST_REMEDIES = 20
"""Remedies that one case is tried with; there are fewer gates than that with one."""
MOST_TRIALS = 400
"""Decisions that one search may take; what it finds until then is told, and that it ended early."""


@dataclass(frozen=True, slots=True)
class Trial:
    """The decision as if these remedies had been carried out. `left`: the rules that still stand in the way."""

    remedies: tuple[str, ...]
    permitted: bool
    left: tuple[str, ...]
    errors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The decision as it is, and what was tried. `untried`: remedies that facts of one case cannot express.

    `singles`: each remedy alone. `enough`: the smallest sets that make it permitted, each replayed; empty when none
    does. `whole`: the search was not ended by its bound.
    """

    decision: Decision
    singles: tuple[Trial, ...]
    enough: tuple[Trial, ...]
    untried: tuple[str, ...]
    whole: bool


def named_changes(bundle: Bundle, action: str, facts: DecisionFacts, at: Instant, remedies: Sequence[str]) -> Trial:
    """The case with exactly these changes. Raises UnknownValue for a code that facts of one case cannot express."""
    for code in remedies:
        if code not in REMEDIES:
            raise UnknownValue(
                "remedy", field="change", found=code[:60], expected="one of " + ", ".join(sorted(REMEDIES))
            )
    return _tried(bundle, action, facts, at, tuple(dict.fromkeys(remedies)))


def what_if(bundle: Bundle, action: str, facts: DecisionFacts, at: Instant) -> WhatIf:
    """What would make this case permitted. A case that is permitted, or that no engine answers, needs no trial."""
    decision = decide(bundle, action, facts, at)
    named = tuple(dict.fromkeys(gate.remedy for gate in decision.failed))
    if decision.permitted or decision.errors:
        return WhatIf(decision, (), (), (), whole=True)
    known = [code for code in named if code in REMEDIES][:MOST_REMEDIES]
    untried = tuple(code for code in named if code not in REMEDIES)
    singles = tuple(_tried(bundle, action, facts, at, (code,)) for code in known)
    known += _uncovered(bundle, action, facts, at, known)
    enough, whole = _smallest(bundle, action, facts, at, known, [one for one in singles if one.permitted])
    return WhatIf(decision, singles, enough, untried, whole)


def _uncovered(bundle: Bundle, action: str, facts: DecisionFacts, at: Instant, known: Sequence[str]) -> list[str]:
    """Remedies of rules that fail only once the others are mended."""
    tried = set(known)
    found: list[str] = []
    while len(tried) < MOST_REMEDIES:
        decision = replay_with(bundle, action, facts, at, (*known, *found)).decision
        more = {gate.remedy for gate in decision.failed if gate.remedy in REMEDIES} - tried
        if not more:
            break
        found += sorted(more)
        tried |= more
    return found


def _smallest(  # noqa: PLR0917  one case, and what is known of it
    bundle: Bundle, action: str, facts: DecisionFacts, at: Instant, known: Sequence[str], singles: Sequence[Trial]
) -> tuple[tuple[Trial, ...], bool]:
    """The permitted sets of the fewest remedies, and whether the search went to its end."""
    if singles:
        return tuple(singles), True
    together = _tried(bundle, action, facts, at, tuple(known))
    if not known or not together.permitted:
        return (), True
    # A remedy without which all the others do not suffice stands in every set: only the rest is searched.
    needed = [
        code for code in known
        if not _tried(bundle, action, facts, at, tuple(one for one in known if one != code)).permitted
    ]  # fmt: skip
    rest, trials = [code for code in known if code not in needed], 0
    for size in range(len(rest) + 1):
        found: list[Trial] = []
        for more in combinations(rest, size):
            trials += 1
            if trials > MOST_TRIALS:
                return tuple(found) or (together,), False
            chosen = tuple(code for code in known if code in needed or code in more)
            trial = _tried(bundle, action, facts, at, chosen)
            if trial.permitted:
                found.append(trial)
        if found:
            return tuple(found), True
    return (together,), True


def _tried(bundle: Bundle, action: str, facts: DecisionFacts, at: Instant, remedies: tuple[str, ...]) -> Trial:
    again = replay_with(bundle, action, facts, at, remedies).decision
    return Trial(remedies, again.permitted, again.failed_rules, again.errors)
