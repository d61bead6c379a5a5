"""Containers that a stock OpenTDF client sealed: announced and handed in at once, under the client's own identifier."""

from __future__ import annotations

from typing import Any

import pydantic
from django.http import HttpRequest
from ninja import Router, Status
from ninja.errors import ValidationError

from relto.api.answers import plain
from relto.api.item_answers import Item
from relto.api.items import ItemForm, naming_sent_members
from relto.api.multipart import ANNOUNCEMENT, LARGEST_ANNOUNCEMENT, announcement_and_container, form_in
from relto.api.surroundings import caller, house
from relto.base.canonical import read_object
from relto.services import items

router = Router(tags=["items"])


@router.post("/items/submissions", response={201: Item}, openapi_extra=form_in(ItemForm.__name__))
def submit_container(request: HttpRequest) -> Status[dict[str, Any]]:
    """Register a container that any OpenTDF client sealed for this node's key service (engineer, security officer).

    The label that is announced must equal the attributes of the container's policy, and the label inside when it
    carries one. Nothing is kept of a container that is refused.
    """
    here, actor = house(), caller(request)
    announcement, container = announcement_and_container(request)
    stated = _stated(announcement)
    with naming_sent_members():
        registered = items.submit_container(here, actor, container, **stated.described(here.nation))
    return Status(201, plain(registered))


def _stated(announcement: bytes) -> ItemForm:
    """The announcement as the form that it is. Raises MalformedInput, TooLarge or ninja's ValidationError."""
    content = dict(read_object(announcement, field=ANNOUNCEMENT, max_bytes=LARGEST_ANNOUNCEMENT))
    try:
        return ItemForm.model_validate(content)
    except pydantic.ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        raise ValidationError([{**each, "loc": ("body", ANNOUNCEMENT, *each["loc"])} for each in found]) from error
