"""Decisions as records, with the facts they were made from, to be explained and replayed (promises 8, 9)."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from enum import Enum
from typing import Any

from relto.base.canonical import Json
from relto.base.errors import MalformedInput, Refused
from relto.base.instants import Instant, Period, instant_text
from relto.ledger.leaves import LeafEvent
from relto.procedures.actors import Actor
from relto.rules.decision import Decision
from relto.rules.facts import DecisionFacts
from relto.services.book import enter
from relto.services.house import House
from relto.store.models import DecisionRecord
from relto.store.queries.narrowing import NOT_FOR_A_SHARE


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
) -> DecisionRecord:
    """Keep a decision under `reference` (dec_...), inside the step that made it.

    `narrowing`: of a decision about a share, how often rights had been narrowed BEFORE its first fact was read.
    """
    return DecisionRecord.objects.create(
        id=reference,
        action=decision.action,
        actor=actor,
        company=company or "",
        item=item,
        permitted=decision.permitted,
        bundle_version=decision.bundle_version,
        decision=decision.as_dict(),
        facts=facts_as_dict(facts),
        at=decision.at,
        entry=entry,
        narrowing=narrowing,
    )


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
    entry = enter(
        house,
        event,
        actor=actor.person,
        subject=subject,
        company=company,
        details={"decision": reference, "failed": [*decision.failed_rules], **(details or {})},
        links={"bundle": decision.bundle_digest, "decision": decision.digest()},
        at=decision.at,
    )
    record_decision(
        decision,
        stated,
        reference=reference,
        actor=actor.person,
        company=company,
        item=item,
        entry=entry,
        narrowing=narrowing,
    )
    return entry


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
    plain: dict[str, Json] = {field.name: _plain(getattr(facts, field.name)) for field in dataclasses.fields(facts)}
    return plain


def _plain(value: Any) -> Json:
    if isinstance(value, Period):
        return [_plain(value.start), _plain(value.end)]
    if dataclasses.is_dataclass(value):
        members: dict[str, Json] = {
            field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)
        }
        return {"kind": type(value).__name__, **members}
    if isinstance(value, Instant):
        return instant_text(value)
    if isinstance(value, frozenset | tuple):
        return [_plain(entry) for entry in (value if isinstance(value, tuple) else sorted(value))]
    if value is None or isinstance(value, bool | int):
        return value
    return str(value.value if isinstance(value, Enum) else value)
