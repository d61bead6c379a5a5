"""What is proved of a rule set before it may be followed, and what a refutation shows (design.md, promise 5).

 1. forms_equal: the deciding and the explaining form answer alike.
 2. never_errs: no policy errs on any facts that fit the schema and that the question maker can produce.
 3. within_originator: what the new rules permit, the originator's rules permit, for items of each originator.
 4. not_vacuous: each action is still permitted to somebody.
Each is asked of two solvers. "proved" needs both to say so; "refuted" needs both and a case that Cedar confirms;
everything else is "unknown", which whoever activates refuses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from relto.base.nations import Nation
from relto.rules.facts import Action
from relto.rules.loosenings import Piece
from relto.rules.proving.example import Case, Replayed, readings_of, replay
from relto.rules.proving.forms import Forms, forms_of
from relto.rules.proving.rule_set import RuleSet
from relto.rules.proving.solving import Search, Solved, solve
from relto.rules.proving.symbols import FALSE, TextSet, conj, disj, implies, neg, number, same
from relto.rules.proving.world import View, World

Result = Literal["proved", "refuted", "unknown"]
MAX_REASONS = 12
_NEARBY = 400 * 86_400
_PAPERS = ("disclosure", "export", "consent", "listing", "release")


@dataclass(frozen=True)
class Reason:
    """One way in which the new rules permit what the originator's refuse: the rules that refuse, and a case.

    `needed`: the fewest pieces of the new rules found to permit the case once the originator consented to them.
    """

    rules: tuple[str, ...]
    replayed: Replayed
    needed: tuple[Piece, ...] = ()


@dataclass(frozen=True)
class Obligation:
    """One thing to be proved, and what both solvers said."""

    kind: str
    action: Action
    originator: Nation | None
    result: Result
    answers: Mapping[str, str]
    reasons: tuple[Reason, ...] = ()


def prove_alone(rules: RuleSet) -> Iterator[Obligation]:
    """What one rule set must satisfy by itself."""
    for action in Action:
        world = World(action, (rules,))
        forms = forms_of(View(world, rules))
        unequal = [neg(same(forms.decides, forms.explains))]
        yield _must_not("forms_equal", action, solve(world.symbols, unequal))
        yield _must_not("never_errs", action, solve(world.symbols, [forms.errs]))
        found = solve(world.symbols, [forms.decides])
        result: Result = {"sat": "proved", "unsat": "refuted"}.get(found.answer, "unknown")  # type: ignore[assignment]
        yield Obligation("not_vacuous", action, None, result, found.answers)


def prove_within(
    new: RuleSet, originators: Mapping[Nation, RuleSet], *, today: int, kind: str = "within_originator"
) -> Iterator[Obligation]:
    """For each originator: nothing that `new` permits for its items is refused by its own rules.

    `originators`: nation -> the rules of that nation as an originator. `today`: seconds since 1970, for readable cases.
    """
    for nation, own in sorted(originators.items()):
        for action in Action:
            yield within(new, own, action, nation, today=today, kind=kind)


class Comparison:
    """One action of two rule sets, over the same facts: is anything permitted by `new` that `own` refuses?"""

    def __init__(
        self,
        new: RuleSet,
        own: RuleSet,
        action: Action,
        originator: Nation | None = None,
        *,
        any_tables: bool = False,
    ) -> None:
        """`originator` None: whoever owns the item.

        `any_tables`: whatever ranks any table of equivalents demands, the same for both: the texts alone are compared.
        """
        self.new, self.own = new, own
        self.world = World(action, (new, own), originator, any_tables=any_tables)
        self.denying: Forms = forms_of(View(self.world, own))
        self.claim = conj((forms_of(View(self.world, new)).decides, neg(self.denying.decides)))

    def solved(self) -> Solved:
        """Both solvers' answer: "unsat" when nothing more is permitted."""
        return solve(self.world.symbols, [self.claim])

    def only(self, rule: str) -> list[str]:
        """The claims that `new` permits what this one rule of `own` refuses, all others being met."""
        others = (neg(term) for name, term in self.denying.failed.items() if name != rule)
        return [self.claim, self.denying.failed.get(rule, FALSE), *others]

    def lone_reason(self, rule: str) -> Reason | None:
        """Any case that this one rule refuses, asked again in Cedar; None when the solvers know of none."""
        found = solve(self.world.symbols, self.only(rule), readings_of(self.world.symbols))
        return self._replayed(Case(self.world, found.model)) if found.answer == "sat" else None

    def reasons(self, today: int) -> Iterator[Reason]:
        """Each rule that alone refuses such a case, with a plain one; where none does alone, sets of rules."""
        found = 0
        search = Search(self.world.symbols, [self.claim])
        for rule in self.denying.failed:
            if found < MAX_REASONS and search.allows(conj(self.only(rule))):
                found += 1
                yield from self._told(self.only(rule), today)
        blocked: list[str] = []
        while not found and len(blocked) < MAX_REASONS and search.allows(conj(blocked)):
            reason = next(self._told([self.claim, *blocked], today), None)
            if reason is None:
                return
            yield reason
            blocked.append(neg(conj(self.denying.failed[rule] for rule in reason.rules)))

    def _told(self, claims: list[str], today: int) -> Iterator[Reason]:
        case = _plain_case(self.world, claims, today)
        if case.model:
            yield self._replayed(case)

    def _replayed(self, case: Case) -> Reason:
        replayed = replay(case, self.new, self.own)
        return Reason(tuple(sorted(replayed.denied.failed)), replayed)


def within(
    new: RuleSet, own: RuleSet, action: Action, originator: Nation | None, *, today: int, kind: str
) -> Obligation:
    """One action of `prove_within`; `originator` None: whoever owns the item."""
    compared = Comparison(new, own, action, originator)
    found = compared.solved()
    if found.answer != "sat":
        return Obligation(kind, action, originator, _unsat_is_proved(found), found.answers)
    reasons = tuple(compared.reasons(today))
    confirmed = bool(reasons) and all(reason.replayed.confirmed for reason in reasons)
    return Obligation(kind, action, originator, "refuted" if confirmed else "unknown", found.answers, reasons)


def _unsat_is_proved(found: Solved) -> Result:
    return "proved" if found.answer == "unsat" else "unknown"


def _must_not(kind: str, action: Action, found: Solved) -> Obligation:
    result: Result = "refuted" if found.answer == "sat" else _unsat_is_proved(found)
    return Obligation(kind, action, None, result, found.answers)


def _plain_case(world: World, claims: list[str], today: int) -> Case:
    """The plainest case that the claims allow: each preference is kept if a case remains.

    Cedar is asked about it, so one solver's word is enough; its model is empty when the solver gave none in time.
    """
    preferences = list(_preferences(world, today))
    search = Search(world.symbols, claims, readings_of(world.symbols))
    search.keep_all(preferences)
    return Case(world, search.model())


def _preferences(world: World, today: int) -> Iterator[str]:
    """From the most to the least wanted: today, one owner, no groups of anything, the parties, plain content."""
    symbols, person, facility, item, context = world.symbols, world.person, world.facility, world.item, world.context
    parties = [symbols.literals[nation] for nation in sorted({name[0] for name in world.levels})]

    def near(name: str) -> str:
        return f"(<= {number(today - _NEARBY)} {name} {number(today + _NEARBY)})"

    def only(members: TextSet, *allowed: str) -> str:
        return conj(implies(members.holds(text), disj(same(text, one) for one in allowed)) for text in symbols.texts())

    yield same(world.now, number(today))
    yield conj(near(of[name]) for of in (person, facility) for name in ("validFrom", "validUntil", "statusAt"))
    yield conj(near(context[paper][end]) for paper in _PAPERS for end in ("from", "until"))
    yield f"(>= {world.level} 0)"
    yield only(item["owners"], context["owner"])
    yield disj(
        conj((same(world.level, number(position)), same(context["owner"], str(symbols.literals[name[0]]))))
        for position, name in enumerate(world.levels)
    )
    yield only(item["caveats"])
    yield same(item["programme"], symbols.literal(""))
    yield only(person["programmes"], item["programme"])
    yield only(person["caveats"])
    yield neg(item["exportControlled"])
    yield neg(item["physical"])
    yield neg(item["everyone"])
    yield item["registered"]
    yield disj(same(person["nation"], str(nation)) for nation in parties)
    yield disj(same(context["releaser"], str(nation)) for nation in parties)
    yield same(context["owner"], context["releaser"])
    yield only(item["audience"], person["nation"])
    yield only(
        item["audience"],
        person["nation"],
        *(str(code) for text, code in symbols.literals.items() if text in world.groups),
    )
    yield neg(same(context["owner"], person["nation"]))
