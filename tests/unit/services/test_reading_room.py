"""The reading room: pages out of a process that alone holds the document, after the decisions of any opening."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image

from relto.adapters.reading_room.rooms import ChildRooms
from relto.base.errors import MalformedInput, NotAvailable, Refused, ReltoError, Unreachable
from relto.ports.reading_room import ReadingRules
from relto.services import items, reading_room
from relto.services.arrival_view import ArrivalView
from relto.services.reading_room import Readings, Seat
from relto.services.standing import Unguarded
from relto.store.models import Item, LedgerEntry
from tests.support.houses import Node
from tests.support.many_pages import write_many_pages
from tests.support.peer_simulator import Peer
from tests.unit.services.stories import accept, arrived, seal_item

pytestmark = pytest.mark.django_db
ON = ReadingRules(frozenset({"USA SECRET", "USA CONFIDENTIAL"}))
PDF = {"file_name": "long report.pdf", "media_type": "application/pdf"}


@pytest.fixture
def seat() -> Iterator[Seat]:
    readings = Readings(ChildRooms(2), ON)
    yield Seat(readings, "her session")
    for session, item in list(readings._held):
        held = readings.take(session, item)
        assert held is not None
        held.room.close()


def pdf(folder: Path, pages: int = 3) -> bytes:
    path = folder / "report.pdf"
    write_many_pages(path, pages)
    return path.read_bytes()


def taken(node: Node, arrival: ArrivalView) -> str:
    """The item is accepted; its id. What the partner sent is text."""
    accept(node, arrival)
    Item.objects.update(file_name="report.txt")
    return Item.objects.get().id


def picture_of(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png), formats=("PNG",))


def test_an_own_pdf_is_read_page_by_page_with_marking_and_reader(usa: Node, seat: Seat, tmp_path: Path) -> None:
    item, engineer = seal_item(usa, content=pdf(tmp_path), **PDF), usa.actor("engineer")
    assert reading_room.is_on(usa.house, engineer, item.id, seat)
    begun = reading_room.begin(usa.house, engineer, item.id, seat)
    assert (begun.pages, begun.form, begun.partner) == (3, "pdf", False)
    assert begun.banner.startswith("SECRET")
    first = picture_of(reading_room.page(usa.house, engineer, item.id, seat, 1))
    assert first.width == 1100
    usa.clock.forward(minutes=1)
    assert first.tobytes() != picture_of(reading_room.page(usa.house, engineer, item.id, seat, 1)).tobytes()
    assert "On page 2" in reading_room.words(usa.house, engineer, item.id, seat, 3)
    with pytest.raises(MalformedInput, match="page"):
        reading_room.page(usa.house, engineer, item.id, seat, 4)
    reading_room.close(usa.house, item.id, seat)
    events = list(LedgerEntry.objects.filter(subject=item.id).values_list("event", flat=True))
    assert events.count("opening:granted") == events.count("reading:begun") == events.count("reading:ended") == 1
    with pytest.raises(NotAvailable, match="reading"):
        reading_room.page(usa.house, engineer, item.id, seat, 1)


def test_what_was_released_is_read_when_both_services_say_yes(ind: Node, america: Peer, seat: Seat) -> None:
    arrival, sent = arrived(ind, america)
    item, engineer = taken(ind, arrival), ind.actor("engineer")
    begun = reading_room.begin(ind.house, engineer, item, seat)
    assert (begun.form, begun.partner) == ("laid_out", True)
    assert "TRAINING" in reading_room.words(ind.house, engineer, item, seat, 1)
    america.send(ind.house, "withdrawal", america.withdrawal(sent))
    with pytest.raises(Refused):
        reading_room.page(ind.house, engineer, item, seat, 1)
    ended = LedgerEntry.objects.filter(event="reading:ended", subject=item)
    assert ended.count() == 1
    with pytest.raises(NotAvailable, match="reading"):
        reading_room.page(ind.house, engineer, item, seat, 1)


def test_both_are_asked_again_after_a_while_and_an_idle_reading_ends(ind: Node, america: Peer, seat: Seat) -> None:
    assert seat.readings is not None
    seat.readings.rules = ReadingRules(ON.levels, again=timedelta(minutes=5), idle=timedelta(minutes=3))
    arrival, _ = arrived(ind, america)
    item, engineer = taken(ind, arrival), ind.actor("engineer")
    begun = reading_room.begin(ind.house, engineer, item, seat)
    for _ in range(3):
        ind.clock.forward(minutes=2)
        reading_room.page(ind.house, engineer, item, seat, 1)
    again = reading_room.reading(ind.house, engineer, item, seat)
    assert again.opened == begun.opened + timedelta(minutes=6)
    assert LedgerEntry.objects.filter(event="opening:granted", subject=item).count() == 4
    ind.clock.forward(minutes=4)
    with pytest.raises(NotAvailable, match="reading"):
        reading_room.reading(ind.house, engineer, item, seat)


def test_off_unless_the_level_is_named_and_never_for_another_session_or_person(
    usa: Node, seat: Seat, tmp_path: Path
) -> None:
    item, engineer = seal_item(usa, content=pdf(tmp_path, 1), **PDF), usa.actor("engineer")
    for off in (Seat(None, "her session"), Seat(Readings(ChildRooms(1), ReadingRules()), "her session")):
        assert not reading_room.is_on(usa.house, engineer, item.id, off)
        with pytest.raises(Refused, match="reading_room"):
            reading_room.begin(usa.house, engineer, item.id, off)
    reading_room.begin(usa.house, engineer, item.id, seat)
    for who, place in (("engineer", Seat(seat.readings, "another session")), ("security_officer", seat)):
        with pytest.raises(NotAvailable):
            reading_room.page(usa.house, usa.actor(who), item.id, place, 1)
    with pytest.raises((NotAvailable, Refused)):
        reading_room.begin(usa.house, usa.actor("release_officer"), item.id, seat)
    with pytest.raises(NotAvailable):
        reading_room.is_on(usa.house, usa.actor("colleague"), item.id, seat)


@pytest.mark.parametrize(
    ("name", "content", "form"),
    [
        ("notes.txt", b"SECRET\n\n(S) A line.\n" * 60, "laid_out"),
        ("photo.png", None, "picture"),
    ],
)
def test_pictures_are_shown_and_text_is_laid_out_anew(
    usa: Node, seat: Seat, name: str, content: bytes | None, form: str
) -> None:
    if content is None:
        out = io.BytesIO()
        Image.new("RGB", (2000, 900), (10, 90, 60)).save(out, "PNG")
        content = out.getvalue()
    item, engineer = seal_item(usa, content=content, file_name=name), usa.actor("engineer")
    begun = reading_room.begin(usa.house, engineer, item.id, seat)
    assert begun.form == form
    assert picture_of(reading_room.page(usa.house, engineer, item.id, seat, begun.pages)).width == 1100


@pytest.mark.parametrize(
    "content", [b"%PDF-1.7 and nothing else", b"\x89PNG\r\n\x1a\n broken", b"\x7fELF" * 64, b"\0" * 64]
)
def test_what_no_page_can_be_made_of_is_said_and_leaves_no_room_behind(usa: Node, seat: Seat, content: bytes) -> None:
    item, engineer = seal_item(usa, content=content, **PDF), usa.actor("engineer")
    for _ in range(3):
        with pytest.raises(ReltoError, match="document"):
            reading_room.begin(usa.house, engineer, item.id, seat)


def test_no_more_rooms_than_the_process_allows_and_a_dead_one_is_told(usa: Node, seat: Seat, tmp_path: Path) -> None:
    engineer, content = usa.actor("engineer"), pdf(tmp_path, 1)
    first, second, third = (seal_item(usa, content=content, **PDF).id for _ in range(3))
    reading_room.begin(usa.house, engineer, first, seat)
    reading_room.begin(usa.house, engineer, second, seat)
    with pytest.raises(Unreachable, match="reading_room_full"):
        reading_room.begin(usa.house, engineer, third, seat)
    reading_room.close(usa.house, first, seat)
    reading_room.begin(usa.house, engineer, third, seat)
    assert seat.readings is not None
    held = seat.readings.find(seat.session, third)
    assert held is not None
    held.room._process.kill()  # type: ignore[attr-defined]
    with pytest.raises(Unreachable, match="reading_room"):
        reading_room.page(usa.house, engineer, third, seat, 1)
    with pytest.raises(NotAvailable, match="reading"):
        reading_room.page(usa.house, engineer, third, seat, 1)
    ends = LedgerEntry.objects.filter(event="reading:ended", subject=third)
    assert ends.count() == 1
    reading_room.begin(usa.house, engineer, third, seat)  # its place is free again
    assert items.item(usa.house, engineer, third).state == "registered"


class Quarantined(Unguarded):
    """A node that may not act, since an instant ago."""

    def require_own(self) -> None:
        raise Unreachable("quarantined", field="node")


def test_a_node_that_may_not_act_shows_no_further_page(usa: Node, seat: Seat, tmp_path: Path) -> None:
    item, engineer = seal_item(usa, content=pdf(tmp_path, 1), **PDF), usa.actor("engineer")
    reading_room.begin(usa.house, engineer, item.id, seat)
    with pytest.raises(Unreachable, match="quarantined"):
        reading_room.words(replace(usa.house, standing=Quarantined()), engineer, item.id, seat, 1)
    with pytest.raises(NotAvailable, match="reading"):
        reading_room.page(usa.house, engineer, item.id, seat, 1)


def test_a_reading_ends_once_and_nobody_ends_the_one_in_its_place(usa: Node, seat: Seat, tmp_path: Path) -> None:
    item, engineer = seal_item(usa, content=pdf(tmp_path, 1), **PDF), usa.actor("engineer")
    reading_room.begin(usa.house, engineer, item.id, seat)
    assert seat.readings is not None
    first = seat.readings.find(seat.session, item.id)
    assert first is not None
    reading_room.begin(usa.house, engineer, item.id, seat)  # in another tab
    assert not seat.readings.remove(first)
    reading_room.page(usa.house, engineer, item.id, seat, 1)
    told = LedgerEntry.objects.filter(event__startswith="reading:").order_by("serial").values_list("event", flat=True)
    assert list(told) == ["reading:begun", "reading:begun", "reading:ended"]


def test_slow_documents_keep_only_so_many_requests(
    usa: Node, seat: Seat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading_room, "_A_MOMENT", 0.01)
    item, engineer = seal_item(usa, content=pdf(tmp_path, 1), **PDF), usa.actor("engineer")
    reading_room.begin(usa.house, engineer, item.id, seat)
    assert seat.readings is not None
    with ExitStack() as slow:
        for _ in range(reading_room.AT_ONCE):
            slow.enter_context(seat.readings.at_work())
        with pytest.raises(Unreachable, match="reading_room_busy"):
            reading_room.page(usa.house, engineer, item.id, seat, 1)
    assert picture_of(reading_room.page(usa.house, engineer, item.id, seat, 1)).width == 1100
