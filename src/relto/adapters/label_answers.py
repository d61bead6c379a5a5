"""Questions about labels with their answers in words: one object in, one object out, never an exception.

The pure rooms speak codes; here each code gets its sentence and its fix, in the caller's language. Faults of US and
Indian markings bring their English sentences with them, from the tables where their rules stand; a caller of another
language gets that language's words for them.
Every answer has `ok`; one that is not ok has `faults`: rule, paragraph, message, fix. Where a person has to decide, the
answer is not ok, its `outcome` is needs_person, and `reason` is the code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, cast

from relto.adapters.words import DEFAULT_LANGUAGE, error_sentence, sentence
from relto.base.canonical import Json, read_object
from relto.base.errors import MalformedInput, ReltoError, UnknownValue
from relto.base.instants import Instant, instant_text
from relto.labels.answering.combining import answer_join, answer_map
from relto.labels.answering.converting import answer_convert
from relto.labels.answering.given import Surroundings, Unanswered
from relto.labels.batch import answer, refused
from relto.labels.mapping import EquivalenceTable
from relto.labels.rule_words import fault_in_words
from relto.labels.shipped import shipped_policies
from relto.labels.us.faults import MarkingFaults
from relto.rules.builtin import package_data
from relto.rules.bundle import Bundle

OPERATIONS: Final = ("parse", "render", "join", "map", "convert")
TRAINING_TABLE: Final = "training"
Answer = dict[str, Json]
_ABOUT_LABELS: Final[Mapping[str, Callable[[Mapping[str, object], Surroundings], Answer]]] = {
    "join": answer_join,
    "map": answer_map,
    "convert": answer_convert,
}
_PARAGRAPHS: Final = {
    "join.policy": "ADatP-4774.1 4.4 R1",
    "join.release": "ADatP-4774.1 4.4 R5",
    "join.category": "ADatP-4774.1 4.4 R6",
    "join.validity": "ADatP-4774.1 4.4 R9",
    "map.no_row": "ADatP-4774.1 4.4 R2",
    "map.not_originator": "ADatP-4774.1 4.2",
}
_ENVELOPE: Final = frozenset({"ok", "rendered"})
_OBJECTS: Final = frozenset({"classification", "classified_by"})


def training_surroundings(at: Instant) -> Surroundings:
    """The shipped policies and training equivalents, which no authority confirmed, at an instant."""
    policies = shipped_policies()
    table: dict[str, Any] = read_object(package_data("equivalence.json"), field="equivalence.json")
    dates = {"valid_from": instant_text(at), "valid_to": None}
    rows = EquivalenceTable.from_rows([{**row, **dates} for row in table["rows"]], policies)
    return Surroundings(policies, rows, TRAINING_TABLE, at)


def bundle_surroundings(bundle: Bundle, at: Instant) -> Surroundings:
    """The policies and equivalents of a verified agreement bundle, at an instant."""
    return Surroundings(bundle.policies, bundle.equivalence, f"{bundle.agreement} {bundle.version}", at)


def answer_label(
    operation: str, request: object, surroundings: Surroundings, language: str = DEFAULT_LANGUAGE
) -> Answer:
    """The answer to one question. Total; raises UnknownValue only for an operation that there is not."""
    if operation not in OPERATIONS:
        raise UnknownValue("label.operation", field="operation", expected=", ".join(OPERATIONS))
    try:
        return _in_words(_answer(operation, request, surroundings), language)
    except MarkingFaults as wrong:
        return _in_words(refused(wrong.faults), language)
    except Unanswered as open_question:
        return _needs_person(open_question, language)
    except ReltoError as error:
        return failed(error, language)


def _answer(operation: str, request: object, surroundings: Surroundings) -> Answer:
    if not isinstance(request, Mapping):
        raise MalformedInput("label_given", field="request", expected="an object")
    if operation in _ABOUT_LABELS:
        return {"ok": True, **_ABOUT_LABELS[operation](request, surroundings)}
    return answer(request if operation == "parse" else _to_render(request))


def _in_words(found: Answer, language: str) -> Answer:
    faults = found.get("faults")
    if not isinstance(faults, list):
        return found
    said = [fault_in_words(fault, language) for fault in faults if isinstance(fault, dict)]
    return {**found, "faults": cast("list[Json]", said)}


def kind_of(text: str) -> str:
    """Where a text stands by its look: parentheses are a portion's, "Classified By" begins an authority block."""
    start = text.lstrip().casefold()
    return "portion" if start.startswith("(") else "authority" if start.startswith("classified by") else "banner"


def failed(error: ReltoError, language: str = DEFAULT_LANGUAGE) -> Answer:
    """An error of reading as an answer, in the same form as a fault of a marking."""
    fault: Answer = {
        "rule": error.full_code,
        "paragraph": "-",
        "message": error_sentence(error, language),
        "fix": error.expected or sentence("label.fix", language),
    }
    return {"ok": False, "faults": [fault]}


def _to_render(request: Mapping[str, object]) -> dict[str, object]:
    """A request to render: as parse answered it, with or without its envelope, or the label object alone."""
    if "label" not in request and _OBJECTS & set(request):
        return {"op": "render", "label": dict(request)}
    return {"op": "render", **{name: value for name, value in request.items() if name not in _ENVELOPE}}


def _needs_person(question: Unanswered, language: str) -> Answer:
    code = f"{question.question}.{question.reason}"
    fault: Answer = {
        "rule": f"relto-{question.question}-{question.reason}",
        "paragraph": _PARAGRAPHS.get(code, "-"),
        "message": sentence(f"label.{code}", language),
        "fix": sentence(f"label.fix.{code}", language),
    }
    return {"ok": False, "outcome": "needs_person", "reason": question.reason, "faults": [fault]}
