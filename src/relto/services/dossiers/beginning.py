"""Open a dossier inside a step: the engine's half of beginning one, for verbs that open dossiers as part of their own.

Rules enforced here: a dossier has its number, its entry, its keys and its due instants from its first instant on, in
the same step; what the rule book of the day fills in stands in it from the start.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from relto.base.canonical import Json
from relto.base.errors import NotAvailable
from relto.base.instants import Instant
from relto.ledger.leaves import LeafEvent
from relto.procedures.actors import COMPANY_ROLES, Actor
from relto.procedures.procedure import Procedure
from relto.procedures.table import ASKING
from relto.services import active_bundle
from relto.services.book import enter
from relto.services.dossiers.changing import digest_of, enter_state, keep_answers, partner_in, stored
from relto.services.dossiers.known import Asked, Rules, gather
from relto.services.dossiers.looking import dossier_row
from relto.services.dossiers.views import DossierView, dossier_view, dues_of
from relto.services.dossiers.weighing import readable
from relto.services.house import House
from relto.services.numbers import numbered
from relto.store.models import Dossier
from relto.store.queries.dossiers import numbers_begun

_DIGITS = 4


def open_dossier(house: House, actor: Actor, pack: Procedure, answers: Mapping[str, Any], at: Instant) -> DossierView:
    """Open a dossier with readable answers. Inside a step, whose caller has looked at the actor's role.

    Raises MalformedInput("answers"), UnknownValue("partner"), NotAvailable("dossier") for a parent not in her scope.
    """
    rules = Rules.of(active_bundle.active(house, at))
    company = own_company(actor)
    filled = prepared_answers(house, rules, pack, readable(pack, answers), company, at)
    partner = partner_in(house, rules, pack, filled)
    require_parent(house, actor, pack, filled)
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
        opened_at=at,
    )
    keep_answers(row, pack, filled, company)
    enter_state(row, pack, pack.table.start, at)
    return store(house, rules, row, pack, actor, LeafEvent.DOSSIER_BEGUN, at, new=True)


def own_company(actor: Actor) -> str:
    """The company for which somebody acts; "" for the authority's people."""
    return (actor.company or "") if actor.roles & COMPANY_ROLES else ""


def prepared_answers(  # noqa: PLR0917  the house, its rules and the form
    house: House, rules: Rules, pack: Procedure, given: Mapping[str, Any], company: str, now: Instant
) -> dict[str, Any]:
    """The answers as given, with what the rule book of the day fills in."""
    if pack.prepare is None:
        return dict(given)
    known = gather(house, rules, Asked(pack, given, company=company, side=ASKING), now)
    return readable(pack, pack.prepare(given, known))


def require_parent(house: House, actor: Actor, pack: Procedure, answers: Mapping[str, Any]) -> None:
    """A dossier belongs to one that its beginner may see; another looks the same as none."""
    if pack.parent and answers.get(pack.parent):
        try:
            dossier_row(house, actor, str(answers[pack.parent]))
        except NotAvailable as error:
            raise NotAvailable("dossier", field=pack.parent) from error


def store(  # noqa: PLR0917  one place behind two verbs
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
    """Write a dossier that was begun (`new`) or written, with its entry. Inside a step."""

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
