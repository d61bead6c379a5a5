"""The rule book as it is shown: topics with both sides, rules in a sentence, limits, the matrix of levels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext

from relto.labels.mapping import EquivalenceRow
from relto.rules.book import Book, BookRule, Choice, Matrix, Topic
from relto.rules.limits import Limit
from relto.rules.provisions import BILATERAL, Provision
from relto.web import rule_words
from relto.web.frame import country
from relto.web.words import language, said

LONGEST_SEARCH = 100
_LONGEST_NUMBER = 6
PAGE = 80
"""Provisions of a page."""


@dataclass(frozen=True, slots=True)
class Tag:
    """How well something is known. `kind`: read, unconfirmed or gap."""

    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class ProvisionRow:
    """A provision with its tag; `edition`: of the text that was read; `rules`: those that rest on it."""

    one: Provision
    tag: Tag
    edition: str
    note: str
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule in words. `when`: what must be so for it to concern a case; `founded`: (nation, tag) for each party."""

    one: BookRule
    gate: str
    text: str
    reviewed: bool
    actions: str
    when: str
    who: str
    founded: tuple[tuple[str, Tag], ...]


@dataclass(frozen=True, slots=True)
class Side:
    """One nation's provisions of a topic or under a rule. `elsewhere`: how many more it has that are not shown here."""

    nation: str
    country: Any
    rows: tuple[ProvisionRow, ...]
    elsewhere: int = 0


@dataclass(frozen=True, slots=True)
class TopicSection:
    """A topic: two sides, what they have together, and the rules that rest on any of it."""

    code: str
    words: Any
    sides: tuple[Side, ...]
    together: tuple[ProvisionRow, ...]
    relation: str
    relation_words: str
    rules: tuple[RuleRow, ...]


@dataclass(frozen=True, slots=True)
class TopicLine:
    """A topic in the overview: how much each side has, own nation first. `sides`: (nation, counts in words by tag)."""

    code: str
    words: Any
    relation: str
    sides: tuple[tuple[str, tuple[tuple[Tag, int], ...]], ...]
    together: tuple[tuple[Tag, int], ...]
    rules: int


@dataclass(frozen=True, slots=True)
class LimitRow:
    """A limit with unit, source and tag."""

    code: str
    words: Any
    values: tuple[str, ...]
    limit: Limit
    tag: Tag


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the matrix. `marks`: the directions in which the two levels are equivalent, as (from, to)."""

    marks: tuple[tuple[str, str], ...]
    tag: Tag | None


@dataclass(frozen=True, slots=True)
class MatrixTable:
    """The matrix as a table: `rows` are (level, cells, what is said where it has no equivalent across)."""

    down: str
    across: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell, ...], str], ...]
    foot: tuple[str, ...]
    sources: tuple[tuple[Tag, str, str, int], ...]

    @property
    def any_below(self) -> bool:
        """Whether a level of the nation across has no equivalent."""
        return any(self.foot)


@dataclass(frozen=True, slots=True)
class Filter:
    """One question of the filter form: its name, label, (value, words, whether chosen)."""

    name: str
    label: str
    choices: tuple[tuple[str, str, bool], ...]


def read_choice(query: QueryDict, book: Book) -> Choice:
    """What the address asks for; a value that the book does not have asks for nothing."""
    known = {
        "topic": {one.topic for one in book.provisions.values()},
        "nation": {*book.parties, BILATERAL},
        "gate": {one.gate for one in book.rules},
        "action": {action for one in book.rules for action in one.actions},
    }
    asked = {name: value for name, values in known.items() if (value := query.get(name, "")) in values}
    text = " ".join(query.get("q", "")[:LONGEST_SEARCH].split())
    return Choice(**asked, text=text, unconfirmed=query.get("unconfirmed") == "1")


def filters(book: Book, choice: Choice) -> list[Filter]:
    """The questions of the filter form, with what was chosen."""
    topics = {one.topic: str(rule_words.TOPICS.get(one.topic, one.topic)) for one in book.provisions.values()}
    nations = {code: str(country(code)) for code in book.parties} | {BILATERAL: gettext("Both together")}
    gates = {one.gate: said("gate", one.gate) for one in book.rules}
    codes = [code for code in rule_words.ACTIONS if any(code in one.actions for one in book.rules)]
    actions = {code: str(rule_words.ACTIONS[code]) for code in codes}
    return [
        filter_of("topic", gettext("Topic"), dict(sorted(topics.items(), key=lambda one: one[1])), choice.topic),
        filter_of("nation", gettext("Whose rule"), nations, choice.nation),
        filter_of("gate", gettext("Gate"), gates, choice.gate),
        filter_of("action", gettext("What is asked"), actions, choice.action),
    ]


def filter_of(name: str, label: str, words: Mapping[str, str], chosen: str) -> Filter:
    """One question of a filter form: all, or one of `words` (value -> words)."""
    choices = [("", gettext("All"), not chosen), *((code, text, code == chosen) for code, text in words.items())]
    return Filter(name, label, tuple(choices))


@dataclass(frozen=True, slots=True)
class PageOfProvisions:
    """The provisions of one page, both sides of a topic beside each other. `number`: of `pages`, counted from 1."""

    provisions: tuple[Provision, ...]
    number: int
    pages: int


def page_of(book: Book, own: str, provisions: Iterable[Provision], asked: str) -> PageOfProvisions:
    """The page that is asked for of these provisions, by topics in the order of their names; the first without one."""
    names = {code: str(rule_words.TOPICS.get(code, code)) for code in book.by_topic}
    turns: dict[tuple[str, str], int] = {}
    ordered = []
    for one in provisions:
        turn = turns[one.topic, one.nation] = turns.get((one.topic, one.nation), 0) + 1
        ordered.append(((names[one.topic], one.topic, turn, one.nation != own, one.nation), one))
    ordered.sort(key=lambda row: row[0])
    pages = max(1, -(-len(ordered) // PAGE))
    number = min(max(int(asked), 1), pages) if asked.isdecimal() and len(asked) <= _LONGEST_NUMBER else 1
    return PageOfProvisions(tuple(one for _, one in ordered[(number - 1) * PAGE : number * PAGE]), number, pages)


def topic_sections(
    book: Book, own: str, rules: Sequence[BookRule], provisions: Iterable[Provision]
) -> list[TopicSection]:
    """The chosen provisions by topic, own nation first, each topic with the chosen rules that rest on it."""
    rows = {one.rule: rule_row(one, own) for one in rules}
    found = [_section(book, own, topic, rows) for topic in book.topics(provisions)]
    return sorted(found, key=lambda one: str(one.words))


def _section(book: Book, own: str, topic: Topic, rows: Mapping[str, RuleRow]) -> TopicSection:
    held = {one.id for side in (*topic.sides.values(), topic.together) for one in side}
    resting = [row for row in rows.values() if any(one.id in held for one in row.one.provisions)]
    whole = book.by_topic[topic.topic]
    return TopicSection(
        code=topic.topic,
        words=rule_words.TOPICS.get(topic.topic, topic.topic),
        sides=_sides(book, own, topic.sides, whole.sides),
        together=tuple(provision_row(book, one) for one in topic.together),
        relation=whole.relation,
        relation_words=rule_words.relation_words(whole.relation),
        rules=tuple(resting),
    )


def topic_lines(book: Book, own: str) -> list[TopicLine]:
    """Every topic in a line, in the order of its name."""
    lines = []
    for topic in book.topics():
        order = sorted(topic.sides, key=lambda nation: (nation != own, nation))
        held = {one.id for side in (*topic.sides.values(), topic.together) for one in side}
        lines.append(
            TopicLine(
                code=topic.topic,
                words=rule_words.TOPICS.get(topic.topic, topic.topic),
                relation=rule_words.relation_words(topic.relation),
                sides=tuple((str(nation), _counted(book, topic.sides[nation])) for nation in order),
                together=_counted(book, topic.together),
                rules=sum(not held.isdisjoint(one.id for one in rule.provisions) for rule in book.rules),
            )
        )
    return sorted(lines, key=lambda one: str(one.words))


def _counted(book: Book, provisions: Iterable[Provision]) -> tuple[tuple[Tag, int], ...]:
    words = {
        "read": gettext("Text read"),
        "unconfirmed": gettext("Unconfirmed"),
        "gap": gettext("No rule loaded"),
    }
    kinds = Counter(rule_words.provision_kind(one, confirmed=one.id in book.confirmed) for one in provisions)
    return tuple((Tag(kind, said_so), kinds[kind]) for kind, said_so in words.items() if kinds[kind])


def _sides(
    book: Book,
    own: str,
    sides: Mapping[Any, Sequence[Provision]],
    whole: Mapping[Any, Sequence[Provision]] | None = None,
) -> tuple[Side, ...]:
    """Each nation's side, the own first. `whole`: all that it has, where only some are shown."""
    order = sorted(sides, key=lambda nation: (nation != own, nation))
    return tuple(
        Side(
            nation=str(nation),
            country=country(nation),
            rows=tuple(provision_row(book, one) for one in sides[nation]),
            elsewhere=len((whole or sides)[nation]) - len(sides[nation]),
        )
        for nation in order
    )


def sides_of_rule(book: Book, own: str, rule: BookRule) -> tuple[tuple[Side, ...], tuple[ProvisionRow, ...], str]:
    """The provisions under a rule: each nation's, those of both together, and how the two sides relate in words."""
    return sides_of_provisions(book, own, rule.provisions)


def sides_of_provisions(
    book: Book, own: str, provisions: Iterable[Provision]
) -> tuple[tuple[Side, ...], tuple[ProvisionRow, ...], str]:
    """The same of provisions that somebody named."""
    merged: dict[Any, list[Provision]] = {nation: [] for nation in book.parties}
    together: list[Provision] = []
    for one in provisions:
        merged.get(next((each for each in merged if each == one.nation), None), together).append(one)
    having = [nation for nation, found in merged.items() if any(not one.is_gap for one in found)]
    relation = "both" if len(having) == len(merged) else str(having[0]) if len(having) == 1 else "none"
    rows = tuple(provision_row(book, one) for one in together)
    return _sides(book, own, merged), rows, rule_words.relation_words(relation)


def provision_row(book: Book, one: Provision) -> ProvisionRow:
    """A provision with its tag and the rules that rest on it."""
    return ProvisionRow(
        one=one,
        tag=Tag(*rule_words.provision_tag(one, confirmed=one.id in book.confirmed)),
        edition=_text_of(one, "edition"),
        note=_text_of(one, "note"),
        rules=book.cited_by.get(one.id, ()),
    )


def _text_of(one: Provision, member: str) -> str:
    value = one.record.get(member)
    return value if isinstance(value, str) else ""


def rule_row(one: BookRule, own: str) -> RuleRow:
    """A rule in the reader's language, or in English where the bundle has no other wording."""
    saying = one.says.get(language()) or one.says.get("en")
    when = gettext(" and ").join(str(rule_words.CONDITIONS.get(code, code)) for code, _ in one.applies)
    nations = sorted(one.evidence, key=lambda nation: (nation != own, nation))
    return RuleRow(
        one=one,
        gate=said("gate", one.gate),
        text=saying.text if saying else "",
        reviewed=saying.reviewed if saying else False,
        actions=", ".join(str(rule_words.ACTIONS.get(action, action)) for action in one.actions),
        when=when,
        who=said("who", one.who),
        founded=tuple((str(nation), Tag(*rule_words.rule_tag(one, nation))) for nation in nations),
    )


def rules_by_gate(rules: Iterable[BookRule], own: str) -> list[tuple[str, list[RuleRow]]]:
    """(gate in words, its rules), in the bundle's order."""
    found: dict[str, list[RuleRow]] = {}
    for one in rules:
        row = rule_row(one, own)
        found.setdefault(row.gate, []).append(row)
    return list(found.items())


def limit_rows(book: Book) -> list[LimitRow]:
    """Every limit with its source."""
    return [
        LimitRow(
            code=code,
            words=rule_words.LIMITS.get(code, code),
            values=tuple(rule_words.limit_values(limit, book.nations)),
            limit=limit,
            tag=Tag(*rule_words.evidence_tag(limit.evidence, confirmed=limit.confirmed)),
        )
        for code, limit in book.limits.items()
    ]


def matrix_tables(book: Book) -> list[MatrixTable]:
    """Each pair of nations once, as a table with both directions."""
    return [_table(matrix) for matrix in book.matrices]


def _table(matrix: Matrix) -> MatrixTable:
    rows = tuple(
        (
            level,
            tuple(_cell(matrix, level, column) for column in matrix.levels_across),
            _no_equivalent(matrix.no_across.get(level), any(pair[0] == level for pair in matrix.there)),
        )
        for level in matrix.levels_down
    )
    foot = tuple(
        _no_equivalent(matrix.no_down.get(level), any(pair[1] == level for pair in matrix.back))
        for level in matrix.levels_across
    )
    return MatrixTable(matrix.down, matrix.across, matrix.levels_across, rows, foot, _sources(matrix))


def _cell(matrix: Matrix, level: str, column: str) -> Cell:
    there, back = matrix.there.get((level, column)), matrix.back.get((level, column))
    marks = [(str(matrix.down), str(matrix.across))] if there is not None else []
    marks += [(str(matrix.across), str(matrix.down))] if back is not None else []
    weakest = next((row for row in (there, back) if row is not None and not row.confirmed), there or back)
    return Cell(tuple(marks), None if weakest is None else _tag_of(weakest))


def _tag_of(row: EquivalenceRow) -> Tag:
    return Tag(*rule_words.evidence_tag(row.evidence, confirmed=row.confirmed))


def _no_equivalent(row: EquivalenceRow | None, has_one: bool) -> str:  # noqa: FBT001  a fact, not an option
    if row is not None:
        return gettext("No equivalent: %(handling)s") % {"handling": said("label.handling", row.handling)}
    return "" if has_one else gettext("No row: a person decides")


def _sources(matrix: Matrix) -> tuple[tuple[Tag, str, str, int], ...]:
    """(tag, source, citation, how many rows), each source once."""
    counted: dict[tuple[Tag, str, str], int] = {}
    for rows in (matrix.there, matrix.back, matrix.no_across, matrix.no_down):
        for row in rows.values():
            key = (_tag_of(row), row.source, row.citation or "")
            counted[key] = counted.get(key, 0) + 1
    return tuple((*key, count) for key, count in counted.items())
