"""The kinds of work that wait: for each one bounded query in the actor's scope, and what her step would be.

A title stands in a row only where the page of that thing shows it to her too. Kinds in which no role of hers has a part
are not asked for at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from typing import Final

from relto.base.instants import Instant
from relto.procedures import acceptance, copies, release, third_party
from relto.procedures.actors import COMPANY_ROLES, Actor, Role
from relto.procedures.assurance import VALID
from relto.services import active_bundle, reconciliations, waiting_offices
from relto.services.courier_view import overdue_receipts
from relto.services.dossiers.looking import views_of
from relto.services.dossiers.queues import HERE as QUEUED_HERE
from relto.services.dossiers.queues import QueueRow, queue
from relto.services.dossiers.views import DossierView, Due
from relto.services.house import House
from relto.services.item_view import is_joint
from relto.services.quarantine import standing_view
from relto.services.waiting_view import HERE, MINE, NODE, PARTNER, Waiting
from relto.services.withdrawal_notices import ASKED as ASKED_BACK
from relto.store.queries.assurances import governing, visible_assurances
from relto.store.queries.dossiers import visible_dossiers
from relto.store.queries.items import visible_items
from relto.store.queries.registers import visible_copies, visible_inventories
from relto.store.queries.releases import visible_arrivals, visible_cases
from relto.store.queries.third_party import MADE, visible_requests

Source = Callable[[House, Actor], Iterable[Waiting]]
_MOST: Final = 60
_OFFICES: Final = frozenset({Role.RELEASE_OFFICER, Role.SECURITY_OFFICER})
_COMPARERS: Final = frozenset({Role.RELEASE_OFFICER, Role.INSPECTOR})
_ON_THE_WAY: Final = (release.ASKED, release.RELEASED, release.SENT, release.DELIVERED)
_OFFICER: Final = (Role.RELEASE_OFFICER.value,)
_STATUS_AGE: Final = "assurance_status_max_age"
_AHEAD: Final = timedelta(hours=12)
"""So long before its status is too old an assurance is to be confirmed: within one working day."""


def _cases(house: House, actor: Actor) -> Iterator[Waiting]:
    """Releases that were asked for, or are on their way to the partner."""
    if not actor.roles & _OFFICES:
        return
    rows = visible_cases(actor).filter(state__in=_ON_THE_WAY).select_related("item").order_by("asked_at", "id")
    turns = {release.ASKED: (HERE, str(house.nation)), release.RELEASED: (NODE, str(house.nation))}
    for row in rows[:_MOST]:
        mine = row.state == release.ASKED and actor.holds(Role.RELEASE_OFFICER)
        turn, nation = turns.get(row.state, (PARTNER, row.nation))
        yield Waiting(
            "case",
            row.id,
            row.number,
            row.state,
            MINE if mine else turn,
            row.delivered_at or row.decided_at or row.asked_at,
            step="decide" if mine else "",
            roles=() if turn == NODE else _OFFICER,
            nation=nation,
            title=row.item.title,
            programme=row.item.programme,
            facility=row.facility,
            partner=row.nation,
        )


def _arrivals(house: House, actor: Actor) -> Iterator[Waiting]:
    """What the partner released: to be accepted; and what it withdrew: to be destroyed or returned."""
    if not actor.roles & _OFFICES:
        return
    nation = str(house.nation)
    rows = visible_arrivals(actor).filter(
        state__in=(acceptance.ARRIVED, acceptance.WITHDRAWN), disposition__in=("", ASKED_BACK)
    )
    for row in rows.select_related("item").order_by("arrived_at", "id")[:_MOST]:
        withdrawn = row.state == acceptance.WITHDRAWN
        if withdrawn and is_joint(row.item) and row.withdrawal_reason:
            continue  # the own authority withdrew it: nobody owes anything
        performer = Role.SECURITY_OFFICER if withdrawn else Role.RELEASE_OFFICER
        mine = actor.holds(performer)
        yield Waiting(
            "disposition" if withdrawn else "arrival",
            row.id,
            row.number,
            row.state,
            MINE if mine else HERE,
            (row.withdrawn_at if withdrawn else None) or row.arrived_at,
            step=("dispose" if withdrawn else "accept") if mine else "",
            roles=(performer.value,),
            nation=nation,
            title=row.item.title,
            programme=row.item.programme,
            facility=row.facility,
            partner=row.sender,
        )


def _third_parties(house: House, actor: Actor) -> Iterator[Waiting]:
    """Requests to pass an item on, on the holder's side and on the originator's."""
    if not actor.roles & _OFFICES:
        return
    states = (third_party.ASKED, third_party.FORWARDED, third_party.CONSENTED)
    rows = visible_requests(actor).filter(state__in=states, retransferred_at=None).select_related("item")
    page = list(rows.order_by("asked_at", "id")[:_MOST])
    named = visible_items(actor).filter(id__in={row.item_id for row in page})
    titles = {item.id: item.title for item in named}
    for row in page:
        made = row.direction == MADE
        step, performer, nation = {
            third_party.ASKED: ("forward", Role.RELEASE_OFFICER, str(house.nation)),
            third_party.FORWARDED: ("" if made else "consent", Role.RELEASE_OFFICER, row.originator),
            third_party.CONSENTED: ("retransfer" if made else "", Role.SECURITY_OFFICER, row.holder),
        }[row.state]
        if row.state == third_party.CONSENTED and not made:
            continue  # the originator has answered: nothing is left to do here
        mine = bool(step) and actor.holds(performer)
        yield Waiting(
            "third_party",
            row.id,
            row.number,
            row.state,
            MINE if mine else HERE if nation == house.nation else PARTNER,
            row.decided_at or row.forwarded_at or row.asked_at,
            step=step if mine else "",
            roles=(performer.value,),
            nation=nation,
            title=titles.get(row.item_id, ""),
            programme=row.item.programme if row.item_id in titles else "",
            facility=row.recipient,
            partner=row.originator if made else row.holder,
        )


def _dossiers(house: House, actor: Actor) -> Iterator[Waiting]:
    """Dossiers of procedures: hers to take a step, at the partner, and of her company wherever else."""
    queued = queue(house, actor)
    for one in queued:
        yield _of_queue(house, one)
    if not actor.roles & COMPANY_ROLES:
        return
    waiting = [one.view.id for one in queued]
    rows = visible_dossiers(actor).filter(is_open=True).exclude(id__in=waiting).defer("answers")
    for view in views_of(list(rows.order_by("since", "id")[:_MOST]), house.now()):
        yield _dossier(house, view, _turn(view), view.since, view.due[0] if view.due else None)


def _of_queue(house: House, one: QueueRow) -> Waiting:
    turn = MINE if one.where == QUEUED_HERE else PARTNER
    return _dossier(house, one.view, turn, one.since, one.due, one.steps[0] if one.steps else "")


def _turn(view: DossierView) -> str:
    if "partner" in view.waits_on:
        return PARTNER
    return NODE if view.waits_on == ("node",) else HERE


def _dossier(  # noqa: PLR0917  a dossier, whose turn it is, since when and until when
    house: House, view: DossierView, turn: str, since: Instant, due: Due | None, step: str = ""
) -> Waiting:
    return Waiting(
        "dossier",
        view.id,
        view.number,
        view.state,
        turn,
        since,
        step=step,
        what=view.procedure,
        roles=tuple(one for one in view.waits_on if one not in {"partner", "node"}),
        nation=view.partner if turn == PARTNER else str(house.nation),
        programme=view.programme,
        facility=view.facility,
        partner=view.partner,
        due=due,
    )


def _witnessing(house: House, actor: Actor) -> Iterator[Waiting]:
    """A destruction that she was named to witness."""
    if not actor.roles & COMPANY_ROLES:
        return
    rows = visible_copies(actor).filter(witness=actor.person, state=copies.DESTROYING)
    for row in rows.order_by("since", "id")[:_MOST]:
        yield Waiting("witness", row.id, row.id, row.state, MINE, row.since, step="witness", nation=str(house.nation))


def _inventories(house: House, actor: Actor) -> Iterator[Waiting]:
    """Counts that were opened and not signed yet."""
    if not actor.holds(Role.SECURITY_OFFICER):
        return
    for row in visible_inventories(actor).filter(signed_at=None).order_by("opened_at", "id")[:_MOST]:
        yield Waiting("inventory", row.id, row.id, "open", MINE, row.opened_at, step="count", nation=str(house.nation))


def _assurances(house: House, actor: Actor) -> Iterator[Waiting]:
    """Given assurances whose status must be confirmed within a working day, or is too old: one row for all."""
    if not actor.holds(Role.REGISTRAR):
        return
    now = house.now()
    bundle = active_bundle.active_or_none(house, now)
    if bundle is None:
        return
    limit = bundle.limits.limit(_STATUS_AGE)
    age = bundle.limits.duration(_STATUS_AGE)
    rows = governing(visible_assurances(actor).filter(direction="given", valid_until__gt=now).defer("statement"))
    old = [row for row in rows if row.status == VALID and row.status_at + age <= now + _AHEAD]
    if not old:
        return
    oldest = min(row.status_at for row in old)
    at = oldest + age
    due = Due(
        "assurance_status",
        _STATUS_AGE,
        str(house.nation),
        at,
        gap=False,
        provision="",
        confirmed=limit.confirmed,
        overdue=at <= now,
    )
    yield Waiting(
        "assurances",
        "assurances",
        "",
        VALID,
        MINE,
        oldest,
        step="confirm",
        nation=str(house.nation),
        count=len(old),
        due=due,
    )


def _reconciliations(house: House, actor: Actor) -> Iterator[Waiting]:
    """Programmes whose registers differ between the nations, or could not be compared."""
    if not actor.roles & _COMPARERS:
        return
    for one in reconciliations.open_alarms(house, actor):
        yield Waiting(
            "reconciliation",
            one.programme,
            one.programme,
            one.state,
            MINE,
            one.ended_at,
            step="compare",
            nation=str(house.nation),
            programme=one.programme,
            partner=one.partner,
            count=max(1, one.findings),
        )


def _courier(house: House, actor: Actor) -> Iterator[Waiting]:
    """What went by courier and has no receipt: for the operator to chase."""
    if not actor.holds(Role.OPERATOR):
        return
    for one in overdue_receipts(house, actor)[:_MOST]:
        gap = one.due is None
        due = Due("receipt", "", str(house.nation), one.due, gap, "", confirmed=False, overdue=bool(one.late))
        yield Waiting(
            "courier",
            one.message,
            str(one.bundle),
            "waiting",
            MINE,
            one.since,
            step="chase",
            nation=str(one.partner),
            partner=str(one.partner),
            due=due,
        )


def _standing(house: House, actor: Actor) -> Iterator[Waiting]:
    """A node that may not act: its operator brings it back."""
    if not actor.holds(Role.OPERATOR):
        return
    view = standing_view(house)
    if view.state != "ready":
        since = view.since or house.now()
        yield Waiting("standing", "standing", "", view.state, MINE, since, step="restore", nation=str(house.nation))


SOURCES: Final[tuple[Source, ...]] = (
    _cases,
    _arrivals,
    _third_parties,
    _dossiers,
    _witnessing,
    _inventories,
    _assurances,
    _reconciliations,
    _courier,
    _standing,
    waiting_offices.role_changes,
    waiting_offices.working_group,
    waiting_offices.shared_record,
)
"""Whatever else waits is one more function here."""
