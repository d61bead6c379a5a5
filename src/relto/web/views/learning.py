"""Learning: the field's words with their sources, and a ten-minute tutorial of each role on training nodes."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse

from relto.adapters.glossary import OWN_WORD, Term, terms
from relto.base.errors import NotAvailable
from relto.procedures.actors import Role
from relto.services import active_bundle
from relto.web.dossier_rows import Cited, cited
from relto.web.pages import PageRequest, page, show
from relto.web.surroundings import house
from relto.web.tutorials import tutorial_of


@dataclass(frozen=True, slots=True)
class TermRow:
    """A term with its source: the provision as it stands in the rules in force, or the text that defines it."""

    term: Term
    cited: tuple[Cited, ...]
    source: str
    own_word: bool


def glossary(request: HttpRequest) -> HttpResponse:
    """What do the words mean, in both languages and for both nations? Readable without signing in."""
    own = house()
    bundle = active_bundle.active_or_none(own, own.now())
    provisions = bundle.provisions if bundle is not None else {}
    rows = []
    for one in terms():
        known = bundle is not None and one.provision in provisions
        found = (
            cited(one.provision, provisions, confirmed=bundle.is_confirmed(one.provision))
            if known and bundle is not None
            else ()
        )
        rows.append(TermRow(one, found, one.source, one.source == OWN_WORD))
    unreviewed = sum(not one.reviewed for one in terms())
    return show(request, "glossary", {"rows": rows, "unreviewed": unreviewed, "count": len(rows)})


@page()
def tutorial(request: PageRequest) -> HttpResponse:
    """Ten minutes: which steps does my role take, and which has this node recorded? Training nodes only."""
    own, actor = house(), request.actor
    if own.kind != "training":
        raise NotAvailable("page")
    held = [role for role in Role if actor.holds(role)]
    lessons = [tutorial_of(own, actor, role) for role in held]
    return show(request, "tutorial", {"lessons": lessons})
