"""An invented procedure that has one field of each kind: for the tests of what is generic over procedures."""

from __future__ import annotations

from typing import Any, Final

from relto.procedures.actors import Role
from relto.procedures.forms.form import Form, read_form
from relto.procedures.procedure import Paper, Procedure, Step
from relto.procedures.table import Table, Transition

FORM: Final[Form] = read_form(
    {
        "form": "sample",
        "version": 1,
        "sections": ["what", "who"],
        "based_on": ["ISA-33", "GAP-IND-visit"],
        "fields": [
            {"code": "kind", "kind": "choice", "section": "what", "required": True, "choices": ["once", "often"]},
            {"code": "times", "kind": "number", "section": "what", "least": 2, "most": 9, "required": True,
             "when": {"field": "kind", "is": ["often"]}},
            {"code": "host", "kind": "nation", "section": "what", "required": True, "shared": True},
            {"code": "purpose", "kind": "long_text", "section": "what", "required": True, "shared": True},
            {"code": "ways", "kind": "choices", "section": "what", "choices": ["air", "road"], "most": 2},
            {"code": "first_day", "kind": "date", "section": "what", "required": True, "rules": ["LIM-01"]},
            {"code": "begins", "kind": "instant", "section": "what"},
            {"code": "is_urgent", "kind": "yes_no", "section": "what"},
            {"code": "level", "kind": "level", "section": "what"},
            {"code": "facility", "kind": "code", "names": "facility", "section": "who"},
            {"code": "people", "kind": "rows", "section": "who", "least": 1, "most": 5, "fields": [
                {"code": "person", "kind": "code", "names": "person", "required": True},
                {"code": "name", "kind": "text", "personal": True, "required": True},
                {"code": "citizenship", "kind": "country", "required": True},
                {"code": "escorted", "kind": "yes_no"},
                {"code": "escort", "kind": "text", "longest": 60, "required": True,
                 "when": {"field": "escorted", "is": [True]}},
            ]},
        ],
    }
)  # fmt: skip
ANSWER_FORM: Final[Form] = read_form(
    {
        "form": "sample_answer",
        "version": 1,
        "sections": ["answer"],
        "fields": [{"code": "remark", "kind": "text", "section": "answer", "required": True, "shared": True}],
    }
)
PROCEDURE: Final = Procedure(
    code="sample",
    prefix="SMP",
    topic="visit",
    table=Table(
        "sample",
        "draft",
        ("draft", "sent", "answered"),
        (
            Transition("send", frozenset({"draft"}), "sent", frozenset({Role.SECURITY_OFFICER})),
            Transition("answer", frozenset({"sent"}), "answered", frozenset({Role.REGISTRAR})),
        ),
    ),
    form=FORM,
    begins=frozenset({Role.SECURITY_OFFICER}),
    steps={"answer": Step(form=ANSWER_FORM)},
    check=lambda _answers, _known: (),
    papers=(
        Paper("request", frozenset({"sent", "answered"}), steps=("send", "answer"), rules=("LIM-01",)),
        Paper("receipt", frozenset({"answered"}), sections=("who",), copies=3, personal=False),
    ),
)
ANSWERS: Final[dict[str, Any]] = {
    "kind": "often",
    "times": 3,
    "host": "IND",
    "purpose": "Integration of the seeker.\nसमन्वय बैठक: क्षेत्र में दृष्टि, संश्लेषण, राष्ट्रीय प्रशिक्षण, श्रृंखला।",
    "ways": ["air", "road"],
    "first_day": "2027-01-11",
    "begins": "2027-01-11T04:30:00Z",
    "is_urgent": False,
    "level": "USA:SECRET",
    "facility": "IND-F007",
    "people": [
        {"person": "prs_" + "a" * 24, "name": "Łukasz #let O'Brien *Sañjay*", "citizenship": "USA", "escorted": False},
        {"person": "prs_" + "b" * 24, "name": "Kṛṣṇa क्षितिज़", "citizenship": "IND", "escorted": True, "escort": "G"},
    ],
}
