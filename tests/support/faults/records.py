"""What the workload was told: only this counts as acknowledged."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

OPENED = "opened"


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """A call that a node answered with a ledger entry. Instants are Unix seconds of this machine's right clock."""

    nation: str
    entry: str
    began: float
    ended: float


@dataclass
class Released:
    """A release that the originator's node acknowledged, and what is known of it on the other side."""

    sender: str
    recipient: str
    case: str
    uuid: str
    document: str
    acknowledged: float
    recipient_item: str = ""
    control_number: str = ""
    withdrawal_began: float = 0.0
    withdrawn: float = 0.0  # acknowledged; 0.0: not (as far as anybody was told)


@dataclass(frozen=True, slots=True)
class Opened:
    """An opening as its client saw it."""

    nation: str
    person: str
    item: str
    case: str
    began: float
    ended: float
    outcome: str  # OPENED, or the code of the error
    sound: bool = True  # the bytes were those that were sealed, and both services said yes


@dataclass(frozen=True, slots=True)
class Suspended:
    """A time in which a person was suspended: from the acknowledged suspension to the call that ended it."""

    nation: str
    person: str
    acknowledged: float
    reinstating: float


@dataclass
class Records:
    """Everything that was acknowledged. Threads share it."""

    acknowledged: list[Acknowledged] = field(default_factory=list)
    releases: dict[str, Released] = field(default_factory=dict)
    openings: list[Opened] = field(default_factory=list)
    suspensions: list[Suspended] = field(default_factory=list)
    surprises: list[str] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def entry(self, nation: str, entry: str, began: float, ended: float) -> None:
        """A verb was acknowledged with this entry."""
        with self.lock:
            self.acknowledged.append(Acknowledged(nation, entry, began, ended))

    def opening(self, opened: Opened) -> None:
        """An opening ended, in whatever way."""
        with self.lock:
            self.openings.append(opened)

    def surprise(self, what: str) -> None:
        """Something happened that no fault explains."""
        with self.lock:
            self.surprises.append(what)

    def held_by(self, recipient: str) -> list[Released]:
        """Releases that a nation accepted."""
        with self.lock:
            return [one for one in self.releases.values() if one.recipient == recipient and one.recipient_item]

    def sent_by(self, sender: str) -> list[Released]:
        """Releases that a nation's node acknowledged."""
        with self.lock:
            return [one for one in self.releases.values() if one.sender == sender]
