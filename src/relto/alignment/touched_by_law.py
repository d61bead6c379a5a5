"""What a change of law touches, each line derived from data that both nodes hold, none typed by anybody.

Promises: a provision is touched when its text is the one that is replaced, or when the notice names it; what rests on a
touched provision is touched: readings, divergences and proposals of the shared record, joint rules, limits and
equivalence rows of the bundle, and the forms, limits, findings and papers of procedures. Touched is not wrong: it says
where people have to look.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from relto.alignment.divergences import read_divergence
from relto.alignment.law_changes import NEW, WORDS, LawChange, texts_of
from relto.alignment.relations import read_relation
from relto.alignment.shared_record import DIVERGENCE, PROPOSAL, RELATION, Entry
from relto.base.errors import MalformedInput
from relto.procedures.forms.form import Field
from relto.procedures.founded import founded
from relto.procedures.limits import limit_places
from relto.procedures.packs.registry import procedures
from relto.procedures.procedure import Procedure
from relto.rules.bundle import Bundle

OLDER: Final = "older"
"""The provision's text is that of the replaced edition."""
LOADED: Final = "loaded"
"""The provision was read from the new edition already."""
FORM: Final = "form"
CHECK: Final = "check"
LIMIT: Final = "limit"
PAPER: Final = "paper"
GATE: Final = "gate"
BUNDLE_LIMIT: Final = "limit"
EQUIVALENCE: Final = "equivalence"


@dataclass(frozen=True, slots=True)
class TouchedProvision:
    """A provision. `word`: changed, repealed or new as the notice says, else older or loaded; `text`: the notice's."""

    provision: str
    word: str
    topic: str
    text: str


@dataclass(frozen=True, slots=True)
class TouchedRule:
    """A member of the bundle in force. `kind`: gate, limit or equivalence; `code`: its rule, limit or row."""

    kind: str
    code: str
    provisions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TouchedProcedure:
    """What of a procedure rests on it. `kind`: form, check, limit or paper; `code`: the field, finding and so on.

    `procedure` is "" for a limit that is no one procedure's own.
    """

    procedure: str
    kind: str
    code: str
    provisions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Touched:
    """Everything that a change of law touches, on either node the same."""

    provisions: tuple[TouchedProvision, ...]
    relations: tuple[str, ...]
    divergences: tuple[str, ...]
    proposals: tuple[str, ...]
    rules: tuple[TouchedRule, ...]
    procedures: tuple[TouchedProcedure, ...]

    @property
    def named(self) -> tuple[TouchedProvision, ...]:
        """What the notice itself says of provisions."""
        return tuple(one for one in self.provisions if one.word in WORDS)

    @property
    def resting(self) -> tuple[TouchedProvision, ...]:
        """The other provisions of the rule book under either edition."""
        return tuple(one for one in self.provisions if one.word not in WORDS)

    @property
    def changing(self) -> tuple[str, ...]:
        """The ids of the provisions that do not stay as they are."""
        return tuple(one.provision for one in self.provisions if one.word != LOADED)

    @property
    def to_begin_with(self) -> tuple[str, ...]:
        """The provisions with which a proposal begins: those named, or else those on which joint rules rest."""
        named = tuple(one.provision for one in self.named if one.word != NEW)
        return named or tuple(sorted({one for rule in self.rules for one in rule.provisions}))


def touched(change: LawChange, bundle: Bundle, record: Iterable[Entry]) -> Touched:
    """What the change touches of this bundle and of the shared record (relations, divergences, proposals)."""
    provisions = touched_provisions(change, bundle)
    ids = frozenset(one.provision for one in provisions if one.word != LOADED)
    found: dict[str, list[str]] = {RELATION: [], DIVERGENCE: [], PROPOSAL: []}
    for entry in record:
        if entry.kind in found and any(ids & _named(entry.kind, said.body) for said in entry.newest.values()):
            found[entry.kind].append(entry.entry)
    return Touched(
        provisions=provisions,
        relations=tuple(found[RELATION]),
        divergences=tuple(found[DIVERGENCE]),
        proposals=tuple(found[PROPOSAL]),
        rules=_rules(bundle, ids),
        procedures=tuple(
            TouchedProcedure(procedure, kind, code, tuple(sorted(ids & named)))
            for procedure, kind, code, named in _cited()
            if ids & named
        ),
    )


def touched_provisions(change: LawChange, bundle: Bundle) -> tuple[TouchedProvision, ...]:
    """The provisions that it touches, by id: those it names, and the others of either edition."""
    found = {one.provision: TouchedProvision(one.provision, one.word, one.topic, one.text) for one in change.provisions}
    for one in bundle.provisions.values():
        if one.nation != change.nation or one.is_gap or one.id in found:
            continue
        texts = texts_of(one)
        if change.replaces and change.replaces in texts:
            found[one.id] = TouchedProvision(one.id, OLDER, one.topic, "")
        elif change.edition in texts:
            found[one.id] = TouchedProvision(one.id, LOADED, one.topic, "")
    return tuple(found[identity] for identity in sorted(found))


def _named(kind: str, body: Mapping[str, object]) -> frozenset[str]:
    if kind == RELATION:
        return frozenset(read_relation(body).texts)
    if kind == DIVERGENCE:
        return frozenset(read_divergence(body).provisions)
    named = body.get("provisions")
    return frozenset(map(str, named)) if isinstance(named, list) else frozenset()


def _rules(bundle: Bundle, ids: frozenset[str]) -> tuple[TouchedRule, ...]:
    found = [
        TouchedRule(GATE, gate.rule, tuple(sorted(ids & set(gate.provisions))))
        for gate in bundle.gates.gates
        if ids & set(gate.provisions)
    ]
    for code in bundle.limits:
        cited = ids & _ids_in(bundle.limits.limit(code).citation)
        if cited:
            found.append(TouchedRule(BUNDLE_LIMIT, code, tuple(sorted(cited))))
    for row in bundle.equivalence.rows:
        cited = ids & _ids_in(row.citation)
        if cited:
            of, to = (bundle.policies.by_oid(oid).nation for oid in (row.from_level.policy_oid, row.to_policy_oid))
            code = f"{of} {row.from_level.name} > {to}"
            found.append(TouchedRule(EQUIVALENCE, code, tuple(sorted(cited))))
    return tuple(found)


def _ids_in(citation: str | None) -> frozenset[str]:
    """The provisions that a limit or a row of the bundle cites by id."""
    return frozenset(part.strip() for part in (citation or "").replace(";", ",").split(","))


@lru_cache(maxsize=1)
def _cited() -> tuple[tuple[str, str, str, frozenset[str]], ...]:
    """(procedure, kind, code, provisions) of everything that cites provisions in the procedures that are shipped."""
    found: list[tuple[str, str, str, frozenset[str]]] = []
    limits = {
        code: frozenset(place.rpartition("/")[0] for place in places.values())
        for code, places in limit_places().items()
    }
    for procedure in procedures().values():
        forms = [procedure.form, *(step.form for step in procedure.steps.values() if step.form is not None)]
        for form in forms:
            found.append((procedure.code, FORM, form.code, frozenset(form.based_on)))
            found += [(procedure.code, FORM, f"{form.code}/{path}", rules) for path, rules in _fields(form.fields)]
        found += [(procedure.code, PAPER, paper.code, frozenset(paper.rules)) for paper in procedure.papers]
        own = [code for code in _limits_of(procedure) if code in limits]
        found += [(procedure.code, LIMIT, code, limits[code]) for code in own]
        found += [(procedure.code, CHECK, code, rules) for code, rules in _findings(procedure.code)]
    named = {code for _, kind, code, _ in found if kind == LIMIT}
    found += [("", LIMIT, code, limits[code]) for code in limits if code not in named]
    return tuple(dict.fromkeys(one for one in found if one[3]))


def _fields(fields: Iterable[Field], above: str = "") -> list[tuple[str, frozenset[str]]]:
    found = []
    for one in fields:
        path = f"{above}/{one.code}" if above else one.code
        found.append((path, frozenset(one.rules)))
        found += _fields(one.fields, path)
    return found


def _limits_of(procedure: Procedure) -> list[str]:
    """The limits of its clocks, and those that are named after it."""
    clocks = [clock.limit for clock in procedure.clocks if clock.limit]
    return sorted({*clocks, *(code for code in limit_places() if code.partition(".")[0] == procedure.code)})


def _findings(procedure: str) -> list[tuple[str, frozenset[str]]]:
    try:
        entries = founded(procedure).entries
    except MalformedInput:
        return []
    return [(what, frozenset(one for ids in rules.values() for one in ids)) for what, (_, rules) in entries.items()]
