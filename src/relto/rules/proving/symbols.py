"""SMT-LIB 2.6 terms as text, and the declarations that they need (logic QF_UFLIA).

Texts are integers of which only equality is used: each literal has a code of its own, every other text is any integer,
so any number of nations, people and programmes is covered. A set of texts is an uninterpreted predicate. What speaks
about all members of a set is instantiated for every text of the script; a witness constant stands for a member that
breaks it (policy.md 6). That loses nothing: a model restricted to these texts is still a model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

TRUE, FALSE = "true", "false"


def conj(terms: Iterable[str]) -> str:
    """All of them; true when there is none."""
    kept = [term for term in terms if term != TRUE]
    if FALSE in kept:
        return FALSE
    return kept[0] if len(kept) == 1 else f"(and {' '.join(kept)})" if kept else TRUE


def disj(terms: Iterable[str]) -> str:
    """Any of them; false when there is none."""
    kept = [term for term in terms if term != FALSE]
    if TRUE in kept:
        return TRUE
    return kept[0] if len(kept) == 1 else f"(or {' '.join(kept)})" if kept else FALSE


def neg(term: str) -> str:
    """Not."""
    return {TRUE: FALSE, FALSE: TRUE}.get(term) or f"(not {term})"


def implies(one: str, other: str) -> str:
    """If one, then the other."""
    return disj((neg(one), other))


def same(one: str, other: str) -> str:
    """Equal texts, numbers or truths."""
    return TRUE if one == other else f"(= {one} {other})"


def choose(condition: str, one: str, other: str) -> str:
    """One when the condition holds, else the other."""
    return one if condition == TRUE else other if condition == FALSE else f"(ite {condition} {one} {other})"


def number(value: int) -> str:
    """An integer literal; SMT-LIB has no negative ones."""
    return str(value) if value >= 0 else f"(- {-value})"


@dataclass(frozen=True)
class TextSet:
    """A set of texts: who is a member, as a term; `name` tells two sets apart."""

    name: str
    holds: Callable[[str], str]


@dataclass
class Symbols:
    """Everything that one script declares and asserts."""

    literals: dict[str, int] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    predicates: list[str] = field(default_factory=list)
    functions: list[str] = field(default_factory=list)
    assertions: list[str] = field(default_factory=list)
    _texts: list[str] = field(default_factory=list)
    _subsets: dict[tuple[str, str], tuple[str, str, TextSet, TextSet]] = field(default_factory=dict)
    _empties: dict[str, tuple[str, str, TextSet]] = field(default_factory=dict)

    def literal(self, text: str) -> str:
        """The code of a literal text."""
        return str(self.literals.setdefault(text, len(self.literals)))

    def text(self, name: str) -> str:
        """Any text."""
        self.constants[name] = "Int"
        self._texts.append(name)
        return name

    def integer(self, name: str) -> str:
        """Any whole number."""
        self.constants[name] = "Int"
        return name

    def truth(self, name: str) -> str:
        """True or false."""
        self.constants[name] = "Bool"
        return name

    def text_set(self, name: str) -> TextSet:
        """Any set of texts."""
        self.predicates.append(name)
        return TextSet(name, lambda member: f"({name} {member})")

    def function(self, name: str) -> Callable[[str], str]:
        """Any whole number for each text."""
        self.functions.append(name)
        return lambda text: f"({name} {text})"

    def literal_set(self, texts: Iterable[str]) -> TextSet:
        """Exactly these literals."""
        codes = sorted({self.literal(text) for text in texts}, key=int)
        return TextSet("of " + " ".join(codes), lambda member: disj(same(member, code) for code in codes))

    def assume(self, term: str) -> None:
        """Only worlds in which this holds."""
        self.assertions.append(term)

    def subset(self, larger: TextSet, smaller: TextSet) -> str:
        """Whether each member of the smaller one is in the larger one."""
        key = (larger.name, smaller.name)
        if key not in self._subsets:
            position = len(self._subsets)
            verdict, witness = self.truth(f"subset_{position}"), self.text(f"outside_{position}")
            self._subsets[key] = (verdict, witness, larger, smaller)
        return self._subsets[key][0]

    def empty(self, one: TextSet) -> str:
        """Whether the set has no member."""
        if one.name not in self._empties:
            position = len(self._empties)
            verdict, witness = self.truth(f"empty_{position}"), self.text(f"member_{position}")
            self._empties[one.name] = (verdict, witness, one)
        return self._empties[one.name][0]

    def texts(self) -> list[str]:
        """Every text that the script speaks about: each literal's code, and each constant."""
        return [*map(str, range(len(self.literals))), *self._texts]

    def instances(self) -> list[str]:
        """What the verdicts about whole sets mean, for every text of the script."""
        texts = self.texts()
        found = []
        for verdict, witness, larger, smaller in self._subsets.values():
            found += [implies(verdict, implies(smaller.holds(text), larger.holds(text))) for text in texts]
            found.append(implies(neg(verdict), conj((smaller.holds(witness), neg(larger.holds(witness))))))
        for verdict, witness, one in self._empties.values():
            found += [implies(verdict, neg(one.holds(text))) for text in texts]
            found.append(implies(neg(verdict), one.holds(witness)))
        return found
