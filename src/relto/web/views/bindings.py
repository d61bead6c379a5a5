"""What does a person sign in by? The registrar binds a provider's subject or a certificate to her, and ends it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect

from relto.base.errors import NotAvailable
from relto.procedures.actors import Role
from relto.services import sign_in_bindings
from relto.web.deciding import attempted, status_of
from relto.web.forms import ReltoForm, a_text, one_of
from relto.web.pages import PageRequest, page, show
from relto.web.surroundings import house
from relto.web.words import said

_LONGEST_CODE = 64


class BindingForm(ReltoForm):
    """What is bound: its kind, and the code that the refused person reads out."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Nothing is chosen."""
        super().__init__(*args, **kwargs)
        kinds = [(kind, said("authentication", kind)) for kind in sign_in_bindings.KINDS]
        self.fields["kind"] = one_of(kinds, said("bindings_page", "kind"))
        self.fields["code"] = a_text(said("bindings_page", "code"), said("bindings_page", "code_hint"), _LONGEST_CODE)


@page(Role.REGISTRAR, methods=("GET", "HEAD", "POST"))
def bindings(request: PageRequest, subject: str) -> HttpResponse:
    """What is bound to this person? Binds a code, or ends a binding."""
    own, actor = house(), request.actor
    what = request.POST.get("what", "") if request.method == "POST" else ""
    form = BindingForm(request.POST if what == "bind" else None)

    def bind(given: Mapping[str, Any]) -> bool:
        code = str(given["code"]).replace(" ", "")
        sign_in_bindings.bind(own, actor, person=subject, kind=given["kind"], code=code)
        return True

    if what == "end":
        sign_in_bindings.unbind(own, actor, binding=request.POST.get("binding", "")[:64], person=subject)
        return redirect("bindings", subject=subject)
    if what == "bind" and attempted(form, bind):
        return redirect("bindings", subject=subject)
    if request.method == "POST" and what != "bind":
        raise NotAvailable("page")
    found = sign_in_bindings.bindings_of(own, actor, person=subject)
    context = {"subject": subject, "bindings": found, "form": form}
    return show(request, "bindings", context, status=status_of(form))
