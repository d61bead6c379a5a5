"""Gather what checks and guards may know: the node's own register, the partner's assurances, the bundle, dossiers.

Rules enforced here: whose word counts is as for decisions (`relto.services.facts`): the register speaks for own
facilities and people, the newest assurance of its authority for the partner's; of whom neither tells, nothing is known.
Other dossiers are known to the checks of a company's dossier only when they are the same company's, or the authority's
own, or of a procedure that binds all; names on the roster are read only for people whom the form names, and go nowhere
else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from relto.base.canonical import Json
from relto.base.errors import UnknownValue
from relto.base.instants import Instant, Period
from relto.base.nations import Nation
from relto.procedures import assurance as assurances
from relto.procedures.forms.form import Form
from relto.procedures.known import DossierKnown, FacilityKnown, Known, PersonKnown
from relto.procedures.limits import ProcedureLimits
from relto.procedures.packs.facility_clearance import GRANTS
from relto.procedures.packs.registry import procedure
from relto.procedures.procedure import Procedure
from relto.rules.bundle import Bundle
from relto.rules.facts import LevelCode
from relto.services.dossiers.subjects import Named, codes_named, subjects_of
from relto.services.dossiers.transfer_facts import authorisations_named, item_covers
from relto.services.house import House
from relto.store.models import Assurance, Company, Dossier, Facility, Person, RoleGrant
from relto.store.queries.assurances import governing
from relto.store.queries.dossiers import concerning, found

_MOST_RELATED = 200
FACILITY_CLEARANCE = "facility_clearance"
_ANNEX = "agreement.industrial_annex"
_EXPIRED = "expired"
_STANDING = frozenset({"interim", "final", "limited"})
"""States of a clearance dossier in which the clearance stands."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The active bundle as procedures use it: its limits, and which provisions the authorities confirmed beside it."""

    bundle: Bundle
    stated: frozenset[str]
    limits: ProcedureLimits

    @classmethod
    def of(cls, bundle: Bundle) -> Rules:
        """What this bundle says to procedures."""
        stated = frozenset(identity for identity in bundle.provisions if bundle.is_confirmed_beside(identity))
        return cls(bundle, stated, ProcedureLimits(bundle.provisions, stated))


@dataclass(frozen=True, slots=True)
class BundleLevels:
    """Levels by the bundle's policies; across policies by its equivalence rows in force at `at` only."""

    bundle: Bundle
    at: Instant

    def covers(self, held: str, needed: str) -> bool | None:
        """Whether `held` is at least `needed`; None when one is not known or no equivalent is."""
        held_code, needed_code = self._code(held), self._code(needed)
        if held_code is None or needed_code is None:
            return None
        nation = Nation(held.partition(":")[0])
        demanded = self.bundle.ranks.demanded(needed_code, self.at).get(nation)
        if demanded is None or not self.known(held):
            return None
        return self.bundle.ranks.held(nation, held_code) >= demanded

    def known(self, level: str) -> bool:
        """Whether the bundle's policy of that nation has such a level."""
        code = self._code(level)
        nation = Nation(level.partition(":")[0])
        return code is not None and nation in self.bundle.ranks.equivalents(code, self.at)

    def _code(self, level: str) -> LevelCode | None:
        nation, _, name = level.partition(":")
        try:
            return LevelCode(self.bundle.policies.by_nation(Nation(nation)).oid, name)
        except UnknownValue:
            return None


@dataclass(frozen=True, slots=True)
class Asked:
    """What the facts are gathered for: a procedure's main form and, with a step, that step's.

    `row`: the dossier, None for a form that nobody keeps. `company`: whose dossier it is, "" the authority's.
    """

    pack: Procedure
    answers: Mapping[str, Any]
    step_form: Form | None = None
    step_answers: Mapping[str, Json] | None = None
    row: Dossier | None = None
    company: str = ""
    side: str = ""


def gather(house: House, rules: Rules, asked: Asked, at: Instant) -> Known:
    """Everything that the checks and guards of this form and step may know at `at`."""
    bundle = rules.bundle
    named = codes_named(asked.pack.form, asked.answers) | codes_named(asked.step_form, asked.step_answers or {})
    partner = _partner(asked)
    people, names = _people(house, bundle, named)
    roster = {one: name for one, name in names.items() if asked.company in {"", people[one].company}}
    facilities = _facilities(house, bundle, named | {("facility", one.facility) for one in people.values()}, at)
    annex = rules.limits.limit(_ANNEX, house.nation)
    return Known(
        nation=house.nation,
        at=at,
        limits=rules.limits,
        levels=BundleLevels(bundle, at),
        parties=frozenset(bundle.parties),
        side=asked.side,
        partner=partner,
        agreement_in_force=bundle.period.holds_at(at) and (partner is None or partner in bundle.parties),
        industrial_annex_in_force=annex is not None and str(annex.value) <= at.date().isoformat(),
        facilities=facilities,
        people=people,
        programmes={code: one.nations for code, one in bundle.programmes.items()},
        enforced={code: frozenset(one.facilities) for code, one in bundle.programmes.items()},
        companies=dict(Company.objects.values_list("code", "kind")),
        roster=roster,
        names=names,
        dossiers=_dossiers(house, asked, (code for kind, code in named if kind == "dossier")),
        related=_related(asked),
        covers=item_covers(
            bundle,
            _of_kind(named, "item"),
            partner,
            str(asked.answers.get("recipient_facility", "")),
            asked.company,
            at,
        ),
        authorisations=authorisations_named(_of_kind(named, "authorisation"), asked.company),
        provisions=bundle.provisions,
    )


def _partner(asked: Asked) -> Nation | None:
    if asked.row is not None and asked.row.partner:
        return Nation(asked.row.partner)
    given = asked.answers.get(asked.pack.partner_field) if asked.pack.partner_field else None
    return Nation(str(given)) if given else None


def _of_kind(named: Named, kind: str) -> list[str]:
    return sorted(code for one, code in named if one == kind and code)


def _facilities(house: House, bundle: Bundle, named: Named, at: Instant) -> dict[str, FacilityKnown]:
    codes = _of_kind(named, "facility")
    if not codes:
        return {}
    listed = {
        code: (programme_nation, frozenset(one.code for one in bundle.programmes.values() if code in one.facilities))
        for programme in bundle.programmes.values()
        for code, programme_nation in programme.facilities.items()
        if code in codes
    }
    known = {code: _listed_only(code, nation, lists) for code, (nation, lists) in listed.items()}
    for given in _received("facility", codes, bundle):
        lists = listed.get(given.subject, (None, frozenset()))[1]
        known[given.subject] = FacilityKnown(
            code=given.subject,
            nation=Nation(given.issuer),
            company="",
            level=_level(given.issuer, given.level),
            safeguarding=_level(given.issuer, given.safeguarding_level),
            valid=Period(given.valid_from, given.valid_until),
            state=_assured_state(given, at),
            listed_in=lists,
        )
    states = _clearance_states(codes)
    for row in Facility.objects.filter(code__in=codes).defer("suspension_reason"):
        known[row.code] = FacilityKnown(
            code=row.code,
            nation=house.nation,
            company=row.company_id,
            level=_level(house.nation, row.level),
            safeguarding=_level(house.nation, row.safeguarding_level),
            valid=Period(row.valid_from, row.valid_until),
            state=_own_state(states.get(row.code, ""), _registered_state(row, at)),
            listed_in=listed.get(row.code, (None, frozenset()))[1],
        )
    return known


def _listed_only(code: str, nation: Nation, lists: frozenset[str]) -> FacilityKnown:
    return FacilityKnown(code, nation, "", "", "", None, "", lists)


def _own_state(of_dossier: str, registered: str) -> str:
    """What narrows wins: the dossier says how the clearance stands, unless the register has it suspended or expired."""
    if not of_dossier or (registered != assurances.VALID and of_dossier in _STANDING):
        return registered
    return of_dossier


def _registered_state(row: Facility, at: Instant) -> str:
    if row.suspended_at is not None:
        return assurances.SUSPENDED
    return assurances.VALID if row.valid_from <= at < row.valid_until else _EXPIRED


def _assured_state(row: Assurance, at: Instant) -> str:
    if row.status != assurances.VALID:
        return row.status
    return assurances.VALID if row.valid_from <= at < row.valid_until else _EXPIRED


def _clearance_states(codes: list[str]) -> dict[str, str]:
    """Own facility -> the state of the newest clearance dossier in which it was granted a clearance, if there is one.

    A package that is only on its way says nothing of the clearance that the facility has.
    """
    rows = Dossier.objects.filter(procedure=FACILITY_CLEARANCE, facility__in=codes, steps__step__in=GRANTS)
    return dict(rows.order_by("opened_at", "id").values_list("facility", "state"))


def _received(kind: str, codes: list[str], bundle: Bundle) -> list[Assurance]:
    """Of each subject the governing assurance, each from a party."""
    rows = Assurance.objects.filter(direction="received", subject_kind=kind, subject__in=codes).defer("statement")
    return [row for row in governing(rows) if row.issuer in bundle.parties]


def _people(house: House, bundle: Bundle, named: Named) -> tuple[dict[str, PersonKnown], dict[str, str]]:
    """Whom the form names, and the names of those who are at home here."""
    ids = _of_kind(named, "person")
    if not ids:
        return {}, {}
    known = {
        given.subject: PersonKnown(
            pseudonym=given.subject,
            nation=Nation(given.issuer),
            company="",
            facility=given.facility,
            level=_level(given.issuer, given.level),
            valid=Period(given.valid_from, given.valid_until),
            suspended=given.status != assurances.VALID,
        )
        for given in _received("person", ids, bundle)
    }
    roles: dict[str, set[str]] = {}
    for person, role in RoleGrant.objects.filter(person__in=ids, until=None).values_list("person_id", "role"):
        roles.setdefault(person, set()).add(role)
    roster: dict[str, str] = {}
    for row in Person.objects.filter(id__in=ids).defer("suspension_reason"):
        roster[row.id] = row.name
        known[row.id] = PersonKnown(
            pseudonym=row.id,
            nation=house.nation,
            company=row.company_id or "",
            facility=row.facility_id or "",
            level=_level(house.nation, row.clearance_level),
            valid=Period(row.valid_from, row.valid_until) if row.valid_from is not None else None,
            suspended=row.suspended_at is not None,
            roles=frozenset(roles.get(row.id, ())),
        )
    return known, roster


def _level(nation: str, name: str) -> str:
    return f"{nation}:{name}" if name else ""


def _dossiers(house: House, asked: Asked, numbers: Iterable[str]) -> dict[str, DossierKnown]:
    rows = Dossier.objects.all()
    if asked.company:
        rows = rows.filter(company__in=[asked.company, ""])
    held = ((number, found(rows, number, house.nation)) for number in numbers)
    return {number: dossier_known(row) for number, row in held if row is not None}


def _related(asked: Asked) -> dict[str, list[DossierKnown]]:
    """What concerns the same subjects; of what binds all, what concerns the same programme, whoever's it is."""
    grouped: dict[str, list[DossierKnown]] = {}
    programmes = {one for one in codes_named(asked.pack.form, asked.answers) if one[0] == "programme"}
    subjects = subjects_of(asked.pack, asked.answers)
    for code in asked.pack.related:
        binds = procedure(code).binds_all
        rows = concerning(programmes if binds else subjects, (code,), _MOST_RELATED, states=binds)
        mine = (one for one in rows if binds or not asked.company or one.company in {asked.company, ""})
        grouped[code] = [dossier_known(one) for one in mine if asked.row is None or one.id != asked.row.id]
    return grouped


def dossier_known(row: Dossier) -> DossierKnown:
    """Another dossier as checks know it."""
    return DossierKnown(
        number=row.number,
        procedure=row.procedure,
        state=row.state,
        side=row.side,
        opened=row.opened_at,
        data=row.answers,
    )
