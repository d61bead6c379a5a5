"""Specifications of classified contracts: a US prime contractor subcontracts to an Indian facility; and faults."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

from relto.procedures.known import DossierKnown, Known
from tests.support.form_corpus import Fault, Filed
from tests.support.known import FACILITY, IND, PROGRAMME, USA, dossier_known, facility, known, person, pseudonym

PRIME = "CSS-2026-0001"
GUIDE = "CLG-2026-0001"
CLAUSES = [
    "no_third_party",
    "channels",
    "remarking",
    "classification",
    "loss_report",
    "onward",
    "disposition",
    "flow_down",
]


def prime_answers(**changes: Any) -> dict[str, Any]:
    """The answers of the prime contract, whose contractor is the US facility."""
    return {
        "kind": "co_production",
        "position": "prime",
        "specification": "original",
        "programme": PROGRAMME,
        "reference": "N00024-26-C-0001",
        "subject": "Production of the housing",
        "starts_on": "2026-06-01",
        "ends_on": "2029-05-31",
        "dealings_outside": False,
        "contractor_country": "USA",
        "contractor": FACILITY[USA],
        "level_needed": "USA:SECRET",
        "clearance_needed": "USA:SECRET",
        "stores": True,
        "safeguarding_needed": "USA:SECRET",
        "access_before_award": True,
        "places": [
            {"facility": FACILITY[USA], "kept_there": True},
            {"facility": FACILITY[IND], "kept_there": True},
        ],
        "access": ["foreign_government_information", "comsec"],
        "owners": [{"country": "IND"}],
        "performance": ["receive", "generate", "fabricate"],
        "guidance": "As in the guide of the programme",
        "public_release": "not_permitted",
        "inspections": "contractor_authority",
        "distribution": ["contractor", "own_authority"],
        "clause_set": 1,
        "clauses": CLAUSES,
        "disposition": "return",
        "signatory": pseudonym(1),
    } | changes


def prime(**changes: Any) -> DossierKnown:
    """The prime contract, whose work is under way."""
    return dossier_known(PRIME, "contract_security", "performance", data=prime_answers(), **changes)


def guide_known() -> DossierKnown:
    """A classification guide in force."""
    return dossier_known(GUIDE, "classification_guide", "in_force")


def contract_known(**changes: Any) -> Known:
    """What the US node knows: the usual, the prime contract, a guide, and a security officer who signs."""
    usual = known(dossiers={PRIME: prime(), GUIDE: guide_known()})
    people = {**usual.people, pseudonym(1): person(1, roles=frozenset({"security_officer"}))}
    return replace(usual, people=people, **changes)


def CLEAN(random: Random) -> Filed:  # noqa: N802  the name that every module of the corpus has
    """A subcontract to the Indian facility, within its prime contract; sometimes its award or its end."""
    year, month = random.randint(2027, 2028), random.randint(1, 12)
    level = random.choice(["SECRET", "CONFIDENTIAL"])
    stores = random.random() < 0.8
    work = random.sample(["receive", "generate", "fabricate"], random.randint(1, 3)) if stores else ["access_elsewhere"]
    answers = prime_answers(
        position="subcontract",
        prime=PRIME,
        partner="IND",
        contractor_country="IND",
        contractor=FACILITY[IND],
        onward_approval=f"DSA-IND-{random.randint(1, 999)}",
        starts_on=f"{year}-{month:02d}-01",
        ends_on=f"{year + 1}-05-31",
        level_needed=f"USA:{level}",
        clearance_needed=f"USA:{level}",
        stores=stores,
        safeguarding_needed=f"USA:{level}" if stores else None,
        performance=work,
        places=[{"facility": FACILITY[IND], "kept_there": stores}],
        access=["foreign_government_information"] if random.random() < 0.5 else [],
        customer_facility=FACILITY[USA],
        guide=GUIDE if random.random() < 0.5 else None,
        disposition=random.choice(["return", "destroy"]),
    )
    if not answers["access"]:
        answers["owners"] = None
    filed = Filed("contract_security", {}, contract_known()).with_answers(**answers)
    return random.choice([filed, _awarded(filed)])


def _awarded(filed: Filed) -> Filed:
    given = {"contract_number": "SC-26-77", "awarded_on": "2026-11-20", "clauses_signed": True}
    return replace(filed, step="award", step_answers=given)


def _ended(filed: Filed) -> Filed:
    given = {"done": filed.answers["disposition"], "done_on": "2026-11-20", "retains": False}
    return replace(filed, step="finalise", step_answers=given)


def _says(**changes: Any) -> Callable[[Random, Filed], Filed]:
    return lambda _, filed: filed.with_answers(**changes)


def _without_a_clause(random: Random, filed: Filed) -> Filed:
    left_out = random.choice([one for one in CLAUSES if one != "disposition"])
    return filed.with_answers(clauses=[one for one in CLAUSES if one != left_out])


def _state(state: str) -> Callable[[Random, Filed], Filed]:
    def spoil(_: Random, filed: Filed) -> Filed:
        facilities = {**filed.known.facilities, FACILITY[IND]: facility(IND, state=state)}
        return _awarded(filed).with_known(facilities=facilities)

    return spoil


def _uncleared(_: Random, filed: Filed) -> Filed:
    low = facility(IND, level="RESTRICTED", safeguarding="")
    return filed.with_known(facilities={**filed.known.facilities, FACILITY[IND]: low})


def _no_storage(_: Random, filed: Filed) -> Filed:
    unable = facility(IND, safeguarding="")
    filed = filed.with_answers(
        stores=True, safeguarding_needed="USA:CONFIDENTIAL", places=[{"facility": FACILITY[IND], "kept_there": True}]
    )
    return filed.with_known(facilities={**filed.known.facilities, FACILITY[IND]: unable})


def _kept_too_long(_: Random, filed: Filed) -> Filed:
    kept = {"retains": True, "retained_until": "2031-01-01", "retention_reason": "spares"}
    home = filed.with_answers(partner=None, contractor_country="USA", contractor=FACILITY[USA])
    return _ended(home).with_step_answers(**kept)


FAULTS = (
    Fault(
        "ends_first",
        "The contract ends before it begins.",
        "contract_security.ends_before_start",
        _says(ends_on="2026-01-01"),
    ),
    Fault(
        "no_prime",
        "A subcontract names a prime contract that nobody knows.",
        "contract_security.prime_unknown",
        _says(prime="CSS-2020-0404"),
    ),
    Fault("wrong_box", "A prime contract names a prime contract above it.", "form.empty", _says(position="prime")),
    Fault(
        "longer_than_prime",
        "A subcontract lasts longer than its prime contract.",
        "contract_security.outside_prime",
        _says(ends_on="2031-12-31"),
    ),
    Fault(
        "clearance_too_high",
        "The clearance asked for is higher than the work needs.",
        "contract_security.clearance_above_need",
        _says(clearance_needed="USA:TOP SECRET"),
    ),
    Fault(
        "clearance_too_low",
        "The clearance asked for does not cover the work.",
        "contract_security.clearance_below_need",
        _says(level_needed="USA:SECRET", clearance_needed="USA:CONFIDENTIAL"),
    ),
    Fault(
        "storage_over_clearance",
        "Safeguarding above the facility clearance.",
        "contract_security.safeguarding_above_clearance",
        _says(stores=True, safeguarding_needed="USA:TOP SECRET"),
    ),
    Fault(
        "work_without_storage",
        "The contractor generates material and keeps none (item 11 against item 1b).",
        "contract_security.work_needs_storage",
        _says(stores=False, safeguarding_needed=None, performance=["generate"]),
    ),
    Fault(
        "storage_without_work",
        "Material is kept though the work is elsewhere.",
        "contract_security.storage_without_work",
        _says(stores=True, safeguarding_needed="USA:CONFIDENTIAL", performance=["access_elsewhere"]),
    ),
    Fault(
        "services_and_more",
        "Services only, and more than services.",
        "contract_security.services_and_more",
        _says(performance=["services_only", "receive"]),
    ),
    Fault(
        "added_access",
        "Access that the prime contract does not have.",
        "contract_security.added_access",
        _says(access=["restricted_data"]),
    ),
    Fault(
        "raised_level",
        "A level above the prime contract's.",
        "contract_security.raised_level",
        _says(level_needed="USA:TOP SECRET", clearance_needed="USA:TOP SECRET"),
    ),
    Fault(
        "foreign_sub",
        "A foreign subcontractor without the authorities' approval.",
        "contract_security.foreign_subcontractor",
        _says(onward_approval=None),
    ),
    Fault(
        "clause_missing",
        "One of the mandatory clauses is missing.",
        "contract_security.clause_missing",
        _without_a_clause,
    ),
    Fault(
        "blank_disposition",
        "The blank on disposition is not filled.",
        "contract_security.disposition_blank",
        _says(disposition=None),
    ),
    Fault(
        "unknown_clause_set",
        "A clause set that was never published.",
        "contract_security.clause_set_unknown",
        _says(clause_set=404),
    ),
    Fault(
        "no_guidance",
        "Neither guide nor guidance.",
        "contract_security.guidance_missing",
        _says(guide=None, guidance=None),
    ),
    Fault(
        "third_country",
        "Foreign information for a contractor under a third country's control, without consent.",
        "contract_security.third_country_without_consent",
        _says(third_country_control="FRA", access=["foreign_government_information"], owners=[{"country": "IND"}]),
    ),
    Fault(
        "no_owner",
        "Foreign information of nobody.",
        "contract_security.owner_missing",
        _says(access=["foreign_government_information"], owners=None),
    ),
    Fault(
        "wrong_country",
        "The contractor's facility is in another country than stated.",
        "contract_security.contractor_elsewhere",
        _says(contractor=FACILITY[USA]),
    ),
    Fault(
        "unknown_facility",
        "A place of performance without any assurance.",
        "contract_security.facility_unknown",
        _says(places=[{"facility": "IND-F404", "kept_there": True}]),
    ),
    Fault(
        "uncleared_facility",
        "A facility below the level of the work.",
        "contract_security.facility_not_cleared",
        _uncleared,
    ),
    Fault(
        "unable_to_store",
        "Material kept where it may not be stored.",
        "contract_security.facility_cannot_store",
        _no_storage,
    ),
    Fault(
        "award_to_invalidated",
        "An award to a facility whose clearance is invalidated.",
        "contract_security.no_new_award",
        _state("invalidated"),
    ),
    Fault(
        "award_in_process",
        "An award to a facility whose clearance is in process.",
        "contract_security.no_new_award",
        _state("in_process"),
    ),
    Fault(
        "wrong_signatory",
        "The certifying official holds no role that signs.",
        "contract_security.signatory_role",
        _says(signatory=pseudonym(2)),
    ),
    Fault(
        "kept_too_long",
        "Material kept beyond the limit without an approval.",
        "contract_security.kept_too_long",
        _kept_too_long,
    ),
)
