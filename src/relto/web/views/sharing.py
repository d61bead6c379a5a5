"""May I share this: what is still missing before a partner's facility may have an item, and the first step to it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from django import forms
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _

from relto.adapters.words import sentence
from relto.procedures.actors import Role
from relto.services.sharing import ASKERS, MayShare, may_share, shareable
from relto.web.deciding import attempted, status_of
from relto.web.forms import ReltoForm, one_of
from relto.web.next_step import PARTNERS_WORD
from relto.web.pages import PageRequest, page, show
from relto.web.refusal import Missing, missing_things
from relto.web.surroundings import house
from relto.web.words import language

_SHOWN: Final = 30


class ShareForm(ReltoForm):
    """An item and where it would go; nothing is chosen for her."""

    item: forms.Field
    facility: forms.Field

    def __init__(self, *args: Any, items: list[tuple[str, str]], places: list[tuple[str, str]], **kwargs: Any) -> None:
        """`items`, `places`: code -> what people call it."""
        super().__init__(*args, **kwargs)
        self.fields["item"] = one_of(items, _("Which document?"))
        self.fields["facility"] = one_of(
            places, _("With whom?"), _("The facilities that the agreement lists for your programmes.")
        )


def _missing(found: MayShare) -> list[Missing]:
    """What is missing, said of the other side: whom the words are about is not she who asks."""
    remedies = {gate.rule: gate.remedy for gate in found.gates}
    told = []
    for one in missing_things(found.gates, found.bundle_version):
        ways = [remedies[rule] for rule in one.rules if rule in remedies]
        told_words = tuple(dict.fromkeys(sentence(f"share.{way}", language(), facility=found.facility) for way in ways))
        who = sentence("share.who.partner", language()) if set(ways) & PARTNERS_WORD else one.who
        told.append(replace(one, sentences=told_words or one.sentences, who=who))
    return told


@page(*ASKERS, methods=("GET", "HEAD", "POST"))
def ask(request: PageRequest) -> HttpResponse:
    """What is still missing before they may have it? Nothing is recorded by asking."""
    own, actor = house(), request.actor
    known = shareable(own, actor)[:_SHOWN]
    places = {code: f"{code} ({nation})" for one in known for code, nation in one.facilities.items()}
    form = ShareForm(
        request.POST if request.method == "POST" else None,
        items=[(one.item, f"{one.title} · {one.programme}") for one in known],
        places=sorted(places.items()),
    )
    context: dict[str, Any] = {"form": form, "any": bool(known and places)}
    if request.method == "POST" and context["any"]:
        found = attempted(form, lambda said: may_share(own, actor, said["item"], said["facility"]))
        if found is not None:
            title = next((one.title for one in known if one.item == found.item), "")
            missing = _missing(found)
            context |= {"found": found, "title": title, "missing": missing}
            context["may_ask_release"] = actor.holds(Role.SECURITY_OFFICER) and not found.case
    return show(request, "ask", context, status=200 if "found" in context else status_of(form))
