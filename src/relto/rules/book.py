"""The rule book of a bundle as people read it: provisions by topic with both sides, rules, limits, equivalent levels.

Promises kept here:
 1. Everything comes from the files that the engine was made from, so what a person reads is what the machine runs.
 2. Nothing is added: where no provision of a nation is loaded its side is empty or a gap, never the other's text; two
    provisions side by side are not compared, because only people can.
 3. The equivalence table is shown as it is: directed, dated, with "no equivalent" in words of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from relto.base.instants import Instant
from relto.base.nations import Nation
from relto.labels.mapping import EquivalenceRow
from relto.labels.policy import ClassificationPolicy
from relto.rules.bundle import POLICIES, Bundle
from relto.rules.gates import Gate, Saying
from relto.rules.limits import Limit
from relto.rules.overlay_name import OverlayName
from relto.rules.provisions import BILATERAL, Provision

BOTH_SIDES, NO_SIDE = "both", "none"
_EXPLAINS = re.compile(r'@form\("explain"\)\n@id\("([^"]+)"\)')


@dataclass(frozen=True, slots=True)
class BookRule:
    """A rule. `applies`: (code, Cedar condition) of what must hold for it to concern a case; `policy`: its Cedar text.

    `evidence`, `unconfirmed`: for each party, how well it is founded there.
    """

    gate: str
    rule: str
    actions: tuple[str, ...]
    says: Mapping[str, Saying]
    applies: tuple[tuple[str, str], ...]
    holds: str
    policy: str
    remedy: str
    who: str
    provisions: tuple[Provision, ...]
    evidence: Mapping[Nation, str]
    unconfirmed: Mapping[Nation, bool]

    @property
    def is_unconfirmed(self) -> bool:
        """Whether it rests on something unconfirmed for any party."""
        return any(self.unconfirmed.values())


@dataclass(frozen=True, slots=True)
class Topic:
    """The provisions of one topic. `together`: what both nations have together, or of nations that are no party.

    `relation`: BOTH_SIDES when a rule is loaded on each side, NO_SIDE when on none, else the only nation that has one.
    """

    topic: str
    sides: Mapping[Nation, tuple[Provision, ...]]
    together: tuple[Provision, ...]
    relation: str


@dataclass(frozen=True, slots=True)
class Matrix:
    """Equivalent levels of two policies, the highest first. `there`, `back`: (level down, level across) -> row.

    `no_across`, `no_down`: the rows that say there is no equivalent, by the level of the nation down or across.
    """

    down: Nation
    across: Nation
    levels_down: tuple[str, ...]
    levels_across: tuple[str, ...]
    there: Mapping[tuple[str, str], EquivalenceRow]
    back: Mapping[tuple[str, str], EquivalenceRow]
    no_across: Mapping[str, EquivalenceRow]
    no_down: Mapping[str, EquivalenceRow]


@dataclass(frozen=True)
class Book:
    """All of a bundle that people read. `cited_by`: provision -> the rules that rest on it.

    `confirmed`: the provisions that count as confirmed, in the bundle itself or by the authorities; `nations`:
    a policy's object identifier -> whose it is. `overlay`: which national overlay is on the bundle, None without one.
    """

    agreement: str
    version: int
    parties: tuple[Nation, ...]
    rules: tuple[BookRule, ...]
    provisions: Mapping[str, Provision]
    cited_by: Mapping[str, tuple[str, ...]]
    confirmed: frozenset[str]
    limits: Mapping[str, Limit]
    nations: Mapping[str, Nation]
    matrices: tuple[Matrix, ...]
    overlay: OverlayName | None = None

    def rule(self, identity: str) -> BookRule | None:
        """The rule with this id; None when the bundle has none."""
        return next((one for one in self.rules if one.rule == identity), None)

    @cached_property
    def by_topic(self) -> Mapping[str, Topic]:
        """Every topic, in order of their codes; a book never changes, so it is put together once."""
        return {one.topic: one for one in self.topics(self.provisions.values())}

    def topics(self, provisions: Iterable[Provision] | None = None) -> tuple[Topic, ...]:
        """The topics of these provisions, or of all, in order of their codes."""
        if provisions is None:
            return tuple(self.by_topic.values())
        found: dict[str, list[Provision]] = {}
        for one in provisions:
            found.setdefault(one.topic, []).append(one)
        return tuple(_topic(code, found[code], self.parties) for code in sorted(found))


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody wants to see: each member narrows, an empty one does not. `text` is looked for in any language."""

    topic: str = ""
    nation: str = ""
    gate: str = ""
    action: str = ""
    text: str = ""
    unconfirmed: bool = False

    @property
    def is_all(self) -> bool:
        """Whether nothing is left out."""
        return self == Choice()


def read_book(bundle: Bundle, at: Instant) -> Book:
    """The book of a bundle; equivalent levels as they hold at `at`."""
    parties = tuple(sorted(bundle.parties))
    cited: dict[str, list[str]] = {}
    for gate in bundle.gates.gates:
        for identity in gate.provisions:
            cited.setdefault(identity, []).append(gate.rule)
    explaining = _explaining_policies(bundle.texts[POLICIES])
    return Book(
        agreement=bundle.agreement,
        version=bundle.version,
        parties=parties,
        rules=tuple(_rule(bundle, gate, explaining, parties) for gate in bundle.gates.gates),
        provisions=bundle.provisions,
        cited_by={identity: tuple(rules) for identity, rules in cited.items()},
        confirmed=frozenset(one for one in bundle.provisions if bundle.is_confirmed(one)),
        limits={code: bundle.limits.limit(code) for code in bundle.limits},
        nations={policy.oid: policy.nation for policy in sorted(bundle.policies, key=lambda policy: policy.nation)},
        matrices=matrices_at(bundle, at),
        overlay=bundle.overlay,
    )


def matrices_at(bundle: Bundle, at: Instant) -> tuple[Matrix, ...]:
    """The equivalent levels of each pair of nations as they hold at `at`: all of a book that changes with time."""
    policies = sorted(bundle.policies, key=lambda policy: policy.nation)
    pairs = [(down, across) for number, down in enumerate(policies) for across in policies[number + 1 :]]
    return tuple(_matrix(down, across, bundle.equivalence.rows, at) for down, across in pairs)


def chosen(book: Book, choice: Choice) -> tuple[tuple[BookRule, ...], tuple[Provision, ...]]:
    """The rules and the provisions that somebody chose to see.

    A rule is shown under a topic or a nation when it rests on a provision of it; a provision is shown under a gate or
    an action when such a rule rests on it.
    """
    text = choice.text.casefold()
    by_rule = [
        one
        for one in book.rules
        if choice.gate in ("", one.gate) and (not choice.action or choice.action in one.actions)
    ]
    wanted = {one.id for rule in by_rule for one in rule.provisions}
    narrowed = bool(choice.gate or choice.action)
    of_place = [
        one
        for one in book.provisions.values()
        if choice.topic in ("", one.topic) and choice.nation in ("", one.nation) and (not narrowed or one.id in wanted)
    ]
    places = {one.id for one in of_place}
    holds_text = _holds(text)
    rules = [
        one
        for one in by_rule
        if (not (choice.topic or choice.nation) or any(each.id in places for each in one.provisions))
        and (not choice.unconfirmed or _unconfirmed(one, choice.nation))
        and (_rule_says(one, holds_text) or any(_provision_says(each, holds_text) for each in one.provisions))
    ]
    provisions = [
        one
        for one in of_place
        if (not choice.unconfirmed or one.id not in book.confirmed) and _provision_says(one, holds_text)
    ]
    return tuple(rules), tuple(provisions)


def _rule(bundle: Bundle, gate: Gate, policies: Mapping[str, str], parties: Iterable[Nation]) -> BookRule:
    founded = {nation: bundle.standing(gate.rule, nation) for nation in parties}
    return BookRule(
        gate=gate.gate,
        rule=gate.rule,
        actions=gate.actions,
        says=gate.says,
        applies=tuple((code, bundle.gates.conditions[code]) for code in gate.applies),
        holds=gate.holds,
        policy=policies.get(gate.rule, ""),
        remedy=gate.remedy,
        who=gate.who,
        provisions=tuple(bundle.provision(identity) for identity in gate.provisions),
        evidence={nation: one.evidence for nation, one in founded.items()},
        unconfirmed={nation: one.unconfirmed for nation, one in founded.items()},
    )


def _explaining_policies(text: str) -> dict[str, str]:
    """Rule -> its explaining policy as it stands in the bundle's file, annotations and all."""
    blocks = (block.strip() for block in text.split("\n\n"))
    found = ((_EXPLAINS.match(block), block) for block in blocks)
    return {named[1]: block for named, block in found if named is not None}


def _topic(code: str, provisions: Iterable[Provision], parties: tuple[Nation, ...]) -> Topic:
    sides: dict[Nation, list[Provision]] = {nation: [] for nation in parties}
    together: list[Provision] = []
    for one in provisions:
        side = next((found for nation, found in sides.items() if nation == one.nation), None)
        (together if side is None else side).append(one)
    having = [nation for nation, found in sides.items() if any(not one.is_gap for one in found)]
    relation = BOTH_SIDES if len(having) == len(parties) else having[0] if len(having) == 1 else NO_SIDE
    return Topic(code, {nation: tuple(found) for nation, found in sides.items()}, tuple(together), relation)


def _matrix(
    down: ClassificationPolicy, across: ClassificationPolicy, rows: Iterable[EquivalenceRow], at: Instant
) -> Matrix:
    there, back, no_across, no_down = {}, {}, {}, {}
    for row in rows:
        if not row.valid.holds_at(at):
            continue
        ends = (row.from_level.policy_oid, row.to_policy_oid)
        if ends == (down.oid, across.oid) and row.to_level is None:
            no_across[row.from_level.name] = row
        elif ends == (down.oid, across.oid) and row.to_level is not None:
            there[row.from_level.name, row.to_level.name] = row
        elif ends == (across.oid, down.oid) and row.to_level is None:
            no_down[row.from_level.name] = row
        elif ends == (across.oid, down.oid) and row.to_level is not None:
            back[row.to_level.name, row.from_level.name] = row
    return Matrix(
        down=down.nation,
        across=across.nation,
        levels_down=tuple(level.name for level in reversed(down.levels)),
        levels_across=tuple(level.name for level in reversed(across.levels)),
        there=there,
        back=back,
        no_across=no_across,
        no_down=no_down,
    )


def _unconfirmed(rule: BookRule, nation: str) -> bool:
    return any(is_so for party, is_so in rule.unconfirmed.items() if nation in ("", BILATERAL, party))


def _holds(text: str) -> Callable[[str | None], bool]:
    return lambda said: text in (said or "").casefold()


def _rule_says(rule: BookRule, holds_text: Callable[[str | None], bool]) -> bool:
    return any(holds_text(said) for said in (rule.rule, *(one.text for one in rule.says.values())))


def _provision_says(one: Provision, holds_text: Callable[[str | None], bool]) -> bool:
    note = one.record.get("note")
    said = (one.id, one.title, one.requirement, one.citation, one.source, note if isinstance(note, str) else None)
    return any(holds_text(each) for each in said)
