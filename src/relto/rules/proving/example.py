"""A counterexample as a case: read from the solver's model, asked again in Cedar, told in the field's terms.

A case that Cedar does not answer as the solver said is no counterexample but a fault of the translation, and is
reported as one (policy.md 6, point 5).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from relto.base.canonical import Json
from relto.base.instants import instant_text
from relto.rules.engine import Question, Verdict
from relto.rules.levels import BEYOND_ALL, NOTHING_KNOWN
from relto.rules.proving.rule_set import LevelName, RuleSet
from relto.rules.proving.schema_types import TYPES
from relto.rules.proving.symbols import Symbols
from relto.rules.proving.world import World

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST, _LATEST = -62_135_596_800, 253_402_300_799
_PAPERS = ("disclosure", "export", "consent", "listing", "release")


def readings_of(symbols: Symbols) -> dict[str, tuple[str, str]]:
    """What a model is asked for beside its constants: who is in which set, and the number of each text."""
    texts = list(enumerate(symbols.texts()))
    sorts = {**dict.fromkeys(symbols.predicates, "Bool"), **dict.fromkeys(symbols.functions, "Int")}
    return {f"{name}__{at}": (sort, f"({name} {text})") for name, sort in sorts.items() for at, text in texts}


@dataclass(frozen=True)
class Case:
    """One world of the model, in values: texts by their words, sets by their members, numbers as they are."""

    world: World
    model: Mapping[str, int | bool]

    def _word(self, code: int) -> str:
        literals = {value: text for text, value in self.world.symbols.literals.items()}
        return literals[code] if code in literals else f"other-{self._others()[code]}"

    def _others(self) -> dict[int, int]:
        literals = set(self.world.symbols.literals.values())
        found = sorted({int(self._code(text)) for text in self.world.symbols.texts()} - literals)
        return {code: position + 1 for position, code in enumerate(found)}

    def _code(self, text: str) -> int:
        return int(text) if text.isdigit() else int(self.model[text])

    def text(self, name: str) -> str:
        """The word that a constant stands for."""
        return self._word(self._code(name))

    def members(self, name: str) -> list[str]:
        """The members of a set, among the texts of the script."""
        texts = self.world.symbols.texts()
        held = {self._code(text) for position, text in enumerate(texts) if self.model.get(f"{name}__{position}")}
        return sorted(self._word(code) for code in held)

    @property
    def level(self) -> LevelName | None:
        """The item's level; None when no policy knows it."""
        position = int(self.model["item_level"])
        return self.world.levels[position] if position >= 0 else None

    @property
    def now(self) -> int:
        """The instant of the question, in seconds since 1970."""
        return int(self.model["context_now"])

    def question(self, rules: RuleSet) -> Question:
        """The request as these rules would be asked it."""
        admitted = rules.admitted(frozenset(self.members("item_audience")), self.now)
        facility_code, nation = self.text("facility_code"), self.text("facility_nation")
        listed = sorted(code for code, *where in rules.listed if where == [facility_code, nation])
        entities = [
            {
                "uid": {"type": "Label", "id": "label"},
                "attrs": {"rank": self._own_rank(rules)},
                "parents": [],
                "tags": self._tags(rules),
            },
            self._entity("Facility", "facility", {"programmes": listed}),
            self._entity("Person", "person", {"facility": {"__entity": {"type": "Facility", "id": "facility"}}}),
            self._entity(
                "Item", "item", {"label": {"__entity": {"type": "Label", "id": "label"}}, "audience": sorted(admitted)}
            ),
        ]
        context = {
            "now": self.now,
            **{name: self.text(f"context_{name}") for name in ("node", "owner", "releaser", "channel")},
            **{paper: self._plain(TYPES["context"][paper], f"{paper}_") for paper in _PAPERS},
            "statusMaxAge": rules.status_max_age,
            "unregisteredMaxRank": self._unregistered_rank(rules),
            "channels": sorted(rules.channels),
            "agreement": {"parties": sorted(rules.parties), "from": rules.start, "until": rules.end},
        }
        return Question(self.world.action.value, "person", "item", entities, context)

    def _unregistered_rank(self, rules: RuleSet) -> int:
        if self.level is None or self.level not in rules.ranks:
            return int(self.model[self.world.unknown_level_rank])
        return rules.unregistered.get(self.level[0], NOTHING_KNOWN)

    def _own_rank(self, rules: RuleSet) -> int:
        if self.world.any_tables is not None:
            return int(self.model[self.world.any_tables.rank])
        return rules.ranks.get(self.level, BEYOND_ALL) if self.level else BEYOND_ALL

    def _tags(self, rules: RuleSet) -> dict[str, int]:
        if self.world.any_tables is None:
            return {str(nation): rank for nation, rank in rules.demanded(self.level, self.now).items()}
        texts = enumerate(self.world.symbols.texts())
        numbers = {self._word(self._code(text)): int(self.model[f"label_demands__{at}"]) for at, text in texts}
        return {nation: numbers[nation] for nation in self.members("label_tags")}

    def _entity(self, kind: str, name: str, given: Mapping[str, Any]) -> dict[str, Any]:
        root = {"Facility": TYPES["principal"]["facility"], "Person": TYPES["principal"], "Item": TYPES["resource"]}
        types = {member: type_ for member, type_ in root[kind].items() if member not in given}
        return {"uid": {"type": kind, "id": name}, "attrs": {**self._plain(types, f"{name}_"), **given}, "parents": []}

    def _plain(self, types: Mapping[str, Any], prefix: str) -> dict[str, Any]:
        readers = {
            "Long": lambda name: int(self.model[name]),
            "Boolean": lambda name: bool(self.model[name]),
            "String": self.text,
            "Set<String>": self.members,
        }
        return {member: readers[kind](f"{prefix}{member}") for member, kind in types.items()}

    def told(self) -> dict[str, Json]:
        """The facts that a person needs to recognise the case: nations, levels by name, dates, papers."""
        ranks = {(str(nation), rank): name for (nation, name), rank in self.world.ranks.items()}
        nation = self.text("person_nation")
        level = self.level

        def held(name: str) -> str | None:
            lower = [rank for (of, rank) in ranks if of == nation and rank <= int(self.model[name])]
            return ranks[nation, max(lower)] if lower else None

        def instant(seconds: int) -> str:
            return instant_text(_EPOCH + timedelta(seconds=min(max(seconds, _EARLIEST), _LATEST)))

        return {
            "action": self.world.action.value,
            "at": instant(self.now),
            "person": {
                "nation": nation,
                "level": held("person_rank"),
                "suspended": bool(self.model["person_suspended"]),
            },
            "facility": {"nation": nation, "level": held("facility_rank"), "stores": held("facility_safeguarding")},
            "item": {
                "owner": self.text("context_owner"),
                "owners": list(self.members("item_owners")),
                "level": None if level is None else level[1],
                "audience": "everyone" if self.model["item_everyone"] else list(self.members("item_audience")),
                "export_controlled": bool(self.model["item_exportControlled"]),
                "registered": bool(self.model["item_registered"]),
            },
            "releaser": self.text("context_releaser"),
            "assurance": {
                "person_until": instant(int(self.model["person_validUntil"])),
                "person_status": instant(int(self.model["person_statusAt"])),
                "facility_until": instant(int(self.model["facility_validUntil"])),
                "facility_status": instant(int(self.model["facility_statusAt"])),
            },
        }


@dataclass(frozen=True)
class Replayed:
    """The case asked in Cedar under each rule set."""

    case: Case
    allowed: Verdict
    denied: Verdict

    @property
    def confirmed(self) -> bool:
        """Cedar answers as the solvers said: the one permits, the other refuses, neither errs."""
        errors = self.allowed.errors or self.denied.errors
        return not errors and self.allowed.permitted and not self.denied.permitted


def replay(case: Case, allows: RuleSet, denies: RuleSet) -> Replayed:
    """Ask Cedar, with the schema, under both rule sets."""
    return Replayed(case, allows.engine.judge(case.question(allows)), denies.engine.judge(case.question(denies)))
