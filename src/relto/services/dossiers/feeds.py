"""A person's calendar of due dates: an address that any calendar program reads, until she closes it.

Promises: whoever has the address reads numbers, kinds of limits and instants, of a co-chair number, time and place of
the working group's meetings, and nothing else; only a digest of its secret is kept; there is one address a person, and
a new one ends the one before. What stands in it is what she may see at that moment: a suspended person's calendar is
empty to everybody, as if it were not there.
"""

from __future__ import annotations

import base64
from urllib.parse import urlsplit

from django.db.models import QuerySet

from relto.adapters.calendar_feed import DueEntry, calendar_feed
from relto.adapters.words import DEFAULT_LANGUAGE, LANGUAGES
from relto.base.canonical import sha256_hex
from relto.base.errors import MalformedInput, NotAuthenticated, NotAvailable
from relto.ledger.leaves import LeafEvent
from relto.procedures.actors import Actor
from relto.services.actors import actor_of_person
from relto.services.alignment.meeting_calendars import calendar_meetings
from relto.services.book import enter
from relto.services.dossiers.queues import due_dates
from relto.services.house import House
from relto.store.models.dossiers import CalendarFeed
from relto.store.scopes import act_for

_SECRET_BYTES = 32
_LONGEST_SECRET = 64


def open_feed(house: House, actor: Actor, language: str = DEFAULT_LANGUAGE) -> str:
    """The secret of a new calendar address, told once; an earlier address ends. Raises MalformedInput("language")."""
    if language not in LANGUAGES:
        raise MalformedInput("language", field="language", expected=", ".join(LANGUAGES))
    secret = base64.urlsafe_b64encode(house.entropy.random_bytes(_SECRET_BYTES)).decode("ascii").rstrip("=")
    now = house.now()

    def step() -> str:
        _open_feeds(actor).update(revoked_at=now)
        digest = sha256_hex(secret.encode("ascii"))
        CalendarFeed.objects.create(digest=digest, person=actor.person, language=language, made_at=now)
        enter(house, LeafEvent.CALENDAR_OPENED, actor=actor.person, subject=actor.person, company=actor.company, at=now)
        return secret

    return house.commit(step)


def close_feed(house: House, actor: Actor) -> None:
    """End the actor's calendar address. Raises NotAvailable("calendar") when she has none."""
    now = house.now()

    def step() -> None:
        if not _open_feeds(actor).update(revoked_at=now):
            raise NotAvailable("calendar", field="calendar")
        enter(house, LeafEvent.CALENDAR_CLOSED, actor=actor.person, subject=actor.person, company=actor.company, at=now)

    house.commit(step)


def has_feed(actor: Actor) -> bool:
    """Whether the actor has a calendar address that works."""
    return _open_feeds(actor).exists()


def read_feed(house: House, secret: str) -> bytes:
    """The calendar behind an address. Raises NotAvailable("calendar") for none, an ended one, a suspended person."""
    refused = NotAvailable("calendar", field="calendar")
    if len(secret) > _LONGEST_SECRET:
        raise refused
    row = CalendarFeed.objects.filter(digest=sha256_hex(secret.encode("utf-8")), revoked_at=None).first()
    if row is None:
        raise refused
    try:
        actor = actor_of_person(house, row.person)
    except NotAuthenticated as error:
        raise refused from error
    act_for(actor)
    entries = [
        DueEntry(
            number=one.view.number,
            nation=one.view.nation,
            procedure=one.view.procedure,
            clock=one.due.clock,
            whose=one.due.nation,
            at=one.due.at,
            changed=one.view.changed,
            is_overdue=one.due.overdue,
        )
        for one in due_dates(house, actor)
        if one.due.at is not None
    ]
    return calendar_feed(
        entries,
        node=urlsplit(house.urls.portal).hostname or "",
        language=row.language,
        meetings=calendar_meetings(house, actor),
    )


def _open_feeds(actor: Actor) -> QuerySet[CalendarFeed]:
    return CalendarFeed.objects.filter(person=actor.person, revoked_at=None)
