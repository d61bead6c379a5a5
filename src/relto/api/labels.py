"""Labels and markings: read, written, joined, carried over, converted; one question, or up to a thousand in a request.

A question that cannot be answered is an answer too: `ok` is false, and `faults` say by which rule, and how to mend it.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from django.http import HttpRequest
from ninja import Router
from pydantic import Field

from relto.adapters.label_answers import answer_label
from relto.api.answers import Answer
from relto.api.forms import Code, Form, NationCodes
from relto.api.surroundings import house, language_of
from relto.base.errors import TooLarge
from relto.labels.answering.combining import MAX_LABELS
from relto.labels.batch import MAX_TEXT_BYTES
from relto.services.label_questions import ask, surroundings

router = Router(tags=["labels"])
MAX_LINES: Final = 1000
MAX_NAME: Final = 512
MAX_LABELS_OF_ALL_LINES: Final = 5000
Object = dict[str, Any]
Given = Annotated[
    Object,
    Field(description="A marking (text, kind, policy), a label object that parse answered, a label of relto, or xml."),
]


class ParseForm(Form):
    """A marking as it is written."""

    kind: Literal["banner", "portion", "authority"]
    policy: Code = Field(description="Whose grammar it follows: USA or IND.")
    text: Annotated[str, Field(max_length=MAX_TEXT_BYTES)]
    profile: Code | None = Field(None, description="US spelling and reading: dod, dod-strict, dod-lenient, ism, cfr.")


class RenderForm(Form):
    """The label object that parse answered."""

    label: Object
    kind: Literal["banner", "portion", "authority"] | None = None
    policy: Code | None = None
    profile: Code | None = None


class JoinForm(Form):
    """The labels of the parts. `owner`: whose the whole is, where the parts' owners differ."""

    labels: Annotated[list[Given], Field(min_length=1, max_length=MAX_LABELS)]
    owner: NationCodes | None = None


class MapForm(Form):
    """A label, and the policy to carry it over to: its nation, name or object identifier."""

    label: Given
    to: Code


class ConvertForm(Form):
    """A label, and its other form; or a policy as SPIF. A marking becomes a label or XML with its making beside it."""

    to: Literal["banner", "label", "xml", "spif"]
    label: Given | None = Field(None, description="The label; with a making, text and its originator_id, review_by.")
    lenient: bool | None = Field(None, description="Read XML of old writers too, and name each departure. For tests.")
    originator_id: Annotated[str, Field(max_length=MAX_NAME)] | None = None
    created: Annotated[str, Field(max_length=MAX_NAME)] | None = None
    review_by: Annotated[str, Field(max_length=MAX_NAME)] | None = None
    policy: Code | None = Field(None, description="SPIF: the policy, by nation, name or object identifier.")
    nations: NationCodes | None = Field(None, description="SPIF: the nations in it; without it all loaded.")
    originator_dn: Annotated[str, Field(max_length=MAX_NAME)] | None = None
    key_identifier: Annotated[str, Field(max_length=MAX_NAME)] | None = None


class BatchForm(Form):
    """Many questions of one kind; each line is the body that its own operation takes."""

    operation: Literal["parse", "render", "join", "map", "convert"]
    lines: Annotated[list[Object], Field(min_length=1, max_length=MAX_LINES)]


class LabelFault(Answer):
    """What is wrong: by which rule and paragraph, in words, and how to mend it."""

    rule: str
    paragraph: str
    message: str
    fix: str


class Marking(Answer):
    """A marking that was read: its label object and its renderings; or its faults."""

    ok: bool
    faults: list[LabelFault] = Field(default_factory=list)
    label: Object | None = None
    rendered: Object | None = Field(None, description="By form; null where a form cannot say it. Legacy: all null.")


class JoinedLabel(Marking):
    """The least label that protects as much as each; or why a person has to decide.

    `label` only when who made it and when was given for every part; `rendered` by nation.
    """

    outcome: str | None = None
    reason: str | None = None
    policy: str | None = None
    marking: Object | None = None


class MappedLabel(JoinedLabel):
    """What the label is in the other policy (`mapped`), that there is no such level (`no_equivalent`), or why neither.

    `row`: the row of the table that says so, with its source, evidence, and whether an authority confirmed it.
    """

    to: str | None = None
    level: str | None = None
    handling: str | None = None
    row: Object | None = None


class ConvertedLabel(JoinedLabel):
    """The label in its other form: `rendered`, `label` or `xml`; or a policy as `xml`.

    Of a lenient reading: `departures` from the standard, and `information`, which no decision takes.
    """

    to: str | None = None
    xml: str | None = None
    departures: list[str] = Field(default_factory=list)
    information: Object | None = None


class LabelAnswers(Answer):
    """The answers to the lines, in their order. `ok`: whether every line could be answered."""

    ok: bool
    answers: list[Object]


@router.post("/labels/parse", response=Marking)
def parse_marking(request: HttpRequest, body: ParseForm) -> dict[str, Any]:
    """Read a banner, a portion mark or an authority block."""
    return ask(house(), "parse", _stated(body), language_of(request))


@router.post("/labels/render", response=Marking)
def render_marking(request: HttpRequest, body: RenderForm) -> dict[str, Any]:
    """Write the marking of a label object."""
    return ask(house(), "render", _stated(body), language_of(request))


@router.post("/labels/join", response=JoinedLabel)
def join_labels(request: HttpRequest, body: JoinForm) -> dict[str, Any]:
    """The label of a whole from the labels of its parts."""
    return ask(house(), "join", _stated(body), language_of(request))


@router.post("/labels/map", response=MappedLabel)
def map_label(request: HttpRequest, body: MapForm) -> dict[str, Any]:
    """Carry a label over to the other nation's policy by the agreed table."""
    return ask(house(), "map", _stated(body), language_of(request))


@router.post("/labels/convert", response=ConvertedLabel)
def convert_label(request: HttpRequest, body: ConvertForm) -> dict[str, Any]:
    """A label as marking, label object or STANAG 4774 XML; a policy as SPIF 2.1."""
    return ask(house(), "convert", _stated(body), language_of(request))


@router.post("/labels/batch", response=LabelAnswers)
def answer_lines(request: HttpRequest, body: BatchForm) -> dict[str, Any]:
    """Up to a thousand questions of one kind; a line that cannot be answered leaves the others alone."""
    parts = sum(len(line["labels"]) for line in body.lines if isinstance(line.get("labels"), list))
    if parts > MAX_LABELS_OF_ALL_LINES:
        expected = f"at most {MAX_LABELS_OF_ALL_LINES} labels in all lines"
        raise TooLarge("label_given", field="lines", found=parts, expected=expected)
    holding, language = surroundings(house()), language_of(request)
    answers = [answer_label(body.operation, line, holding, language) for line in body.lines]
    return {"ok": all(one["ok"] for one in answers), "answers": answers}


def _stated(body: Form) -> dict[str, Any]:
    return body.model_dump(exclude_none=True)
