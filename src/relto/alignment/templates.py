"""Joint templates: texts that both nations agreed to use in a kind of paper, in versions, with fields to fill in.

Rules enforced here (domain.md capability 19, N-11):
 1. A version is whole: every placeholder of its clauses is a field of its list, every field stands in some clause, and
    each clause names the provisions that it rests on, how well they are known, and the languages a native reader read.
 2. A version is published when every party's signature stands under it (`relto.alignment.signatures`), never before.
    Its number is the one that follows the highest published when it was written; nothing published is ever changed.
 3. No template claims to be a treaty's text: `basis` says what it is, and a draft of the software says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from relto.alignment.bilingual import LANGUAGES, read_bilingual
from relto.base.errors import MalformedInput, UnknownValue
from relto.rules.provisions import WEAKEST_FIRST

TEXT: Final = "text"
NUMBER: Final = "number"
DATE: Final = "date"
NATION: Final = "nation"
CHOICE: Final = "choice"
FIELD_KINDS: Final = (TEXT, NUMBER, DATE, NATION, CHOICE)
PAPERS: Final = ("contract_security_clauses", "security_aspects", "courier_certificate", "visit_letter", "other")
AGREED_TEXT: Final = "agreed"
UNCONFIRMED_DRAFT: Final = "unconfirmed_draft"
BASES: Final = (AGREED_TEXT, UNCONFIRMED_DRAFT)
"""What the wording is: what both sides settled on, or a draft that nobody confirmed against the nations' texts."""
MOST_CLAUSES: Final = 40
MOST_FIELDS: Final = 40
MOST_PROVISIONS: Final = 32
MOST_CHOICES: Final = 16
LONGEST_CLAUSE: Final = 2000
LONGEST_HEADING: Final = 200
LONGEST_VALUE: Final = 500
MOST_CHARACTERS: Final = 60_000
"""Of all texts of one version together."""
MOST_VERSIONS: Final = 10_000
_CODE: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_PLACE: Final = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class TemplateField:
    """A placeholder. `label`: language -> words; `choices`: of a choice; `longest`: characters of a text."""

    code: str
    kind: str
    required: bool
    label: Mapping[str, str]
    choices: tuple[str, ...] = ()
    longest: int = 200

    def body(self) -> dict[str, Any]:
        """As it stands in the statement."""
        return {
            "code": self.code,
            "kind": self.kind,
            "required": self.required,
            "label": dict(self.label),
            "choices": list(self.choices),
            "longest": self.longest,
        }


@dataclass(frozen=True, slots=True)
class TemplateClause:
    """A clause. `text`: language -> words with `{field}` places; `reviewed`: languages that a native reader read."""

    code: str
    heading: Mapping[str, str]
    text: Mapping[str, str]
    provisions: tuple[str, ...]
    evidence: str
    reviewed: tuple[str, ...] = ()

    def body(self) -> dict[str, Any]:
        """As it stands in the statement."""
        return {
            "code": self.code,
            "heading": dict(self.heading),
            "text": dict(self.text),
            "provisions": list(self.provisions),
            "evidence": self.evidence,
            "reviewed": list(self.reviewed),
        }

    @property
    def places(self) -> tuple[str, ...]:
        """The fields that its texts name, each once."""
        return tuple(dict.fromkeys(code for text in self.text.values() for code in _PLACE.findall(text)))


@dataclass(frozen=True, slots=True)
class Template:
    """One version of a template. `number`: 1 for v1; `title`: language -> words; `basis`: what the wording is."""

    code: str
    number: int
    title: Mapping[str, str]
    paper: str
    basis: str
    fields: tuple[TemplateField, ...]
    clauses: tuple[TemplateClause, ...]

    def body(self) -> dict[str, Any]:
        """As it stands in the statement."""
        return {
            "code": self.code,
            "number": self.number,
            "title": dict(self.title),
            "paper": self.paper,
            "basis": self.basis,
            "fields": [one.body() for one in self.fields],
            "clauses": [one.body() for one in self.clauses],
        }

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages in which every clause is written."""
        return tuple(language for language in LANGUAGES if all(clause.text.get(language) for clause in self.clauses))

    @property
    def provisions(self) -> tuple[str, ...]:
        """The provisions that its clauses rest on, each once."""
        return tuple(sorted({one for clause in self.clauses for one in clause.provisions}))


def make_template(content: Mapping[str, Any], number: int) -> Template:
    """A version from what its author wrote (the members of `Template.body` but the number), checked whole.

    Raises MalformedInput or UnknownValue by field, such as "clauses.2.text".
    """
    made = Template(
        code=_code(content.get("code"), "code"),
        number=number,
        title=read_bilingual(_object(content.get("title"), "title"), field="title", longest=LONGEST_HEADING),
        paper=_one_of(content.get("paper"), PAPERS, "paper"),
        basis=_one_of(content.get("basis"), BASES, "basis"),
        fields=tuple(_field(one, f"fields.{place}") for place, one in enumerate(_list(content, "fields", MOST_FIELDS))),
        clauses=tuple(
            _clause(one, f"clauses.{place}") for place, one in enumerate(_list(content, "clauses", MOST_CLAUSES))
        ),
    )
    check_template(made)
    return made


def check_template(template: Template) -> None:
    """That the version is whole; the own word's and the partner's alike. Raises MalformedInput by field."""
    if not 1 <= template.number <= MOST_VERSIONS:
        raise MalformedInput("alignment.template.number", field="number", expected=f"1 to {MOST_VERSIONS}")
    if not template.clauses or not template.languages:
        raise MalformedInput("alignment.template.clauses", field="clauses", expected="clauses in one language or more")
    for name, codes in (
        ("fields", [one.code for one in template.fields]),
        ("clauses", [one.code for one in template.clauses]),
    ):
        if len(set(codes)) != len(codes):
            raise MalformedInput("alignment.template.code", field=name, expected="each code once")
    fields = {one.code for one in template.fields}
    used = {code for clause in template.clauses for code in clause.places}
    if used - fields:
        raise MalformedInput("alignment.template.place", field="clauses", expected="places that are in the fields")
    if fields - used:
        raise MalformedInput("alignment.template.field", field="fields", expected="fields that stand in some clause")
    for place, clause in enumerate(template.clauses):
        in_each = [set(_PLACE.findall(text)) for text in clause.text.values()]
        if any(one != in_each[0] for one in in_each):
            expected = "the same places in each language"
            raise MalformedInput("alignment.template.place", field=f"clauses.{place}.text", expected=expected)
    written = sum(
        len(text) for clause in template.clauses for text in (*clause.text.values(), *clause.heading.values())
    )
    if written > MOST_CHARACTERS:
        expected = f"at most {MOST_CHARACTERS} characters in all"
        raise MalformedInput("alignment.template.long", field="clauses", expected=expected)


def read_template(body: Mapping[str, Any]) -> Template:
    """A version from a statement whose form was checked."""
    return Template(
        code=body["code"],
        number=body["number"],
        title=dict(body["title"]),
        paper=body["paper"],
        basis=body["basis"],
        fields=tuple(
            TemplateField(
                code=one["code"],
                kind=one["kind"],
                required=one["required"],
                label=dict(one["label"]),
                choices=tuple(one["choices"]),
                longest=one["longest"],
            )
            for one in body["fields"]
        ),
        clauses=tuple(
            TemplateClause(
                code=one["code"],
                heading=dict(one["heading"]),
                text=dict(one["text"]),
                provisions=tuple(one["provisions"]),
                evidence=one["evidence"],
                reviewed=tuple(one["reviewed"]),
            )
            for one in body["clauses"]
        ),
    )


def fill(text: str, values: Mapping[str, str], blank: str) -> str:
    """A clause's text with the values in their places; `blank` where an optional one is empty."""
    return _PLACE.sub(lambda found: values.get(found[1]) or blank, text)


def _field(entry: object, where: str) -> TemplateField:
    given = _object(entry, where)
    kind = _one_of(given.get("kind"), FIELD_KINDS, f"{where}.kind")
    choices = tuple(_code(one, f"{where}.choices") for one in _list(given, "choices", MOST_CHOICES, where))
    if (kind == CHOICE) != bool(choices) or len(set(choices)) != len(choices):
        expected = "choices of a choice, each once, and of nothing else"
        raise MalformedInput("alignment.template.choices", field=f"{where}.choices", expected=expected)
    longest = given.get("longest", 200)
    if not isinstance(longest, int) or isinstance(longest, bool) or not 1 <= longest <= LONGEST_VALUE:
        expected = f"1 to {LONGEST_VALUE}"
        raise MalformedInput("alignment.template.longest", field=f"{where}.longest", expected=expected)
    return TemplateField(
        code=_code(given.get("code"), f"{where}.code"),
        kind=kind,
        required=_yes_no(given.get("required", True), f"{where}.required"),
        label=read_bilingual(_object(given.get("label"), f"{where}.label"), field=f"{where}.label", longest=200),
        choices=choices,
        longest=longest,
    )


def _clause(entry: object, where: str) -> TemplateClause:
    given = _object(entry, where)
    named = _list(given, "provisions", MOST_PROVISIONS, where)
    if not named or not all(isinstance(one, str) and 0 < len(one) <= 64 for one in named):  # noqa: PLR2004  as ids are
        expected = f"1 to {MOST_PROVISIONS} ids of provisions"
        raise MalformedInput("alignment.provisions", field=f"{where}.provisions", expected=expected)
    reviewed = tuple(
        _one_of(one, LANGUAGES, f"{where}.reviewed") for one in _list(given, "reviewed", len(LANGUAGES), where)
    )
    return TemplateClause(
        code=_code(given.get("code"), f"{where}.code"),
        heading=read_bilingual(
            _object(given.get("heading"), f"{where}.heading"), field=f"{where}.heading", longest=LONGEST_HEADING
        ),
        text=read_bilingual(_object(given.get("text"), f"{where}.text"), field=f"{where}.text", longest=LONGEST_CLAUSE),
        provisions=tuple(dict.fromkeys(map(str, named))),
        evidence=_one_of(given.get("evidence"), WEAKEST_FIRST, f"{where}.evidence"),
        reviewed=tuple(dict.fromkeys(reviewed)),
    )


def _object(value: object, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise MalformedInput("alignment.template.form", field=where, expected="an object")
    return value


def _list(given: Mapping[str, Any], name: str, most: int, where: str = "") -> Sequence[Any]:
    value = given.get(name, [])
    if not isinstance(value, list | tuple) or len(value) > most:
        field = f"{where}.{name}" if where else name
        raise MalformedInput("alignment.template.form", field=field, expected=f"a list of at most {most}")
    return value


def _code(value: object, where: str) -> str:
    if not isinstance(value, str) or not _CODE.fullmatch(value):
        raise MalformedInput("alignment.template.code", field=where, expected="a code such as loss_report")
    return value


def _one_of(value: object, known: Iterable[str], where: str) -> str:
    every = tuple(known)
    if not isinstance(value, str) or value not in every:
        raise UnknownValue("alignment.template.word", field=where, expected=", ".join(every))
    return value


def _yes_no(value: object, where: str) -> bool:
    if not isinstance(value, bool):
        raise MalformedInput("alignment.template.form", field=where, expected="true or false")
    return value
