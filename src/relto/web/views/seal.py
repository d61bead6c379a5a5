"""Seal: which label does this document need?"""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation

from relto.adapters.words import error_sentence
from relto.base.errors import ReltoError, Unreachable
from relto.procedures.actors import Role
from relto.services import active_bundle
from relto.web.forms import SealForm
from relto.web.pages import PageRequest, page, show
from relto.web.sealing import Description, seal_upload
from relto.web.surroundings import house


@page(Role.ENGINEER, Role.SECURITY_OFFICER, methods=("GET", "HEAD", "POST"))
def seal(request: PageRequest) -> HttpResponse:
    """The label's fields and the document; after sealing, the document's page with its entry."""
    own, actor = house(), request.actor
    bundle = active_bundle.active(own)
    nations = sorted(bundle.parties, key=lambda nation: (nation != own.nation, nation))
    form = SealForm(
        request.POST if request.method == "POST" else None,
        request.FILES if request.method == "POST" else None,
        policy=bundle.policies.by_nation(own.nation),
        nations=nations,
        programmes=actor.programmes,
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        said = Description(data["title"], data["programme"], form.label_value(), data["export_controlled"] == "yes")
        try:
            item = seal_upload(own, actor, data["document"], said)
        except Unreachable:
            raise
        except ReltoError as error:
            form.take_error(error, error_sentence(error, translation.get_language() or "en"))
        else:
            return redirect(f"{reverse('document', args=[item.id])}?entry={item.entry}")
    status = 422 if form.is_bound else 200
    return show(request, "seal", {"form": form, "programmes": sorted(actor.programmes)}, status=status)
