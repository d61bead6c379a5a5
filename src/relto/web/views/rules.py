"""The rule book: where both nations' rules stand, one entry of it, and submitting a signed bundle.

Every signed-in person may read under which rules she works; only a co-chair submits a bundle.
"""

from __future__ import annotations

import re
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation

from relto.adapters.words import error_sentence
from relto.base.errors import Conflict, NotAvailable, ReltoError, Unreachable
from relto.procedures.actors import Role
from relto.rules.book import Book, chosen
from relto.services import bundles
from relto.services.authority_statements import statements
from relto.services.rule_book import rule_book
from relto.services.rule_proofs import READERS
from relto.services.standing_overlays import StandingOverlay, standing_overlays
from relto.store.queries.alignment import READERS as SHARED_RECORD
from relto.store.queries.weighing import WEIGHERS
from relto.web import rule_book as shown
from relto.web.alignment_pages import speaks
from relto.web.draft_forms import chosen_overlay, chosen_version
from relto.web.office_forms import BundleForm
from relto.web.overlay_rows import overlay_rows
from relto.web.pages import PageRequest, page, show
from relto.web.receipts import receipt
from relto.web.rule_record import rule_record
from relto.web.rule_words import TOPICS
from relto.web.surroundings import house
from relto.web.words import said

_CONFIRMS = "confirmation"
_OF_OVERLAY = re.compile(r"(?:N|OVERLAY-[A-Z]{3}-)([1-9][0-9]{0,8})(?:-.*)?", re.DOTALL)
"""Ids of an overlay's rules and of itself as a provision: they name its version."""


@page(methods=("GET", "HEAD", "POST"))
def rules(request: PageRequest) -> HttpResponse:
    """Under which rules do both nations decide?"""
    own, actor = house(), request.actor
    form = _form(request)
    if form is not None and request.method == "POST" and form.is_valid():
        try:
            accepted = bundles.submit_bundle(own, actor, form.cleaned_data["bundle"].read())
        except Unreachable:
            raise
        except ReltoError as error:
            form.add_error("bundle", error_sentence(error, translation.get_language() or "en"))
        else:
            return redirect(f"{reverse('rules')}?entry={accepted.entry}")
    context: dict[str, Any] = {"form": form, "receipt": receipt(request), **_may(request)}
    try:
        version = chosen_version(request)
        book = rule_book(own, actor, version, chosen_overlay(request))
        overlay = book.overlay.version if book.overlay else None
        overlays = standing_overlays(own, actor, overlay)
        context |= {
            "bundle": bundles.active_bundle_view(own, actor),
            "version": book.version,
            "named": version is not None,
            "overlay": overlay,
            "overlays": overlay_rows(overlays, book.version),
            "overlaid_as_in_force": overlay
            == next((one.version for one in overlays if one.standing == "in_force"), None),
            **_book(request, book),
        }
    except Conflict:
        context["bundle"] = None
    return show(request, "rules", context, status=422 if form is not None and form.is_bound else 200)


def _form(request: PageRequest) -> BundleForm | None:
    """The form of a co-chair; nobody else submits anything here."""
    if not request.actor.holds(Role.CO_CHAIR):
        if request.method == "POST":
            raise NotAvailable("page")
        return None
    return BundleForm(request.POST, request.FILES) if request.method == "POST" else BundleForm()


def _may(request: PageRequest) -> dict[str, bool]:
    """Whether she may have a draft proven, and weighed, and reads the shared record."""
    roles = request.actor.roles
    return {
        "proves": not roles.isdisjoint(READERS),
        "weighs": not roles.isdisjoint(WEIGHERS),
        "shares": not roles.isdisjoint(SHARED_RECORD),
    }


def _book(request: PageRequest, book: Book) -> dict[str, Any]:
    own = house().nation
    choice = shown.read_choice(request.GET, book)
    in_full = not choice.is_all or request.GET.get("all") == "1"
    rules_chosen, provisions = chosen(book, choice)
    on_page = shown.page_of(book, own, provisions if in_full else (), request.GET.get("page", ""))
    return {
        "choice": choice,
        "filters": shown.filters(book, choice),
        "lines": shown.topic_lines(book, own) if choice.is_all else (),
        "topics": shown.topic_sections(book, own, rules_chosen, on_page.provisions),
        "page": on_page,
        "query": _without_page(request),
        "gates": shown.rules_by_gate(rules_chosen, own),
        "counts": {
            "rules": len(rules_chosen),
            "all_rules": len(book.rules),
            "provisions": len(provisions),
            "all_provisions": len(book.provisions),
            "unconfirmed": sum(one.is_unconfirmed for one in book.rules),
            "gaps": sum(one.is_gap for one in book.provisions.values()),
        },
        "limits": shown.limit_rows(book) if choice.is_all else (),
        "matrices": shown.matrix_tables(book) if choice.is_all else (),
    }


def _without_page(request: PageRequest) -> str:
    """What the address asks for beside the page, ready to be followed by it."""
    query = request.GET.copy()
    query.pop("page", None)
    return f"{query.urlencode()}&" if query else ""


@page()
def entry(request: PageRequest, entry: str) -> HttpResponse:
    """One rule with what both nations say, or one provision with the rules that rest on it."""
    own = house()
    try:
        book = _book_of(request, entry)
    except Conflict as error:
        raise NotAvailable("rule") from error
    of_book = {"version": book.version, "agreement": book.agreement}
    of_book["overlay"] = overlay = book.overlay.version if book.overlay else None
    rule = book.rule(entry)
    if rule is not None:
        sides, together, relation = shown.sides_of_rule(book, own.nation, rule)
        context = {"row": shown.rule_row(rule, own.nation), "sides": sides, "together": together, "relation": relation}
        changing = [
            one
            for one in standing_overlays(own, request.actor, overlay)
            if one.is_for(book.version) and one.changes_rule(entry)
        ]
        named = [one.id for one in rule.provisions]
        record = rule_record(request, named, rule.provisions[0].topic if named else "", speaks=speaks(request))
        if record is not None:
            words = {"record": record, "not_compared": said("workbench_page", "not_compared_here")}
            context |= {**words, "relation": record.word or relation}
        return show(request, "rule", {**context, **of_book, **_changed(request, book, entry, changing)})
    if entry not in book.provisions:
        raise NotAvailable("rule")
    row = shown.provision_row(book, book.provisions[entry])
    found = {one.rule: one for one in book.rules}
    related = [one for one in row.one.record.get("related") or () if one in book.provisions]
    context = {
        "row": row,
        "topic": TOPICS.get(row.one.topic, row.one.topic),
        "resting": [shown.rule_row(found[one], own.nation) for one in row.rules],
        "related": [shown.provision_row(book, book.provisions[one]) for one in related],
        "statements": [one for one in statements(own, request.actor) if (one.kind, one.subject) == (_CONFIRMS, entry)],
    }
    record = rule_record(request, [entry], row.one.topic, speaks=speaks(request))
    return show(request, "provision", {**context, **of_book, "record": record})


def _book_of(request: PageRequest, entry: str) -> Book:
    """The book that the address names; of what an overlay brought, which its id says, the book with that overlay."""
    version, overlay = chosen_version(request), chosen_overlay(request)
    book = rule_book(house(), request.actor, version, overlay)
    named = _OF_OVERLAY.fullmatch(entry)
    if named is None or book.rule(entry) is not None or entry in book.provisions:
        return book
    return rule_book(house(), request.actor, book.version, int(named[1]))


def _changed(request: PageRequest, book: Book, entry: str, changing: list[StandingOverlay]) -> dict[str, Any]:
    """Which overlays changed this rule, and what both authorities had signed in its place."""
    ours = next((one for one in changing if book.overlay and one.version == book.overlay.version), None)
    without = rule_book(house(), request.actor, book.version).rule(entry) if ours is not None else None
    return {
        "overlays": [(one, entry in one.added) for one in changing],
        "own_text": ours is not None,
        "without": without.policy if without is not None else "",
    }
