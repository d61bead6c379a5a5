"""Clearance packages of American and Indian firms: whole, and with the faults that send seven of ten back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any, Final

from relto.base.nations import Nation
from relto.procedures.known import Known
from tests.support.form_corpus import Fault, Filed
from tests.support.known import (
    COMPANY,
    FACILITY,
    IND,
    NOW,
    USA,
    dossier_known,
    facility,
    known,
    pseudonym,
)

PRIME: Final = {USA: "USA-F020", IND: "IND-F020"}
PEOPLE: Final = {USA: (1, 2, 3), IND: (11, 12, 13)}
_OFFICES: Final = {
    USA: ("senior_management_official", "facility_security_officer", "insider_threat_official"),
    IND: ("company_chief_security_officer", "cyber_information_security_officer"),
}


def declaration(state: str = "clear", **data: Any) -> Any:
    """The declaration of ownership beside the package."""
    usual = {"foreign_interest": False, "foreign_control": False, "foreign_government": False, "instrument": "none"}
    return dossier_known("OWN-2026-0002", "ownership", state, data=usual | data)


def known_beside(nation: Nation, *declared: Any, **changes: Any) -> Known:
    """What the node knows: the firm, its prime, its people, and its declaration of ownership."""
    usual = known(nation)
    prime = facility(nation, code=PRIME[nation], company=f"{nation}-C020")
    facilities = {**usual.facilities, PRIME[nation]: prime}
    return replace(usual, facilities=facilities, related={"ownership": list(declared)}, **changes)


def clean_package(random: Random, nation: Nation) -> Filed:
    """A package as a careful officer files it."""
    level = f"{nation}:{random.choice(('CONFIDENTIAL', 'SECRET'))}"
    small = random.random() < 0.3
    numbers = PEOPLE[nation]
    appointed = str(NOW.date() - timedelta(days=random.randint(100, 900)))
    holders = [numbers[0] if small else numbers[at % len(numbers)] for at in range(len(_OFFICES[nation]))]
    officials = [
        _official(nation, office, number, appointed) for office, number in zip(_OFFICES[nation], holders, strict=True)
    ]
    managers = [
        {
            "position": "senior_manager" if at == 0 else "security_officer" if at == 1 else "director",
            "person": pseudonym(number),
            "name": f"Person {number}",
            "citizenship": nation,
            "excluded": False,
        }
        for at, number in enumerate(numbers)
    ]
    contractor = random.random() < 0.5
    storage = random.random() < 0.5
    answers: dict[str, Any] = {
        "facility": FACILITY[nation],
        "company": COMPANY[nation],
        "sponsor_kind": "cleared_contractor" if contractor else "contracting_activity",
        "contract": f"CONTRACT {random.randint(100, 999)}",
        "needed_level": level,
        "level": level,
        "safeguarding": storage,
        "classified_system": False,
        "proscribed": False,
        "organised_in": nation,
        "small_company": small,
        "joint_venture": False,
        "has_parent": False,
        "foreign_interest": False,
        "officials": officials,
        "key_managers": managers,
        "signatory": pseudonym(numbers[0]),
        "signatory_position": "senior_manager",
        "signed_on": str(NOW.date() - timedelta(days=random.randint(0, 30))),
    }
    answers |= {"sponsor_facility": PRIME[nation]} if contractor else {"sponsor_office": "THE CONTRACTING OFFICE"}
    if storage:
        answers["safeguarding_level"] = f"{nation}:CONFIDENTIAL"
    return Filed("facility_clearance", answers, known_beside(nation, declaration()))


def CLEAN(random: Random) -> Filed:  # noqa: N802  the corpus names it so
    """A package of either nation."""
    return clean_package(random, random.choice((USA, IND)))


def _official(nation: Nation, office: str, number: int, appointed: str) -> dict[str, Any]:
    return {
        "office": office,
        "person": pseudonym(number),
        "name": f"Person {number}",
        "citizenship": nation,
        "appointed": appointed,
    }


def _with(**changes: Any) -> Callable[[Random, Filed], Filed]:
    return lambda _, filed: filed.with_answers(**changes)


def _row(rows: str, number: int, **changes: Any) -> Callable[[Random, Filed], Filed]:
    return lambda _, filed: filed.with_row(rows, number, **changes)


def _nation(filed: Filed) -> Nation:
    return filed.known.nation


def _own_facility_sponsors(_: Random, filed: Filed) -> Filed:
    own = FACILITY[_nation(filed)]
    return filed.with_answers(sponsor_kind="cleared_contractor", sponsor_office=None, sponsor_facility=own)


def _level_above(_: Random, filed: Filed) -> Filed:
    nation = _nation(filed)
    return filed.with_answers(needed_level=f"{nation}:CONFIDENTIAL", level=f"{nation}:SECRET")


def _storage_above(_: Random, filed: Filed) -> Filed:
    return filed.with_answers(safeguarding=True, safeguarding_level=f"{_nation(filed)}:TOP SECRET")


def _other_nations_level(_: Random, filed: Filed) -> Filed:
    other = IND if _nation(filed) == USA else USA
    return filed.with_answers(level=f"{other}:CONFIDENTIAL")


def _twice(_: Random, filed: Filed) -> Filed:
    return filed.with_answers(officials=[*filed.answers["officials"], filed.answers["officials"][0]])


def _one_missing(_: Random, filed: Filed) -> Filed:
    return filed.with_answers(officials=filed.answers["officials"][:-1])


def _offices_together(random: Random, _: Filed) -> Filed:
    nation = random.choice((USA, IND))
    filed = clean_package(random, nation).with_answers(small_company=False)
    first = filed.answers["officials"][0]
    return filed.with_row("officials", 1, person=first["person"], name=first["name"])


def _official_not_manager(_: Random, filed: Filed) -> Filed:
    person = filed.answers["officials"][0]["person"]
    left = [one for one in filed.answers["key_managers"] if one["person"] != person]
    return filed.with_answers(key_managers=left)


def _excluded_officer(random: Random, _: Filed) -> Filed:
    return clean_package(random, random.choice((USA, IND))).with_row("key_managers", 1, excluded=True)


def _manager_doubled(_: Random, filed: Filed) -> Filed:
    return filed.with_answers(key_managers=[*filed.answers["key_managers"], filed.answers["key_managers"][-1]])


def _director_signs(_: Random, filed: Filed) -> Filed:
    last = filed.answers["key_managers"][-1]
    return filed.with_answers(signatory=last["person"], signatory_position=last["position"])


def _stranger_signs(_: Random, filed: Filed) -> Filed:
    return filed.with_answers(signatory=pseudonym(77))


def _declared_otherwise(_: Random, filed: Filed) -> Filed:
    return filed.with_known(related={"ownership": [declaration(foreign_interest=True)]})


def _nothing_declared(_: Random, filed: Filed) -> Filed:
    return filed.with_known(related={})


def _weak_parent(_: Random, filed: Filed) -> Filed:
    nation = _nation(filed)
    parent = facility(nation, code=f"{nation}-F030", level="CONFIDENTIAL")
    facilities = {**filed.known.facilities, parent.code: parent}
    level = f"{nation}:SECRET"
    changed = filed.with_answers(
        has_parent=True, parent_facility=parent.code, parent_excluded=False, level=level, needed_level=level
    )
    return changed.with_known(facilities=facilities)


def _late_appointment(_: Random, filed: Filed) -> Filed:
    return filed.with_row("officials", 0, appointed=str(NOW.date() + timedelta(days=3)))


FAULTS: Final = (
    Fault(
        "clearance.no_sponsor",
        "No sponsoring office is named.",
        "facility_clearance.sponsor_missing",
        _with(sponsor_kind="contracting_activity", sponsor_facility=None, sponsor_office=None),
    ),
    Fault(
        "clearance.own_sponsor",
        "The firm sponsors itself.",
        "facility_clearance.self_sponsored",
        _own_facility_sponsors,
    ),
    Fault(
        "clearance.level",
        "A higher level is asked for than the contract needs.",
        "facility_clearance.level_above_need",
        _level_above,
    ),
    Fault(
        "clearance.storage",
        "Safeguarding above the clearance is asked for.",
        "facility_clearance.safeguarding_above_clearance",
        _storage_above,
    ),
    Fault(
        "clearance.foreign_level",
        "A level of the other nation's policy is asked for.",
        "facility_clearance.level_not_own",
        _other_nations_level,
    ),
    Fault("clearance.office_twice", "An office is named twice.", "facility_clearance.office_doubled", _twice),
    Fault(
        "clearance.office_missing",
        "An office is filled by nobody.",
        "facility_clearance.official_missing",
        _one_missing,
    ),
    Fault(
        "clearance.one_person",
        "One person holds two offices outside the small-company profile.",
        "facility_clearance.one_person_two_offices",
        _offices_together,
    ),
    Fault(
        "clearance.citizen",
        "A security official is a citizen of a third country.",
        "facility_clearance.official_citizenship",
        _row("officials", 0, citizenship="FRA"),
    ),
    Fault(
        "clearance.not_listed",
        "An official is not on the list of key managers.",
        "facility_clearance.official_not_key_manager",
        _official_not_manager,
    ),
    Fault(
        "clearance.name",
        "A key manager's name is not the one on the roster.",
        "facility_clearance.name_not_as_registered",
        _row("key_managers", 0, name="Persona 1"),
    ),
    Fault(
        "clearance.stranger",
        "A key manager is on no roster.",
        "facility_clearance.person_unknown",
        _row("key_managers", 2, person=pseudonym(88)),
    ),
    Fault(
        "clearance.manager_twice",
        "A key manager is entered twice.",
        "facility_clearance.key_manager_doubled",
        _manager_doubled,
    ),
    Fault(
        "clearance.excluded",
        "The security officer is excluded for a time.",
        "facility_clearance.exclusion_not_allowed",
        _excluded_officer,
    ),
    Fault("clearance.director", "A director signs.", "facility_clearance.signatory_position", _director_signs),
    Fault(
        "clearance.outsider",
        "Somebody signs who is not named.",
        "facility_clearance.signatory_not_named",
        _stranger_signs,
    ),
    Fault(
        "clearance.conflict",
        "The declaration of ownership says something else of a foreign interest.",
        "facility_clearance.ownership_conflict",
        _declared_otherwise,
    ),
    Fault(
        "clearance.undeclared",
        "There is no declaration of ownership.",
        "facility_clearance.ownership_missing",
        _nothing_declared,
    ),
    Fault("clearance.parent", "The parent is cleared lower.", "facility_clearance.parent_below", _weak_parent),
    Fault(
        "clearance.appointed",
        "An official is appointed after the package was signed.",
        "facility_clearance.appointed_after_signature",
        _late_appointment,
    ),
    Fault(
        "clearance.abroad",
        "The firm is organised under a third country's law.",
        "facility_clearance.organised_elsewhere",
        _with(organised_in="GBR"),
    ),
    Fault(
        "clearance.venture",
        "A joint venture that is no legal entity.",
        "facility_clearance.venture_no_entity",
        _with(joint_venture=True, legal_entity=False),
    ),
)
