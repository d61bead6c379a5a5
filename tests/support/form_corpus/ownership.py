"""Declarations of ownership of American and Indian firms, whole, and as they come back for a second round."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any, Final

from relto.base.nations import Nation
from tests.support.form_corpus import Fault, Filed
from tests.support.known import COMPANY, FACILITY, IND, NOW, USA, dossier_known, known, pseudonym

SENIOR: Final = {USA: 1, IND: 11}
OTHER: Final = {USA: IND, IND: USA}
_UNDER_COMMITTEE: Final = (
    "security_control_agreement",
    "special_security_agreement",
    "voting_trust",
    "proxy_agreement",
)


def days_ago(days: int) -> str:
    return str(NOW.date() - timedelta(days=days))


def domestic(random: Random, nation: Nation) -> Filed:
    """A firm whose owners are all of its own nation."""
    share = random.randint(1, 99)
    answers: dict[str, Any] = {
        "facility": FACILITY[nation],
        "company": COMPANY[nation],
        "reason": random.choice(("application", "yearly_review")),
        "owners": [
            {"holder_kind": "person", "country": nation, "percent": share, "elects_board": True},
            {"holder_kind": "public_float", "country": nation, "percent": 100 - share, "elects_board": False},
        ],
        "foreign_interest": False,
        "foreign_board": False,
        "foreign_debt": False,
        "foreign_income": False,
        "foreign_control": False,
        "foreign_government": False,
        "proscribed": random.random() < 0.5,
        "instrument": "none",
        "licensed": nation == IND,
        "signatory": pseudonym(SENIOR[nation]),
        "signatory_position": random.choice(("senior_manager", "chief_executive")),
        "signed_on": days_ago(random.randint(0, 20)),
    }
    if nation == IND:
        newer = random.random() < 0.5
        answers |= {
            "licence_edition": "edition_2025" if newer else "edition_2014",
            "licence_category": random.choice("ab" if newer else "abc"),
            "category_date": "2025-09-01" if newer else "2023-02-14",
            "new_licence": random.random() < 0.5,
            "government_approval": False,
            "home_ministry_clearance": False,
        }
    return Filed("ownership", answers, known(nation))


def with_foreign_owner(random: Random, nation: Nation, share: int = 40) -> Filed:
    """A firm of which an owner from the partner's country holds a share, under an instrument."""
    filed = domestic(random, nation)
    owners = [
        {"holder_kind": "company", "country": OTHER[nation], "percent": share, "elects_board": True},
        {"holder_kind": "person", "country": nation, "percent": 100 - share, "elects_board": True},
    ]
    changes: dict[str, Any] = {
        "owners": owners,
        "foreign_interest": True,
        "foreign_income": True,
        "instrument": random.choice(_UNDER_COMMITTEE),
        "instrument_date": days_ago(900),
        "last_certified": days_ago(random.randint(10, 300)),
        "security_committee": True,
        "technology_control_plan": True,
        "communications_plan": True,
    }
    if changes["instrument"] in _UNDER_COMMITTEE[:2]:
        changes["outside_directors"] = random.randint(1, 3)
    if changes["instrument"] == "special_security_agreement":
        changes["national_interest_determination"] = True
    if nation == IND:
        changes["home_ministry_clearance"] = True
    return filed.with_answers(**changes)


def controlled(random: Random, nation: Nation) -> Filed:
    """A subsidiary that a firm of the partner's country owns and controls, without an instrument."""
    filed = with_foreign_owner(random, nation, 90)
    gone: tuple[str, ...] = (
        "instrument_date",
        "last_certified",
        "security_committee",
        "technology_control_plan",
        "communications_plan",
    )
    gone += ("outside_directors", "national_interest_determination")
    changes: dict[str, Any] = dict.fromkeys(gone) | {
        "instrument": "none",
        "foreign_control": True,
        "controlling_country": OTHER[nation],
    }
    if nation == IND:
        changes["government_approval"] = True
    return filed.with_answers(**changes)


def CLEAN(random: Random) -> Filed:  # noqa: N802  the corpus names it so
    """A declaration of either nation: owned at home, in part from abroad, or controlled from there."""
    made = random.choice((domestic, with_foreign_owner, controlled))
    return made(random, random.choice((USA, IND)))


def _on(make: Callable[[Random, Nation], Filed], *nations: Nation, **changes: Any) -> Callable[[Random, Filed], Filed]:
    """A clean form of this kind with answers changed."""
    return lambda random, _: make(random, random.choice(nations or (USA, IND))).with_answers(**changes)


def _instrument(instrument: str, **changes: Any) -> Callable[[Random, Filed], Filed]:
    usual: dict[str, Any] = {
        "instrument": instrument,
        "outside_directors": 1 if instrument in _UNDER_COMMITTEE[:2] else None,
        "national_interest_determination": True if instrument == "special_security_agreement" else None,
    }
    if instrument == "board_resolution":
        usual |= dict.fromkeys(("security_committee", "technology_control_plan", "communications_plan"))
    return _on(with_foreign_owner, USA, **(usual | changes))


def _foreign_row_undeclared(random: Random, _: Filed) -> Filed:
    nation = random.choice((USA, IND))
    filed = domestic(random, nation)
    return filed.with_row("owners", 1, country=OTHER[nation])


def _wrong_sum(_: Random, filed: Filed) -> Filed:
    share = filed.answers["owners"][0]["percent"]
    return filed.with_row("owners", 0, percent=share + 1 if share < 50 else share - 1)


def _government(random: Random, _: Filed) -> Filed:
    return with_foreign_owner(random, random.choice((USA, IND))).with_row("owners", 0, holder_kind="government")


def _majority(random: Random, _: Filed) -> Filed:
    return with_foreign_owner(random, random.choice((USA, IND)), 60)


def _package_says_no(random: Random, _: Filed) -> Filed:
    filed = with_foreign_owner(random, random.choice((USA, IND)))
    package = dossier_known("FCL-2026-0003", "facility_clearance", "final", data={"foreign_interest": False})
    return filed.with_known(related={"facility_clearance": [package]})


def _late_change(random: Random, _: Filed) -> Filed:
    return domestic(random, IND).with_answers(reason="significant_change", change_date=days_ago(random.randint(40, 90)))


FAULTS: Final = (
    Fault("ownership.sum", "The shares do not add up to the whole.", "ownership.percent_sum", _wrong_sum),
    Fault(
        "ownership.declared_without_rows",
        "A foreign interest is declared, and nothing foreign is entered.",
        "ownership.foreign_rows_missing",
        _on(domestic, foreign_interest=True),
    ),
    Fault(
        "ownership.row_undeclared",
        "An owner is foreign, and no foreign interest is declared.",
        "ownership.foreign_undeclared",
        _foreign_row_undeclared,
    ),
    Fault(
        "ownership.government",
        "A foreign government is an owner, and none is declared.",
        "ownership.government_undeclared",
        _government,
    ),
    Fault(
        "ownership.majority",
        "A foreign owner holds the majority, and no control is declared.",
        "ownership.control_undeclared",
        _majority,
    ),
    Fault(
        "ownership.controller",
        "The country that is said to control is that of no owner.",
        "ownership.controller_not_owner",
        _on(controlled, controlling_country="FRA"),
    ),
    Fault(
        "ownership.board_resolution",
        "A board resolution for an owner who elects board members.",
        "ownership.board_resolution_not_enough",
        _instrument("board_resolution"),
    ),
    Fault(
        "ownership.directors",
        "A security control agreement without an outside director.",
        "ownership.outside_directors_missing",
        _instrument("security_control_agreement", outside_directors=0),
    ),
    Fault(
        "ownership.plan",
        "A proxy agreement without a technology control plan.",
        "ownership.committee_or_plan_missing",
        _instrument("proxy_agreement", technology_control_plan=False),
    ),
    Fault(
        "ownership.determination",
        "Proscribed information under a special security agreement without a determination.",
        "ownership.determination_missing",
        _instrument("special_security_agreement", proscribed=True, national_interest_determination=False),
    ),
    Fault(
        "ownership.review",
        "The yearly certificate has run out.",
        "ownership.review_expired",
        _on(with_foreign_owner, USA, last_certified=days_ago(400)),
    ),
    Fault(
        "ownership.package",
        "The clearance package says that there is no foreign interest.",
        "ownership.clearance_conflict",
        _package_says_no,
    ),
    Fault(
        "ownership.signatory",
        "A director signs who does not answer for the firm.",
        "ownership.signatory_position",
        _on(domestic, signatory_position="director"),
    ),
    Fault(
        "ownership.category",
        "Category C under the edition that dropped it.",
        "ownership.category_not_of_edition",
        _on(domestic, IND, licence_edition="edition_2025", category_date="2025-09-01", licence_category="c"),
    ),
    Fault(
        "ownership.edition",
        "A category of the older edition, stated after the newer one was released.",
        "ownership.edition_not_in_force",
        _on(domestic, IND, licence_edition="edition_2014", category_date="2026-01-15"),
    ),
    Fault(
        "ownership.investment",
        "Foreign investment above the automatic share without the government's approval.",
        "ownership.investment_needs_approval",
        _on(controlled, IND, government_approval=False),
    ),
    Fault("ownership.late", "A change that is declared too late.", "ownership.change_declared_late", _late_change),
)
