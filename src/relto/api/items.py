"""Items: announce, hand in the sealed container, list, fetch, ask whether one would open, ask for a release."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import Router, Status
from pydantic import Field

from relto.api.answers import Answer, Gate, plain
from relto.api.cases import ReleaseCase
from relto.api.forms import CheckForm, Code, Form, Id, LabelForm, Level, NationCode, Reason, Text
from relto.api.gates import first_sentence, gate_answers
from relto.api.item_answers import AnnouncedItem, Item, ItemWithHistory
from relto.api.streams import (
    BYTES_IN,
    OCTETS,
    body_chunks,
    bytes_out,
    file_answer,
    part_answer,
    small_body,
    wanted_part,
)
from relto.api.surroundings import caller, house, language_of
from relto.base.errors import MalformedInput
from relto.base.nations import Nation
from relto.sealing.manifest import MAX_MANIFEST
from relto.services import items, opening_history, openings, releases

router = Router(tags=["items"])
_MOST_READERS = 100


class ItemForm(Form):
    """What will be sealed. `label` is stated by the originator; nothing of it is guessed."""

    title: Text
    file_name: Annotated[str, Field(min_length=1, max_length=255)]
    media_type: Annotated[str, Field(min_length=3, max_length=127, examples=["application/pdf"])]
    programme: Code
    label: LabelForm
    export_controlled: bool

    def described(self, own: Nation) -> dict[str, Any]:
        """The description as services take it. Raises UnknownValue for another nation's policy."""
        return {**self.model_dump(exclude={"label"}), "label": self.label.stated(own)}


class AnnouncementForm(ItemForm):
    """What will be sealed, with what its markings were found to say. Without `check` it counts as not checked."""

    check: CheckForm | None = None

    def described(self, own: Nation) -> dict[str, Any]:
        """The description as services take it. Raises UnknownValue for another nation's policy."""
        check = None if self.check is None else self.check.model_dump()
        return {**self.model_dump(exclude={"label", "check"}), "label": self.label.stated(own), "check": check}


class ReaderForm(Form):
    """A reader to name, by the pseudonym of her authority's assurance, with the reason for her need-to-know."""

    pseudonym: Id
    reason: Reason


class ReleaseRequestForm(Form):
    """Where to, for whom, what for, how it is opened there. A joint item names its home facility and readers too."""

    nation: NationCode
    facility: Code
    readers: Annotated[list[ReaderForm], Field(min_length=1, max_length=_MOST_READERS)]
    purpose: Reason
    mode: Literal["live", "transferred"] = "live"
    home_facility: Level = ""
    home_readers: Annotated[list[ReaderForm], Field(default_factory=list, max_length=_MOST_READERS)]


@contextmanager
def naming_sent_members() -> Iterator[None]:
    """Around a service that takes a label: the caller is told of the member she sent, not of the service's word."""
    try:
        yield
    except MalformedInput as error:
        error.field = "label.audience" if error.field == "label.release" else error.field
        raise


class MayOpen(Answer):
    """What an opening would come to now: `gates` stand against it. The partner was not asked."""

    permitted: bool
    bundle_version: int
    sentence: str
    gates: list[Gate]


@router.post("/items", response={201: AnnouncedItem})
def announce_item(request: HttpRequest, body: AnnouncementForm) -> Status[dict[str, Any]]:
    """Announce what will be sealed (engineer, security officer); the answer gives the policy and label to put in."""
    here = house()
    with naming_sent_members():
        announced = items.announce_item(here, caller(request), **body.described(here.nation))
    return Status(201, plain(announced))


@router.put("/items/{item}/container", response=Item, openapi_extra=BYTES_IN)
def receive_container(request: HttpRequest, item: Id) -> dict[str, Any]:
    """Hand in the sealed container of an announced item; it is checked whole, then registered."""
    registered: dict[str, Any] = plain(items.receive_container(house(), caller(request), item, body_chunks(request)))
    return registered


@router.put("/items/{item}/partner-manifest", response=Item, openapi_extra=BYTES_IN)
def receive_partner_manifest(request: HttpRequest, item: Id) -> dict[str, Any]:
    """Hand in the manifest of a joint item for its co-owner's people, after the container; both are then registered."""
    content = small_body(request, MAX_MANIFEST)
    registered: dict[str, Any] = plain(items.receive_partner_manifest(house(), caller(request), item, content))
    return registered


@router.get("/items", response=list[Item])
def list_items(request: HttpRequest) -> list[dict[str, Any]]:
    """The items that I may see, newest first."""
    return [plain(view) for view in items.my_items(house(), caller(request))]


@router.get("/items/{item}", response=ItemWithHistory)
def read_item(request: HttpRequest, item: Id) -> dict[str, Any]:
    """One item, with its last opening as far as I may know."""
    here, actor = house(), caller(request)
    found = plain(items.item(here, actor, item))
    return {**found, "last_opening": plain(opening_history.last_opening(here, actor, item))}


@router.get("/items/{item}/container", openapi_extra=bytes_out(OCTETS, "The sealed OpenTDF container."))
def read_container(request: HttpRequest, item: Id) -> HttpResponseBase:
    """The sealed container, or the one range of it that a Range header names; opening is decided anew each time."""
    given = items.container(house(), caller(request), item)
    part = wanted_part(request, given.size)
    if part is not None:
        return part_answer(given.part(*part), OCTETS, part, given.size)
    answer = file_answer(given.chunks, OCTETS, f"{item}.tdf", given.size)
    answer["Accept-Ranges"] = "bytes"
    return answer


@router.get("/items/{item}/may-open", response=MayOpen)
def may_open(request: HttpRequest, item: Id) -> dict[str, Any]:
    """The gates that would stand against an opening now, without opening."""
    view = plain(openings.may_open(house(), caller(request), item))
    standing = gate_answers(view["gates"], view["bundle_version"], language_of(request), "asker")
    return {**view, "gates": standing, "sentence": first_sentence(standing)}


@router.post("/items/{item}/release-requests", response={201: ReleaseCase})
def request_release(request: HttpRequest, item: Id, body: ReleaseRequestForm) -> Status[dict[str, Any]]:
    """Ask the own authority to release an item to a partner's facility for named readers (security officer)."""
    asked = releases.request_release(
        house(),
        caller(request),
        item=item,
        nation=body.nation,
        facility=body.facility,
        readers=_named(body.readers),
        purpose=body.purpose,
        mode=body.mode,
        home_facility=body.home_facility,
        home_readers=_named(body.home_readers),
    )
    return Status(201, plain(asked))


def _named(readers: list[ReaderForm]) -> list[tuple[str, str]]:
    return [(reader.pseudonym, reader.reason) for reader in readers]
