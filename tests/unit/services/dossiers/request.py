"""A small invented procedure between two nodes, with one of everything that the engine does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from relto.procedures.actors import Role
from relto.procedures.findings import RULE, Finding
from relto.procedures.forms.form import Form, read_form
from relto.procedures.known import Known
from relto.procedures.packs import registry
from relto.procedures.procedure import BETWEEN, Clock, Dossier, Paper, Procedure, Step
from relto.procedures.table import ANSWERING, ASKING, STAYS, Table, Transition

FORM: Form = read_form(
    {
        "form": "sample_request",
        "version": 1,
        "sections": ["what", "who"],
        "fields": [
            {"code": "partner", "kind": "nation", "section": "what", "required": True, "shared": True},
            {"code": "facility", "kind": "code", "names": "facility", "section": "what", "required": True},
            {"code": "host", "kind": "code", "names": "facility", "section": "what", "required": True, "shared": True},
            {"code": "programme", "kind": "code", "names": "programme", "section": "what", "shared": True},
            {"code": "begins", "kind": "date", "section": "what", "required": True, "shared": True},
            {"code": "ends", "kind": "date", "section": "what", "required": True, "shared": True},
            {"code": "recurring", "kind": "yes_no", "section": "what"},
            {"code": "review", "kind": "date", "section": "what", "shared": True,
             "when": {"field": "recurring", "is": [True]}},
            {"code": "note", "kind": "long_text", "section": "what"},
            {"code": "earlier", "kind": "code", "names": "dossier", "section": "what"},
            {"code": "people", "kind": "rows", "section": "who", "shared": True, "most": 20, "fields": [
                {"code": "person", "kind": "code", "names": "person", "required": True, "shared": True},
                {"code": "name", "kind": "text", "required": True, "personal": True},
                {"code": "level", "kind": "level", "required": True, "shared": True},
            ]},
        ],
    }
)  # fmt: skip
ANSWER: Form = read_form(
    {
        "form": "sample_request_answer",
        "version": 1,
        "sections": ["answer"],
        "fields": [
            {"code": "remark", "kind": "text", "section": "answer", "required": True, "shared": True},
            {"code": "inside", "kind": "text", "section": "answer"},
            {"code": "ends", "kind": "date", "section": "answer", "shared": True},
        ],
    }
)
_COMING = frozenset({"draft", "endorsed", "submitted"})
TABLE = Table(
    "sample_request",
    "draft",
    ("draft", "endorsed", "submitted", "approved", "denied", "withdrawn", "closed", "expired"),
    (
        Transition(
            "endorse", frozenset({"draft"}), "endorsed", frozenset({Role.SECURITY_OFFICER}),
            ("whole", "person_cleared"), side=ASKING,
        ),
        Transition("submit", frozenset({"endorsed"}), "submitted", frozenset({Role.REGISTRAR}), side=ASKING),
        Transition(
            "approve", frozenset({"submitted"}), "approved",
            frozenset({Role.REGISTRAR, Role.RELEASE_OFFICER}), ("in_force",), side=ANSWERING,
        ),
        Transition(
            "deny", frozenset({"submitted"}), "denied", frozenset({Role.REGISTRAR}), ("reason_given",), side=ANSWERING,
        ),
        Transition(
            "withdraw", frozenset({"endorsed", "submitted", "approved"}), "withdrawn",
            frozenset({Role.SECURITY_OFFICER}), ("reason_given",), at_will=True, side=ASKING,
        ),
        Transition(
            "revoke", frozenset({"submitted", "approved"}), "denied", frozenset({Role.REGISTRAR}), at_will=True,
            side=ANSWERING,
        ),
        Transition("remark", frozenset({"approved"}), STAYS, frozenset({Role.SECURITY_OFFICER})),
        Transition("close", frozenset({"approved"}), "closed", frozenset({Role.SECURITY_OFFICER}), side=ASKING),
        Transition("expire", frozenset({"approved"}), "expired", guards=("end_passed",), side=ASKING),
    ),
)  # fmt: skip


def _check(answers: Mapping[str, Any], known: Known) -> Sequence[Finding]:
    found = []
    if answers.get("begins", "") > answers.get("ends", "9"):
        found.append(Finding("sample_request.order", "ends"))
    for number, row in enumerate(answers.get("people", [])):
        name = known.roster.get(row.get("person", ""))
        if name is not None and row.get("name", name) != name:
            found.append(Finding("sample_request.name", f"people/{number}/name"))
    return found


def _whole(dossier: Dossier, _: Mapping[str, Any], __: Known) -> Sequence[Finding]:
    return () if dossier.answers.get("people") else (Finding("sample_request.nobody", "people"),)


def _person_cleared(dossier: Dossier, _: Mapping[str, Any], known: Known) -> Sequence[Finding]:
    found = []
    for number, row in enumerate(dossier.answers.get("people", [])):
        person = known.people.get(row["person"])
        if person is None or not known.levels.covers(person.level, row["level"]):
            # One confirmed provision of one nation and one that nobody confirmed of the other.
            found.append(Finding("sample_request.cleared", f"people/{number}/level", RULE, ("ISA-01", "ISA-03")))
    return found


def _in_force(_: Dossier, __: Mapping[str, Any], known: Known) -> Sequence[Finding]:
    return () if known.agreement_in_force else (Finding("sample_request.agreement", "", RULE, ("ISA-01",)),)


def _end_passed(dossier: Dossier, _: Mapping[str, Any], known: Known) -> Sequence[Finding]:
    passed = known.today(known.nation).isoformat() > dossier.answers["ends"]
    return () if passed else (Finding("sample_request.lasts", "ends"),)


PROCEDURE = Procedure(
    code="sample_request",
    prefix="SRQ",
    topic="visit",
    reach=BETWEEN,
    partner_field="partner",
    table=TABLE,
    form=FORM,
    begins=frozenset({Role.SECURITY_OFFICER, Role.ENGINEER}),
    check=_check,
    guards={
        "whole": _whole,
        "person_cleared": _person_cleared,
        "in_force": _in_force,
        "end_passed": _end_passed,
    },
    steps={
        "endorse": Step(final_check=True),
        "submit": Step(sends=True),
        "approve": Step(ANSWER, persons=2, sends=True, amends=True),
        "deny": Step(ANSWER, sends=True, effects=("sample_note",)),
        "withdraw": Step(sends=True),
        "revoke": Step(sends=True),
        "remark": Step(ANSWER, keeps_told=True),
        "close": Step(sends=True, effects=("sample_note",)),
        "expire": Step(sends=True),
    },
    clocks=(
        Clock("notice", "visit.lead_time", _COMING, counts_from="begins", before=True),
        Clock("answer", "assurance.answer", frozenset({"submitted"}), side=ANSWERING),
        Clock("sent", "hand_carriage.receiver_notice", frozenset({"endorsed"})),
    ),
    papers=(Paper("request", frozenset({"submitted", "approved"})),),
    subjects=("host", "people/person"),
    related=("sample_request",),
)  # fmt: skip


@contextmanager
def registered(*more: Procedure) -> Iterator[None]:
    """The invented procedures among the shipped ones."""
    every = registry.procedures()
    assert isinstance(every, dict)
    added = {one.code: one for one in (PROCEDURE, *more)}
    every.update(added)
    try:
        yield
    finally:
        for code in added:
            every.pop(code, None)
