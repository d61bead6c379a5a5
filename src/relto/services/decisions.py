"""Decisions as records, with the facts they were made from, to be explained and replayed (promises 8, 9)."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import cache
from typing import Any

from relto.base.canonical import Json, canonical_bytes, sha256_hex
from relto.base.errors import MalformedInput, Refused
from relto.base.instants import Instant, Period, instant_text
from relto.ledger.leaves import LeafEvent
from relto.procedures.actors import Actor
from relto.rules.decision import Decision
from relto.rules.facts import DecisionFacts
from relto.services.book import PreparedEntry, prepare, record_all
from relto.services.house import House
from relto.store.fields import WrittenJson
from relto.store.models import DecisionRecord
from relto.store.queries.narrowing import NOT_FOR_A_SHARE
from relto.store.queries.prepared import NewRow, insert_rows, new_row


@dataclass(frozen=True, slots=True)
class Ruled:
    """A decision with what is recorded of it: its canonical JSON and that one's digest, its facts as canonical JSON."""

    decision: Decision
    written: bytes
    digest: str
    facts: bytes

    @classmethod
    def of(cls, decision: Decision, stated: DecisionFacts) -> Ruled:
        """A decision that was made from these facts."""
        written = decision.canonical()
        return cls(decision, written, sha256_hex(written), canonical_bytes(facts_as_dict(stated)))


def record_decision(
    decision: Decision,
    facts: DecisionFacts,
    *,
    reference: str,
    actor: str,
    company: str | None,
    item: str,
    entry: str,
    narrowing: int = NOT_FOR_A_SHARE,
) -> None:
    """Keep a decision under `reference` (dec_...), inside the step that made it.

    `narrowing`: of a decision about a share, how often rights had been narrowed BEFORE its first fact was read.
    """
    row = _row(
        Ruled.of(decision, facts),
        reference=reference,
        actor=actor,
        company=company,
        item=item,
        entry=entry,
        narrowing=narrowing,
    )
    insert_rows([row])


def _row(
    ruled: Ruled, *, reference: str, actor: str, company: str | None, item: str, entry: str, narrowing: int
) -> NewRow:
    columns = decision_columns(
        ruled, reference=reference, actor=actor, company=company, item=item, entry=entry, narrowing=narrowing
    )
    return new_row(DecisionRecord, **columns)


def decision_columns(
    ruled: Ruled, *, reference: str, actor: str, company: str | None, item: str, entry: str, narrowing: int
) -> dict[str, Any]:
    """What is kept of a decision, by column."""
    decision = ruled.decision
    return {
        "id": reference,
        "action": str(decision.action),
        "actor": str(actor),
        "company": company or "",
        "item": item,
        "permitted": decision.permitted,
        "bundle_version": decision.bundle_version,
        "decision": WrittenJson(ruled.written),
        "facts": WrittenJson(ruled.facts),
        "at": decision.at,
        "entry": entry,
        "narrowing": narrowing,
        "used_at": None,
    }


def enter_decision(  # noqa: PLR0913  an entry and a record have this many independent parts
    house: House,
    event: LeafEvent,
    decision: Decision,
    stated: DecisionFacts,
    *,
    reference: str,
    actor: Actor,
    subject: str,
    company: str | None,
    item: str,
    details: Mapping[str, Json] | None = None,
    narrowing: int = NOT_FOR_A_SHARE,
) -> str:
    """Enter an own person's decision in the ledger, linked to its bundle, and keep it; the entry's id.

    The details name the decision and what failed; `details` says more, in codes. The rest is as for `record_decision`.
    """
    prepared = prepare_decision(
        house,
        event,
        Ruled.of(decision, stated),
        reference=reference,
        actor=actor,
        subject=subject,
        company=company,
        item=item,
        details=details,
        narrowing=narrowing,
    )
    write_decisions(house, [prepared])
    return prepared.entry.entry


@dataclass(frozen=True, slots=True)
class PreparedDecision:
    """A decision and its entry, made and not yet recorded."""

    entry: PreparedEntry
    row: NewRow

    def used(self, at: Instant) -> PreparedDecision:
        """The same, used up in the step that records it."""
        return replace(self, row=self.row.but("used_at", at))


def write_decisions(house: House, prepared: Sequence[PreparedDecision]) -> None:
    """Record prepared decisions with their entries, in this order. Called inside a step only; refuses as `enter`."""
    record_all(house, [one.entry for one in prepared])
    insert_rows([one.row for one in prepared])


def prepare_decision(
    house: House,
    event: LeafEvent,
    ruled: Ruled,
    *,
    reference: str,
    actor: Actor,
    subject: str,
    company: str | None,
    item: str,
    details: Mapping[str, Json] | None = None,
    narrowing: int = NOT_FOR_A_SHARE,
) -> PreparedDecision:
    """Make what `enter_decision` records, for a step that follows at once."""
    decision = ruled.decision
    entry = prepare(
        house,
        event,
        actor=actor.person,
        subject=subject,
        company=company,
        details={"decision": reference, "failed": [*decision.failed_rules], **(details or {})},
        links={
            "bundle": decision.bundle_digest,
            "decision": ruled.digest,
            **({} if decision.overlay is None else {"overlay": decision.overlay.digest}),
        },
        at=decision.at,
    )
    row = _row(
        ruled,
        reference=reference,
        actor=actor.person,
        company=company,
        item=item,
        entry=entry.entry,
        narrowing=narrowing,
    )
    return PreparedDecision(entry, row)


def check_accepted(house: House, decision: Decision, accepts: Collection[str], *further: Decision) -> dict[str, Json]:
    """What of this decision is not certain, for the record: the unconfirmed rules, and the gaps that were accepted.

    `further`: decisions taken together with it, by one officer in one step.

    Where no rule is loaded the machine knows nothing, so an officer accepts each such rule by its name or its gate's.
    Other unconfirmed rules were read and hold; on a training node they need no word of hers. She may name more gates
    of the decision than she must.

    Raises MalformedInput naming the first rule that she did not accept, or that she named something else, and on a
    live node for any unconfirmed rule.
    """
    gates = [gate for one in (decision, *further) for gate in one.gates]
    applied = [gate for gate in gates if gate.outcome != "does_not_apply"]
    gaps = {gate.rule: gate.gate for gate in applied if gate.needs_acceptance}
    unconfirmed = {gate.rule for gate in applied if gate.unconfirmed} | set(gaps)
    known = {name for gate in gates for name in (gate.rule, gate.gate)}
    for rule, gate in gaps.items():
        if rule not in accepts and gate not in accepts:
            expected = "each gate for which no rule is loaded, by its name"
            raise MalformedInput("accepts", field="accepts", found=rule, expected=expected)
    if not known.issuperset(accepts):
        raise MalformedInput("accepts", field="accepts", expected="rules or gates of this decision")
    if unconfirmed and house.kind != "training":
        raise MalformedInput("accepts", field="accepts", expected="only confirmed rules on a live node")
    return {"unconfirmed": [*sorted(unconfirmed)], "accepted_gaps": [*sorted(gaps)]}


def refusal_of(decision: Decision, reference: str) -> Refused:
    """The error for a decision that stands in the way: the first failed rule, and the reference for the rest."""
    first = decision.failed_rules[0] if decision.failed_rules else "undecided"
    return Refused("gates", reference=reference, field="gates", found=first, expected="every gate to hold")


def facts_as_dict(facts: DecisionFacts) -> dict[str, Json]:
    """The facts as JSON values: codes, instants, pseudonyms; nothing else is a fact."""
    plain: dict[str, Json] = {name: _plain(getattr(facts, name)) for name in _members_of(DecisionFacts)}
    return plain


@cache
def _members_of(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind))


def _plain(value: Any) -> Json:
    kind = type(value)
    if kind is str or value is None or kind is bool or kind is int:
        return value  # type: ignore[no-any-return]  # of these types
    if isinstance(value, Instant):
        return instant_text(value)
    if kind is Period:
        return [_plain(value.start), _plain(value.end)]
    if kind is tuple or kind is frozenset:
        return [_plain(entry) for entry in (value if kind is tuple else sorted(value))]
    if dataclasses.is_dataclass(kind):
        return {"kind": kind.__name__, **{name: _plain(getattr(value, name)) for name in _members_of(kind)}}
    return str(value.value if isinstance(value, Enum) else value)
