"""Look at dossiers: one whole, or pages of many; what an actor may not see does not exist for her (promise 8)."""

from __future__ import annotations

from collections.abc import Sequence

from relto.base.errors import NotAvailable
from relto.base.instants import Instant
from relto.procedures.actors import Actor
from relto.procedures.packs.registry import procedure as pack_named
from relto.procedures.packs.registry import procedures
from relto.procedures.procedure import Procedure
from relto.procedures.table import ASKING
from relto.services import active_bundle
from relto.services.dossiers.known import Asked, Rules, gather
from relto.services.dossiers.views import (
    DossierDetail,
    DossierView,
    Due,
    RelatedView,
    dossier_view,
    due_view,
    dues_of,
    may_take,
    signed_view,
    taken_view,
)
from relto.services.dossiers.weighing import form_findings
from relto.services.house import House
from relto.store.models import Dossier, DossierDue
from relto.store.queries.dossiers import about, found, visible_dossiers

PAGE = 100
_MOST_RELATED = 50


def dossier_row(house: House, actor: Actor, dossier: str) -> Dossier:
    """The row by id (dos_...) or number, in the actor's scope. Raises NotAvailable("dossier")."""
    row = found(visible_dossiers(actor), dossier, house.nation)
    if row is None:
        raise NotAvailable("dossier", field="dossier")
    return row


def dossier(house: House, actor: Actor, dossier: str) -> DossierDetail:
    """One dossier whole, by id (dos_...) or number. Raises NotAvailable("dossier")."""
    now = house.now()
    rules = Rules.of(active_bundle.active(house, now))
    return detail_of(house, rules, actor, dossier_row(house, actor, dossier))


def dossiers(
    house: House,
    actor: Actor,
    *,
    procedure: str = "",
    state: str = "",
    subject: str = "",
    programme: str = "",
    open_only: bool = False,
    after: str = "",
) -> list[DossierView]:
    """The dossiers that the actor may see, the newest change first, 100 at most.

    `subject`: a code that they are about (facility, person, item ...); `after`: the id of the last of the page before.
    Raises UnknownValue("procedure"), MalformedInput or NotAvailable for an `after` that she cannot see.
    """
    rows = visible_dossiers(actor)
    if procedure:
        rows = rows.filter(procedure=pack_named(procedure).code)
    if state:
        rows = rows.filter(state=state)
    if subject:
        rows = rows.filter(about(subject))
    if programme:
        rows = rows.filter(programme=programme)
    if open_only:
        rows = rows.filter(is_open=True)
    if after:
        last = dossier_row(house, actor, after)
        rows = rows.filter(changed_at__lte=last.changed_at).exclude(changed_at=last.changed_at, id__gte=last.id)
    page = list(rows.order_by("-changed_at", "-id").defer("answers")[:PAGE])
    return views_of(page, house.now())


def views_of(page: Sequence[Dossier], now: Instant) -> list[DossierView]:
    """A page of rows as views, with the earliest due instant of each; of procedures that this node still has."""
    earliest = earliest_dues(page, now)
    packs = procedures()
    return [dossier_view(packs[row.procedure], row, earliest.get(row.id, ())) for row in page if row.procedure in packs]


def earliest_dues(page: Sequence[Dossier], now: Instant) -> dict[str, tuple[Due, ...]]:
    """Dossier -> its earliest due instant, with one query for the page."""
    wanted = {row.id: row.due_at for row in page if row.due_at is not None}
    rows = DossierDue.objects.filter(dossier__in=list(wanted)).exclude(clock="").order_by("at", "id")
    found_dues: dict[str, tuple[Due, ...]] = {}
    for one in rows:
        if one.at is not None and one.dossier_id not in found_dues:
            found_dues[one.dossier_id] = (due_view(one, now),)
    return found_dues


def detail_of(house: House, rules: Rules, actor: Actor, row: Dossier, entry: str = "") -> DossierDetail:
    """The dossier as this actor sees it."""
    pack = pack_named(row.procedure)
    now = house.now()
    asked = Asked(pack, row.answers, row=row, company=row.company, side=row.side)
    signatures = list(row.signatures.order_by("at", "id"))
    signed = signed_view(signatures)
    own = {step for step, every in signed.items() if any(one.by == actor.person for one in every)}
    return DossierDetail(
        view=dossier_view(pack, row, dues_of(row.dues.all(), now), entry),
        form_version=row.form_version,
        bundle_version=row.bundle_version,
        bundle_digest=row.bundle_digest,
        opened_by=row.opened_by,
        answers=row.answers,
        steps=tuple(taken_view(one) for one in row.steps.order_by("position")),
        findings=form_findings(rules, pack, row.answers, gather(house, rules, asked, now))
        if _judged(pack, row)
        else (),
        may_take=tuple(one.name for one in may_take(pack, row.state, row.side, actor) if one.name not in own),
        may_write=row.side == ASKING and pack.may_edit(row.state) and bool(actor.roles & pack.begins),
        signed_by=signed,
        proposed={one.step: one.answers for one in signatures},
        papers=_papers(pack, row),
        related=_related(actor, row),
    )


def _judged(pack: Procedure, row: Dossier) -> bool:
    """Whether the form is still judged: at home until it was let through, on the other side until the dossier ends.

    What was let through is not judged again by the day on which somebody looks at it.
    """
    if row.side != ASKING:
        return row.is_open
    ahead = (one for one in pack.table.transitions if row.state in one.sources and pack.step(one.name).final_check)
    return pack.may_edit(row.state) or any(ahead)


def _papers(pack: Procedure, row: Dossier) -> tuple[str, ...]:
    return tuple(one.code for one in pack.papers if row.state in one.states and row.side in one.sides)


def _related(actor: Actor, row: Dossier) -> tuple[RelatedView, ...]:
    """Its parent and the dossiers that name it as theirs, as far as the actor may see them."""
    visible = visible_dossiers(actor).defer("answers")
    parent = found(visible, row.parent, row.nation) if row.parent else None
    children = visible.filter(parent=row.number).exclude(id=row.id).order_by("opened_at", "id")[:_MOST_RELATED]
    above = [RelatedView(parent.number, parent.procedure, parent.state, "parent")] if parent else []
    return (*above, *(RelatedView(one.number, one.procedure, one.state, "child") for one in children))
