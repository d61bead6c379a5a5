"""The control register: numbers, items, directions, markings; no titles."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router

from relto.api.answers import Answer, plain
from relto.api.surroundings import caller, house
from relto.services import register

router = Router(tags=["records"])


class RegisterLine(Answer):
    """One line. `direction`: created, sent or received; `counterpart`: the other side's facility."""

    number: str
    item: str
    uuid: str
    direction: str
    counterpart: str
    company: str
    at: str
    banner: str
    state: str
    entry: str


@router.get("/register", response=list[RegisterLine])
def read_register(request: HttpRequest) -> list[dict[str, Any]]:
    """The lines that I may see, newest first: my company's, or all for the authority's officers."""
    return [plain(line) for line in register.lines(house(), caller(request))]
