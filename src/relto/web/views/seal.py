"""Seal: which label does this document need?"""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from relto.base.errors import FaultsFound
from relto.procedures.actors import Role
from relto.rules.bundle import Bundle
from relto.services import active_bundle
from relto.web.checking import checked_statement
from relto.web.deciding import attempted, status_of
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
    if request.method == "POST":
        item = attempted(form, lambda said: seal_upload(own, actor, said["document"], _described(form, bundle)))
        if item is not None:
            return redirect(f"{reverse('document', args=[item.id])}?entry={item.entry}")
    return show(request, "seal", {"form": form, "programmes": sorted(actor.programmes)}, status=status_of(form))


def _described(form: SealForm, bundle: Bundle) -> Description:
    """What was said of the document, and what its markings were found to say. Raises FaultsFound, kept at the form."""
    said = form.cleaned_data
    label = form.label_value()
    try:
        check = checked_statement(house(), bundle, said["document"], label, said["despite"])
    except FaultsFound as error:
        form.found = error.faults
        raise
    return Description(said["title"], said["programme"], label, said["export_controlled"] == "yes", check)
