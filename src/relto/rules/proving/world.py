"""The world that two rule sets are compared in: the same facts, seen through the tables of each.

Facts are free within what `relto.rules.questions` can produce (`_lawful`): nothing else is assumed about them. What a
rule set supplies itself (demanded ranks, limits, channels, parties, agreed facilities) is a term over these facts.
A level of either rule set has one code, so an item keeps its level while the tables around it change.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from relto.base.errors import MalformedInput
from relto.base.nations import Nation
from relto.rules.facts import Action
from relto.rules.levels import BEYOND_ALL, NOTHING_KNOWN
from relto.rules.proving.rule_set import LevelName, RuleSet
from relto.rules.proving.symbols import Symbols, TextSet, choose, conj, disj, neg, number, same
from relto.rules.questions import FOREVER

Value = Any
"""A term (text), a `TextSet`, a `Label`, or a record: a mapping from attribute names to values."""


@dataclass(frozen=True)
class Label:
    """The label entity: its own rank, and as tags the ranks that the tables of a view demand."""

    rank: str
    view: View

    def has_tag(self, nation: str) -> str:
        """Whether the tables demand any rank of this nation."""
        return self.view.has_tag(nation)

    def tag(self, nation: str) -> str:
        """The demanded rank; meaningless without a tag."""
        return self.view.tag(nation)


_PERIOD = ("from", "until")
_PAPERS: Mapping[str, tuple[str, ...]] = {
    "disclosure": ("nation", "item", "programme"),
    "export": ("nation", "item", "programme"),
    "consent": ("by", "item", "nation", "facility"),
    "listing": ("person", "item", "reason"),
    "release": ("item", "nation", "facility", "state"),
}
_ASSURANCE_NUMBERS = ("validFrom", "validUntil", "statusAt")


@dataclass(frozen=True)
class AnyTables:
    """A label of which nothing is known: its rank, the nations that have a tag, and each tag's number."""

    rank: str
    tagged: TextSet
    demands: Callable[[str], str]


class World:
    """The facts of one action, shared by every rule set that is asked about them."""

    def __init__(
        self,
        action: Action,
        rule_sets: tuple[RuleSet, ...],
        originator: Nation | None = None,
        *,
        any_tables: bool = False,
    ) -> None:
        """`originator`: only items that this nation owns, asked about for this owner.

        `any_tables`: the label's ranks are any numbers, the same for every rule set, instead of what its tables say.

        Raises MalformedInput("proof.levels") when two rule sets that both know a nation rank its own levels
        differently, or one of them has a level that the other has not: ranks held would then mean two things (whoever
        holds the new level holds nothing by the other's rules), and nothing is compared.
        """
        self.action = action
        self.symbols = Symbols()
        self.levels = tuple(sorted({name for rules in rule_sets for name in rules.ranks}))
        ranks = {name: {rules.ranks.get(name) for rules in rule_sets} for name in self.levels}
        both = frozenset.intersection(*(frozenset(name[0] for name in rules.ranks) for rules in rule_sets))
        if any(len(found) > 1 for name, found in ranks.items() if name[0] in both):
            raise MalformedInput("proof.levels", field="schemes", expected="the same levels in the same order")
        self.ranks = {name: rank for rules in rule_sets for name, rank in rules.ranks.items()}
        self.groups = frozenset(member.group for rules in rule_sets for member in rules.groups)
        symbols = self.symbols
        self.level = symbols.integer("item_level")
        self.now = symbols.integer("context_now")
        self.unknown_level_rank = symbols.integer("unregistered_rank")
        self.any_tables: AnyTables | None = None
        if any_tables:
            self.any_tables = AnyTables(
                symbols.integer("label_rank"), symbols.text_set("label_tags"), symbols.function("label_demands")
            )
        self.facility = self._facility()
        self.person = self._person()
        self.item = self._item()
        self.context = self._context()
        self._lawful(sorted({nation for rules in rule_sets for nation in rules.parties}))
        if originator is not None:
            symbols.assume(same(self.context["owner"], symbols.literal(originator)))

    def _assurance(self, of: str) -> dict[str, Value]:
        numbers = {name: self.symbols.integer(f"{of}_{name}") for name in _ASSURANCE_NUMBERS}
        return {**numbers, "suspended": self.symbols.truth(f"{of}_suspended")}

    def _facility(self) -> dict[str, Value]:
        symbols = self.symbols
        return {
            "code": symbols.text("facility_code"),
            "nation": symbols.text("facility_nation"),
            "rank": symbols.integer("facility_rank"),
            "safeguarding": symbols.integer("facility_safeguarding"),
            **self._assurance("facility"),
        }

    def _person(self) -> dict[str, Value]:
        symbols = self.symbols
        return {
            "pseudonym": symbols.text("person_pseudonym"),
            "nation": symbols.text("person_nation"),
            "rank": symbols.integer("person_rank"),
            "caveats": symbols.text_set("person_caveats"),
            "programmes": symbols.text_set("person_programmes"),
            **self._assurance("person"),
        }

    def _item(self) -> dict[str, Value]:
        symbols = self.symbols
        return {
            "code": symbols.text("item_code"),
            "owners": symbols.text_set("item_owners"),
            "everyone": symbols.truth("item_everyone"),
            "audience": symbols.text_set("item_audience"),
            "caveats": symbols.text_set("item_caveats"),
            "programme": symbols.text("item_programme"),
            "exportControlled": symbols.truth("item_exportControlled"),
            "physical": symbols.truth("item_physical"),
            "registered": symbols.truth("item_registered"),
        }

    def _context(self) -> dict[str, Value]:
        symbols = self.symbols
        papers = {
            paper: {
                **{name: symbols.text(f"{paper}_{name}") for name in texts},
                **{name: symbols.integer(f"{paper}_{name}") for name in _PERIOD},
            }
            for paper, texts in _PAPERS.items()
        }
        texts = {name: symbols.text(f"context_{name}") for name in ("node", "owner", "releaser", "channel")}
        return {"now": self.now, **texts, **papers}

    def _lawful(self, parties: list[Nation]) -> None:
        """What the code that makes questions guarantees, and nothing more."""
        symbols, person, facility, item, context = self.symbols, self.person, self.facility, self.item, self.context
        for name, sort in symbols.constants.items():
            if sort == "Int" and name not in symbols.texts():
                symbols.assume(f"(<= {number(-FOREVER)} {name} {number(FOREVER)})")
        nation = person["nation"]
        symbols.assume(same(nation, facility["nation"]))
        symbols.assume(item["owners"].holds(context["owner"]))
        symbols.assume(f"(<= {number(-1)} {self.level} {number(len(self.levels) - 1)})")
        for held in (person["rank"], facility["rank"], facility["safeguarding"]):
            symbols.assume(f"(<= {number(NOTHING_KNOWN)} {held})")
        empty = symbols.literal("")
        # A person without a facility is asked about too: the facility's code is then empty.
        for text in (nation, context["owner"], context["releaser"], context["node"], item["code"]):
            symbols.assume(neg(same(text, empty)))
        onward = self.action == Action.RETRANSFER
        symbols.assume(same(person["pseudonym"], empty) if onward else neg(same(person["pseudonym"], empty)))
        if onward:
            symbols.assume(conj((same(person["rank"], number(NOTHING_KNOWN)), neg(person["suspended"]))))
            symbols.assume(conj(same(person[name], "0") for name in _ASSURANCE_NUMBERS))
            symbols.assume(conj((symbols.empty(person["caveats"]), symbols.empty(person["programmes"]))))
            symbols.assume(neg(same(nation, context["node"])))
            symbols.assume(neg(item["owners"].holds(nation)))
        if self.action == Action.SUPPLY_SHARE:
            symbols.assume(neg(same(context["node"], nation)))
        else:
            decides = nation if self.action in (Action.ACCEPT, Action.OPEN) else context["releaser"]
            symbols.assume(same(context["node"], decides))
        states = ("", "proposed", "released", "accepted", "refused", "withdrawn")
        symbols.assume(disj(same(context["release"]["state"], symbols.literal(state)) for state in states))
        for nation_name in parties:
            symbols.literal(nation_name)


class View:
    """The facts as one rule set sees them: the request that its policies are asked about."""

    def __init__(self, world: World, rules: RuleSet) -> None:
        """`rules`: whose tables complete the facts."""
        self.world = world
        self.rules = rules
        symbols = world.symbols
        label = Label(self._own_rank(), self)
        facility = {**world.facility, "programmes": self._listed()}
        self.principal: dict[str, Value] = {**world.person, "facility": facility}
        self.resource: dict[str, Value] = {**world.item, "label": label, "audience": self._admitted()}
        self.context: dict[str, Value] = {
            **world.context,
            "statusMaxAge": number(rules.status_max_age),
            "unregisteredMaxRank": self._unregistered_rank(),
            "channels": symbols.literal_set(rules.channels),
            "agreement": {
                "parties": symbols.literal_set(rules.parties),
                "from": number(rules.start),
                "until": number(rules.end),
            },
        }

    def _is_level(self, name: LevelName) -> str:
        return same(self.world.level, number(self.world.levels.index(name)))

    def _own_rank(self) -> str:
        if self.world.any_tables is not None:
            return self.world.any_tables.rank
        rank = number(BEYOND_ALL)
        for name, held in self.rules.ranks.items():
            rank = choose(self._is_level(name), number(held), rank)
        return rank

    def _unregistered_rank(self) -> str:
        rank = self.world.unknown_level_rank  # a level that its policy does not name may have any of the policies
        for name in self.rules.ranks:
            rank = choose(self._is_level(name), number(self.rules.unregistered.get(name[0], NOTHING_KNOWN)), rank)
        return rank

    def _listed(self) -> TextSet:
        symbols, facility = self.world.symbols, self.world.facility
        rows = [tuple(symbols.literal(text) for text in row) for row in sorted(self.rules.listed)]

        def holds(member: str) -> str:
            return disj(
                conj((same(member, programme), same(facility["code"], code), same(facility["nation"], nation)))
                for programme, code, nation in rows
            )

        return TextSet(f"listed {rows}", holds)

    def _admitted(self) -> TextSet:
        """The audience with each group's members in its place."""
        symbols = self.world.symbols
        stated: TextSet = self.world.item["audience"]
        if not self.rules.groups:
            return stated
        members = [
            (
                symbols.literal(one.nation),
                conj((stated.holds(symbols.literal(one.group)), self._holds_now(one.start, one.end))),
            )
            for one in self.rules.groups
        ]

        def holds(member: str) -> str:
            return disj((stated.holds(member), *(conj((same(member, nation), term)) for nation, term in members)))

        return TextSet(f"admitted {members}", holds)

    def _holds_now(self, start: int, end: int) -> str:
        now = self.world.now
        return conj((f"(<= {number(start)} {now})", f"(< {now} {number(end)})"))

    def _demands(self, nation: str) -> list[tuple[str, str]]:
        """(when, rank): what is demanded of a nation, for its own levels and by the rows that hold now."""
        symbols = self.world.symbols
        demands = [
            (conj((self._is_level(name), same(nation, symbols.literal(name[0])))), number(rank))
            for name, rank in self.rules.ranks.items()
        ]
        for row in self.rules.equivalents:
            period = self._holds_now(row.start, row.end)
            when = conj((self._is_level(row.level), same(nation, symbols.literal(row.nation)), period))
            demands.append((when, number(row.rank)))
        return demands

    def has_tag(self, nation: str) -> str:
        """Whether any rank is demanded of this nation."""
        if self.world.any_tables is not None:
            return self.world.any_tables.tagged.holds(nation)
        return disj(when for when, _ in self._demands(nation))

    def tag(self, nation: str) -> str:
        """The demanded rank; 0 where there is none, which no policy may read (an error there is a refusal)."""
        if self.world.any_tables is not None:
            return self.world.any_tables.demands(nation)
        rank = number(0)
        for when, demanded in self._demands(nation):
            rank = choose(when, demanded, rank)
        return rank
