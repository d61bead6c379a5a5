"""The release check on the exact item: what crosses is covered itself, not only the class that it belongs to.

Rules enforced here (domain.md 9, needs.md N-10):
 1. Each line names what covers it: a release of this very item, or the line of a licence that names exactly this
    article and whose scope an empowered official has certified. A class (a programme, a type) covers no line.
 2. A line that only its class covers stops the authority's step. Two release officers may override it, line by line,
    with a reason, and that is on record. What nothing covers is not overridden by anybody.
 3. A line's level is not below the level of its item's label, nor above the level of the whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from relto.procedures.actors import Role
from relto.procedures.findings import Finding
from relto.procedures.forms.form import load_form
from relto.procedures.founded import founded
from relto.procedures.known import AuthorisationKnown, Known
from relto.procedures.packs.crossing import Crossing
from relto.procedures.procedure import Dossier, Guard, Step
from relto.procedures.table import ASKING, STAYS, Transition

OVERRIDE: Final = "override"
SUBMIT: Final = "submit"
ITEMS_COVERED: Final = "items_covered"
OVERRIDABLE: Final = "overridable"
OVERRIDE_STEP: Final = Step(form=load_form("cover_override"), persons=2)


def override(state: str) -> Transition:
    """The step by which two release officers take a line on themselves that only its class covers."""
    return Transition(
        OVERRIDE,
        frozenset({state}),
        STAYS,
        frozenset({Role.RELEASE_OFFICER}),
        guards=(OVERRIDABLE,),
        at_will=True,
        side=ASKING,
    )


def check_lines(crossing: Crossing) -> Iterator[Finding]:
    """Levels, covers and certificate of the lines, as far as the form itself can be wrong."""
    answers, known = crossing.answers, crossing.known
    lines: Sequence[Mapping[str, Any]] = answers.get("items", ())
    whole = answers.get("level")
    seen: set[str] = set()
    for number, line in enumerate(lines):
        path, level = f"items/{number}", line.get("line_level")
        if level and whole and known.levels.covers(whole, level) is not True:
            yield crossing.find("line_above_level", f"{path}/line_level", level=level, whole=whole)
        item = line.get("item")
        if item in seen:
            yield crossing.find("item_twice", f"{path}/item")
        seen |= {item} if item else set()
        cover = known.covers.get(item) if item else None
        if item and cover is None:
            yield crossing.find("item_unknown", f"{path}/item")
        elif cover is not None and level and known.levels.covers(level, cover.level) is not True:
            yield crossing.find("line_below_item", f"{path}/line_level", level=cover.level)
        if "authorisation" in line:
            yield from _check_authorisation(crossing, known.authorisations.get(line["authorisation"]), path)
        if line.get("cover") == "class":
            yield crossing.find("class_cover_ahead", f"{path}/cover", line=number + 1)
    if any(line.get("cover") == "licence_line" for line in lines) and not {"certified_by", "certified_on"} <= set(
        answers
    ):
        yield crossing.find("scope_not_certified", "certified_by")
    levels = [line["line_level"] for line in lines if "line_level" in line]
    if whole and levels and not any(known.levels.covers(level, whole) for level in levels):
        yield crossing.find("level_above_lines", "level", level=whole)


def _check_authorisation(crossing: Crossing, held: AuthorisationKnown | None, path: str) -> Iterator[Finding]:
    if held is None:
        yield crossing.find("authorisation_unknown", f"{path}/authorisation")
        return
    moment = crossing.instant("departure") or crossing.known.at
    if held.withdrawn or not held.valid.holds_at(moment):
        yield crossing.find("authorisation_not_valid", f"{path}/authorisation")
    elif crossing.recipient and held.nation != crossing.recipient:
        yield crossing.find("authorisation_of_another_nation", f"{path}/authorisation", nation=held.nation)
    elif held.programme and crossing.answers.get("programme", held.programme) != held.programme:
        yield crossing.find("authorisation_of_another_programme", f"{path}/authorisation")


def uncovered_lines(answers: Mapping[str, Any], known: Known) -> dict[int, str]:
    """Line number (from 1) -> "class_cover" where only the class covers it, "not_covered" where nothing does."""
    found: dict[int, str] = {}
    for number, line in enumerate(answers.get("items", ()), start=1):
        cover = known.covers.get(line.get("item", ""))
        held = known.authorisations.get(line.get("authorisation", ""))
        stands = held is not None and not held.withdrawn and held.valid.holds_at(known.at)
        if (cover is not None and cover.exact) or (line.get("cover") == "licence_line" and stands):
            continue
        by_class = (cover is not None and cover.by_class) or (line.get("cover") == "class" and stands)
        found[number] = "class_cover" if by_class else "not_covered"
    return found


def overridden_lines(dossier: Dossier) -> frozenset[int]:
    """The lines that two release officers took on themselves since the form was last submitted."""
    lines: set[int] = set()
    for taken in dossier.steps:
        if taken.step == SUBMIT:
            lines.clear()  # what was changed since has to be looked at again
        elif taken.step == OVERRIDE:
            lines |= {row["line"] for row in taken.answers.get("lines", ()) if "line" in row}
    return frozenset(lines)


def items_covered(procedure: str) -> Guard:
    """Every line is covered itself, or overridden by two."""

    def guard(dossier: Dossier, _answers: Mapping[str, Any], known: Known) -> Sequence[Finding]:
        crossing = Crossing(dossier.answers, known, founded(procedure))
        overridden = overridden_lines(dossier)
        return [
            crossing.find(what, f"items/{number - 1}/cover", line=number)
            for number, what in uncovered_lines(dossier.answers, known).items()
            if what == "not_covered" or number not in overridden
        ]

    return guard


def overridable(procedure: str) -> Guard:
    """Only lines that their class covers are overridden."""

    def guard(dossier: Dossier, answers: Mapping[str, Any], known: Known) -> Sequence[Finding]:
        crossing = Crossing(dossier.answers, known, founded(procedure))
        lines = uncovered_lines(dossier.answers, known)
        return [
            crossing.find("not_overridable", f"lines/{number}/line", line=row["line"])
            for number, row in enumerate(answers.get("lines", ()))
            if "line" in row and lines.get(row["line"]) != "class_cover"
        ]

    return guard
