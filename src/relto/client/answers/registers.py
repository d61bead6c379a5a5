"""Registers: copies with their lines, whole holdings, inventories, the chain of custody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from relto.client.answers.reading import Answer


@dataclass(frozen=True, kw_only=True)
class CopyLine(Answer):
    """One numbered line: what was done with a copy, to which state, where, by whom."""

    number: str
    step: str
    state: str
    at: datetime
    by: str
    facility: str
    custodian: str
    location: str
    details: Mapping[str, str]
    reason: str
    entry: str


@dataclass(frozen=True, kw_only=True)
class ItemCopy(Answer):
    """A copy on record. `number`: the one that stands on it; `steps`: those that I may take now."""

    id: str
    item: str
    uuid: str
    banner: str
    company: str
    form: str
    number: int | None
    source: str
    state: str
    facility: str
    custodian: str
    location: str
    witness: str
    recorded_at: datetime
    since: datetime
    controlled_from: datetime | None
    open_matters: tuple[str, ...]
    steps: tuple[str, ...]
    events: tuple[CopyLine, ...]
    entry: str = ""


@dataclass(frozen=True, kw_only=True)
class Demand(Answer):
    """What a rule of the own nation asks of the register; `value` None: no rule is loaded."""

    demand: str
    nation: str
    value: int | None
    events: tuple[str, ...]
    provision: str
    citation: str
    evidence: str
    confirmed: bool


@dataclass(frozen=True, kw_only=True)
class TranslationLine(Answer):
    """A translation: `derived` says in `language` what `source` says."""

    derived: str
    source: str
    language: str
    translator: str
    at: datetime
    entry: str


@dataclass(frozen=True, kw_only=True)
class Holding(Answer):
    """An item that is held, with its copies, its translations, and what the rules ask of its register."""

    item: str
    uuid: str
    banner: str
    level: str
    foreign: bool
    held_as: str
    state: str
    programme: str
    control_number: str
    copies: tuple[ItemCopy, ...]
    translations: tuple[TranslationLine, ...]
    demands: tuple[Demand, ...]
    entry: str = ""


@dataclass(frozen=True, kw_only=True)
class InventoryLine(Answer):
    """A copy in an inventory; `result`: found, not_found, extra, or "" while it was not looked for."""

    copy_id: str
    item: str
    number: int | None
    form: str
    facility: str
    custodian: str
    location: str
    result: str
    note: str
    by: str
    at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Inventory(Answer):
    """A count of a company's copies; `statement`: its signed result, a DSSE envelope in JSON, "" while open."""

    id: str
    company: str
    level: str
    as_of: datetime
    opened_by: str
    opened_at: datetime
    state: str
    signed_by: str
    signed_at: datetime | None
    copies: int
    left: int
    found: int
    missing: int
    extra: int
    lines: tuple[InventoryLine, ...]
    statement: str
    entry: str = ""


@dataclass(frozen=True, kw_only=True)
class CustodyEvent(Answer):
    """Something on record. `index`, `state`: its place in the ledger; `entry_evidence`, `signature`: what was found."""

    thread: str
    kind: str
    outcome: str
    at: datetime
    nation: str
    signer: str
    entry: str
    index: int | None
    state: str
    entry_evidence: str
    signature: str
    place: str
    detail: str
    count: int


@dataclass(frozen=True, kw_only=True)
class CustodyLink(Answer):
    """An event with its number in the chain."""

    number: int
    event: CustodyEvent


@dataclass(frozen=True, kw_only=True)
class CustodyGap(Answer):
    """Expected and not seen, `day` days after the link `after`; `limit`: the days that a loaded rule allows."""

    code: str
    thread: str
    after: int
    since: datetime
    day: int
    limit: int | None
    late: bool
    other_side: bool


@dataclass(frozen=True, kw_only=True)
class Custody(Answer):
    """The chain of custody of an item, or of one copy, as the own node holds it; of the partner's side receipts."""

    item: str
    uuid: str
    banner: str
    originator: str
    held_as: str
    state: str
    control_number: str
    item_copy: ItemCopy | None
    copies: tuple[ItemCopy, ...]
    nations: tuple[str, ...]
    place: str
    since: datetime
    unbroken: bool
    links: tuple[CustodyLink, ...]
    gaps: tuple[CustodyGap, ...]
    openings: int
    refusals: int
    next_inventory: datetime | None
    rules: tuple[Demand, ...]
    as_of: datetime
