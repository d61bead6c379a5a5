"""Security officials and key managers of a firm: who must be named, and whether all that is said of them fits.

The offices are each nation's own: the United States' senior management official, security officer and insider threat
official (117.7(b)), India's chief security officer and cyber information security officer (the 2014 manual). Of a
nation whose offices are not known here none is demanded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

from relto.procedures.findings import Finding
from relto.procedures.known import Known
from relto.procedures.packs.own_book import SENIOR, OwnBook, covers, names_as_registered, newest, rows

BOOK = OwnBook("facility_clearance")
OFFICES: Final[Mapping[str, tuple[str, ...]]] = {
    "USA": ("senior_management_official", "facility_security_officer", "insider_threat_official"),
    "IND": ("company_chief_security_officer", "cyber_information_security_officer"),
}
"""Nation -> the offices that a cleared firm of it fills."""
SYSTEM_OFFICE: Final[Mapping[str, str]] = {
    "USA": "system_security_manager",
    "IND": "cyber_information_security_officer",
}
"""Nation -> the office that answers for classified systems."""
_NEVER_EXCLUDED: Final = frozenset({"facility_security_officer", "insider_threat_official"})
SECURITY_OFFICER: Final = "facility_security_officer"


def check_people(answers: Mapping[str, Any], known: Known) -> Iterator[Finding]:
    """What is wrong with the named officials, key managers and the signature."""
    yield from _offices_filled(answers, known)
    yield from _each_official(answers, known)
    yield from _key_managers(answers, known)
    yield from names_as_registered(BOOK, answers, known, "officials", "key_managers")
    yield from _signature(answers, known)


def controlling_country(known: Known) -> str:
    """The country that controls the firm without an instrument and with which an industrial agreement is in force.

    "" where there is none: then no key manager may be a citizen of another country on that ground.
    """
    declared = newest(known.related.get("ownership", ()), without={"closed"})
    if declared is None or declared.data.get("foreign_control") is not True:
        return ""
    if declared.data.get("instrument", "none") != "none":
        return ""
    country = str(declared.data.get("controlling_country", ""))
    return country if country in known.parties and known.industrial_annex_in_force else ""


def _offices_filled(answers: Mapping[str, Any], known: Known) -> Iterator[Finding]:
    if "officials" not in answers:
        return
    asked = OFFICES.get(known.nation)
    if asked is None:
        yield BOOK.found(known, "offices_not_loaded", "officials")
        return
    filled = Counter(row.get("office") for _, row in rows(answers, "officials"))
    for office in asked:
        if not filled[office]:
            yield BOOK.found(known, "official_missing", "officials", office=office)
    system = SYSTEM_OFFICE[known.nation]
    if answers.get("classified_system") and not filled[system] and system not in asked:
        yield BOOK.found(known, "system_official_missing", "officials", office=system)


def _each_official(answers: Mapping[str, Any], known: Known) -> Iterator[Finding]:
    named: set[str] = set()
    held: dict[str, str] = {}
    managers = {row.get("person") for _, row in rows(answers, "key_managers")}
    own = {*OFFICES.get(known.nation, ()), SYSTEM_OFFICE.get(known.nation, "")}
    signed = answers.get("signed_on")
    for path, row in rows(answers, "officials"):
        office, person = row.get("office"), row.get("person")
        if office is None:
            continue
        if own != {""} and office not in own:
            yield BOOK.found(known, "official_of_other_nation", path + "office", office=office)
        if office in named:
            yield BOOK.found(known, "office_doubled", path + "office", office=office)
        named.add(office)
        if person in held and held[person] != office and answers.get("small_company") is False:
            yield BOOK.found(known, "one_person_two_offices", path + "person")
        held.setdefault(str(person), office)
        if not _may_be_citizen(office, row.get("citizenship"), known):
            yield BOOK.found(known, "official_citizenship", path + "citizenship", office=office)
        if person is not None and "key_managers" in answers and person not in managers:
            yield BOOK.found(known, "official_not_key_manager", path + "person", office=office)
        if signed is not None and row.get("appointed", "") > signed:
            yield BOOK.found(known, "appointed_after_signature", path + "appointed", date=row["appointed"])


def _may_be_citizen(office: str, citizenship: str | None, known: Known) -> bool:
    if citizenship in {None, known.nation}:
        return True
    return office != SECURITY_OFFICER and citizenship == controlling_country(known)


def _key_managers(answers: Mapping[str, Any], known: Known) -> Iterator[Finding]:
    officers = {row.get("person") for _, row in rows(answers, "officials") if row.get("office") in _NEVER_EXCLUDED}
    seen: set[str] = set()
    for path, row in rows(answers, "key_managers"):
        person = row.get("person")
        if person in seen:
            yield BOOK.found(known, "key_manager_doubled", path + "person", person=person)
        seen.add(str(person))
        excluded = row.get("excluded") is True
        if excluded and (person in officers or row.get("position") == "security_officer"):
            yield BOOK.found(known, "exclusion_not_allowed", path + "excluded")
    positions = {row.get("position") for _, row in rows(answers, "key_managers")}
    if positions and not positions & SENIOR:
        yield BOOK.found(known, "senior_manager_missing", "key_managers")


def _signature(answers: Mapping[str, Any], known: Known) -> Iterator[Finding]:
    signatory = answers.get("signatory")
    if signatory is None or "key_managers" not in answers:
        return
    positions = {row.get("position") for _, row in rows(answers, "key_managers") if row.get("person") == signatory}
    named = positions or {row.get("person") for _, row in rows(answers, "officials")} & {signatory}
    given = answers.get("signatory_position")
    if not named:
        yield BOOK.found(known, "signatory_not_named", "signatory")
    elif given is not None and (given not in SENIOR or given not in positions):
        yield BOOK.found(known, "signatory_position", "signatory_position")


def officials_not_cleared(answers: Mapping[str, Any], level: str, known: Known) -> Iterator[Finding]:
    """Officials who are not cleared to `level` today, in the register."""
    for path, row in rows(answers, "officials"):
        person = known.people.get(row.get("person", ""))
        in_date = person is not None and person.valid is not None and person.valid.holds_at(known.at)
        if person is None or not in_date or person.suspended or not covers(known, person.level, level):
            yield BOOK.found(known, "official_not_cleared", path + "person", office=row.get("office"), level=level)
