"""Signing a version of an entry, or taking the signature back: one button, with the digest of what the page showed."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from relto.adapters.words import error_sentence
from relto.base.errors import Conflict
from relto.procedures.actors import Role
from relto.services.alignment import signing
from relto.web.pages import PageRequest, page, show
from relto.web.surroundings import house
from relto.web.words import language

_LONGEST_DIGEST = 64
_LONGEST_WAY = 500


@page(Role.CO_CHAIR, methods=("POST",))
def sign(request: PageRequest, entry: str) -> HttpResponse:
    """Does the nation sign this text?"""
    back = _back(request, entry)
    digest, word = request.POST.get("digest", "")[:_LONGEST_DIGEST], request.POST.get("word", "")
    try:
        signing.sign(house(), request.actor, entry, digest=digest, word=word)
    except Conflict as error:
        said = error_sentence(error, language())
        return show(request, "signing_refused", {"said": said, "back": back}, status=error.http_status)
    return redirect(f"{back}#signatures")


def _back(request: PageRequest, entry: str) -> str:
    """The page on which the button stood, when it is one of this node; else that of the entry."""
    asked = request.POST.get("back", "")[:_LONGEST_WAY]
    if asked.startswith("/") and url_has_allowed_host_and_scheme(asked, allowed_hosts=None):
        return asked
    return reverse("alignment_entry", kwargs={"entry": entry})
