"""Documents: what may I open, and why not; the sealed container for opening on one's own machine."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from relto.base.errors import NotAvailable
from relto.procedures.actors import Actor, Role
from relto.services import arrivals, copies, items, releases
from relto.services.house import House
from relto.services.item_view import ItemView
from relto.services.ledger import entries_for
from relto.services.opening_history import last_opening
from relto.services.openings import may_open, record_obstacle
from relto.services.reading_room import Seat, is_on
from relto.web.joint import NationWord, words_on_arrival, words_on_case
from relto.web.long_lists import Counted, part_of
from relto.web.pages import PageRequest, marked, page, show
from relto.web.receipts import receipt
from relto.web.refusal import Missing, missing_things
from relto.web.surroundings import house, readings
from relto.web.waiting import today as waits_today

_READERS = (Role.ENGINEER, Role.SECURITY_OFFICER)


@page(*_READERS)
def mine(request: PageRequest) -> HttpResponse:
    """The documents she may know of."""
    own, actor = house(), request.actor
    known = Counted(items.item_count(actor), lambda first, most: items.my_items(own, actor, first, most))
    part = part_of(request, known, "items")
    context = waits_today(own, actor) | {
        "items": part.rows,
        "part": part,
        "to_witness": copies.to_witness(own, actor),
        "receipt": receipt(request),
    }
    return show(request, "documents", context)


@page(*_READERS)
def may_it_open(request: PageRequest, item: str) -> HttpResponse:
    """May I open it: the gates as they stand, or what is missing and who can supply it."""
    own, actor = house(), request.actor
    answer = may_open(own, actor, item)
    missing = missing_things(answer.gates, answer.bundle_version)
    context = {"answer": answer, "missing": missing}
    try:
        found = items.item(own, actor, item)
    except NotAvailable:
        # A colleague gave her the number: she learns what is missing, and nothing about the document.
        if answer.permitted or not missing:
            raise
        return show(
            request,
            "refused",
            {**context, "sentence": missing[0].sentence, "item_id": item, "may_ask": _may_ask(request, missing)},
            status=403,
        )
    own_joint = found.joint and found.held_as == "own"
    context |= {
        "missing": missing_things(answer.gates, answer.bundle_version, sealed_with=own_joint),
        "item": found,
        "reads_here": is_on(own, actor, item, Seat(readings(), "")),
        "last": last_opening(own, actor, item),
        "entries": entries_for(own, actor, item),
        "receipt": receipt(request),
        "may_ask": _may_ask(request, missing),
        # An own joint item without a release in force: one of its owners has not agreed, or no longer agrees.
        "waits_for_owners": own_joint and any(gate.gate == "release" for gate in answer.gates),
        "may_pass_on": actor.holds(Role.SECURITY_OFFICER) and found.held_as == "received" and found.state == "held",
        "owner_words": _owner_words(own, actor, found),
        "keeps_register": actor.holds(Role.SECURITY_OFFICER) and found.state != "announced",
        "may_ask_release": actor.holds(Role.SECURITY_OFFICER)
        and found.held_as == "own"
        and found.state == "registered",
    }
    return show(request, "document", {**context, **marked("item", item, found.banner)})


@page(*_READERS, methods=("POST",))
def ask(request: PageRequest, item: str) -> HttpResponse:
    """One button: what is missing goes to her security officer's page, with a reference."""
    reference = record_obstacle(house(), request.actor, item)
    if not reference:
        return redirect("document", item=item)
    return redirect(f"{reverse('refusal', args=[reference])}?asked")


def _may_ask(request: PageRequest, missing: Sequence[Missing]) -> bool:
    """Whether her own company or authority can supply any of it, and she is not the one to be asked herself."""
    return not request.actor.holds(Role.SECURITY_OFFICER) and any(one.at_home for one in missing)


def _owner_words(own: House, actor: Actor, item: ItemView) -> tuple[NationWord, ...]:
    """Who of a joint item's owners has agreed, as far as the cases and arrivals say that she may see."""
    if not item.joint or not actor.holds(Role.SECURITY_OFFICER):
        return ()
    if item.held_as == "own":
        found = releases.cases(own, actor, item=item.id)
        return words_on_case(own.nation, found[-1]) if found else ()
    arrived = arrivals.arrivals(own, actor, item=item.id)
    return words_on_arrival(own.nation, arrived[-1]) if arrived else ()


@page(*_READERS)
def download(request: PageRequest, item: str) -> HttpResponseBase:
    """The sealed container: ciphertext, opened on her own machine."""
    found = items.container(house(), request.actor, item)
    response = StreamingHttpResponse(found.chunks, content_type="application/octet-stream")
    response["Content-Length"] = str(found.size)
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(found.file_name, safe='')}"
    return response
