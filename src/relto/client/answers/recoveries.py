"""Recoveries by custodians as the node has them on record."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from relto.client.answers.reading import Answer


@dataclass(frozen=True, kw_only=True)
class CustodianPart(Answer):
    """A custodian's part in a recovery: which use of her key it was."""

    nation: str
    number: int
    kid: str
    use: int


@dataclass(frozen=True, kw_only=True)
class RecoveryRecord(Answer):
    """An imported record. `item`: its item here, "" for a container that is not known; `findings`: what is odd."""

    id: str
    container: str
    item: str
    manifest: str
    recovered_at: datetime
    imported_at: datetime
    imported_by: str
    reason: str = field(repr=False)
    custodians: tuple[CustodianPart, ...]
    findings: tuple[str, ...]
    entry: str = ""


@dataclass(frozen=True, kw_only=True)
class OpenMatter(Answer):
    """What the numbered uses of a custodian's key show. `code`: overdue (from `use` to `until`), fork or chain."""

    code: str
    nation: str
    number: int
    kid: str
    use: int
    until: int


@dataclass(frozen=True, kw_only=True)
class RecoveryBook(Answer):
    """`quorum` of `custodians` of this nation recover (0 of 0: nobody does); the records, and what is open."""

    quorum: int
    custodians: int
    records: tuple[RecoveryRecord, ...]
    open_matters: tuple[OpenMatter, ...]
