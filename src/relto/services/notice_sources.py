"""Of what a person may be told by mail: what waits for her, answers to what she sent, and what happened near her.

Promises: everything is found in the person's own scope, by the queries of the pages that show it to her; each thing has
one key, so that it is told once, whoever looks and however often; of a thing only its kind and a number or code is
named. What she did herself is not news to her, but for how she signs in: that might have been somebody else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from django.db.models import F

from relto.base import calendars
from relto.base.instants import Instant
from relto.ledger.leaves import LeafEvent
from relto.procedures import release, third_party
from relto.procedures.actors import Actor, Role
from relto.procedures.assurance import VALID
from relto.services.house import House
from relto.services.role_changes import READERS
from relto.services.waiting import waiting
from relto.services.waiting_view import Waiting
from relto.store.models import LedgerEntry, PortalSession, ReleaseCase, ThirdPartyRequest
from relto.store.models.dossiers import DossierStep
from relto.store.queries.assurances import governing, visible_assurances

TURN: Final = "turn"
ANSWER: Final = "answer"
ASSURANCE: Final = "assurance"
SUSPENSION: Final = "suspension"
MEETING: Final = "meeting"
ALARM: Final = "alarm"
EMERGENCY: Final = "emergency"
SIGN_IN: Final = "sign_in"
KINDS: Final = (TURN, ANSWER, ASSURANCE, SUSPENSION, MEETING, ALARM, EMERGENCY, SIGN_IN)
"""Everything a person can be told of; `SIGN_IN` cannot be declined."""

_MOST: Final = 60
_MOST_ENTRIES: Final = 500
_SETTLED: Final = timedelta(minutes=1)
"""So long after its instant no entry of a smaller serial can still be committed."""
_ENDS_WITHIN: Final = timedelta(days=30)
_KIND_OF: Final[Mapping[str, str]] = {
    "alignment": MEETING,
    "working_group": MEETING,
    "assurances": ASSURANCE,
    "reconciliation": ALARM,
    "standing": ALARM,
}
_OF_SIGN_IN: Final = frozenset(
    {
        LeafEvent.CREDENTIAL_ISSUED,
        LeafEvent.CREDENTIAL_REVOKED,
        LeafEvent.ROLE_GRANTED,
        LeafEvent.ROLE_REMOVED,
        LeafEvent.SESSION_ENDED,
    }
)
_OF_SUSPENSION: Final = frozenset(
    {
        LeafEvent.ASSURANCE_RECEIVED,
        LeafEvent.ASSURANCE_REVOKED,
        LeafEvent.ASSURANCE_SUSPENDED,
        LeafEvent.FACILITY_SUSPENDED,
        LeafEvent.PERSON_SUSPENDED,
    }
)
_OF_EMERGENCY: Final = frozenset({LeafEvent.EMERGENCY_ASKED, LeafEvent.EMERGENCY_BEGUN, LeafEvent.EMERGENCY_ENDED})
_OF_ALARM: Final = frozenset(
    {
        LeafEvent.BUNDLE_REFUSED,
        LeafEvent.LEDGER_DAMAGED,
        LeafEvent.LOG_CONTRADICTED,
        LeafEvent.QUARANTINE_LIFTED,
        LeafEvent.TRANSFER_CONTRADICTED,
        LeafEvent.TRANSFER_UNVERIFIED,
    }
)
_EVENTS: Final = _OF_SIGN_IN | _OF_SUSPENSION | _OF_EMERGENCY | _OF_ALARM
_AUTHORITY: Final = frozenset({Role.RELEASE_OFFICER, Role.REGISTRAR, Role.INSPECTOR})
_ALARMED: Final = frozenset({Role.OPERATOR, Role.INSPECTOR})
_ANSWERED: Final = (release.RELEASED, release.REFUSED, release.ACCEPTED, release.RETURNED, release.WITHDRAWN)
_DECIDED: Final = (third_party.DECLINED, third_party.CONSENTED, third_party.REFUSED, third_party.WITHDRAWN)


@dataclass(frozen=True, slots=True)
class Thing:
    """Something to tell. `about`: what it is and since when, the same each time; `number`: all that is named of it."""

    kind: str
    about: str
    number: str


@dataclass(frozen=True, slots=True)
class Read:
    """What the newest entries say to a person, and up to which serial nothing can be missed any more."""

    things: tuple[Thing, ...]
    read_to: int


def standing_things(house: House, actor: Actor, since: Instant) -> Iterator[Thing]:
    """What waits for the actor now, what ends, and what was answered or signed in since an instant."""
    for row in waiting(house, actor).mine:
        yield _of_waiting(house, row)
    yield from _ending(house, actor)
    yield from _answers(actor, since)
    sessions = PortalSession.objects.filter(account__person_id=actor.person, in_new_browser=True, since__gte=since)
    for session in sessions.order_by("-since", "id")[:_MOST]:
        yield Thing(SIGN_IN, f"session {session.id}", "session:new_browser")


def newest_serial() -> int:
    """The serial of the newest entry, nought before the first."""
    return LedgerEntry.objects.order_by("-serial").values_list("serial", flat=True).first() or 0


def told_by_entries(house: House, actor: Actor, read_to: int) -> Read:
    """What the entries after a serial say to the actor; 500 at a time."""
    last = newest_serial()
    if last <= read_to:
        return Read((), read_to)
    rows = LedgerEntry.objects.filter(serial__gt=read_to, event__in=_EVENTS).order_by("serial").defer("leaf", "salt")
    found = list(rows[:_MOST_ENTRIES])
    if len(found) == _MOST_ENTRIES:
        last = found[-1].serial
    young = LedgerEntry.objects.filter(serial__gt=read_to, serial__lte=last, recorded_at__gt=house.now() - _SETTLED)
    first_young = young.order_by("serial").values_list("serial", flat=True).first()
    things = (Thing(kind, f"entry {row.entry}", number) for row in found for kind, number in _said(row, actor))
    return Read(tuple(things), last if first_young is None else max(read_to, first_young - 1))


def _said(row: LedgerEntry, actor: Actor) -> Iterator[tuple[str, str]]:
    details: Mapping[str, Any] = row.details if isinstance(row.details, dict) else {}
    event = LeafEvent(row.event)
    if event in _OF_SIGN_IN:
        if actor.person in {row.subject, details.get("person")}:
            yield SIGN_IN, event.value
        return
    if row.actor == actor.person:
        return
    if event in _OF_SUSPENSION:
        near = bool(actor.roles & _AUTHORITY) or (
            actor.holds(Role.SECURITY_OFFICER) and actor.company is not None and row.company == actor.company
        )
        if near and (event is not LeafEvent.ASSURANCE_RECEIVED or details.get("status") != VALID):
            yield SUSPENSION, row.subject
    elif event in _OF_EMERGENCY:
        if actor.roles.intersection(READERS) or actor.holds(Role.RELEASE_OFFICER) or row.subject == actor.person:
            yield EMERGENCY, str(details.get("emergency", row.entry))
    elif actor.roles & _ALARMED:
        yield ALARM, event.value


def _of_waiting(house: House, row: Waiting) -> Thing:
    kind = _KIND_OF.get(row.kind, TURN)
    if row.kind == "assurances":  # one row for all that must be confirmed, whose oldest changes: once a day
        day = calendars.local_date(house.now(), house.nation).isoformat()
        return Thing(kind, f"assurances {day}", day)
    return Thing(kind, f"{row.kind} {row.id} {int(row.since.timestamp())}", row.number or row.id)


def _ending(house: House, actor: Actor) -> Iterator[Thing]:
    """Given assurances that end within thirty days: for the registrar, and for the company that depends on them."""
    if not actor.roles & {Role.REGISTRAR, Role.SECURITY_OFFICER}:
        return
    now = house.now()
    rows = governing(visible_assurances(actor).filter(direction="given", valid_until__gt=now).defer("statement"))
    ending = [row for row in rows if row.status == VALID and row.valid_until <= now + _ENDS_WITHIN]
    for row in sorted(ending, key=lambda one: (one.valid_until, one.id))[:_MOST]:
        yield Thing(ASSURANCE, f"ends {row.id} {int(row.valid_until.timestamp())}", row.id)


def _answers(actor: Actor, since: Instant) -> Iterator[Thing]:
    """What came of a release, a third party's request or a dossier that the actor herself began."""
    cases = ReleaseCase.objects.filter(asked_by=actor.person, state__in=_ANSWERED, decided_at__gte=since)
    for case_id, number, state in cases.order_by("-asked_at", "id").values_list("id", "number", "state")[:_MOST]:
        yield Thing(ANSWER, f"case {case_id} {state}", number)
    requests = ThirdPartyRequest.objects.filter(asked_by=actor.person, state__in=_DECIDED, decided_at__gte=since)
    for row_id, number, state in requests.order_by("-asked_at", "id").values_list("id", "number", "state")[:_MOST]:
        yield Thing(ANSWER, f"third_party {row_id} {state}", number)
    steps = DossierStep.objects.filter(dossier__opened_by=actor.person, at__gte=since, overtaken=False, refused="")
    theirs = steps.exclude(side=F("dossier__side")).order_by("-at", "id")
    for dossier, number, position in theirs.values_list("dossier_id", "dossier__number", "position")[:_MOST]:
        yield Thing(ANSWER, f"step {dossier} {position}", number)
