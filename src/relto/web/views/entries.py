"""One address for every entry of the shared record: it leads to the page of its kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from django.http.response import HttpResponseBase
from django.shortcuts import redirect

from relto.alignment.shared_record import ABOUT, ACTION, DIVERGENCE, LAW_CHANGE, MEETING, PROPOSAL, RELATION, TEMPLATE
from relto.base.errors import NotAvailable
from relto.store.queries.alignment import READERS, entry_of
from relto.web.pages import PageRequest, page
from relto.web.views import alignment, proposals

Shown = Callable[..., HttpResponseBase]
_PAGES: Final[Mapping[str, Shown]] = {
    RELATION: alignment.entry,
    DIVERGENCE: alignment.entry,
    PROPOSAL: proposals.proposal,
}
"""The kinds that have their page at this very address."""
_ELSEWHERE: Final[Mapping[str, str]] = {
    MEETING: "meeting",
    ACTION: "action_entry",
    LAW_CHANGE: "law_change",
    TEMPLATE: "template",
}
"""The kinds whose pages are elsewhere: kind -> name of the page, which takes the entry."""


@page(*READERS, methods=("GET", "HEAD", "POST"))
def entry(request: PageRequest, entry: str) -> HttpResponseBase:
    """To the page of the entry's kind; of what was said about another entry, to that one."""
    found = entry_of(entry)
    if found is None:
        raise NotAvailable("alignment", field="entry")
    if found.kind in _PAGES:
        return _PAGES[found.kind](request, entry)
    if found.kind in _ELSEWHERE:
        return redirect(_ELSEWHERE[found.kind], entry)
    if found.kind in ABOUT:
        return redirect("alignment_entry", entry=str(found.newest[found.opened_by].body["about"]))
    raise NotAvailable("alignment", field="entry")
