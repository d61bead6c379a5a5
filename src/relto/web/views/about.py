"""Pages for everyone: what the marks mean, accessibility, shortcuts; and the marking on each printed sheet."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from relto.base.errors import NotAvailable
from relto.services import arrivals, copies, items, releases, third_party
from relto.web.pages import PageRequest, page, show
from relto.web.surroundings import house

_TRAINING_LINE = "MARKINGS ARE FOR TRAINING PURPOSES ONLY"
_BARS = (
    ("ts", "TOP SECRET"),
    ("s", "SECRET"),
    ("c", "CONFIDENTIAL"),
    ("r", "RESTRICTED"),
    ("cui", "CUI"),
    ("u", "UNCLASSIFIED"),
)


def marks(request: HttpRequest) -> HttpResponse:
    """What the marks mean; readable without signing in."""
    return show(request, "marks", {"bars": _BARS})


def accessibility(request: HttpRequest) -> HttpResponse:
    """What works, what does not, whom to tell."""
    return show(request, "accessibility")


def shortcuts(request: HttpRequest) -> HttpResponse:
    """The keys."""
    return show(request, "shortcuts")


@page()
def print_marking(request: PageRequest, kind: str, identity: str) -> HttpResponse:
    """A style sheet that puts an item's marking and the page's number into the margins of every printed sheet."""
    own = house()
    if kind == "item":
        banner = items.item(own, request.actor, identity).banner
    elif kind == "custody":
        banner = copies.item_holding(own, request.actor, identity).banner
    elif kind == "case":
        banner = releases.case(own, request.actor, identity).item.banner
    elif kind == "arrival":
        banner = arrivals.arrival(own, request.actor, identity).item.banner
    elif kind == "third-party":
        banner = third_party.third_party_request(own, request.actor, identity).item.banner
    else:
        raise NotAvailable("page")
    line = f"{banner or 'UNCLASSIFIED'}   {_TRAINING_LINE if own.kind == 'training' else ''}".strip()
    quoted = "".join(character if character.isalnum() else f"\\{ord(character):06x}" for character in line)
    rule = f'content: "{quoted}"; font: 700 9pt "Noto Sans", sans-serif;'
    text = f"@page {{ @top-center {{ {rule} }} @bottom-center {{ {rule} }} }}\n"
    return HttpResponse(text, content_type="text/css; charset=utf-8")
