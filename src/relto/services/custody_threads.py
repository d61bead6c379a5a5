"""Which things a chain of custody is about: the item, its releases, arrivals and requests, its copies, their messages.

Read within the actor's scope; the caller let her through to the item already.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from relto.base.canonical import sha256_hex
from relto.base.instants import Instant
from relto.procedures.actors import Actor
from relto.rules.facts import Action
from relto.services.destruction import MEMBER
from relto.store.models import Arrival, CopyEvent, CustodianRecord, DecisionRecord, Item, ItemCopy, ReleaseCase
from relto.store.queries.registers import READERS, visible_copies, visible_translations
from relto.store.queries.releases import visible_arrivals, visible_cases


@dataclass(frozen=True, slots=True)
class AboutCopy:
    """One copy that an entry concerns, where its line says it then was, and the certificate kept with the line."""

    copy: str
    facility: str
    custodian: str
    location_sha256: str
    certificate: str


@dataclass(frozen=True, slots=True)
class RegisterLineFact:
    """A line of a register that names a ledger entry."""

    thread: str
    what: str
    entry: str
    at: Instant


@dataclass(frozen=True, slots=True)
class Threads:
    """`subjects` and `entries`: what to read from the ledger. `thread_of`: a message's case or arrival.

    `differing`: copies whose present state is not that of their newest line.
    """

    item: str
    subjects: frozenset[str]
    entries: frozenset[str]
    arrivals: frozenset[str]
    thread_of: Mapping[str, str]
    partner_of: Mapping[str, str]
    copies_of: Mapping[str, tuple[AboutCopy, ...]]
    lines: tuple[RegisterLineFact, ...]
    differing: tuple[RegisterLineFact, ...]


def threads_of(actor: Actor, item: Item) -> Threads:
    """What the actor may know about an item's custody."""
    sees_all = bool(actor.roles & READERS)
    cases = list((ReleaseCase.objects.all() if sees_all else visible_cases(actor)).filter(item=item))
    arrived = list((Arrival.objects.all() if sees_all else visible_arrivals(actor)).filter(item=item))
    copies = list(visible_copies(actor).filter(item=item))
    happened = list(CopyEvent.objects.filter(copy__in=copies).order_by("at", "number"))
    about: dict[str, list[AboutCopy]] = defaultdict(list)
    for one in happened:
        digest = sha256_hex(one.location.encode("utf-8")) if one.location else ""
        kept = str(one.details.get(MEMBER, ""))
        about[one.entry].append(AboutCopy(one.copy_id, one.facility, one.custodian, digest, kept))
    supplied = DecisionRecord.objects.filter(item=item.id, action=Action.SUPPLY_SHARE.value).values_list(
        "entry", flat=True
    )
    register = item.register_entries.all()
    if not sees_all:
        register = register.filter(company=actor.company)
    thread_of = {case.message: case.id for case in cases if case.message}
    thread_of |= {arrival.message: arrival.id for arrival in arrived if arrival.message}
    subjects = {item.id, *(case.id for case in cases), *(arrival.id for arrival in arrived), *thread_of}
    subjects |= {copy.id for copy in copies}
    subjects |= set(item.third_party_requests.values_list("id", flat=True))
    subjects |= set(CustodianRecord.objects.filter(item=item.id).values_list("id", flat=True))
    newest = {one.copy_id: one for one in happened}
    differing = tuple(
        RegisterLineFact(copy.id, copy.state, "", copy.since)
        for copy in copies
        if copy.id not in newest or _differs(copy, newest[copy.id])
    )
    translated = visible_translations(actor).filter(derived=item).values_list("entry", flat=True)
    lines = [
        *(RegisterLineFact(item.id, row.direction, row.entry, row.at) for row in register),
        *(RegisterLineFact(one.copy_id, one.step, one.entry, one.at) for one in happened),
    ]
    return Threads(
        item=item.id,
        subjects=frozenset(subjects),
        entries=frozenset({*about, *supplied, *translated, *(line.entry for line in lines)}),
        arrivals=frozenset(row.id for row in arrived),
        thread_of=thread_of,
        partner_of={row.message: row.nation for row in cases if row.message},
        copies_of={entry: tuple(found) for entry, found in about.items()},
        lines=tuple(lines),
        differing=differing,
    )


def _differs(copy: ItemCopy, line: CopyEvent) -> bool:
    """True when a copy's present state or place is not that of its newest line."""
    present = (copy.state, copy.facility, copy.custodian, copy.location)
    return present != (line.state, line.facility, line.custodian, line.location)
