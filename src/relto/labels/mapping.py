"""Translating a label into another nation's policy by a signed, dated table: mapped, no equivalent, needs a person.

Rules enforced here (labels.md sections 9, 11; traps T8, T9, T12):
 1. The table is partial, directed and dated. It is never inverted, never composed, and a missing row is never guessed.
 2. Only an originator's label is mapped: a label that is itself a translation goes to a person.
 3. A table that lowers protection is refused when it is loaded: a higher level may not map below where a lower one
    maps, nor a level below its namesake. So is one with two rows for one level at one instant.
 4. Owner, audience, originator and dates stay as they are, so no nation is added. A caveat or control that the table
    does not carry over is not dropped: a person decides. Informative categories stay with the originator's label.
 5. A row that would discard a control or let more people in is refused when it is loaded (`relto.labels.carrying`).
 6. The originator's label is not replaced: what goes home is the originator's label. A successor is not translated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import product

from relto.base.errors import MalformedInput, UnknownValue
from relto.base.instants import Instant, Period, read_instant
from relto.labels.carrying import CARRIES_NOTHING, CARRYING_MEMBERS, Carrying, read_carrying
from relto.labels.label import Label, check_label
from relto.labels.levels import Level
from relto.labels.policy import ClassificationPolicy, PolicySet
from relto.labels.policy_data import EVIDENCE

MAX_ROWS = 1024
_MAX_TEXT = 2000
_MEMBERS = frozenset(
    {
        "from_policy",
        "from_level",
        "to_policy",
        "to_level",
        "handling",
        "source",
        "citation",
        "evidence",
        "confirmed",
        "valid_from",
        "valid_to",
    }
)


@dataclass(frozen=True)
class EquivalenceRow:
    """One direction, one level. `to_level` None: no equivalent; `handling` is the code of how to protect it."""

    from_level: Level
    to_policy_oid: str
    to_level: Level | None
    handling: str
    source: str
    citation: str | None
    evidence: str
    confirmed: bool
    valid: Period
    carrying: Carrying = CARRIES_NOTHING


@dataclass(frozen=True, slots=True)
class Mapped:
    """The equivalent label in the other policy, and the row that says so."""

    label: Label
    row: EquivalenceRow


@dataclass(frozen=True, slots=True)
class NoEquivalent:
    """The other policy has no such level; the originator's label stays and is protected as `handling` says."""

    handling: str
    row: EquivalenceRow


@dataclass(frozen=True, slots=True)
class NeedsPerson:
    """The rules do not decide. Codes: no_row, not_originator, same_policy, caveats, controls, release, policy."""

    reason: str


@dataclass(frozen=True)
class EquivalenceTable:
    """All rows of a table, checked, with the policies they speak about."""

    rows: tuple[EquivalenceRow, ...]
    policies: PolicySet

    @classmethod
    def from_rows(cls, rows: object, policies: PolicySet) -> EquivalenceTable:
        """Read rows from JSON; a policy may be named by oid, nation or name.

        Raises MalformedInput or UnknownValue naming the member, also for a table that lowers protection (rule 3).
        """
        if not isinstance(rows, list | tuple) or len(rows) > MAX_ROWS:
            raise MalformedInput("equivalence", field="equivalence", expected=f"a list of at most {MAX_ROWS} rows")
        read = tuple(_read_row(row, policies) for row in rows)
        for one, other in product(read, read):
            _check_pair(one, other)
        for row in read:
            _check_namesake(row, policies)
        return cls(read, policies)

    def row_for(self, level: Level, to_policy_oid: str, at: Instant) -> EquivalenceRow | None:
        """The one row for this level, direction and instant, or None."""
        for row in self.rows:
            if row.from_level == level and row.to_policy_oid == to_policy_oid and row.valid.holds_at(at):
                return row
        return None


def map_label(
    label: Label, table: EquivalenceTable, to_policy: ClassificationPolicy, at: Instant
) -> Mapped | NoEquivalent | NeedsPerson:
    """The label's equivalent in `to_policy` at an instant, by the table alone. Total: it never raises."""
    obstacle = _obstacle(label, table, to_policy)
    if obstacle is not None:
        return NeedsPerson(obstacle)
    row = table.row_for(label.level, to_policy.oid, at)
    if row is None:
        return NeedsPerson("no_row")
    if row.to_level is None:
        return NoEquivalent(row.handling, row)
    caveats, controls = row.carrying.caveats_of(label.caveats), row.carrying.controls_of(label.controls)
    if caveats is None or controls is None:
        return NeedsPerson("caveats" if caveats is None else "controls")
    equivalent = replace(
        label,
        policy=to_policy.identity,
        level=row.to_level,
        caveats=caveats,
        controls=controls,
        particulars=replace(label.particulars, succession=None),
    )
    if not _is_allowed(equivalent, table.policies):
        return NeedsPerson("release")
    return Mapped(equivalent, row)


def _obstacle(label: Label, table: EquivalenceTable, to_policy: ClassificationPolicy) -> str | None:
    """Why the table cannot be asked at all, or None."""
    if label.policy == to_policy.identity:
        return "same_policy"
    known = {policy.identity: policy.nation for policy in table.policies}
    if to_policy.identity not in known or label.policy not in known or not _is_allowed(label, table.policies):
        return "policy"
    return None if known[label.policy] in label.owner else "not_originator"


def _is_allowed(label: Label, policies: PolicySet) -> bool:
    try:
        check_label(label, policies)
    except MalformedInput:
        return False
    return True


def _read_row(value: object, policies: PolicySet) -> EquivalenceRow:
    if not isinstance(value, Mapping) or not _MEMBERS <= set(value) <= _MEMBERS | CARRYING_MEMBERS:
        raise MalformedInput("equivalence", field="equivalence", expected="the members " + ", ".join(sorted(_MEMBERS)))
    origin = policies.find(_text(value, "from_policy"))
    target = policies.find(_text(value, "to_policy"))
    if origin.identity == target.identity:
        raise MalformedInput("equivalence.policy", field="equivalence.to_policy", expected="another policy")
    to_level = None if value["to_level"] is None else target.level(_text(value, "to_level"))
    evidence, confirmed = _text(value, "evidence"), value["confirmed"]
    if evidence not in EVIDENCE:
        raise UnknownValue("equivalence.evidence", field="equivalence.evidence", expected=", ".join(sorted(EVIDENCE)))
    if not isinstance(confirmed, bool):
        raise MalformedInput("equivalence", field="equivalence.confirmed", expected="true or false")
    start = read_instant(value["valid_from"], field="equivalence.valid_from")
    end = None if value["valid_to"] is None else read_instant(value["valid_to"], field="equivalence.valid_to")
    if end is not None and end <= start:
        raise MalformedInput("equivalence", field="equivalence.valid_to", expected="later than valid_from")
    return EquivalenceRow(
        from_level=origin.level(_text(value, "from_level")),
        to_policy_oid=target.oid,
        to_level=to_level,
        handling=_text(value, "handling"),
        source=_text(value, "source"),
        citation=None if value["citation"] is None else _text(value, "citation"),
        evidence=evidence,
        confirmed=confirmed,
        valid=Period(start, end),
        carrying=read_carrying(value, origin, target),
    )


def _check_pair(one: EquivalenceRow, other: EquivalenceRow) -> None:
    """Two rows of one direction that hold at one instant: never for one level, and never crossing downwards."""
    comparable = one.from_level.policy_oid == other.from_level.policy_oid and one.to_policy_oid == other.to_policy_oid
    if one is other or not comparable or not _overlap(one.valid, other.valid):
        return
    if one.from_level == other.from_level:
        raise MalformedInput("equivalence.ambiguous", field="equivalence", expected="one row for a level at a time")
    if one.to_level is None or other.to_level is None:
        return
    if one.from_level > other.from_level and one.to_level < other.to_level:
        raise MalformedInput("equivalence.lowers", field="equivalence.to_level", expected="no lower protection")


def _check_namesake(row: EquivalenceRow, policies: PolicySet) -> None:
    if row.to_level is None:
        return
    for level in policies.by_oid(row.to_policy_oid).levels:
        if level.name == row.from_level.name and row.to_level < level:
            raise MalformedInput("equivalence.lowers", field="equivalence.to_level", expected="no lower protection")


def _overlap(one: Period, other: Period) -> bool:
    return (one.end is None or other.start < one.end) and (other.end is None or one.start < other.end)


def _text(row: Mapping[str, object], name: str) -> str:
    value = row[name]
    if not isinstance(value, str) or not 0 < len(value) <= _MAX_TEXT:
        raise MalformedInput("equivalence", field=f"equivalence.{name}", expected="text")
    return value
