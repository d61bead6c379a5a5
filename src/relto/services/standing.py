"""Whether a node may act (promise 11): the guard that a served node carries, and the key that obeys it.

Rules kept here:
 1. A node that was started enters, signs and releases nothing until that start has compared itself with the own
    authority's witness; what crosses the border waits for the comparison with that partner too.
 2. While a quarantine is open nothing is entered, signed or released, whatever was compared.
 3. What is not known is "no": without a record of this start the answer is not_compared.

A start is that of the whole node: `relto.node.starts` tells one from the return of a single process. The guard is
given by the wiring of each served process and stands in `House.standing`. Houses without processes (set-up before the
first start, commands that read, unit tests) carry `Unguarded`: nobody serves from them, and what they would say about
a start has no meaning. That a comparison was made is remembered in the process, because within one start it only
gets better; the quarantine is read at each step.
"""

from __future__ import annotations

import time

from relto.base.errors import Unreachable
from relto.base.nations import Nation
from relto.ports.surroundings import Standing, StandingState
from relto.signing.keys import SEED_BYTES, StatementKey

_POLL_SECONDS = 0.05
COMPARISON_SECONDS = 5.0
"""How long an opening waits for a comparison that a start has still to make."""


class Unguarded:
    """The standing of a house that no process serves."""

    def require_own(self) -> None:
        """Nothing stands in the way."""

    def compared_with(self, partner: Nation) -> bool:
        """Nothing stands in the way."""
        del partner
        return True

    def require_partner(self, partner: Nation, *, seconds: float = 0) -> None:
        """Nothing stands in the way."""

    def state(self) -> StandingState:
        """Ready."""
        return "ready"


class ServedStanding:
    """The standing of one process of a served node."""

    def __init__(self, start: str) -> None:
        """`start`: the id of the whole node's present start."""
        self.start = start
        self._compared = False
        self._partners: set[str] = set()

    def require_own(self) -> None:
        """Raise Unreachable("quarantined") or Unreachable("not_compared"). One read once the comparison is known."""
        from relto.store.queries.standing import in_quarantine  # noqa: PLC0415  tables need a started Django

        if in_quarantine():
            raise Unreachable("quarantined", field="node", expected="a node whose records agree with its witness")
        if not self._compared:
            self._look()
        if not self._compared:
            raise Unreachable("not_compared", field="node", expected="a node that has compared itself since its start")

    def compared_with(self, partner: Nation) -> bool:
        """True when this node may act and has compared itself with the partner."""
        try:
            self.require_partner(partner)
        except Unreachable:
            return False
        return True

    def require_partner(self, partner: Nation, *, seconds: float = 0) -> None:
        """As `require_own`; and Unreachable("partner_not_compared") when it does not happen within `seconds`."""
        self.require_own()
        deadline = time.monotonic() + seconds
        while partner not in self._partners:
            self._look()
            if partner in self._partners:
                break
            if time.monotonic() >= deadline:
                raise Unreachable(
                    "partner_not_compared", field="partner", found=partner, expected="a comparison since the start"
                )
            time.sleep(_POLL_SECONDS)

    def state(self) -> StandingState:
        """How the node stands now."""
        try:
            self.require_own()
        except Unreachable as error:
            return "quarantined" if error.reason == "quarantined" else "not_compared"
        return "ready"

    def wait_until_settled(self, seconds: float) -> bool:
        """Wait until this start was compared or is in quarantine; False when neither happened in time.

        A door that opens afterwards answers from its first request on. While nobody has tried to compare, as on a
        busy machine, it waits three times as long.
        """
        begun = time.monotonic()
        while self.state() == "not_compared":
            waited = time.monotonic() - begun
            if waited >= 3 * seconds or (waited >= seconds and self._tried()):
                return False
            time.sleep(_POLL_SECONDS)
        return True

    def _tried(self) -> bool:
        from relto.store.queries.standing import start_fact  # noqa: PLC0415  tables need a started Django

        found = start_fact(self.start)
        return found is not None and bool(found.waiting_for)

    def _look(self) -> None:
        from relto.store.queries.standing import start_fact  # noqa: PLC0415  tables need a started Django

        found = start_fact(self.start)
        if found is not None:
            self._compared = found.compared_at is not None
            self._partners.update(found.partners)


class GuardedStatementKey(StatementKey):
    """The node's key, which signs nothing while the node may not act."""

    __slots__ = ("_standing",)

    _standing: Standing

    @classmethod
    def guard(cls, key: StatementKey, standing: Standing) -> GuardedStatementKey:
        """The same key under the guard."""
        seeds = key.seeds()
        guarded = cls.from_seeds(key.owner, seeds[:SEED_BYTES], seeds[SEED_BYTES:])
        guarded._standing = standing  # noqa: SLF001  its own class makes it
        return guarded

    def sign(self, message: bytes) -> tuple[bytes, bytes]:
        """As StatementKey.sign. Raises Unreachable("quarantined" or "not_compared")."""
        self._standing.require_own()
        return super().sign(message)
