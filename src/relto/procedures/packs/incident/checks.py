"""Checks of the incident report and of the forms that its steps ask for (first pass; domain.md 2.7 and 3.4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from relto.base.instants import read_instant
from relto.procedures.findings import Finding
from relto.procedures.founded import founded
from relto.procedures.known import Known
from relto.procedures.packs.listed_items import check_items, other_nations
from relto.procedures.table import ANSWERING

_FOUND: Final = founded("incident")


def demanded(what: str, path: str, known: Known) -> list[Finding]:
    """The finding, when a provision of the own nation or of both says so; otherwise none."""
    found = _FOUND.found(what, path, nations={known.nation}, nation=known.nation)
    return [found] if found.rules else []


def check_report(answers: Mapping[str, Any], known: Known) -> Sequence[Finding]:
    """The report as a whole: times, places, whose information, and what no rule says.

    The originator's node has the projection only: the form is not its own to check.
    """
    if known.side == ANSWERING:
        return []
    findings = [
        *_times(answers, known),
        *_places(answers, known),
        *_partner(answers, known),
        *_items(answers, known),
        *_people(answers, known),
        *_texts(answers, known),
        *demanded("no_time_loaded", "noticed", known),
    ]
    if answers.get("classified_system") and not answers.get("technique"):
        findings += demanded("technique_missing", "technique", known)
    if answers.get("holds_partner_information"):
        findings += demanded("no_partner_time_loaded", "partner", known)
    return findings


def check_final(answers: Mapping[str, Any], known: Known) -> Sequence[Finding]:
    """The final report: actions with days to come, and a person who is on the register."""
    findings = [
        _FOUND.found("action_due_past", f"actions/{number}/due")
        for number, row in enumerate(answers.get("actions", ()))
        if "due" in row and row["due"] < known.today(known.nation).isoformat()
    ]
    if not answers.get("actions"):
        findings += demanded("no_actions", "actions", known)
    person = answers.get("person")
    return findings + ([] if person is None else _unknown_person(person, "person", known))


def check_containment(answers: Mapping[str, Any], known: Known) -> Sequence[Finding]:
    """Containment names somebody or something, and people of this node only."""
    findings = [
        finding
        for number, row in enumerate(answers.get("people", ()))
        for finding in _unknown_person(row.get("person", ""), f"people/{number}/person", known)
    ]
    if not answers.get("people") and not answers.get("releases"):
        findings.append(_FOUND.found("nothing_contained", "people"))
    return findings


def check_finished_action(answers: Mapping[str, Any], known: Known) -> Sequence[Finding]:
    """A finished action was finished by today."""
    done = answers.get("done")
    late = done is not None and done > known.today(known.nation).isoformat()
    return [_FOUND.found("action_done_in_future", "done")] if late else []


def names_in(texts: Iterable[tuple[str, str]], known: Known) -> Iterator[Finding]:
    """A finding for each (path, text) that names a person of the own roster, by name or pseudonym."""
    named = [one.casefold() for pair in {**known.roster, **known.names}.items() for one in pair]
    for path, text in texts:
        if any(one in text.casefold() for one in named):
            yield _FOUND.found("person_named", path)


def _times(answers: Mapping[str, Any], known: Known) -> Iterator[Finding]:
    noticed, first, last = (answers.get(code) for code in ("noticed", "happened_from", "happened_until"))
    if noticed is not None and read_instant(noticed) > known.at:
        yield _FOUND.found("noticed_in_future", "noticed")
    if first is None:
        return
    today = known.today(known.nation).isoformat()
    if (last is not None and first > last) or first > today:
        yield _FOUND.found("dates_reversed", "happened_from")


def _places(answers: Mapping[str, Any], known: Known) -> Iterator[Finding]:
    own, theirs = answers.get("facility"), answers.get("partner_facility")
    if own is not None and (own not in known.facilities or known.facilities[own].nation != known.nation):
        yield _FOUND.found("facility_not_own", "facility")
    if theirs is not None:
        found = known.facilities.get(theirs)
        if found is None or found.nation != answers.get("partner", found.nation):
            yield _FOUND.found("partner_facility_not_theirs", "partner_facility")


def _partner(answers: Mapping[str, Any], known: Known) -> Iterator[Finding]:
    partner, programme = answers.get("partner"), answers.get("programme")
    if programme is not None and programme not in known.programmes:
        yield _FOUND.found("programme_unknown", "programme")
    if partner is None:
        return
    if partner == known.nation:
        yield _FOUND.found("partner_is_own", "partner")
        return
    if partner not in known.parties:
        yield _FOUND.found("partner_no_party", "partner", partner=partner)
    if programme is not None and partner not in known.programmes.get(programme, {partner}):
        yield _FOUND.found("partner_not_in_programme", "programme", partner=partner)
    for number, row in enumerate(answers.get("partner_items", ())):
        level = row.get("level", f"{partner}:")
        if level.partition(":")[0] != partner:
            yield _FOUND.found("level_not_partners", f"partner_items/{number}/level", level=level)
        elif "level" in row and not known.levels.known(level):
            yield _FOUND.found("level_unknown", f"partner_items/{number}/level", level=level)


def _items(answers: Mapping[str, Any], known: Known) -> Iterator[Finding]:
    rows = answers.get("items", ())
    if answers.get("kind") == "loss" and not rows and not answers.get("partner_items"):
        yield _FOUND.found("nothing_named", "items")
    yield from check_items(rows, known, _FOUND)
    if answers.get("holds_partner_information") is False:
        for partner in other_nations(rows, known):
            yield _FOUND.found("partner_information_not_said", "holds_partner_information", partner=partner)


def _people(answers: Mapping[str, Any], known: Known) -> Iterator[Finding]:
    for number, row in enumerate(answers.get("persons", ())):
        yield from _unknown_person(row.get("person", ""), f"persons/{number}/person", known)


def _texts(answers: Mapping[str, Any], known: Known) -> Iterator[Finding]:
    rows = enumerate(answers.get("partner_items", ()))
    told = ((f"partner_items/{number}/reference", row["reference"]) for number, row in rows if "reference" in row)
    yield from names_in(told, known)


def _unknown_person(person: str, path: str, known: Known) -> list[Finding]:
    found = known.people.get(person)
    is_own = found is not None and found.nation == known.nation
    return [] if is_own or not person else [_FOUND.found("person_unknown", path)]
