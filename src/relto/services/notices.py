"""Notices by mail: off unless the operator names a mail server and the person an address; each kind can be declined.

Promises: a notice names a kind, a number or code, and the portal, nothing else; each thing is told once, however often
the worker looks and however often it is restarted: who is told of what is durable before anything is sent, and a
message that a crash lets go twice has one Message-ID (RFC 5322 section 3.6.4). What could not be sent is tried again
after longer and longer pauses, eight times at most; an address that the server refuses for good is not tried again.
How one signs in cannot be declined. Nothing else depends on a notice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from relto.adapters.mail_notices import MailServer, Notice, read_address, send_notices
from relto.adapters.words import DEFAULT_LANGUAGE, LANGUAGES
from relto.base import calendars
from relto.base.errors import MalformedInput, NotAuthenticated, NotAvailable, Unreachable
from relto.base.instants import Instant
from relto.ledger.leaves import LeafEvent
from relto.procedures.actors import Actor
from relto.services.actors import actor_of_person
from relto.services.book import enter
from relto.services.house import House
from relto.services.notice_sources import KINDS, SIGN_IN, Thing, newest_serial, standing_things, told_by_entries
from relto.services.texts import read_choice
from relto.store.models import NoticeAddress, PersonNotice

MAY_DECLINE = tuple(kind for kind in KINDS if kind != SIGN_IN)
_MOST_AT_ONCE = 50
_MOST_TRIES = 8
_FIRST_PAUSE = timedelta(minutes=1)
_DAILY_AT = time(7)
_KEPT = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Wishes:
    """Of what the actor is told, and whether once a day; the address itself is shown to nobody."""

    told: bool
    kinds: tuple[str, ...]
    daily: bool


def begin_notices(house: House, actor: Actor, address: str, language: str = DEFAULT_LANGUAGE) -> None:
    """From now on the person is told at this address. Raises MalformedInput("mail.address" or "language")."""
    read_address(address)
    if language not in LANGUAGES:
        raise MalformedInput("language", field="language", expected=", ".join(LANGUAGES))
    now = house.now()
    present = list(standing_things(house, actor, now))

    def step() -> None:
        _, made = NoticeAddress.objects.update_or_create(
            person=actor.person,
            defaults={"address": address, "language": language, "since": now},
            create_defaults={"address": address, "language": language, "since": now, "read_to": newest_serial()},
        )
        if made:  # what waits already is known to whoever asks to be told
            _keep(actor.person, present, now, None)
        enter(house, LeafEvent.NOTICES_BEGUN, actor=actor.person, subject=actor.person, company=actor.company, at=now)

    house.commit(step)


def wishes_of(actor: Actor) -> Wishes:
    """What the actor asked for."""
    row = NoticeAddress.objects.filter(person=actor.person).first()
    if row is None:
        return Wishes(told=False, kinds=(), daily=False)
    return Wishes(told=True, kinds=tuple(kind for kind in KINDS if kind not in row.declined), daily=row.daily)


def wish(house: House, actor: Actor, *, kinds: Collection[str], daily: bool) -> Wishes:
    """Be told of these kinds, and of how one signs in; at once, or together at seven in the morning.

    Raises NotAvailable("notices") for who is not told at all, UnknownValue("kinds").
    """
    chosen = {read_choice(kind, MAY_DECLINE, field="kinds") for kind in kinds}

    def step() -> Wishes:
        row = NoticeAddress.objects.select_for_update().filter(person=actor.person).first()
        if row is None:
            raise NotAvailable("notices", field="notices")
        row.declined, row.daily = [kind for kind in MAY_DECLINE if kind not in chosen], daily
        row.save(update_fields=["declined", "daily"])
        PersonNotice.objects.filter(person=actor.person, kind__in=row.declined).update(try_at=None)
        return wishes_of(actor)

    return house.commit(step)


def is_told(actor: Actor) -> bool:
    """Whether the actor asked to be told by mail."""
    return wishes_of(actor).told


def end_notices(house: House, actor: Actor) -> None:
    """The person is told no longer. Raises NotAvailable("notices") when she was not."""
    now = house.now()

    def step() -> None:
        if not NoticeAddress.objects.filter(person=actor.person).delete()[0]:
            raise NotAvailable("notices", field="notices")
        PersonNotice.objects.filter(person=actor.person).update(try_at=None)
        enter(house, LeafEvent.NOTICES_ENDED, actor=actor.person, subject=actor.person, company=actor.company, at=now)

    house.commit(step)


def tell_who_waits(house: House, server: MailServer) -> int:
    """One round of the worker: note what is new for whom, and send what is due; returns how many mails were sent."""
    for address in NoticeAddress.objects.order_by("person"):
        _note(house, address)
    return _send(house, server)


def _note(house: House, address: NoticeAddress) -> None:
    """Note each thing that is new to the person since she named the address, once."""
    try:
        actor = actor_of_person(house, address.person)
    except NotAuthenticated:
        return
    now = house.now()
    entries = told_by_entries(house, actor, address.read_to)
    found = [*standing_things(house, actor, address.since), *entries.things]
    fresh = _fresh(address.person, [one for one in found if one.kind not in address.declined])
    if not fresh and entries.read_to == address.read_to:
        return
    at = _next_morning(house, now) if address.daily else now

    def step() -> None:
        _keep(address.person, fresh, now, at)
        NoticeAddress.objects.filter(person=address.person).update(read_to=entries.read_to)

    house.commit(step)


def _fresh(person: str, things: Iterable[Thing]) -> list[Thing]:
    by_key = {_key(one): one for one in things}
    known = PersonNotice.objects.filter(person=person, key__in=by_key).values_list("key", flat=True)
    return [one for key, one in by_key.items() if key not in set(known)]


def _keep(person: str, things: Iterable[Thing], now: Instant, try_at: Instant | None) -> None:
    made = [
        PersonNotice(person=person, kind=one.kind, key=_key(one), number=one.number[:64], noted_at=now, try_at=try_at)
        for one in things
    ]
    PersonNotice.objects.bulk_create(made, ignore_conflicts=True)


def _key(thing: Thing) -> str:
    return hashlib.sha256(thing.about.encode()).hexdigest()


def _next_morning(house: House, now: Instant) -> Instant:
    """The next seven o'clock of the own authority."""
    zone = calendars.zone_of(house.nation)
    local = now.astimezone(zone)
    today = datetime.combine(local.date(), _DAILY_AT, tzinfo=zone)
    return (today if local < today else today + timedelta(days=1)).astimezone(UTC)


def _send(house: House, server: MailServer) -> int:
    due = house.commit(lambda: _claim(house))
    if not due:
        return 0
    try:
        sent = send_notices(server, [one.notice for one in due])
    except Unreachable:
        return 0
    ended = {one.key for one in sent if one.handed_over or one.refused}
    rows = [row for one in due if one.notice.key in ended for row in one.rows]
    house.commit(lambda: PersonNotice.objects.filter(id__in=rows).update(try_at=None))
    return sum(one.handed_over for one in sent)


@dataclass(frozen=True, slots=True)
class _Due:
    """One mail, and the rows that it tells."""

    notice: Notice
    rows: tuple[int, ...]


def _claim(house: House) -> list[_Due]:
    """What is due, noted as tried before it is: two workers send nothing twice, and a crash leaves the next try."""
    now = house.now()
    rows = list(
        PersonNotice.objects.select_for_update().filter(try_at__lte=now).order_by("try_at", "id")[:_MOST_AT_ONCE]
    )
    for row in rows:
        row.tries += 1
        row.try_at = None if row.tries >= _MOST_TRIES else now + _FIRST_PAUSE * 2**row.tries
    PersonNotice.objects.bulk_update(rows, ["tries", "try_at"])
    PersonNotice.objects.filter(try_at=None, noted_at__lt=now - _KEPT).delete()
    addresses = {one.person: one for one in NoticeAddress.objects.filter(person__in={row.person for row in rows})}
    together: dict[tuple[str, int], list[PersonNotice]] = {}
    for row in rows:
        if (address := addresses.get(row.person)) is not None:
            together.setdefault((row.person, 0 if address.daily else row.id), []).append(row)
    return [_due(house, addresses[person], one) for (person, _), one in together.items()]


def _due(house: House, address: NoticeAddress, rows: list[PersonNotice]) -> _Due:
    first = rows[0]
    lines = tuple((row.kind, row.number) for row in rows) if len(rows) > 1 else ()
    key = hashlib.sha256(" ".join(row.key for row in rows).encode()).hexdigest()
    notice = Notice(key, address.address, first.number, house.urls.portal, address.language, first.kind, lines)
    return _Due(notice, tuple(row.id for row in rows))
