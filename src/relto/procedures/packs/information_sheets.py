"""What the two information sheets share: one authority asks, the other answers, signed by two and expiring (ISA-12).

Rules kept here:
 1. A firm asks its own authority; only an authority asks the other, and only an authority answers.
 2. Every answer is signed by two people, is as the register has it today, and holds no longer than the register does.
 3. Whoever answered may withdraw the answer at any time, alone; whoever asked may withdraw the request.
 4. No file is copied: what crosses is a code or a pseudonym, levels, dates and conditions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from relto.base.calendars import local_date
from relto.base.errors import Shown
from relto.base.instants import Period
from relto.procedures.actors import Role
from relto.procedures.findings import Finding
from relto.procedures.forms.form import Form, load_form
from relto.procedures.founded import founded
from relto.procedures.known import Known
from relto.procedures.packs.own_book import covers
from relto.procedures.procedure import REASON_GIVEN, Clock, Paper, Step
from relto.procedures.table import ANSWERING, ASKING, Table, Transition

_AUTHORITY: Final = frozenset({Role.REGISTRAR, Role.RELEASE_OFFICER})
BEGINS: Final = _AUTHORITY | {Role.SECURITY_OFFICER}
_OPEN: Final = frozenset({"sent", "in_process"})
_GOOD: Final = frozenset({"valid", "final", "interim", "limited"})
"""States of a clearance in which it is vouched for."""


def sheet_table(code: str) -> Table:
    """The states of a sheet; the same for facilities and people."""
    return Table(
        name=code,
        start="draft",
        states=(
            "draft",
            "requested",
            "sent",
            "in_process",
            "held",
            "not_held",
            "declined",
            "withdrawn",
            "answer_withdrawn",
        ),
        transitions=(
            Transition("request", frozenset({"draft"}), "requested", frozenset({Role.SECURITY_OFFICER}), side=ASKING),
            Transition("send", frozenset({"draft", "requested"}), "sent", _AUTHORITY, side=ASKING),
            Transition(
                "decline", frozenset({"requested"}), "declined", _AUTHORITY, guards=(REASON_GIVEN,), side=ASKING
            ),
            Transition("answer_held", _OPEN, "held", _AUTHORITY, guards=("as_registered",), side=ANSWERING),
            Transition("answer_not_held", _OPEN, "not_held", _AUTHORITY, guards=("not_in_register",), side=ANSWERING),
            Transition("answer_in_process", frozenset({"sent"}), "in_process", _AUTHORITY, side=ANSWERING),
            Transition(
                "withdraw",
                frozenset({"draft", "requested"}) | _OPEN,
                "withdrawn",
                BEGINS,
                guards=(REASON_GIVEN,),
                at_will=True,
                side=ASKING,
            ),
            Transition(
                "withdraw_answer",
                frozenset({"held"}),
                "answer_withdrawn",
                _AUTHORITY,
                guards=(REASON_GIVEN,),
                at_will=True,
                side=ANSWERING,
            ),
        ),
    )


def sheet_steps(answer: Form) -> dict[str, Step]:
    """What belongs to each step; `answer`: the form of a positive answer."""
    return {
        "request": Step(final_check=True),
        "send": Step(sends=True, final_check=True),
        "answer_held": Step(form=answer, persons=2, sends=True, effects=("assurance.give",)),
        "answer_not_held": Step(form=load_form("assurance_not_held"), persons=2, sends=True),
        "answer_in_process": Step(form=load_form("assurance_in_process"), persons=2, sends=True),
        "withdraw": Step(keeps_told=True),
        "withdraw_answer": Step(sends=True, effects=("assurance.withdraw",)),
    }


CLOCKS: Final = (Clock("answer", "assurance.answer", _OPEN, side=ANSWERING),)


def sheet_papers(code: str, answer: str = "answer_held") -> tuple[Paper, ...]:
    """The request as the own authority hands it on, and the answer without anything personal."""
    given = frozenset({"held", "not_held", "answer_withdrawn"})
    return (
        Paper("request", frozenset(sheet_table(code).states) - {"draft"}, steps=("request", "send")),
        Paper(
            "answer",
            given,
            steps=(answer, "answer_not_held"),
            personal=False,
            statement=f"statement.{code}.answer",
        ),
    )


@dataclass(frozen=True, slots=True)
class Sheet:
    """The checks of one kind of sheet. `subject`: the field that names whom it is about."""

    procedure: str
    subject: str

    def found(self, known: Known, what: str, path: str = "", **values: Shown) -> Finding:
        """The finding on the books of the two nations."""
        nations = {str(known.nation), str(known.partner or known.nation)}
        return founded(self.procedure).found(what, path, nations=nations, **values)

    def check_request(self, answers: Mapping[str, Any], known: Known) -> Iterator[Finding]:
        """What is wrong with the part that both sheets have."""
        wanted, partner = answers.get("answer_by"), answers.get("partner")
        if wanted is not None and known.side != ANSWERING and date.fromisoformat(wanted) <= _today(known):
            yield self.found(known, "answer_by_past", "answer_by", date=wanted)
        for code in ("level", "hold_level"):
            level = answers.get(code)
            if level is not None and not (level.partition(":")[0] in known.parties and known.levels.known(level)):
                yield self.found(known, "level_unknown", code, level=level)
        programme = answers.get("programme")
        if programme is not None and partner is not None and partner not in known.programmes.get(programme, ()):
            yield self.found(known, "programme_not_joint", "programme", partner=partner, programme=programme)
        facility = known.facilities.get(answers.get("facility", ""))
        asked = known.nation if known.side == ANSWERING else partner
        if facility is not None and asked is not None and facility.nation != asked:
            yield self.found(known, "facility_not_partners", "facility", facility=facility.code, partner=asked)
        yield from self._asked_before(answers, known)

    def _asked_before(self, answers: Mapping[str, Any], known: Known) -> Iterator[Finding]:
        about = (answers.get(self.subject), answers.get("level"), answers.get("hold_level"))
        if known.side == ANSWERING or None in about[:2]:
            return
        for other in known.related.get(self.procedure, ()):
            same = (other.data.get(self.subject), other.data.get("level"), other.data.get("hold_level")) == about
            if same and other.side == ASKING and other.state in _OPEN | {"requested"}:
                yield self.found(known, "already_asked", self.subject, dossier=other.number)

    def check_answer(
        self, given: Mapping[str, Any], known: Known, *, level: str, state: str, valid: Period | None
    ) -> Iterator[Finding]:
        """A positive answer against what the register says of the subject: `level`, `state`, `valid`."""
        if given.get("held_level", level) != level:
            yield self.found(known, "not_as_registered", "held_level", said=given["held_level"], registered=level)
        in_date = valid is not None and valid.holds_at(known.at)
        if state not in _GOOD or not in_date:
            yield self.found(known, "not_valid", "held_level", state="expired" if state in _GOOD else state)
        yield from self._until(given, known, valid)

    def _until(self, given: Mapping[str, Any], known: Known, valid: Period | None) -> Iterator[Finding]:
        if "valid_until" not in given:
            return
        until = date.fromisoformat(given["valid_until"])
        if until <= _today(known):
            yield self.found(known, "answer_past", "valid_until", date=given["valid_until"])
        end = local_date(valid.end, known.nation) if valid is not None and valid.end is not None else None
        if end is not None and until > end:
            yield self.found(known, "beyond_register", "valid_until", date=given["valid_until"], until=end.isoformat())

    def check_not_held(
        self, known: Known, asked: str, *, level: str, state: str, valid: Period | None
    ) -> list[Finding]:
        """A negative answer although the register has a valid clearance that covers what is asked."""
        in_date = valid is not None and valid.holds_at(known.at)
        if state in _GOOD and in_date and covers(known, level, asked):
            return [self.found(known, "held_in_register", "ground", registered=level)]
        return []


def _today(known: Known) -> date:
    return known.today(known.nation)
