"""A form as data: its fields, their kinds and bounds, what is demanded when, and what the partner may see.

Each form is one JSON file, `procedures/data/forms/<code>.<version>.json`, read through `load_form`. Words for people
are not in it: a field's label is the catalogue entry `form.<form>.<field>`, its hint `form.<form>.<field>.hint`, a
choice `form.<form>.<field>.is.<choice>` (of rows `form.<form>.<rows>.<field>`), a section
`form.<form>.section.<section>`, the form's title `form.<form>`.

Rules enforced here: field codes are unique; every `when` names a field before it; personal fields are never shared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any, Final

from relto.base.canonical import read_object
from relto.base.errors import MalformedInput

KINDS: Final = frozenset(
    {
        "text",
        "long_text",
        "date",
        "instant",
        "yes_no",
        "choice",
        "choices",
        "number",
        "nation",
        "country",
        "level",
        "code",
        "rows",
    }
)
"""text, long_text, instant (RFC 3339), date (YYYY-MM-DD), level ("NATION:LEVEL"), nation (a party), country (ISO 3166
alpha-3), number (whole), yes_no (true or false), choices (a list of different codes), rows (a list of objects)."""
NAMES: Final = frozenset({"", "facility", "company", "person", "programme", "dossier", "item", "authorisation"})
_LONGEST: Final = {"text": 200, "long_text": 4000, "code": 64}
_MOST_ROWS: Final = 100
_MEMBERS: Final = frozenset(
    {
        "code",
        "kind",
        "section",
        "required",
        "when",
        "longest",
        "least",
        "most",
        "choices",
        "names",
        "fields",
        "personal",
        "shared",
        "rules",
        "made",
    }
)


@dataclass(frozen=True, slots=True)
class When:
    """A field counts only while another, earlier one of the same row or of the form has one of these values."""

    field: str
    values: tuple[str | bool, ...]

    def holds(self, values: Mapping[str, Any], above: Mapping[str, Any] | None = None) -> bool:
        """Whether it holds, given the answers of the own row and of the form."""
        given = values.get(self.field, (above or {}).get(self.field))
        if isinstance(given, list):
            return any(one in self.values for one in given)
        return given in self.values if given is not None else False


@dataclass(frozen=True, slots=True)
class Field:
    """One field.

    `required`: an answer must be given (while `when` holds). `longest`: characters of a text; `least`, `most`: of a
    number, or how many rows or choices. `names`: what a code names. `personal`: about a person; it never leaves the
    node. `shared`: part of what the partner's node is told. `rules`: provisions that ask for it. `made`: the procedure
    fills it in when the dossier is begun (`Procedure.prepare`); people read it.
    """

    code: str
    kind: str
    section: str = ""
    required: bool = False
    when: When | None = None
    longest: int = 0
    least: int | None = None
    most: int | None = None
    choices: tuple[str, ...] = ()
    names: str = ""
    fields: tuple[Field, ...] = ()
    personal: bool = False
    shared: bool = False
    rules: tuple[str, ...] = ()
    made: bool = False

    def asked(self, values: Mapping[str, Any], above: Mapping[str, Any]) -> bool:
        """Whether the field counts, given the answers of its own row and of the form."""
        return self.when is None or self.when.holds(values, above)


@dataclass(frozen=True, slots=True)
class Form:
    """A form of one version. `based_on`: the practice or provision its layout follows, as ids; shown, never claimed."""

    code: str
    version: int
    sections: tuple[str, ...]
    fields: tuple[Field, ...]
    based_on: tuple[str, ...] = ()

    def field(self, code: str) -> Field:
        """The field of this code. Raises MalformedInput."""
        for one in self.fields:
            if one.code == code:
                return one
        raise MalformedInput("form.field", field=code, expected=", ".join(field.code for field in self.fields))

    def walk(self, values: Mapping[str, Any]) -> Iterator[tuple[str, Field, Any]]:
        """Each answered field with its path, rows included: ("visitors/0/level", field, value)."""
        for one in self.fields:
            if one.code not in values:
                continue
            yield one.code, one, values[one.code]
            if one.kind == "rows":
                for number, row in enumerate(values[one.code]):
                    for inner in one.fields:
                        if inner.code in row:
                            yield f"{one.code}/{number}/{inner.code}", inner, row[inner.code]


@lru_cache(maxsize=128)
def load_form(code: str, version: int = 1) -> Form:
    """A shipped form. Raises MalformedInput for one that is not shipped or not well formed."""
    if not code.replace("_", "").isalnum():
        raise MalformedInput("form", field="form", expected="a form of a procedure")
    file = resources.files("relto.procedures").joinpath("data", "forms", f"{code}.{version}.json")
    if not file.is_file():
        raise MalformedInput("form", field="form", expected="a form of a procedure")
    return read_form(read_object(file.read_bytes(), field=f"{code}.{version}.json"))


def read_form(value: Mapping[str, Any]) -> Form:
    """A form from its data. Raises MalformedInput that names the field which is wrong."""
    sections = tuple(value["sections"])
    fields = tuple(_read_field(entry, ()) for entry in value["fields"])
    _check_fields(fields, sections, ())
    return Form(value["form"], value["version"], sections, fields, tuple(value.get("based_on", ())))


def _read_field(entry: Mapping[str, Any], path: Sequence[str]) -> Field:
    where = "/".join((*path, str(entry.get("code"))))
    if set(entry) - _MEMBERS or entry.get("kind") not in KINDS or entry.get("names", "") not in NAMES:
        raise MalformedInput("form.field", field=where, expected="a field with a known kind and known members")
    kind = entry["kind"]
    when = entry.get("when")
    return Field(
        code=entry["code"],
        kind=kind,
        section=entry.get("section", ""),
        required=entry.get("required", False),
        when=When(when["field"], tuple(when["is"])) if when else None,
        longest=entry.get("longest", _LONGEST.get(kind, 0)),
        least=entry.get("least"),
        most=entry.get("most", _MOST_ROWS if kind == "rows" else None),
        choices=tuple(entry.get("choices", ())),
        names=entry.get("names", ""),
        fields=tuple(_read_field(inner, (*path, entry["code"])) for inner in entry.get("fields", ())),
        personal=entry.get("personal", False),
        shared=entry.get("shared", False),
        rules=tuple(entry.get("rules", ())),
        made=entry.get("made", False),
    )


def _check_fields(fields: Sequence[Field], sections: Sequence[str], above: Sequence[str]) -> None:
    before: list[str] = list(above)
    for one in fields:
        wrong = (
            one.code in before
            or (not above and one.section not in sections)
            or (one.kind in {"choice", "choices"}) != bool(one.choices)
            or (one.kind == "rows") != bool(one.fields)
            or (one.kind == "code") != bool(one.names)
            or (one.when is not None and one.when.field not in before)
            or (one.personal and one.shared)
        )
        if wrong:
            raise MalformedInput("form.field", field=one.code, expected="a field that is whole, and unique in its form")
        before.append(one.code)
        if one.fields:
            _check_fields(one.fields, sections, before)
