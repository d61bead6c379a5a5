"""Programme security instructions of a programme of both nations, and faults."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from relto.procedures.packs.programme_security.checks import PRACTISED
from tests.support.form_corpus import Fault, Filed
from tests.support.known import FACILITY, IND, PROGRAMME, USA, facility, known


def row(nation: str = "IND", **changes: Any) -> dict[str, Any]:
    """A facility of the list, as its authority assured it."""
    code = FACILITY[USA if nation == "USA" else IND]
    usual = {
        "facility": code,
        "level": f"{nation}:SECRET",
        "stores": True,
        "storage_level": f"{nation}:SECRET",
        "verified_by": "FCA-2026-0003",
        "verified_on": "2026-10-01",
        "expires_on": "2027-12-31",
    }
    return usual | changes


def CLEAN(random: Random) -> Filed:  # noqa: N802  the name that every module of the corpus has
    """An instruction with all practised sections, both facilities, information and shares that add up."""
    share = random.randint(10, 90)
    answers = {
        "partner": "IND",
        "programme": PROGRAMME,
        "edition": random.randint(1, 9),
        "in_force_from": "2026-12-01",
        "in_force_until": f"{random.randint(2027, 2035)}-12-31",
        "highest_level": "USA:SECRET",
        "sections": [{"section": section, "text": "As agreed."} for section in PRACTISED],
        "list_version": random.randint(1, 40),
        "stage": random.choice(["tender", "contract"]),
        "facilities": [row("USA"), row("IND", expires_on=f"2027-{random.randint(1, 12):02d}-15")],
        "information": [
            {"kind": "background", "owner": "IND", "about": "Dome", "class": "IND:SECRET", "use": "this programme"},
            {
                "kind": "foreground",
                "owner": "USA",
                "other_owner": "IND",
                "about": "Housing",
                "class": "USA:SECRET",
                "use": "both",
            },
        ],
        "shares": [
            {"nation": "USA", "place": FACILITY[USA], "work": "Housing", "percent": share},
            {"nation": "IND", "place": FACILITY[IND], "work": "Dome", "percent": 100 - share},
        ],
    }
    return Filed("programme_security", answers, known())


def _row(number: int, **changes: Any) -> Callable[[Random, Filed], Filed]:
    return lambda _, filed: filed.with_row("facilities", number, **changes)


def _says(**changes: Any) -> Callable[[Random, Filed], Filed]:
    return lambda _, filed: filed.with_answers(**changes)


def _withdrawn(random: Random, filed: Filed) -> Filed:
    state = random.choice(["revoked", "suspended", "invalidated", "in_process"])
    return filed.with_known(facilities={**filed.known.facilities, FACILITY[IND]: facility(IND, state=state)})


def _shares(_: Random, filed: Filed) -> Filed:
    return filed.with_row("shares", 0, percent=95).with_row("shares", 1, percent=45)


FAULTS = (
    Fault(
        "ends_first",
        "The instruction ends before it is in force.",
        "programme_security.ends_before_start",
        _says(in_force_until="2020-01-01"),
    ),
    Fault("own_partner", "The partner is the own nation.", "programme_security.partner_is_own", _says(partner="USA")),
    Fault(
        "unknown_programme",
        "A programme that the agreement does not have.",
        "programme_security.programme_without_partner",
        _says(programme="NO-SUCH"),
    ),
    Fault(
        "listed_too_high",
        "A facility listed above what its authority assured.",
        "programme_security.listed_above_clearance",
        _row(1, level="IND:TOP SECRET"),
    ),
    Fault(
        "stores_too_high",
        "Storage listed above what its authority assured.",
        "programme_security.listed_above_storage",
        _row(1, storage_level="IND:TOP SECRET"),
    ),
    Fault(
        "not_verified",
        "A facility of which nothing is known.",
        "programme_security.facility_not_verified",
        _row(1, facility="IND-F404"),
    ),
    Fault(
        "withdrawn_facility",
        "A facility whose clearance does not stand.",
        "programme_security.clearance_does_not_stand",
        _withdrawn,
    ),
    Fault(
        "verified_tomorrow",
        "A verification that has not happened.",
        "programme_security.verified_later",
        _row(0, verified_on="2027-01-01"),
    ),
    Fault(
        "expired_entry",
        "An entry that has run out.",
        "programme_security.entry_expired",
        _row(0, expires_on="2026-01-01"),
    ),
    Fault(
        "outlives",
        "An entry that outlives the assurance.",
        "programme_security.outlives_assurance",
        _row(1, expires_on="2031-01-01"),
    ),
    Fault(
        "listed_twice",
        "A facility that stands on the list twice.",
        "programme_security.facility_twice",
        _row(1, facility=FACILITY[USA], level="USA:SECRET", storage_level="USA:SECRET"),
    ),
    Fault("shares", "Work shares that do not add up.", "programme_security.shares_do_not_add_up", _shares),
    Fault(
        "unlisted_share",
        "A share of the work at a facility that is not listed.",
        "programme_security.share_unlisted",
        lambda _, filed: filed.with_row("shares", 1, place="IND-F404"),
    ),
    Fault(
        "foreign_owner",
        "Information of a nation that is no party.",
        "programme_security.owner_no_party",
        lambda _, filed: filed.with_row("information", 0, owner="FRA"),
    ),
    Fault(
        "above_programme",
        "Information above the programme's highest level.",
        "programme_security.above_programme",
        lambda _, filed: filed.with_row("information", 1, **{"class": "USA:TOP SECRET"}),
    ),
)
