"""Which of my scripts may call the API? Personal tokens, made here and shown once, and clients; all end here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect

from relto.base.errors import NotAvailable
from relto.services import credentials, personal_tokens
from relto.services.token_scopes import SCOPES
from relto.web.deciding import attempted, status_of
from relto.web.forms import Checkboxes, ReltoForm, a_text
from relto.web.pages import PageRequest, page, show
from relto.web.surroundings import house
from relto.web.words import said

_LONGEST_LABEL = 60


def _longest() -> int:
    return int(getattr(settings, "RELTO_TOKEN_DAYS", personal_tokens.LONGEST_DAYS))


class TokenForm(ReltoForm):
    """What it is called, what it may do, and for how many days."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Nothing is chosen."""
        super().__init__(*args, **kwargs)
        words = {name: said("tokens_page", name) for name in ("label", "label_hint", "scopes", "days")}
        self.fields["label"] = a_text(words["label"], words["label_hint"], _LONGEST_LABEL)
        self.fields["scopes"] = forms.MultipleChoiceField(
            label=words["scopes"], choices=[(scope, said("scope", scope)) for scope in SCOPES], widget=Checkboxes
        )
        self.fields["days"] = forms.IntegerField(label=words["days"], min_value=1, max_value=_longest())


@page(methods=("GET", "HEAD", "POST"))
def tokens(request: PageRequest) -> HttpResponse:
    """My tokens; a new one is shown this once."""
    own, actor = house(), request.actor
    what = request.POST.get("what", "") if request.method == "POST" else ""
    form = TokenForm(request.POST if what == "make" else None)
    if what == "end":
        personal_tokens.revoke_token(own, actor, token=request.POST.get("token", "")[:64])
        return redirect("api_tokens")
    if what == "end_client":
        credentials.revoke_own_credential(own, actor, client_id=request.POST.get("client", "")[:64])
        return redirect("api_tokens")
    if request.method == "POST" and what != "make":
        raise NotAvailable("page")

    def make(given: Mapping[str, Any]) -> personal_tokens.TokenMade:
        return personal_tokens.make_token(
            own, actor, label=given["label"], scopes=given["scopes"], days=given["days"], longest=_longest()
        )

    made = attempted(form, make) if what == "make" else None
    if made is not None:
        form = TokenForm()
    context = {
        "secret": made.secret if made is not None else "",
        "tokens": personal_tokens.tokens_of(own, actor),
        "clients": credentials.own_credentials(actor),
        "form": form,
    }
    return show(request, "tokens", context, status=status_of(form))
