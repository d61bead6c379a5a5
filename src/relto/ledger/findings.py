"""What the verifier of a folder says.

Findings, notices, and the report that holds them. Codes only; words are elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in a folder is not as it was signed.

    `file` is the path inside the folder; `entry` the index of the entry concerned (for a hash tile: the first entry
    below the altered hash); `code` says what, and `reason` repeats the code of the error that told it.
    """

    code: str
    file: str
    entry: int | None = None
    reason: str | None = None

    def as_dict(self) -> dict[str, str | int]:
        """For --json: absent members are left out."""
        members = {"code": self.code, "file": self.file, "entry": self.entry, "reason": self.reason}
        return {name: value for name, value in members.items() if value is not None}


class Outcome(StrEnum):
    """What a report amounts to."""

    VERIFIED = "verified"
    NOT_AUTHENTICATED = "not_authenticated"
    ALTERED = "altered"


@dataclass(frozen=True, slots=True)
class KeyUse:
    """A key that signed a checkpoint of the folder. Without trust only its name and key id are known."""

    name: str
    key_id: str
    fingerprint: str | None = None

    def as_dict(self) -> dict[str, str]:
        """For --json."""
        members = {"name": self.name, "key_id": self.key_id, "fingerprint": self.fingerprint}
        return {name: value for name, value in members.items() if value is not None}


@dataclass(slots=True)
class Report:
    """The result of verifying a folder.

    `agreed_size` is the size of the largest checkpoint in the folder that reached the policy's quorum, None when none
    did (or nobody was trusted); entries from there to `size` are sequenced, and not yet agreed. Notices do not change
    the outcome.
    """

    authenticated: bool
    origin: str | None = None
    size: int | None = None
    root: bytes | None = None
    agreed_size: int | None = None
    checkpoints: int = 0
    cosigned_by: Mapping[str, int] = field(default_factory=dict)
    keys: list[KeyUse] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    notices: list[Finding] = field(default_factory=list)

    @property
    def outcome(self) -> Outcome:
        """ALTERED with any finding; NOT_AUTHENTICATED when it is only consistent with itself; VERIFIED otherwise."""
        if self.findings:
            return Outcome.ALTERED
        return Outcome.VERIFIED if self.authenticated else Outcome.NOT_AUTHENTICATED

    def as_dict(self) -> dict[str, object]:
        """For --json."""
        return {
            "outcome": self.outcome.value,
            "origin": self.origin,
            "size": self.size,
            "root": self.root.hex() if self.root is not None else None,
            "agreed_size": self.agreed_size,
            "checkpoints": self.checkpoints,
            "cosigned_by": dict(self.cosigned_by),
            "keys": [key.as_dict() for key in self.keys],
            "findings": [item.as_dict() for item in self.findings],
            "notices": [item.as_dict() for item in self.notices],
        }
