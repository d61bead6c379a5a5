"""What must hold before a clearance goes on: a sponsor, cleared officials, foreign control settled or limited.

The limited clearance of a firm under foreign control that nothing mitigates (117.11(e)): for one contract, called
essential, where an industrial security agreement with the controlling country is in force; never for proscribed
information under a foreign government's control; key managers of that country only with its authority's assurance.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

from relto.procedures.findings import Finding
from relto.procedures.known import DossierKnown, Known
from relto.procedures.packs.facility_clearance.checks import (
    BOOK,
    check_sponsor,
    safeguarding_within,
    sponsor_holds,
)
from relto.procedures.packs.facility_clearance.people import SECURITY_OFFICER, officials_not_cleared
from relto.procedures.packs.own_book import covers, newest, rows
from relto.procedures.procedure import Dossier, Guard

_SETTLED: Final = frozenset({"clear", "mitigated"})
_DECIDED: Final = _SETTLED | {"unmitigated"}


def _sponsored(dossier: Dossier, _: Mapping[str, Any], known: Known) -> Sequence[Finding]:
    return list(check_sponsor(dossier.answers, known))


def _sponsor_holds(dossier: Dossier, _: Mapping[str, Any], known: Known) -> Sequence[Finding]:
    return list(sponsor_holds(dossier.answers, known))


def _within_request(dossier: Dossier, given: Mapping[str, Any], known: Known) -> Sequence[Finding]:
    findings: list[Finding] = []
    for code in ("level", "safeguarding_level"):
        asked, granted = dossier.answers.get(code), given.get(code)
        if granted is not None and (asked is None or not covers(known, asked, granted)):
            findings.append(BOOK.found(known, "grant_above_request", code, level=granted, asked=asked or "-"))
    until = given.get("valid_until")
    if until is not None and date.fromisoformat(until) <= known.today(known.nation):
        findings.append(BOOK.found(known, "validity_past", "valid_until", date=until))
    return [*findings, *safeguarding_within(given.get("level"), given.get("safeguarding_level"), known)]


def _safeguarding_within(dossier: Dossier, given: Mapping[str, Any], known: Known) -> Sequence[Finding]:
    """Against the level that was granted last: the request may have been higher."""
    levels = [one.answers["level"] for one in dossier.steps if one.answers.get("level")]
    granted = levels[-1] if levels else None
    return list(safeguarding_within(granted, given.get("safeguarding_level"), known))


def _officials_cleared(dossier: Dossier, given: Mapping[str, Any], known: Known) -> Sequence[Finding]:
    level = given.get("level")
    return list(officials_not_cleared(dossier.answers, level, known)) if level is not None else []


def _control_settled(_: Dossier, __: Mapping[str, Any], known: Known) -> Sequence[Finding]:
    declared = _declared(known)
    if declared is None:
        return [BOOK.found(known, "ownership_missing")]
    if declared.state == "unmitigated":
        return [BOOK.found(known, "control_unmitigated")]
    if declared.state not in _SETTLED:
        return [BOOK.found(known, "ownership_not_decided", dossier=declared.number)]
    return []


def _limited_allowed(dossier: Dossier, given: Mapping[str, Any], known: Known) -> Sequence[Finding]:
    declared = _declared(known)
    if declared is None:
        return [BOOK.found(known, "ownership_missing")]
    if declared.state not in _DECIDED:
        return [BOOK.found(known, "ownership_not_decided", dossier=declared.number)]
    if declared.state != "unmitigated":
        return [BOOK.found(known, "limited_without_control")]
    return list(_limited_findings(dossier, declared, given, known))


def _limited_findings(
    dossier: Dossier, declared: DossierKnown, given: Mapping[str, Any], known: Known
) -> Iterator[Finding]:
    country = str(declared.data.get("controlling_country", ""))
    agreed = country in known.parties and known.agreement_in_force and known.industrial_annex_in_force
    if not agreed:
        yield BOOK.found(known, "no_industrial_agreement", country=country or "-")
    if given.get("essential") is False:
        yield BOOK.found(known, "limited_not_essential", "essential")
    if "contract" in given and given["contract"] != dossier.answers.get("contract"):
        asked = dossier.answers.get("contract", "-")
        yield BOOK.found(known, "limited_other_contract", "contract", contract=asked)
    if given.get("access_proscribed") and declared.data.get("foreign_government"):
        yield BOOK.found(known, "proscribed_information", "access_proscribed")
    yield from _managers_assured(dossier.answers, country, given.get("level"), known)


def _managers_assured(answers: Mapping[str, Any], country: str, level: str | None, known: Known) -> Iterator[Finding]:
    officer = {row.get("person") for _, row in rows(answers, "officials") if row.get("office") == SECURITY_OFFICER}
    for path, row in rows(answers, "key_managers"):
        if row.get("citizenship") in {None, known.nation} or row.get("excluded"):
            continue
        person = known.people.get(row.get("person", ""))
        assured = (
            row["citizenship"] == country
            and row.get("person") not in officer
            and person is not None
            and not person.suspended
            and person.valid is not None
            and person.valid.holds_at(known.at)
            and (level is None or covers(known, person.level, level))
        )
        if not assured:
            yield BOOK.found(known, "manager_without_assurance", path + "person", level=level or "-")


def _customers_agree(_: Dossier, __: Mapping[str, Any], known: Known) -> Sequence[Finding]:
    """Existing work goes on only where each customer agrees (117.9(m)); those of other companies the effect asks."""
    contracts = known.related.get("contract_security", ())
    return [
        BOOK.found(known, "consent_lacking", contract=one.number) for one in contracts if one.state == "consent_needed"
    ]


def _declared(known: Known) -> DossierKnown | None:
    return newest(known.related.get("ownership", ()), without={"closed"})


GUARDS: Final[Mapping[str, Guard]] = {
    "sponsored": _sponsored,
    "sponsor_holds": _sponsor_holds,
    "within_request": _within_request,
    "safeguarding_within": _safeguarding_within,
    "officials_cleared": _officials_cleared,
    "control_settled": _control_settled,
    "limited_allowed": _limited_allowed,
    "customers_agree": _customers_agree,
}
