"""A party's custodians in the agreement: who may recover what its share protects, and how many of them it takes.

Rules enforced: a quorum of at least two, of at most eight; numbers 1, 2, 3 and on; each kid is made of its own key,
each statement key owned by that number and nation; no key of a custodian serves twice, for another nation, or as a
service key. A nation without custodians recovers nothing, nor does anybody what it holds a share of.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from relto.base.errors import MalformedInput
from relto.base.nations import Nation
from relto.sealing.recovery_keys import CustodianPublicKey
from relto.sealing.recovery_pieces import Holder, RecoveryOrder, check_quorum


@dataclass(frozen=True, slots=True)
class Custodians:
    """A nation's custodians, by number, and how many of them must come together."""

    nation: Nation
    quorum: int
    keys: tuple[CustodianPublicKey, ...]

    def order(self) -> RecoveryOrder:
        """For whom a share of this nation is split."""
        return RecoveryOrder(self.nation, self.quorum, tuple(Holder(key.number, key.kid, key.pem) for key in self.keys))


def read_custodians(nation: Nation, entry: Mapping[str, Any]) -> Custodians | None:
    """The custodians in a party's checked entry; None when it names none. Raises MalformedInput or NotVerified."""
    found = entry.get("custodians")
    if found is None:
        return None
    field = f"parties.json/{nation}/custodians"
    keys = tuple(CustodianPublicKey.from_dict(nation, key, field=f"{field}/keys") for key in found["keys"])
    check_quorum(found["quorum"], len(keys), field=f"{field}/quorum")
    if [key.number for key in keys] != list(range(1, len(keys) + 1)):
        raise MalformedInput("custodians.number", field=f"{field}/keys", expected="the numbers 1, 2, 3 and on")
    return Custodians(nation, found["quorum"], keys)


def check_apart(custodians: Iterable[Custodians], service_pems: Iterable[str]) -> None:
    """No recovery key serves two custodians or is a service key. Raises MalformedInput("custodians.twice")."""
    others = {"".join(pem.split()) for pem in service_pems}
    kids: set[str] = set()
    for key in (key for party in custodians for key in party.keys):
        if key.kid in kids or "".join(key.pem.split()) in others:
            field = f"parties.json/{key.nation}/custodians"
            raise MalformedInput("custodians.twice", field=field, expected="a key of each custodian's own")
        kids.add(key.kid)


def recovery_orders(
    custodians: Mapping[Nation, Custodians | None], nations: Iterable[Nation]
) -> tuple[RecoveryOrder, ...]:
    """The orders for shares held by these nations, in this order; none at all when one of them names no custodians."""
    found = [custodians.get(nation) for nation in nations]
    return tuple(one.order() for one in found if one is not None) if all(found) else ()
