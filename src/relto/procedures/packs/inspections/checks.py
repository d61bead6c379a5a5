"""Checks and guards of inspections: a list that is whole, findings that are closed with evidence, one by one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from relto.procedures.findings import Finding
from relto.procedures.founded import Founded, founded
from relto.procedures.known import Known
from relto.procedures.packs.inspections.checklist import checks_of, requirement_of
from relto.procedures.procedure import Dossier, Guard

NOT_MET = "not_met"


@dataclass(frozen=True, slots=True)
class InspectionChecks:
    """The checks of one of the two procedures: their findings bear its code."""

    procedure: str

    @property
    def findings(self) -> Founded:
        """The findings that the procedure may make."""
        return founded(self.procedure)

    def check(self, answers: Mapping[str, Any], known: Known) -> Sequence[Finding]:
        """The main form: where, when, and whether the checklist is what the rule book gives."""
        return [*self._scope(answers, known), *self._list(answers, known)]

    def _scope(self, answers: Mapping[str, Any], known: Known) -> Iterator[Finding]:
        code = answers.get("facility")
        if code is not None and (code not in known.facilities or known.facilities[code].nation != known.nation):
            yield self.findings.found("facility_not_own", "facility")
        held = answers.get("held_on")
        if held is not None and held > known.today(known.nation).isoformat():
            yield self.findings.found("held_in_future", "held_on")

    def _list(self, answers: Mapping[str, Any], known: Known) -> Iterator[Finding]:
        rows = answers.get("checklist", ())
        if not rows:
            yield self.findings.found("no_checklist", "checklist")
            return
        expected = {one.code for one in checks_of(answers.get("profile", ""), answers.get("subjects", ()))}
        missing = expected - {row.get("check") for row in rows}
        if missing:
            yield self.findings.found("check_missing", "checklist", missing=len(missing), all=len(expected))
        seen: set[Any] = set()
        for number, row in enumerate(rows):
            keys = {("number", row.get("number")), (row.get("check"), row.get("provisions"))}
            if seen & keys:
                yield self.findings.found("check_twice", f"checklist/{number}/number")
            seen |= keys
            yield from self._row(number, row, known)

    def _row(self, number: int, row: Mapping[str, Any], known: Known) -> Iterator[Finding]:
        named = [one.strip() for one in str(row.get("provisions", "")).split(",") if one.strip()]
        for one in named:
            if one not in known.provisions:
                yield self.findings.found("provision_unknown", f"checklist/{number}/provisions", provision=one[:32])
        said = requirement_of(named[0], known.provisions) if len(named) == 1 else None
        if said is not None and row.get("requirement", said) != said:
            yield self.findings.found("requirement_changed", f"checklist/{number}/requirement", provision=named[0])
        if row.get("standing") == "no_rule":
            yield self.findings.found("no_rule_loaded", f"checklist/{number}/standing")

    def check_plan(self, answers: Mapping[str, Any], known: Known) -> Sequence[Finding]:
        """Each planned correction is due on a day to come."""
        today = known.today(known.nation).isoformat()
        return [
            self.findings.found("action_due_past", f"actions/{number}/due")
            for number, row in enumerate(answers.get("actions", ()))
            if row.get("due", today) < today
        ]

    def check_certificate(self, answers: Mapping[str, Any], known: Known) -> Sequence[Finding]:
        """The certificate was signed by today."""
        signed = answers.get("signed_on")
        late = signed is not None and signed > known.today(known.nation).isoformat()
        return [self.findings.found("signed_in_future", "signed_on")] if late else []

    def findings_planned(self, dossier: Dossier, answers: Mapping[str, Any], _: Known) -> Sequence[Finding]:
        """Each finding has its correction, and each correction its finding."""
        open_ones = open_findings(dossier)
        planned = [row.get("number") for row in answers.get("actions", ())]
        return [
            *(
                self.findings.found("finding_not_planned", "actions", number=one)
                for one in open_ones
                if one not in planned
            ),
            *(
                self.findings.found("finding_unknown", f"actions/{row}/number", number=one)
                for row, one in enumerate(planned)
                if one is not None and one not in open_ones
            ),
        ]

    def finding_is_open(self, dossier: Dossier, answers: Mapping[str, Any], _: Known) -> Sequence[Finding]:
        """What is closed is an open finding of this report."""
        number = answers.get("number")
        if number is None or number in open_findings(dossier):
            return []
        return [self.findings.found("finding_unknown", "number", number=number)]

    def all_closed(self, dossier: Dossier, _: Mapping[str, Any], __: Known) -> Sequence[Finding]:
        """Every finding was closed with its evidence."""
        left, every = len(open_findings(dossier)), len(_not_met(dossier.answers))
        return [self.findings.found("findings_open", "", left=left, all=every)] if left else []

    def official_known(self, dossier: Dossier, answers: Mapping[str, Any], known: Known) -> Sequence[Finding]:
        """The official who certifies belongs to the company, and signed after the inspection."""
        findings: list[Finding] = []
        person = known.people.get(answers.get("official", ""))
        is_own = person is not None and person.nation == known.nation and person.company == dossier.company
        if "official" in answers and not is_own:
            findings.append(self.findings.found("official_unknown", "official"))
        held = dossier.answers.get("held_on", "")
        if answers.get("signed_on", held) < held:
            findings.append(self.findings.found("signed_before_inspection", "signed_on"))
        return findings

    def guards(self) -> Mapping[str, Guard]:
        """The guards that both procedures name."""
        return {
            "findings_planned": self.findings_planned,
            "finding_is_open": self.finding_is_open,
            "all_closed": self.all_closed,
        }


def open_findings(dossier: Dossier) -> list[int]:
    """The numbers of the checks that were not met and are not closed yet."""
    closed = {one.answers.get("number") for one in dossier.steps if one.step == "close_finding"}
    return [one for one in _not_met(dossier.answers) if one not in closed]


def _not_met(answers: Mapping[str, Any]) -> list[int]:
    return [row["number"] for row in answers.get("checklist", ()) if row.get("result") == NOT_MET and "number" in row]
