"""Replaying a decision: the facts it was made from, under the bundle of its day, give the same answer (promise 9)."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NewType, get_args, get_origin, get_type_hints

from relto.base.errors import MalformedInput, NotAvailable
from relto.base.instants import Instant, Period, read_instant
from relto.procedures.actors import Actor, Role
from relto.rules.decide import decide
from relto.rules.decision import decision_from_dict
from relto.rules.facts import DecisionFacts
from relto.services import active_bundle
from relto.services.house import House
from relto.store.models import DecisionRecord

_PERIOD_ENDS = 2


@dataclass(frozen=True, slots=True)
class Replay:
    """What the replay gave. `same`: answer, gates and facts digest are those that were recorded."""

    reference: str
    same: bool
    permitted: bool
    bundle_version: int
    engine_then: str
    engine_now: str


def replay(house: House, actor: Actor, reference: str) -> Replay:
    """Decide once more as of then.

    Raises Refused("role") but for inspectors, NotAvailable("decision"), NotAvailable("bundle").
    """
    actor.require(Role.INSPECTOR)
    row = DecisionRecord.objects.filter(id=reference).first()
    if row is None:
        raise NotAvailable("decision", field="reference")
    then = decision_from_dict(row.decision)
    bundle = active_bundle.bundle_of_version(house, row.bundle_version, row.at)
    again = decide(bundle, then.action, facts_from_dict(row.facts), row.at)
    alike = (again.permitted, again.gates, again.errors, again.facts_digest, again.bundle_digest) == (
        then.permitted,
        then.gates,
        then.errors,
        then.facts_digest,
        then.bundle_digest,
    )
    return Replay(row.id, alike, again.permitted, again.bundle_version, then.engine, again.engine)


def facts_from_dict(value: Mapping[str, Any]) -> DecisionFacts:
    """Read what `decisions.facts_as_dict` wrote. Raises MalformedInput for anything else."""
    facts = _read({**value, "kind": DecisionFacts.__name__}, DecisionFacts)
    if not isinstance(facts, DecisionFacts):
        raise _unfit("facts")
    return facts


def _read(value: Any, kind: Any) -> Any:
    """`value` as the annotation `kind` says: the facts' own types tell how they are read."""
    if isinstance(kind, NewType):
        return _read(value, kind.__supertype__)
    members = get_args(kind)
    if get_origin(kind) in (frozenset, tuple):
        if not isinstance(value, list):
            raise _unfit("list")
        return get_origin(kind)(_read(entry, members[0]) for entry in value)
    if members and get_origin(kind) is not None and all(not isinstance(member, str) for member in members):
        return _read_one_of(value, members)
    if kind is Period:
        if not isinstance(value, list) or len(value) != _PERIOD_ENDS:
            raise _unfit("period")
        start, end = value
        return Period(read_instant(start), None if end is None else read_instant(end))
    if kind is Instant:
        return read_instant(value)
    return _read_dataclass(value, kind) if dataclasses.is_dataclass(kind) else value


def _read_one_of(value: Any, members: tuple[Any, ...]) -> Any:
    """A union: None, or the dataclass whose name the value carries, or its only other member."""
    if value is None and type(None) in members:
        return None
    others = [member for member in members if member is not type(None)]
    named = [one for one in others if isinstance(value, Mapping) and one.__name__ == value.get("kind")]
    if len(named or others) != 1:
        raise _unfit("union")
    return _read(value, (named or others)[0])


def _read_dataclass(value: Any, kind: Any) -> Any:
    names = {field.name for field in dataclasses.fields(kind)}
    if not isinstance(value, Mapping) or (value.get("kind") != kind.__name__ and not _own_kind(kind)):
        raise _unfit(kind.__name__)
    if not names <= value.keys():
        raise _unfit(kind.__name__)
    hints = get_type_hints(kind)
    return kind(**{name: _read(value[name], hints[name]) for name in names})


def _own_kind(kind: Any) -> bool:
    """True for a dataclass that has a member called kind, which then stands in the place of its name."""
    return any(field.name == "kind" for field in dataclasses.fields(kind))


def _unfit(what: str) -> MalformedInput:
    return MalformedInput("facts", field="facts", found=what, expected="facts as this node recorded them")
