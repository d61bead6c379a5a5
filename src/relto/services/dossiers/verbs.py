"""Begin a dossier, write its main form, check a form: what people do before they take a step.

A draft may lack answers but never holds one that cannot be read. Checking keeps nothing and enters nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from relto.base.errors import Conflict, MalformedInput
from relto.ledger.leaves import LeafEvent
from relto.procedures.actors import Actor
from relto.procedures.findings import Weighed
from relto.procedures.forms.reading import read_answers
from relto.procedures.packs.registry import procedure as pack_named
from relto.procedures.procedure import Procedure
from relto.procedures.table import ASKING
from relto.services import active_bundle
from relto.services.dossiers.beginning import open_dossier, own_company, prepared_answers, require_parent, store
from relto.services.dossiers.changing import keep_answers, locked, pack_of, partner_in
from relto.services.dossiers.known import Asked, Rules, gather
from relto.services.dossiers.looking import dossier_row
from relto.services.dossiers.taking import findings_of_step
from relto.services.dossiers.views import DossierView
from relto.services.dossiers.weighing import form_findings, readable
from relto.services.house import House
from relto.store.models import DossierSignature

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

    def step() -> DossierView:
        return open_dossier(house, actor, pack, given, now)

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
        given = prepared_answers(house, rules, pack, readable(pack, bounded), row.company, now)
        partner = partner_in(house, rules, pack, given)
        if row.told and partner != row.partner:
            raise Conflict("partner", field=pack.partner_field, found=partner, expected=row.partner)
        require_parent(house, actor, pack, given)
        row.partner = partner
        keep_answers(row, pack, given, own_company(actor) or row.company)
        DossierSignature.objects.filter(dossier=row).delete()
        row.changed_at = now
        return store(house, rules, row, pack, actor, LeafEvent.DOSSIER_CHANGED, now)

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


def _bounded(answers: Mapping[str, Any]) -> Mapping[str, Any]:
    if not isinstance(answers, Mapping) or len(answers) > _MOST_ANSWERS:
        raise MalformedInput("answers", field="answers", expected=f"an object of at most {_MOST_ANSWERS} fields")
    return answers


def _readable_part(pack: Procedure, given: Mapping[str, Any]) -> dict[str, Any]:
    return read_answers(pack.form, given, whole=False)[0]
