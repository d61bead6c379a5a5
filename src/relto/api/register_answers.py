"""What the API answers about registers: copies with their lines, whole holdings, inventories, the chain of custody."""

from __future__ import annotations

from relto.api.answers import ENTRY, Answer


class CopyLine(Answer):
    """One numbered line: what was done with a copy, to which state, where, by whom."""

    number: str
    step: str
    state: str
    at: str
    by: str
    facility: str
    custodian: str
    location: str
    details: dict[str, str]
    reason: str
    entry: str


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
    recorded_at: str
    since: str
    controlled_from: str | None
    open_matters: list[str]
    steps: list[str]
    events: list[CopyLine]
    entry: str = ENTRY


class Demand(Answer):
    """What a rule of the own nation asks of the register; `value` null: no rule is loaded."""

    demand: str
    nation: str
    value: int | None
    events: list[str]
    provision: str
    citation: str
    evidence: str
    confirmed: bool


class TranslationLine(Answer):
    """A translation: `derived` says in `language` what `source` says."""

    derived: str
    source: str
    language: str
    translator: str
    at: str
    entry: str


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
    copies: list[ItemCopy]
    translations: list[TranslationLine]
    demands: list[Demand]
    entry: str = ENTRY


class InventoryLine(Answer):
    """A copy in an inventory; `result`: found, not_found, extra, or empty while it was not looked for."""

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
    at: str | None


class Inventory(Answer):
    """A count of a company's copies; `statement`: its signed result, a DSSE envelope in JSON, empty while open."""

    id: str
    company: str
    level: str
    as_of: str
    opened_by: str
    opened_at: str
    state: str
    signed_by: str
    signed_at: str | None
    copies: int
    left: int
    found: int
    missing: int
    extra: int
    lines: list[InventoryLine]
    statement: str
    entry: str = ENTRY


class CustodyEvent(Answer):
    """Something on record. `index`, `state`: its place in the ledger; `entry_evidence`, `signature`: what was found."""

    thread: str
    kind: str
    outcome: str
    at: str
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


class CustodyLink(Answer):
    """An event with its number in the chain."""

    number: int
    event: CustodyEvent


class CustodyGap(Answer):
    """Expected and not seen, `day` days after the link `after`; `limit`: the days that a loaded rule allows."""

    code: str
    thread: str
    after: int
    since: str
    day: int
    limit: int | None
    late: bool
    other_side: bool


class Custody(Answer):
    """The chain of custody of an item, or of one copy, as this node holds it; of the partner's side receipts only."""

    item: str
    uuid: str
    banner: str
    originator: str
    held_as: str
    state: str
    control_number: str
    item_copy: ItemCopy | None
    copies: list[ItemCopy]
    nations: list[str]
    place: str
    since: str
    unbroken: bool
    links: list[CustodyLink]
    gaps: list[CustodyGap]
    openings: int
    refusals: int
    next_inventory: str | None
    rules: list[Demand]
    as_of: str
