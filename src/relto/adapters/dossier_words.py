"""Procedures in words: forms and their fields, findings with what mends them and on what they rest, limits that run.

Every door says the same of a dossier: pages, API and command. A finding is told as where, what, how to mend it, and
each provision with its citation, its evidence and whether it is confirmed (issue of procedures, part 9). A hint or a
fix that nobody wrote is empty; the words of another code never stand in for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from relto.adapters.words import catalogue, sentence, wording
from relto.base.errors import MalformedInput
from relto.procedures.findings import Weighed
from relto.procedures.forms.form import Field, Form
from relto.rules.provisions import Provision

YES_NO: Final[Mapping[bool, str]] = {True: "words.yes", False: "words.no"}


@dataclass(frozen=True, slots=True)
class ToldProvision:
    """A provision under a finding. `title` is in English; `citation` None where no rule is loaded."""

    id: str
    nation: str
    title: str
    citation: str | None
    source: str | None
    evidence: str
    confirmed: bool
    is_gap: bool


@dataclass(frozen=True, slots=True)
class ToldFinding:
    """A finding in words. `place`: the field as people call it, "" for the form as a whole."""

    path: str
    place: str
    code: str
    kind: str
    stops: bool
    sentence: str
    fix: str
    reviewed: bool
    provisions: tuple[ToldProvision, ...]


def exact(code: str, language: str) -> str:
    """The words of exactly this code, "" when nobody wrote any."""
    found = catalogue(language).get(code)
    return "" if found is None else found.text


def field_label(form: Form, path: str, language: str) -> str:
    """What a field is called: `path` without row numbers, such as "visitors/citizenship"."""
    return sentence(f"form.{form.code}.{path.replace('/', '.')}", language)


def field_hint(form: Form, path: str, language: str) -> str:
    """The field's hint, "" when there is none."""
    return exact(f"form.{form.code}.{path.replace('/', '.')}.hint", language)


def choice_words(form: Form, path: str, choice: str, language: str) -> str:
    """What a choice is called; its code where the words are missing."""
    return exact(f"form.{form.code}.{path.replace('/', '.')}.is.{choice}", language) or choice


def field_at(form: Form, path: str) -> Field | None:
    """The field that a path leads to, rows counted or not; None for one that the form does not have."""
    fields: Sequence[Field] = form.fields
    found: Field | None = None
    for part in path.split("/"):
        if part.isdigit() and found is not None and found.kind == "rows":
            continue
        found = next((one for one in fields if one.code == part), None)
        if found is None:
            return None
        fields = found.fields
    return found


def place_words(forms: Iterable[Form], path: str, language: str) -> str:
    """Where something is, as people call it: "Visitors 3: Citizenship"; "" for the whole form."""
    if not path:
        return ""
    form = next((one for one in forms if field_at(one, path) is not None), None)
    if form is None:
        return path
    said: list[str] = []
    walked: list[str] = []
    for part in path.split("/"):
        if part.isdigit() and said:
            said[-1] += f" {int(part) + 1}"
        else:
            walked.append(part)
            said.append(field_label(form, "/".join(walked), language))
    return ": ".join(said)


def told(
    findings: Iterable[Weighed], forms: Sequence[Form], provisions: Mapping[str, Provision], language: str
) -> tuple[ToldFinding, ...]:
    """The findings in words. `forms`: the step's own form first, then the main one; `provisions`: of the bundle."""
    return tuple(_told(one, forms, provisions, language) for one in findings)


def _told(weighed: Weighed, forms: Sequence[Form], provisions: Mapping[str, Provision], language: str) -> ToldFinding:
    finding = weighed.finding
    code = f"finding.{finding.code}"
    values = {name: _value_words(name, value, forms, language) for name, value in finding.values.items()}
    return ToldFinding(
        path=finding.path,
        place=place_words(forms, finding.path, language),
        code=finding.code,
        kind=finding.kind,
        stops=weighed.stops,
        sentence=sentence(code, language, **values),
        fix=sentence(f"{code}.fix", language, **values) if exact(f"{code}.fix", language) else "",
        reviewed=wording(code, language).reviewed,
        provisions=tuple(
            _provision(provisions[rule], confirmed=rule not in weighed.unconfirmed)
            for rule in finding.rules
            if rule in provisions
        ),
    )


def _value_words(name: str, value: Any, forms: Sequence[Form], language: str) -> Any:
    """A field's code as people call the field; every other value as it is."""
    if name != "field" or not isinstance(value, str):
        return value
    return place_words(forms, value, language) or value


def _provision(one: Provision, *, confirmed: bool) -> ToldProvision:
    return ToldProvision(
        id=one.id,
        nation=one.nation,
        title=one.title,
        citation=one.citation,
        source=one.source,
        evidence=one.evidence,
        confirmed=confirmed and not one.is_gap,
        is_gap=one.is_gap,
    )


def path_order(form: Form, path: str) -> tuple[int, ...]:
    """Where a path stands in the form, for sorting what is told of it; the form as a whole comes first."""
    order: list[int] = []
    fields: Sequence[Field] = form.fields
    for part in path.split("/") if path else ():
        if part.isdigit():
            order.append(int(part))
            continue
        codes = [one.code for one in fields]
        if part not in codes:
            return (len(form.fields),)
        order.append(codes.index(part))
        fields = fields[codes.index(part)].fields
    return tuple(order)


def condition_words(form: Form, place: str, field: Field, language: str) -> tuple[str, str]:
    """("Kind of visit", "recurring, long term") of a field that counts only while another has such a value.

    `place`: the rows in which it stands ("visitors"), "" at the top. Raises MalformedInput for a field without one.
    """
    if field.when is None:
        raise MalformedInput("form.field", field=field.code, expected="a field that depends on another")
    inside = f"{place}/{field.when.field}" if place else field.when.field
    path = inside if field_at(form, inside) is not None else field.when.field
    values = [
        sentence(YES_NO[value], language) if isinstance(value, bool) else choice_words(form, path, value, language)
        for value in field.when.values
    ]
    return field_label(form, path, language), ", ".join(values)
