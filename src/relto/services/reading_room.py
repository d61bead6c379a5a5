"""Reading in the browser: decided as any opening is, then pages out of a process that ends with the reading.

Rules enforced here:
 1. Off unless the operator named the level of the item's label (setting `reading_room.levels`); a label that cannot be
    read whole is at no level.
 2. It opens as any client would: the own decision is recorded, the own share leaves the key service for the room's key
    alone, the partner's service says yes for the very same key (design.md 2). No share stands anywhere unwrapped but in
    the room's process.
 3. At each page the gates are asked again, at no cost to anybody, and whether this node may act; after `again` both
    services are asked again and it is recorded. The first no ends the reading.
 4. Begun and ended are entries: the item, how many pages were shown, why it ended; never which. Begun is recorded
    before anybody can have a page; each reading ends once.
 5. A reading belongs to one signed-in session and one person; nobody else finds it.
 6. However slow a document is, only so many requests of a process are in rooms at once: the others find the portal.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, Literal, TypeVar

from relto.base.errors import MalformedInput, NotAvailable, Refused, ReltoError, Unreachable
from relto.base.instants import Instant, instant_text
from relto.labels.label import label_from_dict
from relto.ledger.leaves import LeafEvent
from relto.ports.reading_room import (
    PageMarks,
    ReadingRoom,
    ReadingRules,
    Room,
    SealedDocument,
    Shown,
    WrappedShare,
)
from relto.procedures.actors import Actor, Role
from relto.rules.bundle import Bundle
from relto.sealing.encoding import read_base64
from relto.sealing.manifest import parse_manifest
from relto.sealing.policy import read_policy
from relto.services import active_bundle
from relto.services.book import enter
from relto.services.border import require_open_border
from relto.services.house import House
from relto.services.labelling import banner_of
from relto.services.openings import ask_partner, may_open, open_at_home
from relto.services.origins import same_origin
from relto.store.models import Item
from relto.store.queries.items import holdable_items

Ending = Literal["closed", "idle", "refused", "broken", "again"]
AT_ONCE: Final = 4
"""Requests of a process that are in rooms at once: half of the threads that the portal answers with."""
_A_MOMENT: Final = 2.0
_T = TypeVar("_T")
_LARGEST_SHARE = 16 * 1024
_LONGEST_SUFFIX = 12


@dataclass(frozen=True, slots=True)
class Reading:
    """An open reading. `opened`: when both said yes last; `again`: when they are asked next."""

    item: str
    banner: str
    pages: int
    form: str
    partner: bool
    opened: Instant
    again: Instant


@dataclass(slots=True)
class _Held:
    room: Room
    view: Reading
    person: str
    company: str | None
    last: Instant
    seen: set[int] = field(default_factory=set)


class Readings:
    """The open readings of this process, one for each session and item."""

    def __init__(self, rooms: ReadingRoom, rules: ReadingRules) -> None:
        """`rooms`: where documents are opened; `rules`: the operator's."""
        self.rooms, self.rules = rooms, rules
        self._held: dict[tuple[str, str], _Held] = {}
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(AT_ONCE)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """One of the few that are in rooms at once. Raises Unreachable("reading_room_busy") when there is no place."""
        if not self._places.acquire(timeout=_A_MOMENT):
            raise Unreachable("reading_room_busy", field="reading", expected=f"at most {AT_ONCE} requests at once")
        try:
            yield
        finally:
            self._places.release()

    def take(self, session: str, item: str) -> _Held | None:
        """Take a reading out; None when there is none."""
        with self._lock:
            return self._held.pop((session, item), None)

    def remove(self, held: _Held) -> bool:
        """Take this very reading out; False when it was taken already, whatever stands in its place now."""
        with self._lock:
            place = next((place for place, one in self._held.items() if one is held), None)
            if place is not None:
                del self._held[place]
            return place is not None

    def find(self, session: str, item: str) -> _Held | None:
        """A reading that stays."""
        with self._lock:
            return self._held.get((session, item))

    def put(self, session: str, item: str, held: _Held) -> _Held | None:
        """Keep a reading; what stood in its place is returned."""
        with self._lock:
            before = self._held.pop((session, item), None)
            self._held[session, item] = held
            return before

    def of_session(self, session: str) -> list[str]:
        """The items that are open in a session."""
        with self._lock:
            return [item for held, item in self._held if held == session]

    def idle(self, now: Instant) -> list[_Held]:
        """Those that nobody looked at for too long."""
        with self._lock:
            return [held for held in self._held.values() if now - held.last > self.rules.idle]


@dataclass(frozen=True, slots=True)
class Seat:
    """Where somebody reads: the readings of this process (None: reading is off), and her signed-in session."""

    readings: Readings | None
    session: str


def is_on(house: House, actor: Actor, item: str, seat: Seat) -> bool:
    """Whether this node shows the item in the browser at all. Raises NotAvailable("item")."""
    row = _item(actor, item)
    return seat.readings is not None and _level(active_bundle.active(house), row) in seat.readings.rules.levels


def begin(house: House, actor: Actor, item: str, seat: Seat) -> Reading:
    """Open the item in a room.

    Raises Refused("role"), NotAvailable("item"), Refused("reading_room") where it is off, Refused("gates" or "partner",
    reference=...) as any opening, Unreachable, NotVerified, MalformedInput("document...") for what no page can be made
    of.
    """
    actor.require(Role.ENGINEER, Role.SECURITY_OFFICER)
    row = _item(actor, item)
    bundle, readings = active_bundle.active(house), seat.readings
    if readings is None or _level(bundle, row) not in readings.rules.levels:
        raise Refused("reading_room", field="item", expected="a level at which this node shows documents")
    sweep(house, readings)
    with readings.at_work():
        held = _opened(house, actor, row, bundle, readings)
    before = readings.put(seat.session, row.id, held)
    if before is not None:
        _end(house, before, "again")
    return held.view


def _opened(house: House, actor: Actor, row: Item, bundle: Bundle, readings: Readings) -> _Held:
    """The item in its room, both decisions and its beginning recorded; whatever goes wrong, no room stays behind."""
    manifest = _manifest(row)
    room = readings.rooms.enter()
    try:
        shares, partner = _shares(house, actor, manifest, room.session_key)
        shown = room.open(_sealed(house, row, manifest, shares))
        now = house.now()
        house.commit(
            lambda: enter(
                house,
                LeafEvent.READING_BEGUN,
                actor=actor.person,
                subject=row.id,
                company=actor.company,
                details={"form": shown.form, "pages": shown.pages},
                at=now,
            )
        )
        view = _view(row.id, banner_of(bundle, row.label), shown, partner=partner, at=now, rules=readings.rules)
    except BaseException:
        room.close()
        raise
    return _Held(room, view, actor.person, actor.company, now)


def reading(house: House, actor: Actor, item: str, seat: Seat) -> Reading:
    """The open reading. Raises NotAvailable("reading") when there is none of hers, Refused when a gate fails now."""
    return _asked(house, actor, item, seat, lambda held: held.view)


def page(house: House, actor: Actor, item: str, seat: Seat, number: int) -> bytes:
    """A page as a PNG with its marks. Raises as `reading`; MalformedInput("page"); Unreachable once its room ended."""

    def drawn(held: _Held) -> bytes:
        marks = PageMarks(held.view.banner, f"{actor.person}  {instant_text(house.now().replace(microsecond=0))}")
        made = held.room.page(number, marks)
        held.seen.add(number)
        return made

    return _asked(house, actor, item, seat, drawn)


def words(house: House, actor: Actor, item: str, seat: Seat, number: int) -> str:
    """The words on a page, for those who do not see pictures. Raises as `page`."""
    return _asked(house, actor, item, seat, lambda held: held.room.words(number))


def close(house: House, item: str, seat: Seat) -> None:
    """Close and lock; nothing happens when it is closed already."""
    held = seat.readings.take(seat.session, item) if seat.readings is not None else None
    if held is not None:
        _end(house, held, "closed")


def close_all(house: House, seat: Seat) -> None:
    """Close what is open in the session: she signs out."""
    for item in seat.readings.of_session(seat.session) if seat.readings is not None else ():
        close(house, item, seat)


def sweep(house: House, readings: Readings) -> None:
    """End what nobody looked at for too long."""
    for held in readings.idle(house.now()):
        _leave(house, readings, held, "idle")


def _asked(house: House, actor: Actor, item: str, seat: Seat, ask: Callable[[_Held], _T]) -> _T:
    """What her reading says, its gates asked first; a reading whose room ended is ended too."""
    readings = seat.readings
    if readings is None:
        raise NotAvailable("reading", field="reading")
    sweep(house, readings)
    held = readings.find(seat.session, item)
    if held is None or held.person != actor.person:
        raise NotAvailable("reading", field="reading")
    with readings.at_work():
        _check(house, actor, item, readings, held)
        try:
            return ask(held)
        except Unreachable as error:
            if error.reason == "reading_room":
                _leave(house, readings, held, "broken")
            raise


def _check(house: House, actor: Actor, item: str, readings: Readings, held: _Held) -> None:
    """Ask the gates again; both services too when it is time."""
    now = house.now()
    try:
        house.standing.require_own()
        if not may_open(house, actor, item).permitted:
            raise Refused("gates", field="item", expected="gates that hold")
        if held.view.partner:
            require_open_border(house, active_bundle.active(house, now), now)
        if now >= held.view.again:
            manifest = _manifest(_item(actor, item))
            # The answer is yes or no; the shares themselves are not needed again, and open nowhere but in the room.
            _, partner = _shares(house, actor, manifest, held.room.session_key)
            shown = Shown(held.view.pages, held.view.form)
            held.view = _view(item, held.view.banner, shown, partner=partner, at=now, rules=readings.rules)
    except ReltoError:
        _leave(house, readings, held, "refused")
        raise
    held.last = now


def _leave(house: House, readings: Readings, held: _Held, why: Ending) -> None:
    """End it, unless somebody else just did."""
    if readings.remove(held):
        _end(house, held, why)


def _end(house: House, held: _Held, why: Ending) -> None:
    held.room.close()
    house.commit(
        lambda: enter(
            house,
            LeafEvent.READING_ENDED,
            actor=held.person,
            subject=held.view.item,
            company=held.company,
            details={"why": why, "pages_shown": len(held.seen)},
        )
    )


def _item(actor: Actor, item: str) -> Item:
    row = holdable_items(actor).filter(id=item).first()
    if row is None:
        raise NotAvailable("item", field="item")
    return row


def _level(bundle: Bundle, row: Item) -> str:
    try:
        label = label_from_dict(dict(row.label), bundle.policies, controls_known=True)
        return f"{bundle.policies.of(label.policy).nation} {label.level.name}"
    except ReltoError:
        return ""


def _manifest(row: Item) -> bytes:
    """The manifest in force under which this node's people open it. Raises NotAvailable("item")."""
    kind = "original" if row.held_as == "own" else "received"
    found = row.manifests.filter(kind=kind, withdrawn_at=None).order_by("-registered_at", "-id").first()
    if found is None or not row.payload_blob:
        raise NotAvailable("item", field="item")
    return bytes(found.content)


def _shares(house: House, actor: Actor, content: bytes, session_key: str) -> tuple[dict[int, WrappedShare], bool]:
    """Every share that can be had for the room's key, by position, and whether a partner gave one."""
    manifest = parse_manifest(content)
    policy_uuid = read_policy(manifest.policy_text).uuid
    shares: dict[int, WrappedShare] = {}
    partner = False
    for position, key_access in enumerate(manifest.key_access):
        at_home = same_origin(key_access.url, house.urls.key_service)
        if not at_home and not same_origin(key_access.url, house.urls.relay):
            continue
        grant = open_at_home(
            house, actor, policy_uuid=policy_uuid, policy_text=manifest.policy_text, key_access=key_access
        )
        if at_home:
            answer = house.key_service.share_for_reader(
                grant.decision, actor.person, key_access.plain_json(), manifest.policy_text, session_key
            )
            shares[position] = _wrapped(answer)
        else:
            given = ask_partner(house, actor, grant, key_access=key_access, session_key_pem=session_key)
            shares[position] = WrappedShare(given.wrapped, given.session_public_key)
            partner = True
    return shares, partner


def _wrapped(answer: Mapping[str, object]) -> WrappedShare:
    key = answer.get("wrapped_key")
    if not isinstance(key, str):
        raise MalformedInput("member.type", field="wrapped_key", expected="a wrapped share")
    wrapped = read_base64(key, field="wrapped_key", max_bytes=_LARGEST_SHARE)
    return WrappedShare(wrapped, str(answer.get("session_public_key") or "") or None)


def _sealed(house: House, row: Item, manifest: bytes, shares: dict[int, WrappedShare]) -> SealedDocument:
    def read_at(offset: int, size: int) -> bytes:
        return b"".join(house.blobs.read_range(row.payload_blob, row.payload_offset + offset, size))

    dot = row.file_name.rpartition(".")
    suffix = f".{dot[2].lower()}"[:_LONGEST_SUFFIX] if dot[1] else ""
    return SealedDocument(manifest, row.payload_size, read_at, shares, suffix)


def _view(item: str, banner: str, shown: Shown, *, partner: bool, at: Instant, rules: ReadingRules) -> Reading:
    return Reading(item, banner, shown.pages, shown.form, partner, at, at + rules.again)
