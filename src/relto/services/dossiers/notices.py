"""Notices by mail that something waits: off unless the operator names a mail server and the person an address.

Promises: a notice names a number and the portal, nothing else; one is sent for each time that a dossier comes to wait
for a person, however often the worker looks; what could not be sent is tried again after longer and longer pauses,
eight times at most, and an address that the server refuses for good is not tried again. No dossier depends on it.
"""

from __future__ import annotations

from datetime import timedelta

from relto.adapters.mail_notices import MailServer, Notice, Sent, read_address, send_notices
from relto.adapters.words import DEFAULT_LANGUAGE, LANGUAGES
from relto.base.errors import MalformedInput, NotAuthenticated, NotAvailable, Unreachable
from relto.base.instants import Instant
from relto.ledger.leaves import LeafEvent
from relto.procedures.actors import Actor
from relto.services.actors import actor_of_person
from relto.services.book import enter
from relto.services.dossiers.queues import HERE, queue
from relto.services.house import House
from relto.store.models.dossiers import DossierNotice, NoticeAddress

_MOST_AT_ONCE = 50
_MOST_TRIES = 8
_FIRST_PAUSE = timedelta(minutes=1)


def begin_notices(house: House, actor: Actor, address: str, language: str = DEFAULT_LANGUAGE) -> None:
    """From now on the person is told at this address. Raises MalformedInput("mail.address" or "language")."""
    read_address(address)
    if language not in LANGUAGES:
        raise MalformedInput("language", field="language", expected=", ".join(LANGUAGES))
    now = house.now()

    def step() -> None:
        NoticeAddress.objects.update_or_create(
            person=actor.person, defaults={"address": address, "language": language, "since": now}
        )
        enter(house, LeafEvent.NOTICES_BEGUN, actor=actor.person, subject=actor.person, company=actor.company, at=now)

    house.commit(step)


def is_told(actor: Actor) -> bool:
    """Whether the actor asked to be told by mail. The address itself is shown to nobody."""
    return NoticeAddress.objects.filter(person=actor.person).exists()


def end_notices(house: House, actor: Actor) -> None:
    """The person is told no longer. Raises NotAvailable("notices") when she was not."""
    now = house.now()

    def step() -> None:
        if not NoticeAddress.objects.filter(person=actor.person).delete()[0]:
            raise NotAvailable("notices", field="notices")
        DossierNotice.objects.filter(person=actor.person).update(try_at=None)
        enter(house, LeafEvent.NOTICES_ENDED, actor=actor.person, subject=actor.person, company=actor.company, at=now)

    house.commit(step)


def tell_who_waits(house: House, server: MailServer) -> int:
    """One round of the worker: note what newly waits for whom, and send what is due; returns how many were sent."""
    for address in NoticeAddress.objects.order_by("person"):
        _note(house, address)
    return _send(house, server)


def _note(house: House, address: NoticeAddress) -> None:
    """Note each dossier that came to wait for the person since she named the address, once for each time."""
    try:
        actor = actor_of_person(house, address.person)
    except NotAuthenticated:
        return
    now = house.now()
    waiting = [
        DossierNotice(person=address.person, dossier_id=row.view.id, since=row.since, try_at=now)
        for row in queue(house, actor)
        if row.where == HERE and row.since >= address.since
    ]
    known = set(
        DossierNotice.objects.filter(
            person=address.person, dossier__in=[one.dossier_id for one in waiting]
        ).values_list("dossier_id", "since")
    )
    fresh = [one for one in waiting if (one.dossier_id, one.since) not in known]
    if fresh:
        house.commit(lambda: DossierNotice.objects.bulk_create(fresh, ignore_conflicts=True))


def _send(house: House, server: MailServer) -> int:
    now = house.now()
    rows = DossierNotice.objects.filter(try_at__lte=now).select_related("dossier").order_by("try_at", "id")
    due = {str(row.id): row for row in rows[:_MOST_AT_ONCE]}
    addresses = {
        one.person: one for one in NoticeAddress.objects.filter(person__in={row.person for row in due.values()})
    }
    notices = [
        Notice(
            key, addresses[row.person].address, row.dossier.number, house.urls.portal, addresses[row.person].language
        )
        for key, row in due.items()
        if row.person in addresses
    ]
    try:
        sent = send_notices(server, notices)
    except Unreachable:
        sent = [Sent(notice.key, handed_over=False) for notice in notices]
    if sent:

        def step() -> None:
            for one in sent:
                _settle(due[one.key], one, now)

        house.commit(step)
    return sum(one.handed_over for one in sent)


def _settle(row: DossierNotice, one: Sent, now: Instant) -> None:
    row.tries += 1
    ended = one.handed_over or one.refused or row.tries >= _MOST_TRIES
    row.try_at = None if ended else now + _FIRST_PAUSE * 2**row.tries
    row.save(update_fields=["tries", "try_at"])
