"""What follows from the sources of a document: its level, its duration, what its front and "Derived from" must say.

Rules enforced here:
 1. The level is at least that of every source, by the bundle's equivalences; of a level without equivalent nobody
    guesses: how it is handled must be said.
 2. Below another government's information it never goes without that government's written approval (117.14(n)(3)).
 3. Every source stands on "Derived from"; the longest duration among the sources is carried forward, a source that
    does not say counts with the nation's default, and foreign information ends it at the nation's longest
    (2001.22(d)-(e), 2001.26(a)(6)). A nation without such a rule has none here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from relto.procedures.findings import Finding
from relto.procedures.founded import founded
from relto.procedures.known import Known, LevelOrder
from relto.procedures.packs.visit.days import added
from relto.procedures.procedure import Dossier

Answers = Mapping[str, Any]
CODE: Final = "derivation"


@dataclass(frozen=True, slots=True)
class Derived:
    """What follows from sources. `levels`: the highest, one where they have an order, else each that none covers.

    `derived_from`: every source by its number, in order. `foreign`: the other governments whose information it is.
    """

    levels: tuple[str, ...]
    derived_from: tuple[str, ...]
    foreign: tuple[str, ...]


def derive(sources: Sequence[Answers], levels: LevelOrder, own: str) -> Derived:
    """What follows from these rows of a form for a document of the nation `own`."""
    given = list(dict.fromkeys(row["level_of_source"] for row in sources if "level_of_source" in row))
    highest: list[str] = []
    for level in given:
        if any(levels.covers(kept, level) for kept in highest):
            continue
        highest = [kept for kept in highest if not levels.covers(level, kept)] + [level]
    references = dict.fromkeys(row["reference"] for row in sources if "reference" in row)
    foreign = {row["owner"] for row in sources if row.get("owner", own) != own}
    return Derived(tuple(highest), tuple(references), tuple(sorted(foreign)))


def check(answers: Answers, known: Known) -> list[Finding]:
    """Everything that can be told of the form as it stands."""
    return [
        *_document(answers, known),
        *_sources(answers, known),
        *_level(answers, known),
        *_named(answers, known),
        *_duration(answers, known),
    ]


def _found(what: str, path: str, **values: Any) -> Finding:
    return founded(CODE).found(what, path, **values)


def _document(answers: Answers, known: Known) -> Iterator[Finding]:
    if answers.get("derived_on", "") > known.today(known.nation).isoformat():
        yield _found("derived_later", "derived_on")
    if "level" in answers and not known.levels.known(answers["level"]):
        yield _found("unknown_level", "level", level=answers["level"])
    if "classifier" in answers and answers["classifier"] not in known.roster:
        yield _found("classifier_unknown", "classifier")


def _sources(answers: Answers, known: Known) -> Iterator[Finding]:
    seen: set[str] = set()
    for number, row in enumerate(answers.get("sources", ())):
        path = f"sources/{number}/"
        reference, level = row.get("reference"), row.get("level_of_source")
        if reference in seen:
            yield _found("source_twice", path + "reference", reference=reference)
        seen.update([reference] if reference else [])
        if level and not known.levels.known(level):
            yield _found("unknown_level", path + "level_of_source", level=level)
        guide = known.dossiers.get(row.get("guide", ""))
        if "guide" in row and (guide is None or guide.procedure != "classification_guide" or guide.state != "in_force"):
            yield _found("guide_unknown", path + "guide", guide=row["guide"])


def _level(answers: Answers, known: Known) -> Iterator[Finding]:
    level = answers.get("level")
    if level is None or not known.levels.known(level):
        return
    rows = answers.get("sources", ())
    for row in rows:
        source, owner = row.get("level_of_source"), row.get("owner", str(known.nation))
        if source is None or not known.levels.known(source):
            continue
        covered = known.levels.covers(level, source)
        if covered is None and "without_equivalent" not in answers:
            yield _found("no_equivalent", "without_equivalent", source=source, owner=owner, level=level)
        elif covered is False and owner != known.nation:
            yield _found("below_foreign", "level", level=level, owner=owner, source=source)
        elif covered is False:
            yield _found("below_source", "level", level=level, reference=row.get("reference", "-"), source=source)
    highest = derive(rows, known.levels, str(known.nation)).levels
    if highest and not any(known.levels.covers(one, level) in {True, None} for one in highest):
        yield _found("above_sources", "level", nations={str(known.nation)}, level=level)


def _named(answers: Answers, known: Known) -> Iterator[Finding]:
    derived = derive(answers.get("sources", ()), known.levels, str(known.nation))
    written = answers.get("derived_from")
    for reference in derived.derived_from:
        if written is not None and reference not in written:
            yield _found("source_not_named", "derived_from", reference=reference)
    if derived.foreign and answers.get("says_foreign") is False:
        nations = {str(known.nation)}
        yield _found("foreign_not_said", "says_foreign", nations=nations, owner=", ".join(derived.foreign))


def _duration(answers: Answers, known: Known) -> Iterator[Finding]:
    nation, rows = str(known.nation), answers.get("sources", ())
    given, derived_on = answers.get("declassify_on"), answers.get("derived_on")
    if not rows or derived_on is None:
        return
    default = known.limits.limit("classification.default_duration", nation)
    most = known.limits.limit("classification.longest", nation)
    if default is None or most is None:
        yield _found("duration_no_rule", "declassify_on", nations={nation}, nation=nation)
        return
    start = date.fromisoformat(derived_on)
    usual = added(start, default.value, default.unit).isoformat()
    latest = added(start, most.value, most.unit).isoformat()
    longest = max(row.get("keep_until", usual) for row in rows)
    foreign = derive(rows, known.levels, nation).foreign
    if foreign:
        longest = min(longest, latest)
    if given is None:
        yield _found("declassified_missing", "declassify_on", nations={nation}, latest=longest)
        return
    if given < longest:
        yield _found("declassified_too_early", "declassify_on", nations={nation}, longest=longest)
    if foreign and given > latest:
        yield _found("declassified_too_late", "declassify_on", nations={nation}, latest=latest)


def originator_approved(dossier: Dossier, step: Answers, known: Known) -> Sequence[Finding]:
    """Where the new level is below another government's information, that government approved it in writing.

    Below the own sources it does not go by this step: they are lowered by who classified them.
    """
    lowered = {**dossier.answers, "level": step.get("level", dossier.answers.get("level"))}
    approved = "approval" in step and step.get("approved_on", "9999") <= known.today(known.nation).isoformat()
    findings = []
    for finding in _level(lowered, known):
        if finding.code == f"{CODE}.below_foreign":
            if not approved:
                findings.append(_found("approval_missing", "approval", owner=finding.values["owner"]))
        elif finding.code != f"{CODE}.above_sources":
            findings.append(finding)
    return findings
