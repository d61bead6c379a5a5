"""Begin a dossier, write its main form, check a form: what people do before they take a step.

A draft may lack answers but never holds one that cannot be read. Checking keeps nothing and enters nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from relto.base.canonical import Json
from relto.base.errors import Conflict, MalformedInput, NotAvailable
from relto.base.instants import Instant
from relto.ledger.leaves import LeafEvent
from relto.procedures.actors import COMPANY_ROLES, Actor
from relto.procedures.findings import Weighed
from relto.procedures.forms.reading import read_answers
from relto.procedures.packs.registry import procedure as pack_named
from relto.procedures.procedure import Procedure
from relto.procedures.table import ASKING
from relto.services import active_bundle
from relto.services.book import enter
from relto.services.dossiers.changing import (
    digest_of,
    enter_state,
    keep_answers,
    locked,
    pack_of,
    partner_in,
    stored,
)
from relto.services.dossiers.known import Asked, Rules, gather
from relto.services.dossiers.looking import dossier_row
from relto.services.dossiers.taking import findings_of_step
from relto.services.dossiers.views import DossierView, dossier_view, dues_of
from relto.services.dossiers.weighing import form_findings, readable
from relto.services.house import House
from relto.services.numbers import numbered
from relto.store.models import Dossier, DossierSignature
from relto.store.queries.dossiers import numbers_begun

_DIGITS = 4
_MOST_ANSWERS = 400


def begin(house: House, actor: Actor, procedure: str, answers: Mapping[str, Any]) -> DossierView:
    """Begin a dossier with what is known so far; it gets its number at once, and may be written until it goes on.

    Raises UnknownValue("procedure" or "partner"), Refused("role"), MalformedInput("answers") naming the first field
    that cannot be read, NotAvailable("dossier") for a parent that the actor cannot see.
    """
    pack = pack_named(procedure)
    actor.require(*pack.begins)
    given = readable(pack, _bounded(answers))
    now = house.now()
    rules = Rules.of(active_bundle.active(house, now))
    company = own_company(actor)

    def step() -> DossierView:
        filled = _prepared(house, rules, pack, given, company, now)
        partner = partner_in(house, rules, pack, filled)
        _require_parent(house, actor, pack, filled)
        identity = house.new_id("dos")
        row = Dossier(
            id=identity,
            origin=identity,
            nation=house.nation,
            procedure=pack.code,
            form_version=pack.form.version,
            side=ASKING,
            partner=partner,
            state=pack.table.start,
            bundle_version=rules.bundle.version,
            bundle_digest=rules.bundle.digest,
            opened_by=actor.person,
            opened_at=now,
        )
        keep_answers(row, pack, filled, company)
        enter_state(row, pack, pack.table.start, now)
        return _store(house, rules, row, pack, actor, LeafEvent.DOSSIER_BEGUN, now, new=True)

    return house.commit(step)


def write(house: House, actor: Actor, dossier: str, answers: Mapping[str, Any]) -> DossierView:
    """Replace the main form while it may still be changed; what somebody signed before is to be signed anew.

    Raises NotAvailable("dossier"), Refused("role"), Conflict("state"), MalformedInput("answers"), UnknownValue.
    """
    now = house.now()
    rules = Rules.of(active_bundle.active(house, now))
    bounded = _bounded(answers)

    def step() -> DossierView:
        row = locked(house, actor, dossier)
        pack = pack_of(row)
        actor.require(*pack.begins)
        if row.side != ASKING or not pack.may_edit(row.state):
            expected = " or ".join(sorted(pack.editable or {pack.table.start}))
            raise Conflict("state", field="dossier", found=row.state, expected=expected)
        given = readable(pack, bounded)
        partner = partner_in(house, rules, pack, given)
        if row.told and partner != row.partner:
            raise Conflict("partner", field=pack.partner_field, found=partner, expected=row.partner)
        _require_parent(house, actor, pack, given)
        row.partner = partner
        keep_answers(row, pack, given, own_company(actor) or row.company)
        DossierSignature.objects.filter(dossier=row).delete()
        row.changed_at = now
        return _store(house, rules, row, pack, actor, LeafEvent.DOSSIER_CHANGED, now)

    return house.commit(step)


def check_form(
    house: House, actor: Actor, procedure: str, answers: Mapping[str, Any], *, parent: str = ""
) -> tuple[Weighed, ...]:
    """What is wrong with a form, what stops first; nothing is kept. `parent`: the dossier it would belong to.

    Raises UnknownValue("procedure"), Refused("role") for who could not begin one.
    """
    pack = pack_named(procedure)
    actor.require(*pack.begins)
    now = house.now()
    rules = Rules.of(active_bundle.active(house, now))
    given = dict(_bounded(answers))
    if parent and pack.parent:
        given.setdefault(pack.parent, parent)
    asked = Asked(pack, _readable_part(pack, given), company=own_company(actor), side=ASKING)
    return form_findings(rules, pack, given, gather(house, rules, asked, now))


def check(
    house: House, actor: Actor, dossier: str, step: str = "", *, answers: Mapping[str, Any] | None = None
) -> tuple[Weighed, ...]:
    """What is wrong with a dossier's main form and, with a step, what stands against taking it now; nothing is kept.

    `answers`: to the step's own form, if it has one. Raises NotAvailable("dossier"), MalformedInput("procedure.step").
    """
    now = house.now()
    rules = Rules.of(active_bundle.active(house, now))
    row = dossier_row(house, actor, dossier)
    pack = pack_of(row)
    asked = Asked(pack, row.answers, row=row, company=row.company, side=row.side)
    main = form_findings(rules, pack, row.answers, gather(house, rules, asked, now))
    if not step:
        return main
    of_step = findings_of_step(house, rules, actor, row, pack, step, answers or {}, now)
    every = [*main, *(one for one in of_step if one not in main)]
    return tuple(sorted(every, key=lambda one: not one.stops))


def own_company(actor: Actor) -> str:
    """The company for which somebody acts; "" for the authority's people."""
    return (actor.company or "") if actor.roles & COMPANY_ROLES else ""


def _bounded(answers: Mapping[str, Any]) -> Mapping[str, Any]:
    if not isinstance(answers, Mapping) or len(answers) > _MOST_ANSWERS:
        raise MalformedInput("answers", field="answers", expected=f"an object of at most {_MOST_ANSWERS} fields")
    return answers


def _readable_part(pack: Procedure, given: Mapping[str, Any]) -> dict[str, Any]:
    return read_answers(pack.form, given, whole=False)[0]


def _prepared(  # noqa: PLR0917  the house, its rules and the form
    house: House, rules: Rules, pack: Procedure, given: Mapping[str, Any], company: str, now: Instant
) -> dict[str, Any]:
    """The answers as given, with what the rule book of the day fills in."""
    if pack.prepare is None:
        return dict(given)
    known = gather(house, rules, Asked(pack, given, company=company, side=ASKING), now)
    return readable(pack, pack.prepare(given, known))


def _require_parent(house: House, actor: Actor, pack: Procedure, answers: Mapping[str, Any]) -> None:
    """A dossier belongs to one that its beginner may see; another looks the same as none."""
    if pack.parent and answers.get(pack.parent):
        try:
            dossier_row(house, actor, str(answers[pack.parent]))
        except NotAvailable as error:
            raise NotAvailable("dossier", field=pack.parent) from error


def _store(  # noqa: PLR0917  one place behind two verbs
    house: House,
    rules: Rules,
    row: Dossier,
    pack: Procedure,
    actor: Actor,
    event: LeafEvent,
    now: Instant,
    *,
    new: bool = False,
) -> DossierView:
    def make(number: str) -> Dossier:
        row.number = number
        row.save(force_insert=True)
        return row

    if new:
        numbered(pack.prefix, now.year, _DIGITS, lambda start: numbers_begun(house.nation, start), make)
    details: dict[str, Json] = {
        "procedure": pack.code,
        "number": row.number,
        "state": row.state,
        "answers_sha256": digest_of(row.answers),
        "bundle": row.bundle_version,
    }
    row.entry = enter(house, event, actor=actor.person, subject=row.id, company=row.company, details=details, at=now)
    stored(house, rules, row, pack)
    return dossier_view(pack, row, dues_of(row.dues.all(), now))
