"""Conditions of the steps of an incident: what must hold before the partner is told, a report made, the case closed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from relto.procedures.findings import Finding
from relto.procedures.founded import founded
from relto.procedures.known import Known
from relto.procedures.packs.incident.checks import demanded, names_in
from relto.procedures.procedure import Dossier, Guard

_FOUND: Final = founded("incident")
_TOLD: Final = ("circumstances", "findings", "measures", "told_partner", "lessons_for_partner")
"""The texts of steps' forms that the partner is sent."""
_SENTENCE_END: Final = re.compile(r"[.;!?\u0964\n]+")
_SPACE: Final = re.compile(r"\s+")
_TELLING_WORDS: Final = 3
"""A sentence of fewer words is too common to give a vulnerability away by itself."""


def partner_named(dossier: Dossier, _: Mapping[str, Any], __: Known) -> Sequence[Finding]:
    """There is a partner whose information is concerned."""
    return [] if _partner(dossier) else [_FOUND.found("no_partner", "partner")]


def partner_text_clean(dossier: Dossier, answers: Mapping[str, Any], known: Known) -> Sequence[Finding]:
    """No text that the partner is sent repeats the vulnerability or names a person (ISA-49 in the rule book)."""
    texts = [(code, answers[code]) for code in _TOLD if code in answers]
    hidden = _sentences(dossier.answers.get("vulnerability", ""))
    repeated = [
        _FOUND.found("vulnerability_told", code)
        for code, text in texts
        if any(sentence in _plain(text) for sentence in hidden)
    ]
    return [*repeated, *names_in(texts, known)]


def partner_told_why(dossier: Dossier, answers: Mapping[str, Any], _: Known) -> Sequence[Finding]:
    """A partner that was told of the suspicion is told why it is unfounded."""
    if not _was_told(dossier) or answers.get("told_partner"):
        return []
    return [_FOUND.found("partner_waits_for_reason", "told_partner")]


def partner_told(dossier: Dossier, _: Mapping[str, Any], __: Known) -> Sequence[Finding]:
    """A partner whose information is concerned was sent the findings before the incident is closed."""
    sent = any(one.step == "notify_partner" for one in dossier.steps)
    return [_FOUND.found("partner_waits_for_findings", "partner")] if _partner(dossier) and not sent else []


def agencies_told(dossier: Dossier, answers: Mapping[str, Any], known: Known) -> Sequence[Finding]:
    """The agencies that a nation's own rules name were told; the originator is looked for, too."""
    report, findings = dossier.answers, []
    cyber = report.get("classified_system") and report.get("holds_partner_information")
    if cyber and not answers.get("technology_security"):
        findings += demanded("technology_security_not_told", "technology_security", known)
    if report.get("espionage") and not answers.get("investigators"):
        findings += demanded("investigators_not_told", "investigators", known)
    if _partner(dossier) and not _was_told(dossier):
        findings += demanded("originator_not_told", "", known)
    return findings


def cause_found(dossier: Dossier, _: Mapping[str, Any], known: Known) -> Sequence[Finding]:
    """The final report says what made the incident possible."""
    missing = not dossier.answers.get("vulnerability")
    return demanded("vulnerability_missing", "vulnerability", known) if missing else []


def action_is_open(dossier: Dossier, answers: Mapping[str, Any], _: Known) -> Sequence[Finding]:
    """The action that is reported as finished stands in the final report and was not finished before."""
    number = answers.get("action")
    is_open = number is None or number in _open_actions(dossier)
    return [] if is_open else [_FOUND.found("action_unknown", "action")]


def actions_done(dossier: Dossier, _: Mapping[str, Any], __: Known) -> Sequence[Finding]:
    """Every corrective action of the final report was finished, with its evidence."""
    left = len(_open_actions(dossier))
    return [_FOUND.found("actions_open", "", left=left, all=len(_actions(dossier)))] if left else []


GUARDS: Final[Mapping[str, Guard]] = {
    "partner_named": partner_named,
    "partner_text_clean": partner_text_clean,
    "partner_told_why": partner_told_why,
    "partner_told": partner_told,
    "agencies_told": agencies_told,
    "cause_found": cause_found,
    "action_is_open": action_is_open,
    "actions_done": actions_done,
}


def _partner(dossier: Dossier) -> str:
    return str(dossier.answers.get("partner", ""))


def _was_told(dossier: Dossier) -> bool:
    return any(one.step in {"tell_originator", "notify_partner"} for one in dossier.steps)


def _actions(dossier: Dossier) -> Sequence[Mapping[str, Any]]:
    reports = [one.answers for one in dossier.steps if one.step == "report_final"]
    return reports[-1].get("actions", ()) if reports else ()


def _open_actions(dossier: Dossier) -> set[int]:
    done = {one.answers.get("action") for one in dossier.steps if one.step == "finish_action"}
    return set(range(1, len(_actions(dossier)) + 1)) - done


def _sentences(text: str) -> list[str]:
    every = (_plain(one) for one in _SENTENCE_END.split(text))
    return [one for one in every if len(one.split()) >= _TELLING_WORDS]


def _plain(text: str) -> str:
    return _SPACE.sub(" ", text).strip().casefold()
