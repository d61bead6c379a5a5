"""Custody: where is it, and is its chain unbroken? The drawing, the same as a table, and the whole chain as JSON."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any

from django.http import HttpResponse, JsonResponse

from relto.base.instants import instant_text
from relto.services.custody_chain import custody as chain_of
from relto.web.custody_chart import charts
from relto.web.pages import PageRequest, marked, page, show
from relto.web.surroundings import house
from relto.web.views.holdings import KEEPERS

_TYPE, _VERSION = "relto/custody-chain", 1


@page(*KEEPERS)
def custody(request: PageRequest, item: str, copy: str = "") -> HttpResponse:
    """The chain, verdict first."""
    found = chain_of(house(), request.actor, item, copy)
    nations = found.nations
    if len(nations) == 1 and any(gap.other_side for gap in found.gaps):
        nations = (*nations, "")
    context = {
        "custody": found,
        "charts": charts(found.links, found.gaps, nations),
        "late": [gap for gap in found.gaps if gap.late],
        "faults": [gap for gap in found.gaps if gap.code in {"evidence_fails", "entry_missing"}],
    }
    return show(request, "custody", {**context, **marked("custody", item, found.banner)})


@page(*KEEPERS)
def chain(request: PageRequest, item: str) -> HttpResponse:
    """The chain for machines: what the page shows, as one JSON document."""
    found = chain_of(house(), request.actor, item, request.GET.get("copy", "")[:64])
    response = JsonResponse({"type": _TYPE, "version": _VERSION, **_plain(found)}, json_dumps_params={"indent": 1})
    response["Content-Disposition"] = f'attachment; filename="custody-{found.item}.json"'
    return response


def _plain(value: Any) -> Any:
    """Values as JSON has them: instants in UTC, dataclasses as objects."""
    if isinstance(value, datetime):
        return instant_text(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {member.name: _plain(getattr(value, member.name)) for member in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(name): _plain(entry) for name, entry in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(entry) for entry in value]
    return value.value if isinstance(value, Enum) else value
