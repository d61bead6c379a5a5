"""The rule set in force: dates, gates in words, how much of it is unconfirmed; and submitting a signed bundle."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation

from relto.adapters.words import error_sentence
from relto.base.errors import Conflict, ReltoError, Unreachable
from relto.procedures.actors import Role
from relto.rules.views import rule_text
from relto.services import active_bundle, bundles
from relto.services.house import House
from relto.web.office_forms import BundleForm
from relto.web.pages import PageRequest, page, show
from relto.web.receipts import receipt
from relto.web.surroundings import house
from relto.web.words import said


@dataclass(frozen=True, slots=True)
class RuleInForce:
    """A rule of the active bundle in words."""

    rule: str
    text: str
    actions: tuple[str, ...]
    unconfirmed: bool


@page(Role.CO_CHAIR, methods=("GET", "HEAD", "POST"))
def rules(request: PageRequest) -> HttpResponse:
    """Under which rules do both nations decide?"""
    own, actor = house(), request.actor
    posted = request.method == "POST"
    form = BundleForm(request.POST, request.FILES) if posted else BundleForm()
    if posted and form.is_valid():
        try:
            accepted = bundles.submit_bundle(own, actor, form.cleaned_data["bundle"].read())
        except Unreachable:
            raise
        except ReltoError as error:
            form.add_error("bundle", error_sentence(error, translation.get_language() or "en"))
        else:
            return redirect(f"{reverse('rules')}?entry={accepted.entry}")
    context: dict[str, object] = {"form": form, "receipt": receipt(request)}
    try:
        context |= {"bundle": bundles.active_bundle_view(own, actor), "gates": _gates(own)}
    except Conflict:
        context["bundle"] = None
    return show(request, "rules", context, status=422 if form.is_bound else 200)


def _gates(own: House) -> list[tuple[str, list[RuleInForce]]]:
    bundle = active_bundle.active(own)
    unconfirmed = set(bundle.unconfirmed_rules())
    language = translation.get_language() or "en"
    found: dict[str, list[RuleInForce]] = {}
    for gate in bundle.gates.gates:
        words = rule_text(bundle, gate.rule, language) or rule_text(bundle, gate.rule, "en")
        found.setdefault(gate.gate, []).append(
            RuleInForce(gate.rule, words[0] if words else "", gate.actions, gate.rule in unconfirmed)
        )
    return [(said("gate", code), lines) for code, lines in found.items()]
