"""Inventories: opened as of a day, each copy looked for, the result signed."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Router
from pydantic import Field

from relto.api.answers import plain
from relto.api.forms import Form, Id, Level, Moment
from relto.api.register_answers import Inventory
from relto.api.surroundings import caller, house
from relto.base.instants import read_instant
from relto.services import inventories

router = Router(tags=["records"])


class OpenedInventory(Form):
    """As of which instant, and of which level of the own policy; an empty level counts every one."""

    as_of: Moment
    level: Level = ""


class CheckedCopy(Form):
    """What became of looking for a copy; something extra is described in the note, without a copy."""

    result: Literal["found", "not_found", "extra"]
    copy_id: Annotated[str, Field(max_length=32)] = ""
    note: Annotated[str, Field(max_length=1000)] = ""


@router.get("/register/inventories", response=list[Inventory])
def read_inventories(request: HttpRequest) -> list[dict[str, Any]]:
    """The inventories that I may see, newest first, without their lines."""
    return [plain(one) for one in inventories.inventories(house(), caller(request))]


@router.post("/register/inventories", response=Inventory)
def open_inventory(request: HttpRequest, body: OpenedInventory) -> dict[str, Any]:
    """Open an inventory of my company's copies (security officer)."""
    as_of = read_instant(body.as_of, field="as_of")
    return dict(plain(inventories.open_inventory(house(), caller(request), as_of=as_of, level=body.level)))


@router.get("/register/inventories/{inventory}", response=Inventory)
def read_inventory(request: HttpRequest, inventory: Id) -> dict[str, Any]:
    """One inventory with its lines."""
    return dict(plain(inventories.inventory(house(), caller(request), inventory)))


@router.post("/register/inventories/{inventory}/checks", response=Inventory)
def check_copy(request: HttpRequest, inventory: Id, body: CheckedCopy) -> dict[str, Any]:
    """Record that a copy was found or not found, or that something extra was (security officer)."""
    found = inventories.check_copy(
        house(), caller(request), inventory, result=body.result, copy=body.copy_id, note=body.note
    )
    return dict(plain(found))


@router.post("/register/inventories/{inventory}/signature", response=Inventory)
def sign_inventory(request: HttpRequest, inventory: Id) -> dict[str, Any]:
    """Sign the result; each missing copy becomes a suspected loss (security officer)."""
    return dict(plain(inventories.sign_inventory(house(), caller(request), inventory)))
