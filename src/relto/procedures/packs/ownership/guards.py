"""What must hold before the authority finds something on a declaration of ownership."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from relto.procedures.findings import Finding
from relto.procedures.known import Known
from relto.procedures.packs.ownership.checks import BOOK, check, foreign_owners
from relto.procedures.procedure import Dossier, Guard

_NOT_ENOUGH: Final = frozenset(
    f"ownership.{what}"
    for what in (
        "board_resolution_not_enough",
        "control_agreement_not_enough",
        "outside_directors_missing",
        "determination_missing",
        "committee_or_plan_missing",
        "instrument_not_loaded",
    )
)


def _no_control(dossier: Dossier, _: Mapping[str, Any], known: Known) -> Sequence[Finding]:
    answers = dossier.answers
    if answers.get("foreign_control"):
        return [BOOK.found(known, "no_interest_but_control", "foreign_control")]
    elects = any(row.get("elects_board") for _, row in foreign_owners(answers, known))
    if answers.get("foreign_government") or elects:
        return [BOOK.found(known, "interest_left_open", "foreign_interest")]
    return []


def _instrument_fits(dossier: Dossier, _: Mapping[str, Any], known: Known) -> Sequence[Finding]:
    if dossier.answers.get("instrument", "none") == "none":
        return [BOOK.found(known, "no_instrument", "instrument")]
    return [one for one in check(dossier.answers, known) if one.code in _NOT_ENOUGH]


def _unmitigated(dossier: Dossier, _: Mapping[str, Any], known: Known) -> Sequence[Finding]:
    if not dossier.answers.get("foreign_control"):
        return [BOOK.found(known, "control_not_declared", "foreign_control")]
    if dossier.answers.get("instrument", "none") != "none":
        return [BOOK.found(known, "control_is_mitigated", "instrument")]
    return []


def _nothing_changed(_: Dossier, given: Mapping[str, Any], known: Known) -> Sequence[Finding]:
    return [BOOK.found(known, "changes_reported", "changes")] if given.get("changes") else []


GUARDS: Final[Mapping[str, Guard]] = {
    "no_control": _no_control,
    "instrument_fits": _instrument_fits,
    "unmitigated": _unmitigated,
    "nothing_changed": _nothing_changed,
}
