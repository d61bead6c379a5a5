"""What stands on a paper, in the words of one language or of both: the data that the sheet is set from.

A paper is made from values and says nothing of its own: the form's answers with the words of their fields, who took
which step when (in the time of each nation), what the check says and on which rules, and what proves it. Codes without
words stand as they are. With both languages each text is a pair, English first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from relto.adapters.dossier_words import choice_words, field_label, told
from relto.adapters.words import legal_sentence, sentence, tagged
from relto.base.calendars import CALENDARS, zone_of
from relto.base.instants import Instant, instant_text, read_instant
from relto.procedures.findings import Weighed
from relto.procedures.forms.form import Field, Form
from relto.procedures.procedure import Paper, Procedure
from relto.rules.provisions import Provision

BOTH: Final = ("en", "hi")
LANGUAGES: Final[Mapping[str, tuple[str, ...]]] = {"en": ("en",), "hi": ("hi",), "both": BOTH}
_LONG_WORD: Final = re.compile(r"\S{28,}")
_BREAK: Final = 12
_DIGEST_GROUP: Final = 8
_NARROW_COLUMNS: Final = 6
_WORDS: Final = (
    *("answer", "attached", "date", "field", "findings", "name", "not_signed", "original", "page"),
    *("place_of_signature", "proof", "rules", "signatures", "signed_at", "signed_by", "step"),
)


@dataclass(frozen=True, slots=True)
class SignedStep:
    """A step that stands on a paper. `at` None: nobody has taken it yet; `by`: pseudonym, or the nation's code."""

    step: str
    at: Instant | None = None
    nation: str = ""
    by: str = ""
    role: str = ""
    form: Form | None = None
    answers: Mapping[str, Any] = field(default_factory=dict)
    others: tuple[tuple[str, Instant], ...] = ()
    """Who else signed, and when, of a step for several persons."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A text file inside the paper. `name`: its file name; `words`: catalogue code of what it is."""

    name: str
    media_type: str
    content: str
    words: str


@dataclass(frozen=True, slots=True)
class PaperValue:
    """Everything that a paper shows. `dated`: the instant that the file carries as its date; `digest`: of the data."""

    procedure: Procedure
    paper: Paper
    number: str
    nation: str
    state: str
    answers: Mapping[str, Any]
    dated: Instant
    digest: str
    steps: Sequence[SignedStep] = ()
    findings: Sequence[Weighed] = ()
    provisions: Mapping[str, Provision] = field(default_factory=dict)
    entries: Sequence[str] = ()
    attachments: Sequence[Attachment] = ()
    is_training: bool = False


def paper_data(value: PaperValue, languages: Sequence[str]) -> dict[str, Any]:
    """What the sheet is set from: plain texts, lists and numbers."""
    say = _Sayer(value, languages)
    code, paper = value.procedure.code, value.paper
    return {
        "languages": list(languages),
        "title": say(f"paper.{code}.{paper.code}"),
        "marking": say("paper.marking.training" if value.is_training else "paper.marking.live"),
        "notes": [say("paper.open_content"), *([say("paper.personal")] if paper.personal else [])],
        "statement": say.legal(paper.statement) if paper.statement else None,
        "copies": paper.copies,
        "counted": say("paper.part" if paper.each else "paper.copy"),
        "words": {name: say(f"paper.{name}") for name in _WORDS},
        "facts": list(_facts(value, say)),
        "sheets": [_sheet(one, say) for one in _each(value)],
        "steps": [_step(value, one, say) for one in value.steps],
        "proof": [
            {"label": say("paper.digest"), "value": grouped(value.digest)},
            {"label": say("paper.entries"), "value": "\n".join(value.entries)},
        ],
        "attachments": [
            {"name": one.name, "type": one.media_type, "content": one.content, "words": say(one.words)}
            for one in value.attachments
        ],
    }


class _Sayer:
    """Says a code in each language of the paper."""

    def __init__(self, value: PaperValue, languages: Sequence[str]) -> None:
        self.value = value
        self.languages = languages

    def __call__(self, code: str) -> list[str]:
        return [sentence(code, language) for language in self.languages]

    def legal(self, code: str) -> list[str]:
        """What people sign or are bound by: words that no native reader checked say so."""
        return [legal_sentence(code, language) for language in self.languages]

    def joined(self, code: str) -> str:
        return " / ".join(self(code))


def _facts(value: PaperValue, say: _Sayer) -> Iterator[dict[str, Any]]:
    code = value.procedure.code
    yield {"label": say("paper.number"), "value": f"{value.number} ({value.nation})"}
    yield {"label": say("paper.procedure"), "value": say.joined(f"procedure.{code}")}
    yield {"label": say("paper.state"), "value": say.joined(f"state.{code}.{value.state}")}
    based_on = [_provision(value, one, say) for one in value.procedure.form.based_on]
    if based_on:
        yield {"label": say("paper.based_on"), "value": "\n".join(based_on)}
    rules = [_provision(value, one, say) for one in value.paper.rules]
    if rules:
        yield {"label": say("paper.rules"), "value": "\n".join(rules)}


def _provision(value: PaperValue, identity: str, say: _Sayer) -> str:
    found = value.provisions.get(identity)
    if found is None:
        return identity
    if found.is_gap:
        return f"{identity}: {say.joined('paper.gap')}"
    standing = "" if found.confirmed else f" ({say.joined('paper.unconfirmed')})"
    cited = f", {found.citation}" if found.citation else ""
    return f"{identity}: {found.title}{cited}{standing}"


def _each(value: PaperValue) -> list[PaperValue]:
    """The paper once for each row of those that it is made of, with that row alone; else the paper itself."""
    rows = value.answers.get(value.paper.each, ()) if value.paper.each else ()
    return [_of_row(value, number) for number in range(len(rows))] or [value]


def _of_row(value: PaperValue, number: int) -> PaperValue:
    each = value.paper.each
    own, rows = f"{each}/{number}/", f"{each}/"
    findings = [one for one in value.findings if one.finding.path.startswith(own) or rows not in one.finding.path]
    return replace(value, answers={**value.answers, each: [value.answers[each][number]]}, findings=findings)


def _sheet(value: PaperValue, say: _Sayer) -> dict[str, Any]:
    return {
        "sections": [one for section in _sections(value) if (one := _section(value, section, say)) is not None],
        "findings": [_finding(value, number, say) for number in range(len(value.findings))],
    }


def _sections(value: PaperValue) -> tuple[str, ...]:
    return value.paper.sections or value.procedure.form.sections


def _section(value: PaperValue, section: str, say: _Sayer) -> dict[str, Any] | None:
    form = value.procedure.form
    fields = [
        one
        for one in form.fields
        if one.section == section and one.code in value.answers and (value.paper.personal or not one.personal)
    ]
    if not fields:
        return None
    return {
        "title": [sentence(f"form.{form.code}.section.{section}", language) for language in say.languages],
        "rows": [_line(form, one, value.answers, say) for one in fields if one.kind != "rows"],
        "tables": [_rows(value, form, one, value.answers, say) for one in fields if one.kind == "rows"],
    }


def _line(form: Form, one: Field, answers: Mapping[str, Any], say: _Sayer) -> dict[str, Any]:
    return {"label": _labels(form, one.code, say), "value": _shown(form, one.code, one, answers[one.code], say)}


def _labels(form: Form, path: str, say: _Sayer) -> list[str]:
    return [field_label(form, path, language) for language in say.languages]


def _rows(value: PaperValue, form: Form, one: Field, answers: Mapping[str, Any], say: _Sayer) -> dict[str, Any]:
    """A table; one with many columns is set as a list of fields for each row, which a narrow sheet can hold."""
    asked = [inner for inner in one.fields if value.paper.personal or not inner.personal]
    rows = answers[one.code]
    used = [inner for inner in asked if any(inner.code in row for row in rows)]
    return {
        "title": _labels(form, one.code, say),
        "columns": [_labels(form, f"{one.code}/{inner.code}", say) for inner in used],
        "wide": len(used) > _NARROW_COLUMNS,
        "rows": [
            [
                _shown(form, f"{one.code}/{inner.code}", inner, row[inner.code], say) if inner.code in row else ""
                for inner in used
            ]
            for row in rows
        ],
    }


def _shown(form: Form, path: str, one: Field, given: Any, say: _Sayer) -> str:
    """An answer as people read it; an instant in the time of each nation."""
    if one.kind == "yes_no":
        return say.joined("paper.yes" if given else "paper.no")
    if one.kind in {"choice", "choices"}:
        every = given if isinstance(given, list) else [given]
        return "\n".join(_choice(form, path, choice, say) for choice in every)
    if one.kind == "instant":
        return "\n".join(_instants(read_instant(given), say))
    return breakable(str(given))


def _choice(form: Form, path: str, choice: str, say: _Sayer) -> str:
    return " / ".join(choice_words(form, path, choice, language) for language in say.languages)


def _instants(moment: Instant, say: _Sayer) -> list[str]:
    local = [
        f"{moment.astimezone(zone_of(nation)):%Y-%m-%d %H:%M} {say.joined(f'paper.zone.{nation}')}"
        for nation in sorted(CALENDARS)
    ]
    return [instant_text(moment), *local]


def _step(value: PaperValue, one: SignedStep, say: _Sayer) -> dict[str, Any]:
    role = say.joined(f"role.{one.role}") if one.role else ""
    by = ", ".join(part for part in (one.by, role, one.nation) if part)
    form = one.form
    asked = () if form is None else form.fields
    fields = [inner for inner in asked if inner.code in one.answers and (value.paper.personal or not inner.personal)]
    return {
        "title": say(f"step.{value.procedure.code}.{one.step}"),
        "taken": one.at is not None,
        "by": "\n".join([breakable(by), *(f"{breakable(other)}, {instant_text(at)}" for other, at in one.others)]),
        "at": "\n".join(_instants(one.at, say)) if one.at is not None else "",
        "rows": [_line(form, inner, one.answers, say) for inner in fields if form and inner.kind != "rows"],
        "tables": [_rows(value, form, inner, one.answers, say) for inner in fields if form and inner.kind == "rows"],
    }


def _finding(value: PaperValue, number: int, say: _Sayer) -> dict[str, Any]:
    forms = [*(one.form for one in value.steps if one.form is not None), value.procedure.form]
    said = [told([value.findings[number]], forms, value.provisions, language)[0] for language in say.languages]
    rules = [_provision(value, one.id, say) for one in said[0].provisions]
    return {
        "place": [one.place for one in said],
        "text": [
            text if one.reviewed else tagged(text, language)
            for one, language in zip(said, say.languages, strict=True)
            for text in [" ".join(part for part in (one.sentence, one.fix) if part)]
        ],
        "rules": "\n".join(rules),
    }


def grouped(digest: str) -> str:
    """A digest in groups of eight, which a line can break."""
    return " ".join(digest[at : at + _DIGEST_GROUP] for at in range(0, len(digest), _DIGEST_GROUP))


def breakable(text: str) -> str:
    """Long words with places (U+200B) where a narrow column may break them."""
    return _LONG_WORD.sub(
        lambda found: "\u200b".join(found[0][at : at + _BREAK] for at in range(0, len(found[0]), _BREAK)), text
    )
