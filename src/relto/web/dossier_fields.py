"""The form of a procedure on a page: every field as it is drawn, with what was written and what was found there.

Promises (brief of the pages, section 4): nothing is chosen for anybody; what was written is kept, readable or not; a
field that depends on another says so in words, and is folded up while the other answer rules it out; the same sentence
that stands beside the form stands at its field. No field is known by name: all comes from the form's data.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.utils.translation import gettext

from relto.adapters.dossier_words import ToldFinding, choice_words, condition_words, field_hint, field_label
from relto.procedures.forms.form import Field, Form
from relto.web.dossier_posts import Written
from relto.web.frame import city, country
from relto.web.words import language

_MOST_RADIOS: Final = 8
_ONE_LINE: Final = frozenset({"text", "date", "instant", "number", "country", "code"})


@dataclass(frozen=True, slots=True)
class Offers:
    """What a page can offer: the agreement's nations, levels ("USA:SECRET", "USA SECRET"), codes by what they name."""

    own: str
    nations: tuple[str, ...] = ()
    levels: tuple[tuple[str, str], ...] = ()
    codes: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice of a field."""

    value: str
    words: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class ShownField:
    """A field as it is drawn. `widget`: line, area, radios, checkboxes, select, rows, or made (read only).

    `condition`: when it counts. `said`: of one that the procedure made, what people read; `is_made`: of rows, that the
    procedure makes them, so that none is added or taken out.

    `errors` stop, `notes` warn; `described`: ids of hint, condition, note and error; `shows_hint`: of rows only the
    first draws it. `folded`: another answer rules it out and nothing stands in it.
    """

    path: str
    widget: str
    label: str
    hint: str
    hint_id: str
    shows_hint: bool
    condition: str
    errors: tuple[ToldFinding, ...]
    notes: tuple[ToldFinding, ...]
    value: str
    choices: tuple[Choice, ...]
    offers: str
    numeric: bool
    optional: bool
    personal: bool
    shared: bool
    folded: bool
    rows: tuple[ShownRow, ...] = ()
    most: int = 0
    said: str = ""
    is_made: bool = False

    @property
    def id(self) -> str:
        """Its id on the page, to which findings link."""
        return field_id(self.path)

    @property
    def described(self) -> str:
        """What describes it, as ids."""
        ids = [self.hint_id] if self.hint else []
        ids += [f"{self.id}-when"] if self.condition else []
        ids += [f"{self.id}-note"] if self.notes else []
        ids += [f"{self.id}-error"] if self.errors else []
        return " ".join(ids)

    @property
    def may_add(self) -> bool:
        """Whether another row fits."""
        return not self.is_made and len(self.rows) < self.most


@dataclass(frozen=True, slots=True)
class ShownRow:
    """One row of a repeated group, counted from 1."""

    number: int
    path: str
    fields: tuple[ShownField, ...]


@dataclass(frozen=True, slots=True)
class ShownSection:
    """A section with its title."""

    code: str
    title: str
    fields: tuple[ShownField, ...]


def field_id(path: str) -> str:
    """The id on the page of the field at a path; the first choice of a group bears it."""
    return "field-" + path.replace("/", "-")


def sections(
    form: Form, written: Written, offers: Offers, findings: Sequence[ToldFinding] = ()
) -> tuple[ShownSection, ...]:
    """The form as it is drawn. `findings`: those of this form; each stands at its field too."""
    drawing = _Drawing(form, written, offers, findings)
    made = []
    for section in form.sections:
        fields = tuple(drawing.field(one, "", written.answers) for one in form.fields if one.section == section)
        if fields:
            title = field_label(form, f"section/{section}", language()) if len(form.sections) > 1 else ""
            made.append(ShownSection(section, title, fields))
    return tuple(made)


def offered(form: Form, offers: Offers) -> dict[str, tuple[tuple[str, str], ...]]:
    """The lists of codes that fields of this form draw on, by what they name."""
    named = {one.names for one in _every(form.fields) if one.kind == "code"}
    return {name: offers.codes[name] for name in sorted(named) if offers.codes.get(name)}


def _every(fields: Sequence[Field]) -> Iterator[Field]:
    for one in fields:
        yield one
        yield from _every(one.fields)


@dataclass(frozen=True, slots=True)
class _Drawing:
    form: Form
    written: Written
    offers: Offers
    findings: Sequence[ToldFinding]

    def field(self, one: Field, place: str, values: Mapping[str, Any]) -> ShownField:
        """`place`: the row in which it stands ("visitors/0/"); `values`: what the row answers so far."""
        path = place + one.code
        words_path = "/".join(part for part in path.split("/") if not part.isdigit())
        given = self.written.texts.get(path, ())
        here = tuple(found for found in self.findings if found.path == path)
        hint = field_hint(self.form, words_path, language()) or _hint_of_kind(one)
        widget = "made" if one.made else self._widget(one, in_row=bool(place))
        return ShownField(
            path=path,
            widget=widget,
            label=field_label(self.form, words_path, language()),
            hint=hint,
            hint_id=f"hint-{words_path.replace('/', '-')}",
            shows_hint=not _numbers(place).strip("0"),
            condition=self._condition(one, place),
            errors=tuple(one for one in here if one.stops),
            notes=tuple(one for one in here if not one.stops),
            value=given[0] if given else "",
            choices=self._choices(one, words_path, given) if widget in {"radios", "checkboxes", "select"} else (),
            offers=one.names if one.kind == "code" and self.offers.codes.get(one.names) else "",
            numeric=one.kind == "number",
            optional=not one.required,
            personal=one.personal,
            shared=one.shared,
            folded=not (given or here or one.asked(values, self.written.answers))
            and one.when is not None
            and not self.written.counts.get(path),
            rows=tuple(self._rows(one, path)) if widget == "rows" else (),
            most=one.most or 0,
            said=self._said(one, words_path, given) if widget == "made" else "",
            is_made=any(inner.made for inner in one.fields),
        )

    def _rows(self, one: Field, path: str) -> Iterator[ShownRow]:
        answered = self.written.rows(path)
        for number in range(self.written.counts.get(path, 0)):
            place = f"{path}/{number}/"
            values = answered[number] if number < len(answered) else {}
            drawn = [inner for inner in one.fields if not inner.made or self.written.texts.get(place + inner.code)]
            fields = tuple(self.field(inner, place, values) for inner in drawn)
            yield ShownRow(number + 1, f"{path}/{number}", fields)

    def _widget(self, one: Field, *, in_row: bool) -> str:
        if one.kind in _ONE_LINE:
            return "line"
        fixed = {"long_text": "area", "choices": "checkboxes", "rows": "rows", "level": "select"}.get(one.kind)
        if fixed is not None:
            return fixed
        count = {"yes_no": 2, "nation": len(self.offers.nations)}.get(one.kind, len(one.choices))
        return "select" if in_row or count > _MOST_RADIOS else "radios"

    def _choices(self, one: Field, words_path: str, given: Sequence[str]) -> tuple[Choice, ...]:
        match one.kind:
            case "yes_no":
                pairs = [("yes", gettext("Yes")), ("no", gettext("No"))]
            case "nation":
                pairs = [(nation, str(country(nation))) for nation in self.offers.nations]
            case "level":
                pairs = list(self.offers.levels)
            case _:
                pairs = [(code, choice_words(self.form, words_path, code, language())) for code in one.choices]
        known = {value for value, _words in pairs}
        pairs += [(value, value) for value in given if value and value not in known]
        if one.kind != "choices" and (not one.required or one.when is not None) and words_path:
            pairs.append(("", gettext("No answer")))
        return tuple(Choice(value, words, bool(value) and value in given) for value, words in pairs)

    def _said(self, one: Field, words_path: str, given: Sequence[str]) -> str:
        words = [choice_words(self.form, words_path, code, language()) for code in given if code in one.choices]
        return ", ".join(words or given)

    def _condition(self, one: Field, place: str) -> str:
        if one.when is None:
            return ""
        above = "/".join(part for part in place.split("/") if part and not part.isdigit())
        name, values = condition_words(self.form, above, one, language())
        return gettext("Only if “%(field)s” is: %(values)s.") % {"field": name, "values": values}


def _numbers(place: str) -> str:
    return "".join(part for part in place.split("/") if part.isdigit())


def _hint_of_kind(one: Field) -> str:
    """How to write what no choice offers."""
    match one.kind:
        case "date":
            return gettext("Year, month, day; for example 2031-03-31.")
        case "instant":
            from relto.web.surroundings import house  # noqa: PLC0415  only a page has a node around it

            own = {"city": str(city(house().nation))}
            return gettext("Day and hour in %(city)s; for example 2031-03-31 14:30.") % own
        case "country":
            return gettext("Its code of three letters, for example IND, USA or FRA.")
        case "number":
            return gettext("A whole number.")
    return ""
