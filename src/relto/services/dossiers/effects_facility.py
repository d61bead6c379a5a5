"""What steps of a clearance do to the register, to assurances given on the facility, and to other dossiers (ISA-17).

Rules kept here:
 1. A grant writes level, safeguarding and validity into the register; what the register no longer says is vouched for
    anew towards the partners who hold an assurance, or suspended where it cannot be.
 2. An invalidation is one step: the facility is suspended and so is every assurance given on it and on its people;
    existing contracts wait for their customers' consents; every other open dossier that names it says so.
 3. Existing work goes on at home once no contract waits any more; abroad only under a new clearance.
 4. Only a clearance that was granted in this dossier ends with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from relto.base.canonical import Json
from relto.base.errors import Conflict, NotAvailable
from relto.base.nations import Nation
from relto.ledger.leaves import LeafEvent
from relto.procedures.assurance import REVOKED, SUSPENDED, VALID
from relto.procedures.packs.contract_security import CONSENT_NEEDED, REQUIRE_CONSENT
from relto.procedures.packs.facility_clearance import GRANTS
from relto.procedures.packs.registry import procedure
from relto.services import active_bundle
from relto.services.assurances import change_status, is_as_registered, vouch
from relto.services.book import enter
from relto.services.dossiers.effect_scene import EffectScene
from relto.services.dossiers.effects_assurance import acting, end_of
from relto.services.dossiers.known import Rules
from relto.services.facility_notices import mark, open_dossiers, unmark_naming
from relto.services.house import House
from relto.services.suspensions import reinstate_now, suspend_now
from relto.store.models import Company, Dossier, DossierStep, Facility, Membership
from relto.store.queries.affected import given_on_facility
from relto.store.queries.narrowing import narrow

_CONTRACT = "contract_security"


@dataclass(frozen=True, slots=True)
class AffectedByClearance:
    """What hangs on a facility's clearance: programmes, contracts, and other open dossiers, by number."""

    programmes: tuple[str, ...]
    contracts: tuple[str, ...]
    others: tuple[str, ...]


def affected_by_clearance(house: House, facility: str) -> AffectedByClearance:
    """What an invalidation of this own facility affects now; part of verbs that checked the role. Changes nothing."""
    contracts, others = open_dossiers(facility)
    bundle = active_bundle.active_or_none(house, house.now())
    listed = {one.code for one in bundle.programmes.values() if facility in one.facilities} if bundle else set()
    worked = Membership.objects.filter(person__facility_id=facility, until=None).values_list("programme_id", flat=True)
    named = {one.programme for one in (*contracts, *others)} - {""}
    return AffectedByClearance(
        tuple(sorted({*listed, *worked, *named})),
        tuple(sorted(one.number for one in contracts)),
        tuple(sorted(one.number for one in others)),
    )


def grant(scene: EffectScene) -> None:
    """Write what was granted into the register; a facility that it does not have yet is registered.

    Raises NotAvailable("company") for a firm that is not registered, UnknownValue for a level of no own policy.
    """
    code, given = str(scene.answers["facility"]), scene.step_answers
    level = _name(given["level"])
    safeguarding = _name(given.get("safeguarding_level", ""))
    until = end_of(str(given["valid_until"]), scene.house.nation)
    policy = active_bundle.own_policy(scene.house)
    for one in filter(None, (level, safeguarding)):
        policy.level(one)
    narrow()
    row = Facility.objects.select_for_update().filter(code=code).first()
    if row is None:
        company = str(scene.answers["company"])
        if not Company.objects.filter(code=company).exists():
            raise NotAvailable("company", field="company")
        row = Facility(code=code, company_id=company, valid_from=scene.at)
    row.level, row.safeguarding_level, row.valid_until = level, safeguarding, until
    row.valid_from = min(row.valid_from, scene.at)
    row.save()
    scene.row.facility = code
    _enter(scene, {"level": level, "safeguarding_level": safeguarding})
    _vouch_anew(scene, code)


def revalidate(scene: EffectScene) -> None:
    """The clearance is valid again: its suspension is lifted, and the register has what was granted now."""
    code = str(scene.answers["facility"])
    grant(scene)
    if Facility.objects.get(code=code).suspended_at is not None:
        reinstate_now(scene.house, acting(scene), kind="facility", subject=code, reason=scene.row.number, now=scene.at)
    unmark_naming(code)


def approve_safeguarding(scene: EffectScene) -> None:
    """The register has the safeguarding level that was approved. Raises NotAvailable("facility")."""
    _set_safeguarding(scene, _name(scene.step_answers["safeguarding_level"]))


def withdraw_safeguarding(scene: EffectScene) -> None:
    """Nothing is stored there any more. Raises NotAvailable("facility")."""
    _set_safeguarding(scene, "")


def invalidate(scene: EffectScene) -> None:
    """Suspend the facility and what was assured on it; existing contracts wait for consents; others are marked.

    Raises NotAvailable("facility").
    """
    code = _registered(scene)
    affected = affected_by_clearance(scene.house, code)
    _suspend(scene, code)
    contracts, others = open_dossiers(code)
    for row in contracts:
        _ask_for_consent(scene, row)
    mark([*contracts, *others])
    details: dict[str, Json] = {
        "programmes": [*affected.programmes],
        "contracts": [*affected.contracts],
        "dossiers": [*affected.others],
    }
    _enter(scene, details)


def resume_existing_work(scene: EffectScene) -> None:
    """Existing work goes on at home: no contract waits for its customer. Raises Conflict("consent_needed")."""
    code = _registered(scene)
    contracts, _ = open_dossiers(code)
    waiting = sorted(one.number for one in contracts if one.state == CONSENT_NEEDED)
    if waiting:
        raise Conflict(
            "consent_needed", field="dossier", found=", ".join(waiting[:5]), expected="each customer's consent"
        )
    reinstate_now(
        scene.house,
        acting(scene),
        kind="facility",
        subject=code,
        reason=scene.row.number,
        now=scene.at,
        abroad=False,
    )


def withdraw(scene: EffectScene) -> None:
    """The clearance ends: facility suspended, register closed, assurances revoked; nothing where none was granted."""
    if not DossierStep.objects.filter(dossier=scene.row, step__in=GRANTS).exists():
        return
    invalidate(scene)
    code = _registered(scene)
    row = Facility.objects.select_for_update().get(code=code)
    row.valid_until = min(row.valid_until, max(scene.at, row.valid_from))
    row.save(update_fields=["valid_until"])
    for assurance in given_on_facility(code):
        if assurance.status != REVOKED:
            change_status(scene.house, acting(scene), assurance, "revoke", scene.at)


def _set_safeguarding(scene: EffectScene, level: str) -> None:
    code = _registered(scene)
    if level:
        active_bundle.own_policy(scene.house).level(level)
    narrow()
    row = Facility.objects.select_for_update().get(code=code)
    row.safeguarding_level = level
    row.save(update_fields=["safeguarding_level"])
    _enter(scene, {"safeguarding_level": level})
    _vouch_anew(scene, code)


def _vouch_anew(scene: EffectScene, code: str) -> None:
    """The partners who hold a valid assurance on the facility are told what the register says now."""
    for held in given_on_facility(code):
        if held.status != VALID or held.subject_kind != "facility":
            continue
        try:
            if is_as_registered(held, scene.at):
                continue
            vouch(
                scene.house,
                acting(scene),
                subject_kind="facility",
                subject=code,
                recipient=Nation(held.recipient),
                until=held.valid_until,
                now=scene.at,
            )
        except Conflict:
            change_status(scene.house, acting(scene), held, "suspend", scene.at)


def _suspend(scene: EffectScene, code: str) -> None:
    """Suspend it; where it was suspended before, whatever is still assured on it is suspended too."""
    if Facility.objects.get(code=code).suspended_at is None:
        suspend_now(scene.house, acting(scene), kind="facility", subject=code, reason=scene.row.number, now=scene.at)
        return
    for held in given_on_facility(code):
        if held.status not in {SUSPENDED, REVOKED}:
            narrow()
            change_status(scene.house, acting(scene), held, "suspend", scene.at)


def _ask_for_consent(scene: EffectScene, found: Dossier) -> None:
    """The node's own step of a contract that is under way; one that is not awarded yet is marked only."""
    from relto.services.dossiers.taking import take_own  # noqa: PLC0415  taking runs effects: it comes before them

    row = Dossier.objects.select_for_update().get(id=found.id)
    sources = procedure(_CONTRACT).table.transition(REQUIRE_CONSENT).sources
    if row.state in sources:
        rules = Rules.of(active_bundle.active(scene.house, scene.at))
        take_own(scene.house, rules, row, REQUIRE_CONSENT, scene.at)


def _registered(scene: EffectScene) -> str:
    code = str(scene.answers["facility"])
    if not Facility.objects.filter(code=code).exists():
        raise NotAvailable("facility", field="facility")
    return code


def _name(level: Any) -> str:
    """A level of a form as the own register names it: without its nation."""
    return str(level).rpartition(":")[2]


def _enter(scene: EffectScene, details: dict[str, Json]) -> None:
    enter(
        scene.house,
        LeafEvent.DOSSIER_EFFECT,
        actor=acting(scene).person,
        subject=scene.row.id,
        company=scene.row.company,
        details={"effect": scene.step, "facility": str(scene.answers["facility"]), **details},
        at=scene.at,
    )
