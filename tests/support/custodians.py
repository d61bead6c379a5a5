"""Custodians of both nations as the stories need them: three each, two of them needed. Made once for each process."""

from __future__ import annotations

import os
from functools import cache

from relto.base.canonical import Json
from relto.base.nations import Nation
from relto.sealing.recovery_keys import CustodianKey, seal_key_file
from relto.sealing.recovery_pieces import Holder, RecoveryOrder

QUORUM, COUNT = 2, 3
PASSPHRASE = "nine tall monsoon larks"
QUICK = 2**10  # scrypt's cost in tests, where nobody guesses


@cache
def custodian(nation: str, number: int) -> CustodianKey:
    return CustodianKey.make(Nation(nation), number, os.urandom(64))


def custodians(nation: str) -> list[CustodianKey]:
    return [custodian(nation, number) for number in range(1, COUNT + 1)]


def order(nation: str) -> RecoveryOrder:
    keys = [key.public for key in custodians(nation)]
    return RecoveryOrder(Nation(nation), QUORUM, tuple(Holder(key.number, key.kid, key.pem) for key in keys))


def bundle_entry(nation: str) -> dict[str, Json]:
    """The member `custodians` of a party in parties.json."""
    return {"quorum": QUORUM, "keys": [key.public.as_dict() for key in custodians(nation)]}


def key_file(key: CustodianKey, passphrase: str = PASSPHRASE) -> bytes:
    return seal_key_file(key, passphrase, salt=os.urandom(16), nonce=os.urandom(12), cost=QUICK)
